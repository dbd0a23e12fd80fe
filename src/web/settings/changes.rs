//! What was decided, by whom, when and from where, and taking it back.

pub mod export;
pub mod filter;
pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use self::filter::Filter;
use self::view::{Act, ChangesPage};
use super::{Did, done, shell};
use crate::domain::setup::{By, RecordedSetup, Reversal, Setup, SetupEvent, SetupRefusal};
use crate::runner;
use crate::runner::setup::Configured;
use crate::web::conversations::act::person;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::last_page;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// Lines of the journal that a page looks at, and that one of a thing does.
const SHOWN: i64 = 60;
const SHOWN_OF_ONE: i64 = 30;

const LIST: &str = "/settings/changes";

/// `GET /settings/changes`
pub(in crate::web) async fn index(
    state: web::Data<State>,
    signed: Signed,
    filter: web::Query<Filter>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    let (chrome, shell) = shell(&state, &signed, &did).await?;
    let setup = state.runner.workplaces().setup(signed.workspace).await?;
    let sought = filter.sought(&setup);
    let events = state.store.setup_changes(signed.workspace, &sought, filter.before(), SHOWN).await?;
    let next = next(&events).map(|before| filter.at(before));
    let acts = acts(&signed, &setup, &events, |_| true);
    let people = filter::people(&setup);
    page(StatusCode::OK, &ChangesPage { chrome, shell, acts, people, filter: filter.into_inner(), next })
}

/// From where the next page goes on, unless the journal ends here.
fn next(events: &[RecordedSetup]) -> Option<i64> {
    let is_full = i64::try_from(events.len()).is_ok_and(|count| count >= SHOWN);
    events.last().map(|last| last.act).filter(|first| is_full && *first > 1)
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
    let undone = state.runner.undo_setup(signed.workspace, &By::Person(person(&signed)), undo.seq).await;
    back_from(undone, &request, LIST)
}

/// After an act was taken back: leads to the page it was asked on, or else to `list`.
pub(super) fn back_from(undone: std::result::Result<Configured, runner::Error>, request: &HttpRequest, list: &str) -> Result<HttpResponse> {
    let undone = match undone {
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
    acts_about(state, signed, thing, None).await
}

/// As [`about`], of some parts of a thing alone.
pub(super) async fn about_parts(state: &State, signed: &Signed, thing: Uuid, parts: &[&str]) -> Result<Vec<Act>> {
    acts_about(state, signed, thing, Some(parts)).await
}

async fn acts_about(state: &State, signed: &Signed, thing: Uuid, parts: Option<&[&str]>) -> Result<Vec<Act>> {
    let events = async { Ok(state.store.setup_changes_about(signed.workspace, thing, parts, SHOWN_OF_ONE).await?) };
    let setup = async { Ok::<_, Error>(state.runner.workplaces().setup(signed.workspace).await?) };
    let (events, setup) = tokio::try_join!(events, setup)?;
    let differs = |event: &SetupEvent, parts: &[&str]| event.differences().iter().any(|(name, ..)| parts.contains(&name.as_str()));
    Ok(acts(signed, &setup, &events, |event| concerns(event, thing) && parts.is_none_or(|parts| differs(event, parts))))
}

/// Whether an event has to do with a thing: it is about it, or somebody came to it or left it.
fn concerns(event: &SetupEvent, thing: Uuid) -> bool {
    let moved = |event: &SetupEvent| match event {
        SetupEvent::Member(changed) => {
            let is_in = |member: &Option<crate::domain::setup::value::Member>| {
                member.as_ref().is_some_and(|member| member.teams.iter().any(|team| team.0 == thing))
            };
            is_in(&changed.before) != is_in(&changed.after)
        }
        _ => false,
    };
    event.about().is_some_and(|(about, _)| about == thing) || moved(event)
}

/// Lines, latest first, by the act that they belong to; each with what of it is `shown`, and whether it can be taken back as the set-up
/// stands now. What people choose for themselves is nobody else's matter.
fn acts(signed: &Signed, setup: &Setup, events: &[RecordedSetup], shown: impl Fn(&SetupEvent) -> bool) -> Vec<Act> {
    let (names, reversal) = (setup.names(), Reversal::of(setup));
    let whole = events.chunk_by(|one, other| one.act == other.act).filter(|act| act.iter().any(|recorded| shown(&recorded.event)));
    let act = |act: &[RecordedSetup]| {
        let is_whole = act.first().is_some_and(|first| i64::try_from(act.len()).is_ok_and(|lines| lines == first.size));
        let in_order: Vec<&SetupEvent> = act.iter().rev().map(|recorded| &recorded.event).collect();
        let can_be_undone = is_whole && reversal.holds(&in_order);
        Act::of(signed.locale, &names, act, &shown, can_be_undone)
    };
    whole.filter_map(act).collect()
}
