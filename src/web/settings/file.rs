//! The workspace file: taken away as one file, and brought back as one act.

pub mod view;

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{FilePage, Offered};
use super::{Did, done, newcomers, shell};
use crate::domain::setup::file::{self, Ambiguous, Document, Import, Reach};
use crate::domain::setup::{By, Noted, Secret, SetupEvent};
use crate::web::conversations::act::person;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::parts::Parts;
use crate::web::layouts::words::sentence;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

#[derive(Deserialize)]
pub(in crate::web) struct Taken {
    people: Option<String>,
}

/// `GET /settings/file`
pub(in crate::web) async fn show(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    let (chrome, shell) = shell(&state, &signed, &did).await?;
    page(StatusCode::OK, &FilePage { chrome, shell, offered: Offered::Nothing })
}

/// `GET /settings/file/workspace.yaml`
pub(in crate::web) async fn download(state: web::Data<State>, signed: Signed, taken: web::Query<Taken>) -> Result<HttpResponse> {
    let setup = state.store.setup(signed.workspace).await?;
    let text = match file::export(&setup, taken.people.is_some()) {
        Ok(text) => text,
        Err(Ambiguous { name }) => {
            let (chrome, mut shell) = shell(&state, &signed, &Did::default()).await?;
            shell.problem = Some(sentence(&signed.locale, "file.ambiguous", &[("name", &name)]));
            return page(StatusCode::CONFLICT, &FilePage { chrome, shell, offered: Offered::Nothing });
        }
    };
    state.runner.note(signed.workspace, signed.user, Noted::Exported { what: "workspace_file".to_owned() }).await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_DISPOSITION, "attachment; filename=\"workspace.yaml\"")).insert_header((CACHE_CONTROL, "no-store"));
    Ok(answer.content_type("application/yaml; charset=utf-8").body(text))
}

/// `GET /schemas/workspace.json`
pub(in crate::web) async fn schema() -> HttpResponse {
    HttpResponse::Ok().content_type("application/schema+json").insert_header((CACHE_CONTROL, "public, max-age=3600")).json(file::schema())
}

/// `POST /settings/file`: first what it would change, and then, once that was looked at, the change.
pub(in crate::web) async fn update(state: web::Data<State>, signed: Signed, request: HttpRequest, body: Bytes) -> Result<HttpResponse> {
    let parts = Parts::read(request.headers(), body).await?;
    let sent = parts.file("file").map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = sent.or_else(|| parts.text("text")).unwrap_or_default();
    let (mut chrome, mut shell) = shell(&state, &signed, &Did::default()).await?;
    if text.len() > file::LONGEST {
        return Err(Error::TooLarge);
    }
    let document = match file::read(&text) {
        Ok(document) => document,
        Err(fault) => return answered(chrome, shell, Offered::faults(vec![fault])),
    };
    let prune = parts.text("prune").is_some();
    let setup = state.store.setup(signed.workspace).await?;
    let import = import(&state, document, prune).await?;
    let plan = match import.plan(&setup) {
        Ok(plan) => plan,
        Err(faults) => return answered(chrome, shell, Offered::faults(faults)),
    };
    if parts.text("apply").is_none() || plan.events.is_empty() {
        let held = state.store.held_by_all(signed.workspace, &plan.gone().people).await?;
        return answered(chrome, shell, Offered::plan(signed.locale, plan, held, text, prune));
    }
    let password = if import.document.names_people() { state.passwords.hash(Uuid::new_v4().to_string()).await? } else { String::new() };
    let import = Import { password: Secret::new(password), ..import };
    let seen = parts.text("seen").and_then(|seen| seen.parse().ok());
    match state.runner.import(signed.workspace, &By::Person(person(&signed)), import, None, seen).await {
        Ok(configured) => Ok(done(if adds_people(&configured.events) { newcomers::LIST } else { "/settings/changes" }, &configured)),
        Err(error) => {
            let status = shell.refuse(signed.locale, error.into())?;
            // What was changed meanwhile is in the plan that is shown now.
            let setup = state.store.setup(signed.workspace).await?;
            let document = file::read(&text).map_err(|_| Error::BadRequest)?;
            chrome.now = jiff::Timestamp::now();
            let offered = match self::import(&state, document, prune).await?.plan(&setup) {
                Ok(plan) => {
                    let held = state.store.held_by_all(signed.workspace, &plan.gone().people).await?;
                    Offered::plan(signed.locale, plan, held, text, prune)
                }
                Err(faults) => Offered::faults(faults),
            };
            page(status, &FilePage { chrome, shell, offered })
        }
    }
}

fn answered(chrome: crate::web::layouts::chrome::Chrome, shell: super::Shell, offered: Offered) -> Result<HttpResponse> {
    let is_faulty = matches!(offered, Offered::Faults { .. });
    page(if is_faulty { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &FilePage { chrome, shell, offered })
}

/// Whether there are people now who were not: nobody told them yet how they come in.
fn adds_people(events: &[SetupEvent]) -> bool {
    events.iter().any(|event| matches!(event, SetupEvent::Member(changed) if changed.before.is_none()))
}

/// What a file may do that an administrator brings in: no secrets come along with it.
async fn import(state: &State, document: Document, prune: bool) -> Result<Import> {
    let reach = Reach::Workspace { accounts: state.store.known_accounts(&document.emails()).await? };
    let (secrets, known_apps) = (BTreeMap::new(), BTreeSet::new());
    Ok(Import { document, prune, reach, secrets, known_apps, password: Secret::default(), seed: Uuid::now_v7() })
}
