//! The workspaces of an account: which there are, and going from one to another.

pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;

use self::view::{Workspace, WorkspacesPage};
use super::conversations::around::chrome;
use super::edge::answer::page;
use super::edge::error::{Error, Result};
use super::edge::redirect::{FIRST_PAGE, go_to_with};
use super::sessions;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::ids::WorkspaceId;
use crate::store::accounts::Membership;

/// `GET /workspaces`
pub(super) async fn index(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let memberships = state.store.memberships(signed.workspace, signed.user);
    let (memberships, chrome) = tokio::try_join!(memberships, chrome(&state, &signed))?;
    let workspace = |it: Membership| {
        let is_here = it.user.workspace == signed.workspace;
        Workspace { id: it.user.workspace, name: it.workspace_name, is_here }
    };
    let workspaces = memberships.into_iter().filter(|it| it.user.active).map(workspace).collect();
    page(StatusCode::OK, &WorkspacesPage { chrome, workspaces })
}

#[derive(Deserialize)]
pub(super) struct Choice {
    workspace: WorkspaceId,
}

/// `POST /workspaces`: the same account goes on in another workspace, with a session of its own.
pub(super) async fn update(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    choice: web::Form<Choice>,
) -> Result<HttpResponse> {
    let memberships = state.store.memberships(signed.workspace, signed.user).await?;
    let chosen = memberships.into_iter().map(|it| it.user).find(|user| user.active && user.workspace == choice.workspace);
    let user = chosen.ok_or(Error::NotFound)?;
    let now = Timestamp::now();
    let cookies = sessions::go_on(&state, (user.workspace, user.id), &request, &signed, now).await?;
    tracing::info!(workspace = %user.workspace, user = %user.id, "came from another workspace");
    go_to_with(FIRST_PAGE, &cookies)
}
