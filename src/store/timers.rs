//! Deadlines as rows.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::reading::json;
use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::{ContactId, ConversationId, WorkspaceId};
use crate::domain::timer::Timer;

crate::statements! {
    /// One that is moved is nobody's any more: whoever has it in hand finds that it is due at another time.
    SET = "
        INSERT INTO timers (workspace_id, conversation_id, kind, subject, contact_id, due_at, timer)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (workspace_id, conversation_id, kind, subject)
        DO UPDATE SET due_at = excluded.due_at, timer = excluded.timer, claimed_until = NULL";
    CANCEL = "DELETE FROM timers WHERE workspace_id = $1 AND conversation_id = $2 AND kind = $3 AND subject = $4";
    /// What is due of the kinds that whoever asks knows, and nobody has in hand. Across workspaces, as every worker's claim.
    CLAIM = "
        UPDATE timers
        SET claimed_until = now() + make_interval(secs => $3)
        WHERE ctid = ANY(ARRAY(
            SELECT ctid
            FROM timers
            WHERE due_at <= now() AND kind = ANY($1) AND (claimed_until IS NULL OR claimed_until < now())
            ORDER BY due_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED))
        RETURNING workspace_id, conversation_id, due_at, timer";
    /// In seconds. Across workspaces, as every worker's claim.
    NEXT = "SELECT extract(epoch FROM min(due_at) - now())::float8 FROM timers WHERE due_at > now()";
    RELEASE = "
        UPDATE timers
        SET claimed_until = now() + make_interval(secs => $6)
        WHERE workspace_id = $1 AND conversation_id = $2 AND kind = $3 AND subject = $4 AND due_at = $5";
    TAKE = "
        DELETE FROM timers
        WHERE workspace_id = $1 AND conversation_id = $2 AND kind = $3 AND subject = $4 AND due_at = $5";
}

/// A deadline that has passed.
#[derive(Debug, Clone)]
pub struct DueTimer {
    pub workspace: WorkspaceId,
    pub conversation: ConversationId,
    pub due_at: Timestamp,
    pub timer: Timer,
}

fn key(timer: Timer, conversation: ConversationId) -> (&'static str, Uuid) {
    let subject = match timer {
        Timer::FlowWait | Timer::FlowTurn => conversation.0,
        Timer::UnknownSend { message } => message.0,
    };
    (timer.kind(), subject)
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

/// What was due: timers, and how many could not be read.
#[derive(Debug, Default)]
pub struct Due {
    pub timers: Vec<DueTimer>,
    pub unreadable: usize,
}

impl Store {
    /// Claims due timers for `claim`, longest overdue first. One that cannot be read is left alone until its claim is over.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn claim_timers(&self, claim: Duration, limit: i64) -> Result<Due> {
        let rows = self.query(&CLAIM, &[&Timer::KINDS.as_slice(), &limit, &claim.as_secs_f64()]).await?;
        let timers: Vec<DueTimer> = rows.iter().filter_map(due).collect();
        Ok(Due { unreadable: rows.len() - timers.len(), timers })
    }

    /// Gives a claimed timer back, to ring again after a while.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn release_timer(&self, due: &DueTimer, after: Duration) -> Result<()> {
        let (kind, subject) = key(due.timer, due.conversation);
        let after = after.as_secs_f64();
        self.execute(&RELEASE, &[&due.workspace.0, &due.conversation.0, &kind, &subject, &due.due_at, &after]).await?;
        Ok(())
    }

    /// In how long the next timer will be due.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn next_timer(&self) -> Result<Option<Duration>> {
        let seconds: Option<f64> = self.query_opt(&NEXT, &[]).await?.and_then(|row| row.get(0));
        Ok(seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()))
    }
}

fn due(row: &tokio_postgres::Row) -> Option<DueTimer> {
    Some(DueTimer {
        workspace: WorkspaceId(row.get(0)),
        conversation: ConversationId(row.get(1)),
        due_at: row.get(2),
        timer: json(row, 3).ok()?,
    })
}
