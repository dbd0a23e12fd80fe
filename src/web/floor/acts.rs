//! What a supervisor does on the floor. Each form is answered with what came of it, and with the offer to take it back.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError, web};
use serde::Deserialize;
use uuid::Uuid;

use super::view::names::Names;
use super::view::toast::{FloorToast, came_words, undone_words};
use super::{Shown, shown};
use crate::domain::Refusal;
use crate::domain::agent::Availability;
use crate::domain::floor::{Came, FloorEntry, MOST_AT_ONCE};
use crate::domain::ids::{FloorActId, QueueId, UserId};
use crate::domain::rest::RestKind;
use crate::domain::setup::MOST_CAPACITY;
use crate::runner;
use crate::runner::floor::FloorWish;
use crate::web::conversations::act::person;
use crate::web::edge::answer::{Asked, stream};
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::go_to;
use crate::web::edge::view::refusal_words;
use crate::web::layouts::html::Html;
use crate::web::layouts::words::sentence;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const FLOOR: &str = "/floor";

/// Minutes: a month.
const LONGEST_REST: u16 = 31 * 24 * 60;

/// What every form brings; one that does not say which act it is is one by itself.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Form {
    act: Option<FloorActId>,
    #[serde(default)]
    to: String,
    #[serde(default)]
    count: String,
    #[serde(default)]
    all: Option<String>,
    #[serde(default)]
    away: Option<String>,
    #[serde(default)]
    availability: Option<String>,
    #[serde(default)]
    capacity: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    reason: String,
    /// Of a rest; without them, until somebody ends it.
    #[serde(default)]
    minutes: String,
    /// It comes of no form that could show a refusal: a row was dropped.
    #[serde(default)]
    dropped: Option<String>,
}

/// What a form says before somebody whom the oldest of a queue are given to.
pub(in crate::web) const TO_AGENT: &str = "agent:";

/// `POST /floor/queues/{id}/moves`: the oldest of it wait in another queue, or are somebody's.
pub(in crate::web) async fn move_oldest(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<QueueId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    let shown = shown(&state, &signed, None).await?;
    shown.floor.queue(*id).ok_or(Error::NotFound)?;
    let count = || if form.all.is_some() { Ok(MOST_AT_ONCE) } else { counted(&form.count, 1, MOST_AT_ONCE) };
    let wish = match form.to.strip_prefix(TO_AGENT) {
        Some(to) => receiver(&signed, &shown, to).and_then(|to| Ok(FloorWish::Give { from: *id, to, count: count()? })),
        None => {
            let to = form.to.parse().map_err(|_| Error::Refused(Refusal::UnknownQueue));
            to.and_then(|to| Ok(FloorWish::Move { from: *id, to, count: count()? }))
        }
    };
    act(&state, &signed, &asked, &form, wish).await
}

/// `POST /floor/queues/{id}/rest`: it is paused, or drained.
pub(in crate::web) async fn rest(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<QueueId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    shown(&state, &signed, None).await?.floor.queue(*id).ok_or(Error::NotFound)?;
    let kind: RestKind = form.kind.parse().map_err(|_| Error::BadRequest)?;
    let wish = rests_for(&form.minutes).map(|minutes| FloorWish::Rest { queue: *id, kind, reason: form.reason.clone(), minutes });
    act(&state, &signed, &asked, &form, wish).await
}

/// `POST /floor/queues/{id}/resume`
pub(in crate::web) async fn resume(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<QueueId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    shown(&state, &signed, None).await?.floor.queue(*id).ok_or(Error::NotFound)?;
    act(&state, &signed, &asked, &form, Ok(FloorWish::Resume { queue: *id })).await
}

/// `POST /floor/people/{id}/return`: what they hold waits in its queues again.
pub(in crate::web) async fn give_back(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<UserId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    is_on_the_floor(&shown(&state, &signed, None).await?, *id)?;
    let wish = FloorWish::Return { from: *id, and_away: form.away.is_some() };
    act(&state, &signed, &asked, &form, Ok(wish)).await
}

/// `POST /floor/people/{id}/hand-over`: a colleague has what they hold.
pub(in crate::web) async fn hand_over(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<UserId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    let shown = shown(&state, &signed, None).await?;
    is_on_the_floor(&shown, *id)?;
    let wish = receiver(&signed, &shown, &form.to).map(|to| FloorWish::HandOver { from: *id, to });
    act(&state, &signed, &asked, &form, wish).await
}

/// `POST /floor/people/{id}/availability`
pub(in crate::web) async fn set_availability(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<UserId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    is_on_the_floor(&shown(&state, &signed, None).await?, *id)?;
    let to: Availability = form.availability.as_deref().and_then(|text| text.parse().ok()).ok_or(Error::BadRequest)?;
    act(&state, &signed, &asked, &form, Ok(FloorWish::Availability { of: *id, to })).await
}

/// `POST /floor/people/{id}/capacity`
pub(in crate::web) async fn set_capacity(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<UserId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    is_on_the_floor(&shown(&state, &signed, None).await?, *id)?;
    let wish = counted(&form.capacity, 0, MOST_CAPACITY).map(|to| FloorWish::Capacity { of: *id, to: to.into() });
    act(&state, &signed, &asked, &form, wish).await
}

