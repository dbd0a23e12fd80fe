//! What people have begun to write.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::act::text;
use super::error::{Error, Result};
use super::session::Signed;
use super::state::State;
use crate::domain::ids::ConversationId;

/// Characters of a draft at most: ten times what a message may have (Meta, text messages), so that one can be written and then cut.
const LONGEST: usize = 10 * 4096;

#[derive(Deserialize)]
pub(super) struct Draft {
    #[serde(default)]
    body: String,
}

/// `POST /conversations/{id}/draft`: kept per person; what is far longer than a message can be is cut.
pub(super) async fn update(
    state: web::Data<State>,
    signed: Signed,
    id: web::Path<ConversationId>,
    form: web::Form<Draft>,
) -> Result<HttpResponse> {
    state.store.contact_of(signed.workspace, *id).await?.ok_or(Error::NotFound)?;
    let body: String = text(&form.body).chars().take(LONGEST).collect();
    state.store.save_draft(signed.workspace, *id, signed.user, &body).await?;
    Ok(HttpResponse::NoContent().finish())
}
