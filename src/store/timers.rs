//! Deadlines as rows.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::reading::json;
use super::statement::Step;
use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::{ConversationId, QueueId, WorkspaceId};
use crate::domain::journal::Subject;
use crate::domain::timer::Timer;

crate::statements! {
    /// One that is moved is nobody's any more: whoever has it in hand finds that it is due at another time.
    SET = "
        INSERT INTO timers (workspace_id, subject_kind, subject_id, kind, about, due_at, timer)
        SELECT $1, * FROM UNNEST($2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::timestamptz[], $7::jsonb[])
        ON CONFLICT (workspace_id, subject_id, kind, about)
        DO UPDATE SET due_at = excluded.due_at, timer = excluded.timer, claimed_until = NULL";
    /// By the subject, which has few: where none waited when it was planned, all of a kind would be gone through.
    CANCEL = "
        DELETE FROM timers
        WHERE workspace_id = $1 AND subject_id = ANY($2::uuid[])
          AND (kind, about) IN (
              SELECT gone.kind, gone.about
              FROM UNNEST($2::uuid[], $3::text[], $4::uuid[]) AS gone (subject_id, kind, about)
              WHERE gone.subject_id = timers.subject_id)";
    /// What is due of a kind, and nobody has in hand; what is another subject's is left to who runs its deadlines. Across workspaces, as every worker's claim.
    CLAIM = "
        UPDATE timers
        SET claimed_until = now() + make_interval(secs => $3)
        WHERE ctid = ANY(ARRAY(
            SELECT ctid
            FROM timers
            WHERE kind = $1 AND due_at <= now() AND subject_kind = 'conversation' AND (claimed_until IS NULL OR claimed_until < now())
            ORDER BY due_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED))
        RETURNING workspace_id, subject_kind, subject_id, due_at, timer";
    /// In seconds. Across workspaces, as every worker's claim.
    NEXT = "SELECT extract(epoch FROM min(due_at) - now())::float8 FROM timers WHERE kind = $1 AND due_at > now()";
    /// At most 1,000 of each kind are counted, of whatever kind they are.
    OVERDUE = "
        WITH RECURSIVE known AS (
            (SELECT kind FROM timers ORDER BY kind LIMIT 1)
            UNION ALL
            SELECT (SELECT timers.kind FROM timers WHERE timers.kind > known.kind ORDER BY timers.kind LIMIT 1)
            FROM known
            WHERE known.kind IS NOT NULL)
        SELECT count(*)
        FROM known
        CROSS JOIN LATERAL (
            SELECT FROM timers WHERE timers.kind = known.kind AND due_at < now() - interval '1 minute' ORDER BY due_at LIMIT 1000) AS counted";
    RELEASE = "
        UPDATE timers
        SET claimed_until = now() + make_interval(secs => $6)
        WHERE workspace_id = $1 AND subject_id = $2 AND kind = $3 AND about = $4 AND due_at = $5";
    /// For each that waits in a queue and wants something of whoever is to have it, from one on: it is looked what is due.
    RING_WANTING = "
        INSERT INTO timers (workspace_id, subject_kind, subject_id, kind, about, due_at, timer)
        SELECT $1, 'conversation', id, 'waiting', id, $4, $5
        FROM conversations
        WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND skills IS NOT NULL AND id > $3
        ORDER BY id
        LIMIT 1000
        ON CONFLICT (workspace_id, subject_id, kind, about)
        DO UPDATE SET due_at = excluded.due_at, timer = excluded.timer, claimed_until = NULL
        RETURNING subject_id";
    /// Those that wait in a queue, behind one of them.
    BEHIND = "
        SELECT id, queued_at
        FROM conversations
        WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND (queued_at, id) > ($3, $4)
        ORDER BY queued_at, id
        LIMIT 1000";
    /// As [`RING_WANTING`], of these.
    RING_THESE = "
        INSERT INTO timers (workspace_id, subject_kind, subject_id, kind, about, due_at, timer)
        SELECT $1, 'conversation', these.id, 'waiting', these.id, $3, $4
        FROM UNNEST($2::uuid[]) AS these (id)
        ON CONFLICT (workspace_id, subject_id, kind, about)
        DO UPDATE SET due_at = excluded.due_at, timer = excluded.timer, claimed_until = NULL";
    TAKE = "
        DELETE FROM timers
        WHERE workspace_id = $1 AND subject_id = $2 AND kind = $3 AND about = $4 AND due_at = $5";
}

/// A deadline that has passed.
#[derive(Debug, Clone)]
pub struct DueTimer {
    pub workspace: WorkspaceId,
    pub subject: Subject,
    pub due_at: Timestamp,
    pub timer: Timer,
}

/// What a timer is kept under: each subject has one of a kind for what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    subject: Subject,
    kind: &'static str,
    about: Uuid,
}

impl Key {
    #[must_use]
    pub fn of(timer: Timer, conversation: ConversationId) -> Self {
        Self { subject: Subject::Conversation(conversation), kind: timer.kind(), about: about(timer, conversation.0) }
    }
}

impl Key {
    /// Whose it is.
    #[must_use]
    pub fn subject(self) -> Subject {
        self.subject
    }
}

impl DueTimer {
    fn about(&self) -> Uuid {
        about(self.timer, self.subject.id(self.workspace))
    }
}

