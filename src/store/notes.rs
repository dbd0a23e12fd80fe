//! Internal notes.

use jiff::Timestamp;

use super::statement::Step;
use super::{Result, Transaction, prepare};
use crate::domain::ids::{ConversationId, NoteId, UserId, WorkspaceId};
use crate::domain::message::Author;
use crate::domain::snapshot::Used;

crate::statements! {
    INSERT = "
        INSERT INTO notes (workspace_id, id, conversation_id, seq, author_id, body, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    MADE = "SELECT conversation_id, author_id FROM notes WHERE workspace_id = $1 AND id = $2";
}

/// A note ready to be stored.
#[derive(Debug)]
pub struct NewNote {
    pub id: NoteId,
    pub conversation: ConversationId,
    pub seq: i64,
    pub author: UserId,
    pub body: String,
    pub at: Timestamp,
}

/// Adds a note.
pub(super) fn insert(workspace: WorkspaceId, note: NewNote) -> Step {
    let NewNote { id, conversation, seq, author, body, at } = note;
    Step::of(INSERT).with(workspace.0).with(id.0).with(conversation.0).with(seq).with(author.0).with(body).with(at)
}

/// The conversation of a stored note, and who wrote it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn made(transaction: &Transaction<'_>, workspace: WorkspaceId, id: NoteId) -> Result<Option<Used>> {
    let statement = prepare(transaction, &MADE).await?;
    let row = transaction.query_opt(&statement, &[&workspace.0, &id.0]).await?;
    Ok(row.map(|row| Used { conversation: ConversationId(row.get(0)), by: Author::Agent { user: UserId(row.get(1)) } }))
}
