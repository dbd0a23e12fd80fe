//! How far people have read.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::domain::ids::ConversationId;
use crate::store::access::Sight;
use crate::web::edge::error::{Error, Result};
use crate::web::live::customer;
use crate::web::live::frames::ToPage;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

#[derive(Deserialize)]
pub(in crate::web) struct Read {
    seq: i64,
}

/// `POST /conversations/{id}/reads`
pub(in crate::web) async fn create(
    state: web::Data<State>,
    signed: Signed,
    id: web::Path<ConversationId>,
    form: web::Form<Read>,
) -> Result<HttpResponse> {
    let sight = state.sight(&signed, *id).await?;
    let seq = remember(&state, &signed, sight, form.seq).await?;
    customer::read(&state, signed.workspace, *id, signed.user, seq);
    Ok(HttpResponse::NoContent().finish())
}

/// Remembers it, and lets the person's other pages know; answers how far they have read now.
///
/// # Errors
/// [`Error::NotFound`] when there is no such conversation.
pub(in crate::web) async fn remember(state: &State, signed: &Signed, sight: Sight, seq: i64) -> Result<i64> {
    let read = state.store.save_read(sight, signed.user, seq).await?.ok_or(Error::NotFound)?;
    if read.has_grown {
        state.live.tell_pages(signed.workspace, signed.user, &ToPage::Read { conversation: sight.conversation(), seq: read.seq }.frame());
    }
    Ok(read.seq)
}