fn about(timer: Timer, subject: Uuid) -> Uuid {
    match timer {
        Timer::FlowWait | Timer::FlowTurn | Timer::Overdue { .. } | Timer::Waiting { .. } | Timer::SlaWarning | Timer::SlaBreach => subject,
        Timer::UnknownSend { message } => message.0,
    }
}

/// When a timer is due.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    pub due_at: Timestamp,
    pub timer: Timer,
}

/// Sets timers, or moves them; each key is named once.
pub(super) fn set(workspace: WorkspaceId, timers: &[(Key, Deadline)]) -> Result<Step> {
    Ok(Step::of(SET)
        .with(workspace.0)
        .with(timers.iter().map(|(key, _)| key.subject.kind().to_owned()).collect::<Vec<_>>())
        .with(timers.iter().map(|(key, _)| key.subject.id(workspace)).collect::<Vec<_>>())
        .with(timers.iter().map(|(key, _)| key.kind.to_owned()).collect::<Vec<_>>())
        .with(timers.iter().map(|(key, _)| key.about).collect::<Vec<_>>())
        .with(timers.iter().map(|(_, deadline)| deadline.due_at).collect::<Vec<_>>())
        .with(timers.iter().map(|(_, deadline)| serde_json::to_value(deadline.timer)).collect::<Result<Vec<_>, _>>()?))
}

/// Removes timers, where there are any.
pub(super) fn cancel(workspace: WorkspaceId, keys: &[Key]) -> Step {
    Step::of(CANCEL)
        .with(workspace.0)
        .with(keys.iter().map(|key| key.subject.id(workspace)).collect::<Vec<_>>())
        .with(keys.iter().map(|key| key.kind.to_owned()).collect::<Vec<_>>())
        .with(keys.iter().map(|key| key.about).collect::<Vec<_>>())
}

/// Takes a due timer for its command, in the command's own transaction; false when another node did, or when it was moved.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn take(transaction: &Transaction<'_>, due: &DueTimer) -> Result<bool> {
    let statement = prepare(transaction, &TAKE).await?;
    let (subject, kind, about) = (due.subject.id(due.workspace), due.timer.kind(), due.about());
    let taken = transaction.execute(&statement, &[&due.workspace.0, &subject, &kind, &about, &due.due_at]).await?;
    Ok(taken == 1)
}

/// What was due: timers, and how many could not be read.
#[derive(Debug, Default)]
pub struct Due {
    pub timers: Vec<DueTimer>,
    pub unreadable: usize,
}

impl Store {
    /// Claims due timers of a kind for `claim`, longest overdue first. One that cannot be read is left alone until its claim is over.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn claim_timers(&self, kind: &str, claim: Duration, limit: i64) -> Result<Due> {
        let rows = self.query(&CLAIM, &[&kind, &limit, &claim.as_secs_f64()]).await?;
        let timers: Vec<DueTimer> = rows.iter().filter_map(due).collect();
        Ok(Due { unreadable: rows.len() - timers.len(), timers })
    }

    /// Gives a claimed timer back, to ring again after a while.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn release_timer(&self, due: &DueTimer, after: Duration) -> Result<()> {
        let (subject, kind, about) = (due.subject.id(due.workspace), due.timer.kind(), due.about());
        self.execute(&RELEASE, &[&due.workspace.0, &subject, &kind, &about, &due.due_at, &after.as_secs_f64()]).await?;
        Ok(())
    }

    /// The steps of a queue are others: all that wait there and want something are looked at, by the set-up of `version`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn ring_wanting(&self, workspace: WorkspaceId, queue: QueueId, version: i64, now: Timestamp) -> Result<()> {
        let (timer, mut after) = (serde_json::to_value(Timer::Waiting { version })?, Uuid::nil());
        loop {
            let rows = self.query(&RING_WANTING, &[&workspace.0, &queue.0, &after, &now, &timer]).await?;
            match rows.iter().map(|row| row.get(0)).max() {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }

    /// What becomes of those who wait in a queue is another: all of them are looked at, by the set-up of `version`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn ring_waiting(&self, workspace: WorkspaceId, queue: QueueId, version: i64, now: Timestamp) -> Result<()> {
        let timer = serde_json::to_value(Timer::Waiting { version })?;
        let (mut since, mut id) = (Timestamp::UNIX_EPOCH, Uuid::nil());
        loop {
            let rows = self.query(&BEHIND, &[&workspace.0, &queue.0, &since, &id]).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            (id, since) = (last.get(0), last.get(1));
            let these: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
            self.execute(&RING_THESE, &[&workspace.0, &these, &now, &timer]).await?;
        }
    }

    /// In how long the next timer of a kind will be due.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn next_timer(&self, kind: &str) -> Result<Option<Duration>> {
        let seconds: Option<f64> = self.query_opt(&NEXT, &[&kind]).await?.and_then(|row| row.get(0));
        Ok(seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()))
    }

    /// How many timers have been due for more than a minute: somebody is behind, or nobody here can read them. At most 1,000 of each
    /// kind are counted.
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
        subject: Subject::read(row.get(1), row.get(2))?,
        due_at: row.get(3),
        timer: json(row, 4).ok()?,
    })
}
