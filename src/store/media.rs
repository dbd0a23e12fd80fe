//! Pictures: which are still to be fetched, and what is known of those we have.

use std::time::Duration;

use jiff::Timestamp;

use super::access::Viewer;
use super::statement::Step;
use super::{Result, Store};
use crate::domain::ids::{ConversationId, InboxId, MediaId, MessageId, WorkspaceId};

crate::statements! {
    INSERT_PENDING = "
        INSERT INTO media (workspace_id, id, conversation_id, inbox_id, message_id, state, whatsapp_id, mime_type, due_at)
        VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8)";
    INSERT_STORED = "
        INSERT INTO media (workspace_id, id, conversation_id, inbox_id, message_id, state, mime_type, byte_count, width, height)
        VALUES ($1, $2, $3, $4, $5, 'stored', $6, $7, $8, $9)
        ON CONFLICT (workspace_id, id) DO NOTHING";
    /// Across workspaces, as every worker's claim: the lease keeps other nodes away.
    CLAIM = "
        UPDATE media
        SET due_at = now() + make_interval(secs => $1), attempts = media.attempts + 1
        FROM (
            SELECT workspace_id, id
            FROM media
            WHERE state = 'pending' AND due_at <= now()
            ORDER BY due_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED) AS due
        WHERE media.workspace_id = due.workspace_id AND media.id = due.id
        RETURNING media.workspace_id, media.id, media.conversation_id, media.inbox_id, media.message_id, media.whatsapp_id, media.attempts";
    SET_STORED = "
        UPDATE media
        SET state = 'stored', mime_type = $3, byte_count = $4, width = $5, height = $6
        WHERE workspace_id = $1 AND id = $2";
    REMOVE = "DELETE FROM media WHERE workspace_id = $1 AND id = $2";
    SET_FAILED = "UPDATE media SET state = 'failed' WHERE workspace_id = $1 AND id = $2";
    RETRY_AT = "UPDATE media SET due_at = $3 WHERE workspace_id = $1 AND id = $2";
    FIND = "SELECT mime_type, conversation_id FROM media WHERE workspace_id = $1 AND id = $2 AND state = 'stored'";
    UPLOADED = "SELECT whatsapp_id FROM media WHERE workspace_id = $1 AND id = $2";
    SET_UPLOADED = "UPDATE media SET whatsapp_id = $3 WHERE workspace_id = $1 AND id = $2";
}

/// A picture to fetch from WhatsApp.
#[derive(Debug)]
pub struct PendingMedia {
    pub workspace: WorkspaceId,
    pub id: MediaId,
    pub conversation: ConversationId,
    pub inbox: InboxId,
    pub message: MessageId,
    pub whatsapp_id: String,
    pub attempts: i32,
}

/// What is known of a picture that we have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMedia {
    pub mime_type: String,
    pub byte_count: i64,
    pub width: i32,
    pub height: i32,
}

/// Where a picture belongs.
#[derive(Debug, Clone, Copy)]
pub struct MediaPlace {
    pub workspace: WorkspaceId,
    pub conversation: ConversationId,
    pub inbox: InboxId,
    pub message: MessageId,
}

/// A picture that is still at WhatsApp.
#[derive(Debug)]
pub struct Pending {
    pub id: MediaId,
    pub place: MediaPlace,
    pub whatsapp_id: String,
    pub mime_type: String,
    pub at: Timestamp,
}

/// Adds a picture that is to be fetched.
pub(super) fn insert_pending(picture: Pending) -> Step {
    let Pending { id, place, whatsapp_id, mime_type, at } = picture;
    let MediaPlace { workspace, conversation, inbox, message } = place;
    let step = Step::of(INSERT_PENDING).with(workspace.0).with(id.0).with(conversation.0).with(inbox.0).with(message.0);
    step.with(whatsapp_id).with(mime_type).with(at)
}

/// Marks a picture as fetched.
pub(super) fn set_stored(workspace: WorkspaceId, id: MediaId, media: StoredMedia) -> Step {
    let StoredMedia { mime_type, byte_count, width, height } = media;
    Step::of(SET_STORED).with(workspace.0).with(id.0).with(mime_type).with(byte_count).with(width).with(height)
}

/// Marks a picture as never to be had.
pub(super) fn set_failed(workspace: WorkspaceId, id: MediaId) -> Step {
    Step::of(SET_FAILED).with(workspace.0).with(id.0)
}

impl Store {
    /// Adds a picture that an agent uploaded, before the message that shows it is decided.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn add_media(&self, place: MediaPlace, id: MediaId, media: &StoredMedia) -> Result<()> {
        let MediaPlace { workspace, conversation, inbox, message } = place;
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 9] =
            [&workspace.0, &id.0, &conversation.0, &inbox.0, &message.0, &media.mime_type, &media.byte_count, &media.width, &media.height];
        self.execute(&INSERT_STORED, &parameters).await?;
        Ok(())
    }

    /// Removes a picture whose message was refused.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn remove_media(&self, workspace: WorkspaceId, id: MediaId) -> Result<()> {
        self.execute(&REMOVE, &[&workspace.0, &id.0]).await?;
        Ok(())
    }

    /// Claims pictures to fetch, for as long as `lease`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn claim_media(&self, lease: Duration, limit: i64) -> Result<Vec<PendingMedia>> {
        let rows = self.query(&CLAIM, &[&lease.as_secs_f64(), &limit]).await?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                Some(PendingMedia {
                    workspace: WorkspaceId(row.get(0)),
                    id: MediaId(row.get(1)),
                    conversation: ConversationId(row.get(2)),
                    inbox: InboxId(row.get(3)),
                    message: MessageId(row.get(4)),
                    whatsapp_id: row.get::<_, Option<String>>(5)?,
                    attempts: row.get(6),
                })
            })
            .collect())
    }

    /// Tries a picture again at a time.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn retry_media(&self, workspace: WorkspaceId, id: MediaId, at: Timestamp) -> Result<()> {
        self.execute(&RETRY_AT, &[&workspace.0, &id.0, &at]).await?;
        Ok(())
    }

    /// A picture that we have and the viewer sees: its type.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn stored_media(&self, viewer: Viewer, id: MediaId) -> Result<Option<String>> {
        let Some(row) = self.query_opt(&FIND, &[&viewer.workspace.0, &id.0]).await? else { return Ok(None) };
        let sight = self.sight(viewer, ConversationId(row.get(1))).await?;
        Ok(sight.map(|_| row.get(0)))
    }

    /// The id under which WhatsApp has a picture of ours, if it was uploaded already.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn uploaded_media(&self, workspace: WorkspaceId, id: MediaId) -> Result<Option<String>> {
        Ok(self.query_opt(&UPLOADED, &[&workspace.0, &id.0]).await?.and_then(|row| row.get(0)))
    }

    /// Remembers the id under which WhatsApp has a picture of ours.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_uploaded_media(&self, workspace: WorkspaceId, id: MediaId, whatsapp_id: &str) -> Result<()> {
        self.execute(&SET_UPLOADED, &[&workspace.0, &id.0, &whatsapp_id]).await?;
        Ok(())
    }
}
