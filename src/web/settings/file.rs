//! The workspace file: taken away as one file, and brought back as one act.

pub mod view;

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{FilePage, Offered};
use super::{Did, done, shell};
use crate::domain::setup::file::{self, Document, Fault, Import, Plan, Wrong};
use crate::domain::setup::{By, Noted, Secret, Setup};
use crate::web::conversations::act::person;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::parts::Parts;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// What the fields of secrets are called, before their names.
const SECRET: &str = "secret.";

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
    let text = file::export(&setup, taken.people.is_some()).map_err(|_| Error::BadRequest)?;
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
        Err(fault) => return answered(chrome, shell, Offered::Faults { faults: vec![fault], text }),
    };
    let prune = parts.text("prune").is_some();
    let setup = state.store.setup(signed.workspace).await?;
    let import = import(&state, &parts, document, prune).await?;
    let (plan, needed) = match planned(&setup, &import) {
        Ok(planned) => planned,
        Err(faults) => return answered(chrome, shell, Offered::Faults { faults, text }),
    };
    let applies = parts.text("apply").is_some() && needed.is_empty() && !plan.events.is_empty();
    if !applies {
        return answered(chrome, shell, Offered::plan(signed.locale, &plan, needed, text, prune));
    }
    let password = if import.document.names_people() { state.passwords.hash(Uuid::new_v4().to_string()).await? } else { String::new() };
    let import = Import { password: Secret::new(password), ..import };
    let seen = parts.text("seen").and_then(|seen| seen.parse().ok());
    match state.runner.import(signed.workspace, &By::Person(person(&signed)), import, None, seen).await {
        Ok(configured) => Ok(done("/settings/changes", &configured)),
        Err(error) => {
            let status = shell.refuse(signed.locale, error.into())?;
            // What was changed meanwhile is in the plan that is shown now.
            let setup = state.store.setup(signed.workspace).await?;
            let document = file::read(&text).map_err(|_| Error::BadRequest)?;
            let import = self::import(&state, &parts, document, prune).await?;
            chrome.now = jiff::Timestamp::now();
            let offered = match planned(&setup, &import) {
                Ok((plan, needed)) => Offered::plan(signed.locale, &plan, needed, text, prune),
                Err(faults) => Offered::Faults { faults, text },
            };
            page(status, &FilePage { chrome, shell, offered })
        }
    }
}

fn answered(chrome: crate::web::layouts::chrome::Chrome, shell: super::Shell, offered: Offered) -> Result<HttpResponse> {
    let is_faulty = matches!(offered, Offered::Faults { .. });
    page(if is_faulty { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &FilePage { chrome, shell, offered })
}

async fn import(state: &State, parts: &Parts, document: Document, prune: bool) -> Result<Import> {
    let names = parts.names().filter_map(|field| field.strip_prefix(SECRET));
    let secret = |name: &str| Some((name.to_owned(), Secret::new(parts.text(&format!("{SECRET}{name}"))?)));
    let secrets: BTreeMap<String, Secret> = names.filter_map(secret).collect();
    let known_apps = state.store.known_apps(&document.apps()).await?;
    Ok(Import { document, prune, secrets, known_apps, password: Secret::default(), seed: Uuid::now_v7() })
}

/// What it would change, and which secrets it still needs for that.
fn planned(setup: &Setup, import: &Import) -> Result<(Plan, Vec<String>), Vec<Fault>> {
    let faults = import.plan(setup).err().unwrap_or_default();
    let (missing, others): (Vec<Fault>, Vec<Fault>) = faults.into_iter().partition(|fault| matches!(fault.wrong, Wrong::SecretMissing(_)));
    if !others.is_empty() {
        return Err(others);
    }
    let mut needed: Vec<String> = missing.into_iter().flat_map(|fault| fault.wrong.values()).map(|(_, name)| name).collect();
    needed.sort();
    needed.dedup();
    let mut supplied = import.clone();
    supplied.secrets.extend(needed.iter().map(|name| (name.clone(), Secret::default())));
    Ok((supplied.plan(setup)?, needed))
}
