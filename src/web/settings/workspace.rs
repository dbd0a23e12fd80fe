//! The workspace as a whole: what it is called, which language it speaks first, and where its day begins.

pub mod view;

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;

use self::view::{Typed, WorkspacePage};
use super::changes::about_parts;
use super::{Did, configure, done, shell};
use crate::domain::setup::SetupCommand;
use crate::domain::setup::command::WorkspaceChange;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const HERE: &str = "/settings/workspace";

/// What of the workspace stands on this page.
const PARTS: [&str; 5] = ["name", "locale", "time_zone", "lease_minutes", "answer_minutes"];

#[derive(Debug, Deserialize)]
pub(in crate::web) struct Form {
    name: String,
    locale: String,
    time_zone: String,
    /// Without it, that stays as it is.
    lease_minutes: Option<String>,
    /// As that; nothing in it is all the time.
    answer_minutes: Option<String>,
    seen: Option<i64>,
}

/// `GET /settings/workspace`
pub(in crate::web) async fn show(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    whole(&state, &signed, &did, None).await
}

/// `POST /settings/workspace`
pub(in crate::web) async fn update(state: web::Data<State>, signed: Signed, form: web::Form<Form>) -> Result<HttpResponse> {
    let Form { name, locale, time_zone, lease_minutes, answer_minutes, seen } = form.into_inner();
    let number = |typed: &str| typed.trim().parse::<i32>().map_err(|_| Error::BadRequest);
    let lease_minutes = lease_minutes.as_deref().map(number).transpose()?;
    let if_any = |typed: &str| if typed.trim().is_empty() { Ok(None) } else { number(typed).map(Some) };
    let answer_minutes = answer_minutes.as_deref().map(if_any).transpose()?;
    let change = WorkspaceChange {
        name: Some(name.trim().to_owned()),
        locale: Some(locale),
        time_zone: Some(time_zone.trim().to_owned()),
        lease_minutes,
        answer_minutes,
        ..WorkspaceChange::default()
    };
    let typed = change.clone();
    match configure(&state, &signed, SetupCommand::ChangeWorkspace { change }, seen).await {
        Ok(configured) => Ok(done(HERE, &configured)),
        Err(error) => whole(&state, &signed, &Did::default(), Some((typed, error))).await,
    }
}

/// The page; after a refusal with what was typed.
async fn whole(state: &State, signed: &Signed, did: &Did, refused: Option<(WorkspaceChange, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let now = async { Ok(state.store.workspace(signed.workspace).await?) };
    let (now, acts) = tokio::try_join!(now, about_parts(state, signed, signed.workspace.0, &PARTS))?;
    let now = Typed::of(&now.ok_or(Error::NotFound)?);
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let clock = view::clock(&now.time_zone, Timestamp::now());
    let typed = typed.map_or_else(|| now.clone(), |typed| now.with(typed));
    page(status, &WorkspacePage { chrome, shell, typed, now, clock, acts })
}