/// `POST /floor/acts/{id}/undo`: whoever did it takes it back.
pub(in crate::web) async fn undo(state: web::Data<State>, signed: Signed, asked: Asked, id: web::Path<FloorActId>) -> Result<HttpResponse> {
    let came = told(state.runner.undo_on_floor(signed.workspace, person(&signed), *id).await);
    match (came, &asked) {
        (Ok(came), Asked::Live) => Ok(toast(StatusCode::OK, &FloorToast::said(signed.locale, undone_words(signed.locale, came)))),
        (Ok(_) | Err(Error::Refused(Refusal::Duplicate)), Asked::Plain { .. }) => Ok(go_to(FLOOR)),
        (Err(Error::Refused(refusal)), Asked::Live) => {
            let words = refusal_words(signed.locale, &refusal);
            Ok(toast(Error::Refused(refusal).status_code(), &FloorToast::refused(signed.locale, words)))
        }
        (Err(error), _) => Err(error),
    }
}

/// What was typed as a count.
fn counted(typed: &str, least: u16, most: u16) -> Result<u16> {
    let count = typed.trim().parse().ok().filter(|count| (least..=most).contains(count));
    count.ok_or(Error::Refused(Refusal::CountUnfit { least, most }))
}

/// How many minutes a queue is to rest; nothing where somebody ends it.
pub(in crate::web) fn rests_for(typed: &str) -> Result<Option<u16>> {
    if typed.trim().is_empty() { Ok(None) } else { counted(typed, 1, LONGEST_REST).map(Some) }
}

/// Somebody in sight, or whoever asks themselves.
fn receiver(signed: &Signed, shown: &Shown, to: &str) -> Result<UserId> {
    let to = to.parse().ok().filter(|to| *to == signed.user || shown.floor.person(*to).is_some());
    to.ok_or(Error::Refused(Refusal::UnknownPerson))
}

fn is_on_the_floor(shown: &Shown, user: UserId) -> Result<()> {
    shown.floor.person(user).map(drop).ok_or(Error::NotFound)
}

/// Refusals are counted as those of any person's command.
fn told(came: std::result::Result<Came, runner::Error>) -> Result<Came> {
    if let Err(runner::Error::Refused(refusal)) = &came {
        metrics::counter!("baton_refusals_total", "kind" => refusal.key()).increment(1);
    }
    Ok(came?)
}

async fn act(state: &State, signed: &Signed, asked: &Asked, form: &Form, wish: Result<FloorWish>) -> Result<HttpResponse> {
    let id = form.act.unwrap_or_else(|| FloorActId(Uuid::now_v7()));
    let came = match wish {
        Ok(wish) => told(state.runner.act_on_floor(signed.workspace, person(signed), id, wish).await),
        Err(error) => Err(error),
    };
    match (came, asked) {
        (Ok(_), Asked::Plain { page }) => Ok(go_to(&address(page, id))),
        (Ok(came), Asked::Live) => {
            let Some(whole) = state.store.floor_entry(signed.workspace, id).await? else {
                return Ok(toast(StatusCode::OK, &FloorToast::said(signed.locale, sentence(&signed.locale, "floor.was_so", &[]))));
            };
            let words = entry_words(state, signed, &whole.entry, came).await?;
            let offered = whole.entry.undoable_until().map(|_| (id, signed.csrf.clone()));
            let offered = FloorToast::offer(signed.locale, words, offered);
            Ok(toast(StatusCode::OK, &offered))
        }
        // It came twice, and is done.
        (Err(Error::Refused(Refusal::Duplicate)), asked) => Ok(match asked {
            Asked::Live => HttpResponse::NoContent().finish(),
            Asked::Plain { page } => go_to(&address(page, id)),
        }),
        (Err(Error::Refused(refusal)), Asked::Live) => {
            let words = refusal_words(signed.locale, &refusal);
            let status = Error::Refused(refusal).status_code();
            if form.dropped.is_some() {
                return Ok(toast(status, &FloorToast::refused(signed.locale, words)));
            }
            Ok(stream(
                status,
                format!(r#"<turbo-stream action="update" target="floor-refusal"><template>{words}</template></turbo-stream>"#),
            ))
        }
        (Err(error), _) => Err(error),
    }
}

async fn entry_words(state: &State, signed: &Signed, entry: &FloorEntry, came: Came) -> Result<Html> {
    let workplace = state.runner.workplaces().get(signed.workspace).await?;
    Ok(came_words(signed.locale, entry.by, &entry.act, &Names::of(workplace), came))
}

/// The floor as it was looked at, with what came of the act.
fn address(page: &str, id: FloorActId) -> String {
    let asked = page.split_once('?').map_or("", |(_, asked)| asked);
    let team = asked.split('&').find(|part| part.starts_with("team=")).map(|team| format!("&{team}")).unwrap_or_default();
    format!("{FLOOR}?did={id}{team}")
}

fn toast(status: StatusCode, toast: &FloorToast) -> HttpResponse {
    stream(status, format!(r#"<turbo-stream action="append" target="toasts"><template>{toast}</template></turbo-stream>"#))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_did_something_is_back_at_the_team_they_looked_at() {
        let id = FloorActId(Uuid::nil());
        assert_eq!(address("/floor/queues/7?team=9&did=4", id), format!("/floor?did={id}&team=9"));
        assert_eq!(address("/floor", id), format!("/floor?did={id}"));
    }
}
