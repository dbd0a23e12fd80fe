//! How far people have read.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::error::{Error, Result};
use super::frames::ToPage;
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
    let seq = remember(&state, &signed, *id, form.seq).await?;
    receipts::read(&state, signed.workspace, *id, signed.user, seq);
    Ok(HttpResponse::NoContent().finish())
}

/// Remembers it, and lets the person's other pages know; answers how far they have read now.
///
/// # Errors
/// [`Error::NotFound`] when there is no such conversation.
pub(super) async fn remember(state: &State, signed: &Signed, conversation: ConversationId, seq: i64) -> Result<i64> {
    let read = state.store.save_read(signed.workspace, conversation, signed.user, seq).await?.ok_or(Error::NotFound)?;
    if read.has_grown {
        state.live.tell_pages(signed.workspace, signed.user, &ToPage::Read { conversation, seq: read.seq }.frame());
    }
    Ok(read.seq)
}
