//! The floor: what a supervisor sees and does, on one page that is live.

pub mod acts;
pub mod decisions;
pub mod handover;
pub mod now;
pub mod today;
pub mod view;

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use self::now::{FloorNow, floor_now};
use self::view::names::Names;
use self::view::panel::{Panel, PanelFrame, PersonPanel, PersonTarget, QueuePanel, QueueTarget};
use self::view::rows::EntryRow;
use self::view::toast::came_words;
use self::view::{FloorPage, TeamChoice, WallPage};
use super::conversations::around::chrome;
use super::edge::answer::page;
use super::edge::error::{Error, Result};
use super::locale::Locale;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::access::Permission;
use crate::domain::floor::{Floor, FloorPerson, FloorQueue, Scope};
use crate::domain::ids::{FloorActId, QueueId, TeamId, UserId};
use crate::domain::setup::value::Setup;
use crate::store;

/// The element that a queue's or a person's controls are shown in.
const PANEL: &str = "floor-panel";

#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::web) struct Question {
    /// The team somebody looks at.
    #[serde(default)]
    team: String,
    /// For a big screen: nobody's name, and nothing to press.
    wall: Option<String>,
    /// What was done a moment ago.
    did: Option<FloorActId>,
}

impl Question {
    fn team(&self) -> Option<TeamId> {
        self.team.parse().ok()
    }
}

/// What somebody is shown of the floor.
struct Shown {
    now: FloorNow,
    scope: Scope,
    /// What is in scope of it.
    floor: Floor,
}

/// The scope of somebody who looks at a team, or at all that they see.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn scope_of(state: &State, signed: &Signed, team: Option<TeamId>) -> store::Result<Scope> {
    let visibility = signed.role.rights.visibility;
    let teams = if visibility.is_by_team() { state.store.own_teams(signed.workspace, signed.user).await? } else { BTreeSet::new() };
    Ok(Scope::of(signed.user, visibility, &teams, team))
}

async fn shown(state: &State, signed: &Signed, team: Option<TeamId>) -> store::Result<Shown> {
    let (scope, now) = tokio::try_join!(scope_of(state, signed, team), floor_now(state, signed.workspace))?;
    let floor = now.floor.seen_in(&scope);
    Ok(Shown { now, scope, floor })
}

/// `GET /floor`
pub(in crate::web) async fn index(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    question: web::Query<Question>,
) -> Result<HttpResponse> {
    if asks_for_panel(&request) {
        return page(StatusCode::OK, &PanelFrame { locale: signed.locale, panel: None });
    }
    if question.wall.is_some() {
        return wall(&state, &signed, &question).await;
    }
    whole(&state, &signed, &question, |_| Ok(None)).await
}

/// `GET /floor/queues/{id}`: what can be done with a queue, beside the floor.
pub(in crate::web) async fn queue(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<QueueId>,
    question: web::Query<Question>,
) -> Result<HttpResponse> {
    let panel = |shown: &Shown| Ok(Some(Panel::Queue(queue_panel(&signed, shown, *id)?)));
    if asks_for_panel(&request) {
        let panel = panel(&shown(&state, &signed, None).await?)?;
        return page(StatusCode::OK, &PanelFrame { locale: signed.locale, panel });
    }
    whole(&state, &signed, &question, panel).await
}

/// `GET /floor/people/{id}`: what can be done for somebody, beside the floor.
pub(in crate::web) async fn person(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<UserId>,
    question: web::Query<Question>,
) -> Result<HttpResponse> {
    let panel = |shown: &Shown| Ok(Some(Panel::Person(person_panel(&signed, shown, *id)?)));
    if asks_for_panel(&request) {
        let panel = panel(&shown(&state, &signed, None).await?)?;
        return page(StatusCode::OK, &PanelFrame { locale: signed.locale, panel });
    }
    whole(&state, &signed, &question, panel).await
}

fn asks_for_panel(request: &HttpRequest) -> bool {
    request.headers().get("turbo-frame").is_some_and(|frame| frame == PANEL)
}

