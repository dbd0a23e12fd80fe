//! What a workspace begins with: each thing says by itself whether it is there, and leads to where it is made.

pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use self::view::StartPage;
use super::{Did, shell};
use crate::web::edge::answer::page;
use crate::web::edge::error::Result;
use crate::web::edge::redirect::go_to;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// `GET /settings/start`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    let (chrome, shell) = shell(&state, &signed, &did).await?;
    let facts = state.store.start_facts(signed.workspace).await?;
    page(StatusCode::OK, &StartPage { chrome, shell, facts })
}

#[derive(Deserialize)]
pub(in crate::web) struct Wish {
    is_hidden: bool,
}

/// `POST /settings/start`: hides it once nothing is missing, or shows it again.
pub(in crate::web) async fn update(state: web::Data<State>, signed: Signed, wish: web::Form<Wish>) -> Result<HttpResponse> {
    let may_hide = wish.is_hidden && state.store.start_facts(signed.workspace).await?.are_complete();
    state.runner.hide_start(signed.workspace, may_hide).await?;
    Ok(go_to(if may_hide { "/settings" } else { "/settings/start" }))
}
