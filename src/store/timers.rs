//! Deadlines as rows.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::reading::json;
use super::statement::Step;
use super::{Result, Statement, Store, Transaction, prepare};
use crate::domain::ids::{ContactId, ConversationId, WorkspaceId};
use crate::domain::timer::Timer;

crate::statements! {
    /// One that is moved is nobody's any more: whoever has it in hand finds that it is due at another time.
    SET = "
        INSERT INTO timers (workspace_id, conversation_id, kind, subject, contact_id, due_at, timer)
        SELECT $1, * FROM UNNEST($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::jsonb[])
        ON CONFLICT (workspace_id, conversation_id, kind, subject)
        DO UPDATE SET due_at = excluded.due_at, timer = excluded.timer, claimed_until = NULL";
    CANCEL = "
        DELETE FROM timers
        USING UNNEST($2::uuid[], $3::text[], $4::uuid[]) AS gone (conversation_id, kind, subject)
        WHERE timers.workspace_id = $1 AND timers.conversation_id = gone.conversation_id AND timers.kind = gone.kind
          AND timers.subject = gone.subject";
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
    /// At most 1,000 are counted.
    OVERDUE = "
        SELECT count(*)
        FROM (SELECT FROM timers WHERE due_at < now() - interval '1 minute' ORDER BY due_at LIMIT 1000) AS counted";
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

/// What a timer is kept under: each conversation has one of a kind for a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    conversation: ConversationId,
    kind: &'static str,
    subject: Uuid,
}

impl Key {
    #[must_use]
    pub fn of(timer: Timer, conversation: ConversationId) -> Self {
        let subject = match timer {
            Timer::FlowWait | Timer::FlowTurn => conversation.0,
            Timer::UnknownSend { message } => message.0,
        };
        Self { conversation, kind: timer.kind(), subject }
    }
}

/// When a timer is due, and whose it is.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    pub contact: ContactId,
    pub due_at: Timestamp,
    pub timer: Timer,
}

fn keyed(workspace: WorkspaceId, statement: Statement, keys: &[Key]) -> Step {
    Step::of(statement)
        .with(workspace.0)
        .with(keys.iter().map(|key| key.conversation.0).collect::<Vec<_>>())
        .with(keys.iter().map(|key| key.kind.to_owned()).collect::<Vec<_>>())
        .with(keys.iter().map(|key| key.subject).collect::<Vec<_>>())
}

/// Sets timers, or moves them; each key is named once.
pub(super) fn set(workspace: WorkspaceId, timers: &[(Key, Deadline)]) -> Result<Step> {
    let keys: Vec<Key> = timers.iter().map(|(key, _)| *key).collect();
    Ok(keyed(workspace, SET, &keys)
        .with(timers.iter().map(|(_, deadline)| deadline.contact.0).collect::<Vec<_>>())
        .with(timers.iter().map(|(_, deadline)| deadline.due_at).collect::<Vec<_>>())
        .with(timers.iter().map(|(_, deadline)| serde_json::to_value(deadline.timer)).collect::<Result<Vec<_>, _>>()?))
}

/// Removes timers, where there are any.
pub(super) fn cancel(workspace: WorkspaceId, keys: &[Key]) -> Step {
    keyed(workspace, CANCEL, keys)
}

/// Takes a due timer for its command, in the command's own transaction; false when another node did, or when it was moved.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn take(transaction: &Transaction<'_>, due: &DueTimer) -> Result<bool> {
    let statement = prepare(transaction, &TAKE).await?;
    let Key { kind, subject, .. } = Key::of(due.timer, due.conversation);
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
        let Key { kind, subject, .. } = Key::of(due.timer, due.conversation);
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

    /// How many timers have been due for more than a minute: somebody is behind, or nobody here can read them. At most 1,000 are
    /// counted.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn overdue_timers(&self) -> Result<i64> {
        Ok(self.query_opt(&OVERDUE, &[]).await?.map_or(0, |row| row.get(0)))
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
