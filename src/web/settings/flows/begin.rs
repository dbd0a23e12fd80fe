//! Beginning a flow: from a ready one, from next to nothing, or from a file.

pub mod view;

use std::collections::BTreeMap;

use actix_multipart::Multipart;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{BeginPage, Typed};
use super::LIST;
use crate::domain::details::{FieldKind, FieldOf};
use crate::domain::flows::inspection::LONGEST;
use crate::domain::flows::ready::{self, Ready, Speaks, blank};
use crate::domain::flows::written::written;
use crate::domain::ids::{FieldId, FlowId};
use crate::domain::setup::SetupCommand;
use crate::domain::setup::value::Field;
use crate::web::conversations::act::text;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::go_to;
use crate::web::sessions::signed::Signed;
use crate::web::settings::{Did, configure, shell};
use crate::web::state::State;

/// Characters of a flow's name that are taken from a file's.
const LONGEST_NAME: usize = 80;

#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Chosen {
    ready: Option<String>,
}

/// `GET /settings/flows/new`
pub(in crate::web) async fn new(state: web::Data<State>, signed: Signed, chosen: web::Query<Chosen>) -> Result<HttpResponse> {
    let ready = chosen.ready.as_deref().map(|key| ready::find(key).ok_or(Error::NotFound)).transpose()?;
    begin(&state, &signed, ready, None).await
}

/// The page; after a refusal with what was typed.
async fn begin(state: &State, signed: &Signed, ready: Option<Ready>, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, &Did::default()).await?;
    let queues = state.store.queue_keys(signed.workspace).await?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let named = |ready: &Ready| Typed { name: ready.name.in_language(signed.locale.as_str()).to_owned(), ..Typed::default() };
    let typed = typed.or_else(|| ready.as_ref().map(named)).unwrap_or_default();
    page(status, &BeginPage { chrome, shell, all: ready::all(), ready, typed, queues })
}

/// `POST /settings/flows`: a flow with what is written of it so far; published it is in the editor.
pub(in crate::web) async fn create(
    state: web::Data<State>,
    signed: Signed,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse> {
    let value = |wanted: &str| form.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.trim());
    let chosen = ready::find(value("ready"));
    let language = signed.locale.as_str();
    let queue = |role: &String| (role.clone(), value(&format!("queue_{role}")).to_owned());
    let queues: BTreeMap<_, _> = chosen.iter().flat_map(|ready| ready.roles.keys()).map(queue).collect();
    let definition = match &chosen {
        Some(ready) => {
            let speaks = Speaks::of(value("language")).ok_or(Error::BadRequest)?;
            ready.definition(&queues, speaks, language)
        }
        None => blank(state.store.queue_keys(signed.workspace).await?.first().map_or("", |(key, _)| key.as_str()), language),
    };
    let name =
        if value("name").is_empty() && chosen.is_none() { signed.locale.t("flows.new").into_owned() } else { value("name").to_owned() };
    let brought = match &chosen {
        Some(ready) => fields_missing(&state, &signed, ready).await?,
        None => Vec::new(),
    };
    match started(&state, &signed, &name, &written(&definition), brought).await {
        Ok(flow) => Ok(go_to(&format!("{LIST}/{flow}/edit"))),
        Err(error) => {
            let typed = Typed { name, language: value("language").to_owned(), queues };
            begin(&state, &signed, chosen, Some((typed, error))).await
        }
    }
}

/// Defines the fields that a ready flow writes and that are not there yet.
async fn fields_missing(state: &State, signed: &Signed, ready: &Ready) -> Result<Vec<SetupCommand>> {
    let workplace = state.runner.workplaces().get(signed.workspace).await?;
    let missing = ready.fields.iter().filter(|(key, _)| workplace.vocabulary.field(key).is_none());
    let added = missing.map(|(key, label)| SetupCommand::AddField {
        field: FieldId(Uuid::now_v7()),
        new: Field {
            key: key.clone(),
            label: label.in_language(signed.locale.as_str()).to_owned(),
            of: FieldOf::Contact,
            kind: FieldKind::Text,
            choices: Vec::new(),
            shown: true,
            locked: false,
            position: 0,
        },
    });
    Ok(added.collect())
}

/// A flow that has no version yet, and what is being written of it; with what else it brings.
async fn started(state: &State, signed: &Signed, name: &str, body: &str, brought: Vec<SetupCommand>) -> Result<FlowId> {
    let flow = FlowId(Uuid::now_v7());
    let begins = SetupCommand::BeginFlow { flow, name: name.to_owned() };
    let command = if brought.is_empty() { begins } else { SetupCommand::Several(brought.into_iter().chain([begins]).collect()) };
    configure(state, signed, command, None).await?;
    state.store.save_flow_draft(signed.workspace, flow, signed.user, body, 0).await?;
    Ok(flow)
}

/// `POST /settings/flows/imports`: a flow from a file, whatever is wrong with it; the editor says what.
pub(in crate::web) async fn import(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse> {
    let (name, file) = uploaded(request.headers(), body).await?;
    let json: Option<serde_json::Value> = serde_json::from_str(&file).ok();
    let own = json.as_ref().and_then(|json| json.get("name")?.as_str().map(str::to_owned));
    let name: String = own.unwrap_or(name).trim().chars().take(LONGEST_NAME).collect();
    let name = if name.is_empty() { signed.locale.t("flows.new").into_owned() } else { name };
    match started(&state, &signed, &name, &file, Vec::new()).await {
        Ok(flow) => Ok(go_to(&format!("{LIST}/{flow}/edit"))),
        Err(error) => begin(&state, &signed, None, Some((Typed::default(), error))).await,
    }
}

/// The file of a form: what it is called, and what it says.
async fn uploaded(headers: &HeaderMap, body: web::Bytes) -> Result<(String, String)> {
    let mut parts = Multipart::new(headers, stream::iter([Ok(body)]));
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| Error::BadRequest)?;
        if part.name() != Some("file") {
            continue;
        }
        let name = part.content_disposition().and_then(|disposition| disposition.get_filename()).unwrap_or_default().to_owned();
        let mut file = Vec::new();
        while let Some(chunk) = part.next().await {
            file.extend_from_slice(&chunk.map_err(|_| Error::BadRequest)?);
            if file.len() > LONGEST {
                return Err(Error::TooLarge);
            }
        }
        let name = name.strip_suffix(".json").unwrap_or(&name).to_owned();
        return Ok((name, text(&String::from_utf8_lossy(&file))));
    }
    Err(Error::BadRequest)
}
