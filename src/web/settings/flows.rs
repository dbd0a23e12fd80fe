//! Flows: which there are, what became of each, and which version customers meet.

pub mod begin;
mod bench;
pub mod difference;
pub mod editor;
pub mod phone;
pub mod picture;
pub mod problems;
pub mod publication;
pub mod view;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use self::difference::Group;
use self::view::{Comparison, FlowPage, FlowsPage};
use super::changes::about;
use super::{Did, configure, done, shell};
use crate::domain::flows::difference::differences;
use crate::domain::flows::schema::schema;
use crate::domain::flows::written::written;
use crate::domain::ids::FlowId;
use crate::domain::setup::SetupCommand;
use crate::store::flows::FlowDetail;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

pub(super) const LIST: &str = "/settings/flows";

/// `GET /settings/flows`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    let (chrome, shell) = shell(&state, &signed, &did).await?;
    let (flows, archived) = state.store.flows(signed.workspace).await?.into_iter().partition(|flow| !flow.archived);
    page(StatusCode::OK, &FlowsPage { chrome, shell, flows, archived })
}

/// Two versions that are to be told apart.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Compared {
    from: Option<i32>,
    to: Option<i32>,
}

/// `GET /settings/flows/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    flow: web::Path<FlowId>,
    did: web::Query<Did>,
    compared: web::Query<Compared>,
) -> Result<HttpResponse> {
    one(&state, &signed, *flow, &did, &compared, None).await
}

/// The page of a flow; after a refusal with the name that was typed, where one was.
async fn one(
    state: &State,
    signed: &Signed,
    id: FlowId,
    did: &Did,
    compared: &Compared,
    refused: Option<(Option<String>, Error)>,
) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let flow = async { Ok(state.store.flow(signed.workspace, id).await?) };
    let (flow, acts) = tokio::try_join!(flow, about(state, signed, id.0))?;
    let flow = flow.ok_or(Error::NotFound)?;
    let comparison = comparison(state, signed, &flow, compared).await?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let typed = typed.flatten().unwrap_or_else(|| flow.name.clone());
    page(status, &FlowPage { chrome, shell, flow, typed, comparison, acts })
}

async fn comparison(state: &State, signed: &Signed, flow: &FlowDetail, compared: &Compared) -> Result<Option<Comparison>> {
    let (Some(from), Some(to)) = (compared.from, compared.to) else { return Ok(None) };
    let both = state.store.flow_definitions(signed.workspace, flow.id, &[from, to]).await?;
    let (Some(before), Some(after)) = (both.get(&from), both.get(&to)) else { return Err(Error::NotFound) };
    Ok(Some(Comparison { from, to, groups: Group::of(signed.locale, differences(before, after)) }))
}

#[derive(Deserialize)]
pub(in crate::web) struct Rename {
    #[serde(default)]
    name: String,
    seen: Option<i64>,
}

/// `POST /settings/flows/{id}`
pub(in crate::web) async fn rename(
    state: web::Data<State>,
    signed: Signed,
    flow: web::Path<FlowId>,
    form: web::Form<Rename>,
) -> Result<HttpResponse> {
    let Rename { name, seen } = form.into_inner();
    let typed = Some(name.trim().to_owned());
    act(&state, &signed, *flow, SetupCommand::RenameFlow { flow: *flow, name }, seen, typed).await
}

#[derive(Deserialize)]
pub(in crate::web) struct Version {
    version: Option<i32>,
    seen: Option<i64>,
}

/// `POST /settings/flows/{id}/versions`: customers meet a version that there is already.
pub(in crate::web) async fn publish_version(
    state: web::Data<State>,
    signed: Signed,
    flow: web::Path<FlowId>,
    form: web::Form<Version>,
) -> Result<HttpResponse> {
    let version = form.version.unwrap_or_default();
    act(&state, &signed, *flow, SetupCommand::PublishVersion { flow: *flow, version }, form.seen, None).await
}

/// `POST /settings/flows/{id}/archive`
pub(in crate::web) async fn archive(state: web::Data<State>, signed: Signed, flow: web::Path<FlowId>) -> Result<HttpResponse> {
    act(&state, &signed, *flow, SetupCommand::ArchiveFlow { flow: *flow }, None, None).await
}

/// `POST /settings/flows/{id}/restoration`
pub(in crate::web) async fn restore(state: web::Data<State>, signed: Signed, flow: web::Path<FlowId>) -> Result<HttpResponse> {
    act(&state, &signed, *flow, SetupCommand::RestoreFlow { flow: *flow }, None, None).await
}

async fn act(
    state: &State,
    signed: &Signed,
    id: FlowId,
    command: SetupCommand,
    seen: Option<i64>,
    typed: Option<String>,
) -> Result<HttpResponse> {
    state.store.flow(signed.workspace, id).await?.ok_or(Error::NotFound)?;
    match configure(state, signed, command, seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{id}"), &configured)),
        Err(error) => one(state, signed, id, &Did::default(), &Compared::default(), Some((typed, error))).await,
    }
}

#[derive(Deserialize)]
pub(in crate::web) struct Exported {
    version: Option<i32>,
}

/// `GET /settings/flows/{id}/export`: a version as a file; the published one, or else the last, where none is named.
pub(in crate::web) async fn export(
    state: web::Data<State>,
    signed: Signed,
    flow: web::Path<FlowId>,
    exported: web::Query<Exported>,
) -> Result<HttpResponse> {
    let bench = state.store.flow_workbench(signed.workspace, *flow).await?.ok_or(Error::NotFound)?;
    let version = exported.version.or(bench.published).or(bench.latest).ok_or(Error::NotFound)?;
    let definitions: BTreeMap<_, _> = state.store.flow_definitions(signed.workspace, *flow, &[version]).await?;
    let definition = definitions.get(&version).ok_or(Error::NotFound)?;
    let name = format!("attachment; filename=\"{}-{version}.json\"", file_name(&bench.name));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, name))
        .body(written(definition)))
}

static SCHEMA: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", schema()));

/// `GET /schemas/flow.json`: what a definition may say, for any editor.
pub(in crate::web) async fn schema_file() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/schema+json; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(SCHEMA.as_str())
}

/// A name as any system takes it for a file: small letters, digits and dashes.
fn file_name(name: &str) -> String {
    let words = crate::domain::flows::text::normalise(name);
    let letters = words.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let name: String = letters.take(60).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "flow".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_like_its_flow() {
        assert_eq!(file_name("Bienvenida – ¡Niño!"), "bienvenida-nino");
        assert_eq!(file_name("مرحبا"), "flow");
    }
}
