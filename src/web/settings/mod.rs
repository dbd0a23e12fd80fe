//! What administrators decide: for each kind of thing a list, one of them, and what became of it.

pub mod brand;
pub mod canned_replies;
pub mod changes;
pub mod fields;
pub mod file;
pub mod flows;
pub mod invitations;
mod moving;
mod naming;
pub mod newcomers;
pub mod numbers;
pub mod people;
pub mod places;
pub mod queues;
pub mod roles;
pub mod rules;
pub mod search;
pub mod security;
pub mod skills;
pub mod sla;
pub mod start;
pub mod tags;
pub mod teams;
pub mod view;
pub mod workspace;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use self::view::Shell;
use super::conversations::act::person;
use super::conversations::around::chrome;
use super::edge::error::{Error, Result, status};
use super::edge::redirect::go_to;
use super::edge::view::refusal_words;
use super::layouts::chrome::Chrome;
use super::locale::Locale;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::setup::{By, SetupCommand};
use crate::runner::setup::Configured;

/// What was done last, as the page after it says.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Did {
    did: Option<i64>,
}

/// `GET /settings`: what a workspace begins with comes first, until somebody hid it.
pub(super) async fn index(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let (_, shows_start) = state.store.setup_page_head(signed.workspace).await?;
    Ok(go_to(if shows_start { "/settings/start" } else { "/settings/workspace" }))
}

/// What stands around every page of settings, and how it stands.
async fn shell(state: &State, signed: &Signed, did: &Did) -> Result<(Chrome, Shell)> {
    // Before anything else is read: what is committed in between is shown, and was not seen.
    let (head, shows_start) = state.store.setup_page_head(signed.workspace).await?;
    let chrome = chrome(state, signed).await?;
    // What people chose for themselves meanwhile is in nobody's way.
    let did = did.did.filter(|did| [head.version, head.last_seq].contains(did));
    Ok((chrome, Shell { seq: head.last_seq, did, problem: None, shows_start }))
}

async fn configure(state: &State, signed: &Signed, command: SetupCommand, seen: Option<i64>) -> Result<Configured> {
    Ok(state.runner.configure(signed.workspace, &By::Person(person(signed)), command, seen).await?)
}

/// Leads to a page of ours, which says that it is done and offers to take it back.
fn done(path: &str, configured: &Configured) -> HttpResponse {
    if configured.events.is_empty() { go_to(path) } else { go_to(&format!("{path}?did={}", configured.seq)) }
}

impl Shell {
    /// How the page answers: [`refuse`](Self::refuse) says it where something was refused.
    fn status(&mut self, locale: Locale, refused: Option<Error>) -> Result<StatusCode> {
        refused.map_or(Ok(StatusCode::OK), |error| self.refuse(locale, error))
    }

    /// Says on the page itself why nothing was changed; answers with which status. What is no refusal has a page of its own.
    fn refuse(&mut self, locale: Locale, error: Error) -> Result<StatusCode> {
        let Error::Refused(refusal) = error else { return Err(error) };
        self.problem = Some(refusal_words(locale, &refusal));
        Ok(status(&refusal))
    }
}
