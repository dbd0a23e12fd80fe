//! What was decided, by whom and when, and taking it back.

pub mod view;

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{Act, ChangesPage};
use super::{Did, done, shell};
use crate::domain::setup::{By, Parts, RecordedSetup, SetupEvent, SetupRefusal, can_be_taken_back};
use crate::runner;
use crate::web::conversations::act::person;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::last_page;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// Events that a page shows, and that one of a thing does.
const SHOWN: i64 = 200;
const SHOWN_OF_ONE: i64 = 50;

const LIST: &str = "/settings/changes";

#[derive(Deserialize)]
pub(in crate::web) struct Page {
    before: Option<i64>,
}

/// `GET /settings/changes`
pub(in crate::web) async fn index(
    state: web::Data<State>,
    signed: Signed,
    place: web::Query<Page>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    let before = place.before.unwrap_or(i64::MAX);
    let (chrome, shell) = shell(&state, &signed, &did).await?;
    let events = state.store.setup_decided_before(signed.workspace, before, SHOWN);
    let names = state.store.setup_names(signed.workspace);
    let (events, names) = tokio::try_join!(events, names)?;
    let next = events.last().filter(|_| i64::try_from(events.len()).is_ok_and(|count| count == SHOWN)).map(|last| last.seq);
    let acts = acts(&signed, &names, events);
    page(StatusCode::OK, &ChangesPage { chrome, shell, acts, next })
}

#[derive(Deserialize)]
pub(in crate::web) struct Undo {
    seq: i64,
}

/// `POST /settings/changes`: takes an act back, and leads back to the page it was asked on.
pub(in crate::web) async fn undo(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    undo: web::Form<Undo>,
) -> Result<HttpResponse> {
    undo_at(&state, &signed, &request, undo.seq, LIST).await
}

/// Takes an act back; leads to the page it was asked on, or else to `list`.
pub(super) async fn undo_at(state: &State, signed: &Signed, request: &HttpRequest, seq: i64, list: &str) -> Result<HttpResponse> {
    let undone = match state.runner.undo_setup(signed.workspace, &By::Person(person(signed)), seq).await {
        Err(runner::Error::NotFound) => Err(Error::Refused(SetupRefusal::CannotBeUndone.into())),
        other => other.map_err(Error::from),
    }?;
    let back = last_page(request.headers());
    let back = back.split('?').next().filter(|path| path.starts_with("/settings/")).unwrap_or(list);
    // What was added is gone, and its page with it.
    let gone = |event: &SetupEvent| event.about().is_some_and(|(thing, _)| event.is_removal() && back.ends_with(&thing.to_string()));
    let back = if undone.events.iter().any(gone) { back.rsplit_once('/').map_or(list, |(list, _)| list) } else { back };
    Ok(done(back, &undone))
}

/// What became of one thing, latest first.
pub(super) async fn about(state: &State, signed: &Signed, thing: Uuid) -> Result<Vec<Act>> {
    let events = state.store.setup_events_about(signed.workspace, thing, SHOWN_OF_ONE);
    let (events, names) = tokio::try_join!(events, state.store.setup_names(signed.workspace))?;
    Ok(acts(signed, &names, events))
}

/// Events, latest first, by the act that they belong to. What people choose for themselves is nobody else's matter.
fn acts(signed: &Signed, names: &HashMap<Uuid, String>, events: Vec<RecordedSetup>) -> Vec<Act> {
    let (mut acts, mut since): (Vec<Act>, HashMap<Uuid, Vec<Parts>>) = (Vec::new(), HashMap::new());
    let events: Vec<RecordedSetup> = events.into_iter().filter(|recorded| recorded.event.concerns_everybody()).collect();
    for act in events.chunk_by(|one, other| one.act == other.act) {
        let is_untouched = act.iter().all(|recorded| is_untouched(&recorded.event, &since));
        let can_be_undone = is_untouched && act.iter().all(|recorded| can_be_taken_back(&recorded.event));
        acts.extend(Act::of(signed.locale, names, act, can_be_undone));
        for (thing, parts) in act.iter().filter_map(|recorded| recorded.event.about()) {
            since.entry(thing).or_default().push(parts);
        }
    }
    acts
}

/// Whether nothing that was done later changed the same parts of the same thing.
fn is_untouched(event: &SetupEvent, since: &HashMap<Uuid, Vec<Parts>>) -> bool {
    let Some((thing, parts)) = event.about() else { return true };
    since.get(&thing).is_none_or(|later| !later.iter().any(|other| other.overlap(&parts)))
}
