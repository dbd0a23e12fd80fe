//! How far people have read.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::error::{Error, Result};
use super::receipts;
use super::session::Signed;
use super::state::State;
use crate::domain::ids::ConversationId;

#[derive(Deserialize)]
pub(super) struct Read {
    seq: i64,
}

/// `POST /conversations/{id}/reads`
pub(super) async fn create(
    state: web::Data<State>,
    signed: Signed,
    id: web::Path<ConversationId>,
    form: web::Form<Read>,
) -> Result<HttpResponse> {
    let seq = state.store.save_read(signed.workspace, *id, signed.user, form.seq).await?.ok_or(Error::NotFound)?;
    receipts::read(&state, signed.workspace, *id, signed.user, seq);
    Ok(HttpResponse::NoContent().finish())
}
