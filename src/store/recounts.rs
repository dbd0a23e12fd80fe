//! Workspaces whose open conversations are due at another time than before, as what is set up is another.

use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::reading::if_known;
use super::statement::Step;
use super::{Result, Store};
use crate::domain::ids::{ContactId, ConversationId, InboxId, WorkspaceId};
use crate::domain::overdue;
use crate::domain::timer::Timer;

crate::statements! {
    /// From the latest conversation on.
    ASK = "
        INSERT INTO recounts (workspace_id, version)
        VALUES ($1, $2)
        ON CONFLICT (workspace_id)
        DO UPDATE SET version = excluded.version, rounds = excluded.rounds, due_at = excluded.due_at, before_at = NULL, before_id = NULL,
            claimed_until = NULL";
    /// Across workspaces, as every worker's claim.
    CLAIM = "
        UPDATE recounts
        SET claimed_until = now() + make_interval(secs => $1)
        WHERE workspace_id = (
            SELECT workspace_id
            FROM recounts
            WHERE due_at <= now() AND (claimed_until IS NULL OR claimed_until < now())
            ORDER BY due_at
            LIMIT 1
            FOR UPDATE SKIP LOCKED)
        RETURNING workspace_id, version, rounds, before_at, before_id";
    /// What is open, with the step that whoever owes an answer there waits for, and until when whoever waits there does.
    OPEN = "
        SELECT c.id, c.contact_id, c.inbox_id, c.last_message_at, overdue.timer, overdue.due_at, waiting.due_at
        FROM (
            SELECT id, contact_id, inbox_id, last_message_at
            FROM conversations
            WHERE workspace_id = $1 AND state <> 'resolved' AND (last_message_at, id) < ($2, $3)
            ORDER BY last_message_at DESC, id DESC
            LIMIT $4) AS c
        LEFT JOIN timers AS overdue
            ON overdue.workspace_id = $1 AND overdue.subject_id = c.id AND overdue.kind = 'overdue' AND overdue.about = c.id
        LEFT JOIN timers AS waiting
            ON waiting.workspace_id = $1 AND waiting.subject_id = c.id AND waiting.kind = 'waiting' AND waiting.about = c.id
        ORDER BY c.last_message_at DESC, c.id DESC";
    /// How far it came, unless it was asked for anew.
    NOTE = "
        UPDATE recounts
        SET before_at = $3, before_id = $4, claimed_until = now() + make_interval(secs => $5)
        WHERE workspace_id = $1 AND version = $2";
    /// Once more a little later.
    AGAIN = "
        UPDATE recounts
        SET rounds = rounds - 1, due_at = now() + make_interval(secs => $3), before_at = NULL, before_id = NULL, claimed_until = NULL
        WHERE workspace_id = $1 AND version = $2 AND rounds > 1";
    DONE = "DELETE FROM recounts WHERE workspace_id = $1 AND version = $2 AND rounds <= 1";
}

/// A workspace to be gone through, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Recount {
    pub workspace: WorkspaceId,
    /// Of the set-up that it is gone through for.
    pub version: i64,
    pub is_last: bool,
    pub before: Option<(Timestamp, Uuid)>,
}

/// An open conversation.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    pub conversation: ConversationId,
    pub contact: ContactId,
    pub inbox: InboxId,
    pub last_message_at: Timestamp,
    /// What whoever owes an answer there waits for, and until when.
    pub overdue: Option<(overdue::Step, Timestamp)>,
    /// Until when whoever waits there does so for what becomes of them.
    pub waiting: Option<Timestamp>,
}

/// Asks for it, with the act that makes it necessary.
pub(super) fn ask(workspace: WorkspaceId, version: i64) -> Step {
    Step::of(ASK).with(workspace.0).with(version)
}

impl Store {
    /// Takes one up.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn claim_recount(&self, claim: Duration) -> Result<Option<Recount>> {
        let row = self.query_opt(&CLAIM, &[&claim.as_secs_f64()]).await?;
        Ok(row.map(|row| Recount {
            workspace: WorkspaceId(row.get(0)),
            version: row.get(1),
            is_last: row.get::<_, i32>(2) <= 1,
            before: row.get::<_, Option<Timestamp>>(3).zip(row.get(4)),
        }))
    }

    /// Open conversations before one, latest first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn open_before(&self, workspace: WorkspaceId, before: Option<(Timestamp, Uuid)>, limit: i64) -> Result<Vec<Open>> {
        let (at, id) = before.unwrap_or((super::lists::FAR_FUTURE, Uuid::max()));
        Ok(self.query(&OPEN, &[&workspace.0, &at, &id, &limit]).await?.iter().map(open).collect())
    }

    /// How far one came; false when it was asked for anew.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn note_recount(&self, recount: &Recount, (at, id): (Timestamp, Uuid), claim: Duration) -> Result<bool> {
        let noted = self.execute(&NOTE, &[&recount.workspace.0, &recount.version, &at, &id, &claim.as_secs_f64()]).await?;
        Ok(noted == 1)
    }

    /// One came to its end: once more after a while, or done.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn end_recount(&self, recount: &Recount, again_after: Duration) -> Result<()> {
        let Recount { workspace, version, is_last, .. } = recount;
        if *is_last {
            self.execute(&DONE, &[&workspace.0, &version]).await?;
        } else {
            self.execute(&AGAIN, &[&workspace.0, &version, &again_after.as_secs_f64()]).await?;
        }
        Ok(())
    }
}

fn open(row: &Row) -> Open {
    let overdue =
        if_known::<Timer>(row, 4).and_then(|timer| if let Timer::Overdue { step } = timer { Some((step, row.get(5))) } else { None });
    Open {
        conversation: ConversationId(row.get(0)),
        contact: ContactId(row.get(1)),
        inbox: InboxId(row.get(2)),
        last_message_at: row.get(3),
        overdue,
        waiting: row.get(6),
    }
}
