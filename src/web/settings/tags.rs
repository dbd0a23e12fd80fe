//! Tags: short words on a conversation, each with a colour.

pub mod view;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{TagPage, TagsPage, Typed};
use super::changes::about;
use super::naming::{Named, flows_that_name, in_words, rules_that_name};
use super::{Did, configure, done, shell};
use crate::domain::ids::TagId;
use crate::domain::setup::SetupCommand;
use crate::domain::setup::command::TagChange;
use crate::domain::setup::value::Tag;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const LIST: &str = "/settings/tags";

#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    colour: String,
    seen: Option<i64>,
}

/// `GET /settings/tags`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    list(&state, &signed, &did, None).await
}

/// `POST /settings/tags`
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, form: web::Form<Form>) -> Result<HttpResponse> {
    let Form { name, colour, .. } = form.into_inner();
    let typed = Typed { is_of_form: true, name: name.trim().to_owned(), colour };
    let new = Tag { name: typed.name.clone(), colour: typed.colour.clone(), archived: false, merged_into: None };
    match configure(&state, &signed, SetupCommand::AddTag { tag: TagId(Uuid::now_v7()), new }, None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => list(&state, &signed, &Did::default(), Some((typed, error))).await,
    }
}

async fn list(state: &State, signed: &Signed, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let tags = state.store.tags(signed.workspace).await?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    page(status, &TagsPage { chrome, shell, tags, typed: typed.unwrap_or_default() })
}

/// `GET /settings/tags/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    tag: web::Path<TagId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    one(&state, &signed, *tag, &did, None).await
}

/// `POST /settings/tags/{id}`
pub(in crate::web) async fn update(
    state: web::Data<State>,
    signed: Signed,
    tag: web::Path<TagId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    let Form { name, colour, seen } = form.into_inner();
    let typed = Typed { is_of_form: true, name: name.trim().to_owned(), colour };
    let change = TagChange { name: Some(typed.name.clone()), colour: Some(typed.colour.clone()), archived: None };
    match configure(&state, &signed, SetupCommand::ChangeTag { tag: *tag, change }, seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{tag}"), &configured)),
        Err(error) => one(&state, &signed, *tag, &Did::default(), Some((typed, error))).await,
    }
}

/// `POST /settings/tags/{id}/archiving`: nobody adds it any more; or they do again.
pub(in crate::web) async fn archive(state: web::Data<State>, signed: Signed, tag: web::Path<TagId>) -> Result<HttpResponse> {
    let known = state.store.tags(signed.workspace).await?.into_iter().find(|summary| summary.tag.id == *tag).ok_or(Error::NotFound)?;
    let change = TagChange { archived: Some(!known.tag.archived), ..TagChange::default() };
    finish(&state, &signed, *tag, SetupCommand::ChangeTag { tag: *tag, change }).await
}

#[derive(Deserialize)]
pub(in crate::web) struct Merge {
    #[serde(default)]
    into: String,
}

/// `POST /settings/tags/{id}/merging`: another one counts in its place.
pub(in crate::web) async fn merge(
    state: web::Data<State>,
    signed: Signed,
    tag: web::Path<TagId>,
    form: web::Form<Merge>,
) -> Result<HttpResponse> {
    let into = form.into.parse().map_or(TagId(Uuid::nil()), TagId);
    finish(&state, &signed, *tag, SetupCommand::MergeTag { tag: *tag, into }).await
}

async fn finish(state: &State, signed: &Signed, tag: TagId, command: SetupCommand) -> Result<HttpResponse> {
    match configure(state, signed, command, None).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{tag}"), &configured)),
        Err(error) => one(state, signed, tag, &Did::default(), Some((Typed::default(), error))).await,
    }
}

/// The page of a tag; after a refusal with what was typed, where anything was.
async fn one(state: &State, signed: &Signed, id: TagId, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let tags = async { Ok(state.store.tags(signed.workspace).await?) };
    let flows = flows_that_name(state, signed, Named::Tag(id));
    let rules = rules_that_name(state, signed, Named::Tag(id));
    let (mut tags, acts, flows, rules) = tokio::try_join!(tags, about(state, signed, id.0), flows, rules)?;
    let place = tags.iter().position(|summary| summary.tag.id == id).ok_or(Error::NotFound)?;
    let tag = tags.remove(place);
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let typed = typed.filter(|typed| typed.is_of_form).unwrap_or_else(|| Typed::of(&tag.tag));
    tags.retain(|other| other.tag.merged_into.is_none());
    page(status, &TagPage { chrome, shell, tag, others: tags, flows: in_words(flows), rules, typed, acts })
}
