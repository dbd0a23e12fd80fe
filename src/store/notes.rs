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
        SELECT $1, *
        FROM UNNEST($2::uuid[], $3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::timestamptz[])";
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

/// Adds notes.
pub(super) fn insert(workspace: WorkspaceId, notes: &[NewNote]) -> Step {
    Step::of(INSERT)
        .with(workspace.0)
        .with(notes.iter().map(|note| note.id.0).collect::<Vec<_>>())
        .with(notes.iter().map(|note| note.conversation.0).collect::<Vec<_>>())
        .with(notes.iter().map(|note| note.seq).collect::<Vec<_>>())
        .with(notes.iter().map(|note| note.author.0).collect::<Vec<_>>())
        .with(notes.iter().map(|note| note.body.clone()).collect::<Vec<_>>())
        .with(notes.iter().map(|note| note.at).collect::<Vec<_>>())
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
