//! Numbers that were disconnected and whose conversations are being resolved: for whom, and how far that is.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::{ConversationId, InboxId, UserId, WorkspaceId};

/// Numbers that are looked for at once.
const MOST: i64 = 20;

crate::statements! {
    /// From the beginning, also where it was begun before.
    BEGIN = "
        INSERT INTO number_endings (workspace_id, inbox_id, user_id, begun_at, seen)
        SELECT workspace_id, id, $3, $4, '00000000-0000-0000-0000-000000000000'
        FROM inboxes
        WHERE workspace_id = $1 AND id = $2
        ON CONFLICT (workspace_id, inbox_id) DO UPDATE SET user_id = excluded.user_id, begun_at = excluded.begun_at, seen = excluded.seen";
    /// Across workspaces, as every worker's claim.
    UNDER_WAY = "
        SELECT ending.workspace_id, ending.inbox_id, ending.user_id, person.name, ending.seen
        FROM number_endings AS ending
        JOIN users AS person ON person.workspace_id = ending.workspace_id AND person.id = ending.user_id
        ORDER BY ending.begun_at
        LIMIT $1";
    /// Of one that speaks again, none.
    LEFT = "
        SELECT id
        FROM conversations
        WHERE workspace_id = $1 AND inbox_id = $2 AND state <> 'resolved' AND id > $3
          AND EXISTS (SELECT FROM inboxes WHERE workspace_id = $1 AND id = $2 AND state = 'disconnected')
        ORDER BY id
        LIMIT $4";
    /// Another node may be further.
    GO_ON = "UPDATE number_endings SET seen = $4 WHERE workspace_id = $1 AND inbox_id = $2 AND seen = $3";
    END = "DELETE FROM number_endings WHERE workspace_id = $1 AND inbox_id = $2 AND seen = $3";
}

/// A number whose conversations are being resolved.
#[derive(Debug, Clone)]
pub struct NumberEnding {
    pub workspace: WorkspaceId,
    pub inbox: InboxId,
    /// Whoever decided it.
    pub user: UserId,
    pub name: String,
    /// The last conversation that was looked at; they go by their ids.
    pub seen: Uuid,
}

impl Store {
    /// The conversations of a number are to be resolved.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn begin_number_ending(&self, workspace: WorkspaceId, inbox: InboxId, user: UserId, now: Timestamp) -> Result<()> {
        self.execute(&BEGIN, &[&workspace.0, &inbox.0, &user.0, &now]).await?;
        Ok(())
    }

    /// Those that were begun first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn number_endings(&self) -> Result<Vec<NumberEnding>> {
        let rows = self.query(&UNDER_WAY, &[&MOST]).await?;
        let read = |row: &tokio_postgres::Row| NumberEnding {
            workspace: WorkspaceId(row.get(0)),
            inbox: InboxId(row.get(1)),
            user: UserId(row.get(2)),
            name: row.get(3),
            seen: row.get(4),
        };
        Ok(rows.iter().map(read).collect())
    }

    /// Conversations of the number that are under way and were not looked at yet, in the order of their ids.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn left_of_number(&self, ending: &NumberEnding, limit: i64) -> Result<Vec<ConversationId>> {
        let rows = self.query(&LEFT, &[&ending.workspace.0, &ending.inbox.0, &ending.seen, &limit]).await?;
        Ok(rows.iter().map(|row| ConversationId(row.get(0))).collect())
    }

    /// Whatever is up to this conversation was looked at.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn go_on_with_number_ending(&self, ending: &NumberEnding, seen: ConversationId) -> Result<()> {
        self.execute(&GO_ON, &[&ending.workspace.0, &ending.inbox.0, &ending.seen, &seen.0]).await?;
        Ok(())
    }

    /// It is over, unless it was begun anew.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn end_number_ending(&self, ending: &NumberEnding) -> Result<()> {
        self.execute(&END, &[&ending.workspace.0, &ending.inbox.0, &ending.seen]).await?;
        Ok(())
    }
}

/// As [`Store::begin_number_ending`], in a transaction with what disconnects it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn begin(transaction: &Transaction<'_>, workspace: WorkspaceId, inbox: InboxId, user: UserId, now: Timestamp) -> Result<()> {
    let statement = prepare(transaction, &BEGIN).await?;
    transaction.execute(&statement, &[&workspace.0, &inbox.0, &user.0, &now]).await?;
    Ok(())
}
