//! Internal notes.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::act::{person, run_once, text};
use super::answer::Asked;
use super::error::Result;
use super::session::Signed;
use super::state::State;
use crate::domain::command::Command;
use crate::domain::ids::{ConversationId, NoteId};

#[derive(Deserialize)]
pub(super) struct NewNote {
    note_id: NoteId,
    #[serde(default)]
    body: String,
}

/// `POST /conversations/{id}/notes`
pub(super) async fn create(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<ConversationId>,
    form: web::Form<NewNote>,
) -> Result<HttpResponse> {
    let NewNote { note_id, body } = form.into_inner();
    run_once(&state, &signed, *id, Command::AddNote { by: person(&signed), note: note_id, body: text(&body) }).await?;
    Ok(asked.done(*id))
}