async fn whole(
    state: &State,
    signed: &Signed,
    question: &Question,
    panel: impl Fn(&Shown) -> Result<Option<Panel>>,
) -> Result<HttpResponse> {
    let team = question.team();
    let set_up = async { Ok(state.runner.workplaces().setup(signed.workspace).await?) };
    let parts = async { Ok::<_, Error>(tokio::try_join!(chrome(state, signed), shown(state, signed, team))?) };
    let ((chrome, shown), set_up) = tokio::try_join!(parts, set_up)?;
    // Whoever is not in sight has no panel either, whichever team is looked at.
    let panel = panel(&shown)?;
    let names = Names::of(shown.now.workplace.clone());
    let entries = shown.now.entries_in(&shown.scope, Some(signed.user));
    let did = entries
        .iter()
        .find(|entry| Some(entry.id) == question.did)
        .map(|entry| came_words(signed.locale, entry.by, &entry.act, &names, entry.came()));
    let row = |entry| {
        let row = EntryRow::of(words_of(signed), entry, &names);
        let csrf = row.is_undoable_by(signed.user, chrome.now).then(|| signed.csrf.clone());
        row.offered_with(csrf)
    };
    let entries = entries.into_iter().map(row).collect();
    let teams = choices(&set_up, &scope_of(state, signed, None).await?, team);
    page(StatusCode::OK, &FloorPage { chrome, locale: words_of(signed), floor: shown.floor, entries, teams, team, did, panel })
}

async fn wall(state: &State, signed: &Signed, question: &Question) -> Result<HttpResponse> {
    let team = question.team();
    let Shown { floor, .. } = shown(state, signed, team).await?;
    let chrome = chrome(state, signed).await?;
    page(StatusCode::OK, &WallPage { chrome, locale: words_of(signed), floor, team })
}

/// The language of rows: the same for whoever sees phone numbers, as there are none.
fn words_of(signed: &Signed) -> Locale {
    Locale::of(signed.locale.as_str()).unwrap_or_default()
}

/// The teams one may look at.
fn choices(set_up: &Setup, scope: &Scope, chosen: Option<TeamId>) -> Vec<TeamChoice> {
    let seen = set_up.teams.iter().filter(|(id, _)| scope.queues.have(**id));
    let mut teams: Vec<TeamChoice> =
        seen.map(|(id, team)| TeamChoice { id: *id, name: team.name.clone(), is_chosen: chosen == Some(*id) }).collect();
    teams.sort_by_key(|team| team.name.to_lowercase());
    teams
}

fn queue_panel(signed: &Signed, shown: &Shown, id: QueueId) -> Result<QueuePanel> {
    let queue: &FloorQueue = shown.floor.queue(id).ok_or(Error::NotFound)?;
    // To any queue there is: so may whoever hands on a single conversation.
    let others = shown.now.floor.queues.iter().filter(|other| other.id != id);
    let targets = others.map(|other| QueueTarget { id: other.id, name: other.name.clone(), with_room: other.with_room }).collect();
    let (act, csrf, own) = (FloorActId(Uuid::now_v7()), signed.csrf.clone(), own(signed));
    let people = receivers(shown, |other| other.has_room() && Some(other.id) != own);
    Ok(QueuePanel { locale: signed.locale, csrf, act, queue: queue.clone(), targets, people, own })
}

fn person_panel(signed: &Signed, shown: &Shown, id: UserId) -> Result<PersonPanel> {
    let person: &FloorPerson = shown.floor.person(id).ok_or(Error::NotFound)?;
    let targets = receivers(shown, |other| other.id != id);
    let acts = std::array::from_fn(|_| FloorActId(Uuid::now_v7()));
    let own = own(signed).filter(|own| *own != id);
    Ok(PersonPanel { locale: signed.locale, csrf: signed.csrf.clone(), acts, person: person.clone(), targets, own })
}

/// Whoever looks, if they may answer customers.
fn own(signed: &Signed) -> Option<UserId> {
    signed.role.may(Permission::Reply).then_some(signed.user)
}

/// Those of the floor who may answer customers and fit, who is here and has room first.
fn receivers(shown: &Shown, fits: impl Fn(&FloorPerson) -> bool) -> Vec<PersonTarget> {
    let mut others: Vec<&FloorPerson> = shown.floor.people.iter().filter(|other| other.may_reply && fits(other)).collect();
    others.sort_by_key(|other| (!other.has_room(), !other.takes_work(), other.name.to_lowercase()));
    others.into_iter().map(|other| PersonTarget { person: other.clone() }).collect()
}
