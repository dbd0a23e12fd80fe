//! Internal notes.

pub mod view;

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::conversations::act::{person, run_once, text};
use super::drafts;
use super::edge::answer::Asked;
use super::edge::error::Result;
use super::messages::draft_page;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::command::Command;
use crate::domain::ids::{ConversationId, NoteId};
use crate::store::access::Sight;
use crate::store::drafts::{DraftKind, DraftPlace};

#[derive(Deserialize)]
pub(super) struct NewNote {
    note_id: NoteId,
    #[serde(default)]
    body: String,
    /// The draft it was, as the page counts.
    #[serde(default)]
    writer: String,
    #[serde(default)]
    turn: String,
    #[serde(default)]
    seen_version: String,
}

/// `POST /conversations/{id}/notes`
pub(super) async fn create(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<ConversationId>,
    form: web::Form<NewNote>,
) -> Result<HttpResponse> {
    let NewNote { note_id, body, writer, turn, seen_version } = form.into_inner();
    let page = draft_page(&writer, &turn, &seen_version)?;
    run_once(&state, &signed, *id, Command::AddNote { by: person(&signed), note: note_id, body: text(&body) }).await?;
    let place = DraftPlace { sight: Sight::unbounded(signed.workspace, *id), user: signed.user, kind: DraftKind::Note };
    if let Some(page) = page {
        drafts::sent(&state, place, page).await;
    }
    Ok(asked.done(*id))
}
