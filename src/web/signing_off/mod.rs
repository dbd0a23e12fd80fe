//! What becomes of what somebody holds who signs out or goes away: one page, and one form.

pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use uuid::Uuid;

use self::view::{Colleague, SignOffPage, Then};
use super::conversations::act::person;
use super::conversations::around::chrome;
use super::edge::answer::page;
use super::edge::error::{Error, Result, status};
use super::edge::redirect::{FIRST_PAGE, go_to};
use super::edge::view::refusal_words;
use super::floor::view::names::Names;
use super::floor::view::toast::came_words;
use super::layouts::html::Html;
use super::layouts::words::sentence;
use super::sessions::signed::Signed;
use super::sign_in::goodbye;
use super::state::State;
use crate::domain::Refusal;
use crate::domain::access::Permission;
use crate::domain::agent::{Agent, Availability, Presence};
use crate::domain::floor::{Came, FloorAct};
use crate::domain::ids::FloorActId;
use crate::domain::setup::{By, SetupCommand};
use crate::domain::signing_off::{SigningOff, next_time};
use crate::runner;
use crate::store;

#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Question {
    #[serde(default)]
    then: String,
}

#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Form {
    act: Option<FloorActId>,
    #[serde(default)]
    then: String,
    #[serde(default)]
    choice: String,
    /// Until when, as a time of day in the workspace's time zone.
    #[serde(default)]
    at: String,
    #[serde(default)]
    to: String,
}

/// How many conversations somebody holds.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn held(state: &State, signed: &Signed) -> store::Result<i32> {
    Ok(state.store.agent(signed.workspace, signed.user).await?.map_or(0, |agent| agent.load))
}

/// `GET /sign-off`
pub(in crate::web) async fn show(state: web::Data<State>, signed: Signed, question: web::Query<Question>) -> Result<HttpResponse> {
    let typed = Form { then: question.into_inner().then, ..Form::default() };
    whole(&state, &signed, StatusCode::OK, typed, None).await
}

/// `POST /sign-off`: it is done, and then they are signed out, or away. Of what could not be done they are told, and asked again.
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, form: web::Form<Form>) -> Result<HttpResponse> {
    let form = form.into_inner();
    let choice = match chosen(&state, &signed, &form).await {
        Ok(Some(choice)) => choice,
        Ok(None) => {
            let words = sentence(&signed.locale, "sign_off.choose", &[]);
            return whole(&state, &signed, StatusCode::UNPROCESSABLE_ENTITY, form, Some(words)).await;
        }
        Err(Error::Refused(refusal)) => return refused(&state, &signed, form, &refusal).await,
        Err(error) => return Err(error),
    };
    let then = Then::of(&form.then);
    if then == Then::Away {
        let command = SetupCommand::availability(signed.user, Availability::Away);
        state.runner.configure(signed.workspace, &By::Person(person(&signed)), command, None).await?;
    }
    let id = form.act.unwrap_or_else(|| FloorActId(Uuid::now_v7()));
    let came = match state.runner.sign_off(signed.workspace, person(&signed), id, choice).await {
        Ok(came) => came,
        // It came twice, and is done.
        Err(runner::Error::Refused(Refusal::Duplicate)) => Came::default(),
        Err(runner::Error::Refused(refusal)) => {
            metrics::counter!("baton_refusals_total", "kind" => refusal.key()).increment(1);
            return refused(&state, &signed, form, &refusal).await;
        }
        Err(error) => return Err(error.into()),
    };
    // What is kept is so by the row of whoever keeps it, also where a line of the journal is missing.
    let is_kept = matches!(choice, SigningOff::Keep { .. });
    if !is_kept && came.left.no_room + came.left.busy > 0 {
        let words = left_words(&state, &signed, choice, came).await?;
        return whole(&state, &signed, StatusCode::CONFLICT, form, Some(words)).await;
    }
    match then {
        Then::Out => goodbye(&state, &signed).await,
        Then::Away => Ok(go_to(FIRST_PAGE)),
    }
}

/// What somebody chose, if they did.
async fn chosen(state: &State, signed: &Signed, form: &Form) -> Result<Option<SigningOff>> {
    let now = runner::now();
    Ok(Some(match form.choice.split_once(':').unwrap_or((&form.choice, "")) {
        ("keep", minutes) => {
            let minutes = SigningOff::MINUTES.into_iter().find(|known| known.to_string() == minutes).ok_or(Error::BadRequest)?;
            SigningOff::Keep { until: now.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(now) }
        }
        ("keep_at", _) => {
            let zone = TimeZone::get(&time_zone(state, signed).await?).unwrap_or(TimeZone::UTC);
            let until = form.at.trim().parse().ok().and_then(|of_day| next_time(of_day, &zone, now));
            SigningOff::Keep { until: until.ok_or(Refusal::KeptUnfit)? }
        }
        ("hand_over", _) => SigningOff::HandOver { to: form.to.parse().map_err(|_| Refusal::UnknownPerson)? },
        ("return", _) => SigningOff::Return,
        _ => return Ok(None),
    }))
}

async fn time_zone(state: &State, signed: &Signed) -> store::Result<String> {
    let setup = state.runner.workplaces().setup(signed.workspace).await?;
    Ok(setup.workspaces.get(&signed.workspace).map(|workspace| workspace.time_zone.clone()).unwrap_or_default())
}

async fn refused(state: &State, signed: &Signed, form: Form, refusal: &Refusal) -> Result<HttpResponse> {
    whole(state, signed, status(refusal), form, Some(refusal_words(signed.locale, refusal))).await
}

async fn left_words(state: &State, signed: &Signed, choice: SigningOff, came: Came) -> Result<Html> {
    let from = signed.user;
    let act = match choice {
        SigningOff::HandOver { to } => FloorAct::HandOver { from, to },
        SigningOff::Keep { .. } | SigningOff::Return => FloorAct::Return { from, away: None },
    };
    let names = Names::of(state.runner.workplaces().get(signed.workspace).await?);
    Ok(came_words(signed.locale, from, &act, &names, came))
}

async fn whole(state: &State, signed: &Signed, status: StatusCode, typed: Form, problem: Option<Html>) -> Result<HttpResponse> {
    let parts = tokio::try_join!(chrome(state, signed), state.store.agents(signed.workspace), time_zone(state, signed));
    let (chrome, agents, time_zone) = parts?;
    let held = agents.iter().find(|agent| agent.user == signed.user).map_or(0, |agent| agent.load);
    let takes = |agent: &&Agent| {
        let presence = Presence::of(state.live.is_connected(signed.workspace, agent.user), agent.availability);
        agent.user != signed.user && agent.may_reply && agent.has_room() && presence == Presence::Online
    };
    let may_hand_over = signed.role.may(Permission::Transfer);
    let colleagues = agents.iter().filter(takes).filter(|_| may_hand_over).map(|agent| Colleague::of(agent, &typed.to)).collect();
    let shown = SignOffPage {
        then: Then::of(&typed.then),
        act: FloorActId(Uuid::now_v7()),
        held,
        colleagues,
        may_hand_over,
        time_zone,
        choice: typed.choice,
        at: typed.at,
        problem,
        chrome,
    };
    page(status, &shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_does_not_say_what_comes_then_goes_away_and_stays_signed_in() {
        assert_eq!(["out", "away", "", "x"].map(Then::of), [Then::Out, Then::Away, Then::Away, Then::Away]);
    }
}
