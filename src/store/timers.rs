//! Deadlines as rows.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::{ContactId, ConversationId, WorkspaceId};
use crate::domain::timer::Timer;

crate::statements! {
    SET = "
        INSERT INTO timers (workspace_id, conversation_id, kind, subject, contact_id, due_at, timer)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (workspace_id, conversation_id, kind, subject) DO UPDATE SET due_at = excluded.due_at, timer = excluded.timer";
    CANCEL = "DELETE FROM timers WHERE workspace_id = $1 AND conversation_id = $2 AND kind = $3 AND subject = $4";
    /// Across workspaces, as every worker's claim.
    DUE = "
        SELECT workspace_id, conversation_id, contact_id, due_at, timer
        FROM timers
        WHERE due_at <= $1
        ORDER BY due_at
        LIMIT $2";
    NEXT = "SELECT min(due_at) FROM timers";
    TAKE = "
        DELETE FROM timers
        WHERE workspace_id = $1 AND conversation_id = $2 AND kind = $3 AND subject = $4 AND due_at = $5";
}

/// A deadline that has passed.
#[derive(Debug, Clone)]
pub struct DueTimer {
    pub workspace: WorkspaceId,
    pub conversation: ConversationId,
    pub contact: ContactId,
    pub due_at: Timestamp,
    pub timer: Timer,
}

fn key(timer: Timer, conversation: ConversationId) -> (&'static str, Uuid) {
    match timer {
        Timer::FlowWait => ("flow_wait", conversation.0),
        Timer::UnknownSend { message } => ("unknown_send", message.0),
    }
}

/// Sets a timer, or moves it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn set(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    conversation: ConversationId,
    contact: ContactId,
    timer: Timer,
    due_at: Timestamp,
) -> Result<()> {
    let statement = prepare(transaction, &SET).await?;
    let (kind, subject) = key(timer, conversation);
    let body = serde_json::to_value(timer)?;
    transaction.execute(&statement, &[&workspace.0, &conversation.0, &kind, &subject, &contact.0, &due_at, &body]).await?;
    Ok(())
}

/// Removes a timer, if there is one.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn cancel(transaction: &Transaction<'_>, workspace: WorkspaceId, conversation: ConversationId, timer: Timer) -> Result<()> {
    let statement = prepare(transaction, &CANCEL).await?;
    let (kind, subject) = key(timer, conversation);
    transaction.execute(&statement, &[&workspace.0, &conversation.0, &kind, &subject]).await?;
    Ok(())
}

/// Takes a due timer for its command, in the command's own transaction; false when another node did, or when it was moved.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn take(transaction: &Transaction<'_>, due: &DueTimer) -> Result<bool> {
    let statement = prepare(transaction, &TAKE).await?;
    let (kind, subject) = key(due.timer, due.conversation);
    let taken = transaction.execute(&statement, &[&due.workspace.0, &due.conversation.0, &kind, &subject, &due.due_at]).await?;
    Ok(taken == 1)
}

impl Store {
    /// Timers due at `now`, longest overdue first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn due_timers(&self, now: Timestamp, limit: i64) -> Result<Vec<DueTimer>> {
        let rows = self.query(&DUE, &[&now, &limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(DueTimer {
                    workspace: WorkspaceId(row.get(0)),
                    conversation: ConversationId(row.get(1)),
                    contact: ContactId(row.get(2)),
                    due_at: row.get(3),
                    timer: serde_json::from_value(row.get(4))?,
                })
            })
            .collect()
    }

    /// When the next timer is due.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn next_timer(&self) -> Result<Option<Timestamp>> {
        Ok(self.query_opt(&NEXT, &[]).await?.and_then(|row| row.get(0)))
    }
}
