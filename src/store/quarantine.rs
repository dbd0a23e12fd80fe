//! What could not be understood or carried out, with its reason.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::statement::Step;
use super::{Result, Store};
use crate::domain::ids::WorkspaceId;

crate::statements! {
    INSERT = "
        INSERT INTO quarantine (id, workspace_id, source, payload_seq, reason, item, at)
        SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::bytea[], $7::timestamptz[])";
    LATEST = "
        SELECT id, source, payload_seq, reason, item, at, settled_by, settled_at, settlement, false
        FROM quarantine
        WHERE workspace_id = $1 AND settled_at IS NULL
        ORDER BY at DESC, id DESC
        LIMIT $2";
    /// What names no number and no account that anybody here has: the operator's.
    OF_NOBODY = "
        SELECT id, source, payload_seq, reason, item, at, settled_by, settled_at, settlement,
            EXISTS (SELECT FROM payloads WHERE payloads.seq = payload_seq)
        FROM quarantine
        WHERE workspace_id IS NULL AND settled_at IS NULL
        -- As the index has them; that the first is always NULL does not tell PostgreSQL that the rest is in order.
        ORDER BY workspace_id, at DESC, id DESC
        LIMIT $1";
    /// Of whichever workspace: what somebody has decided about.
    SETTLED = "
        SELECT id, source, payload_seq, reason, item, at, settled_by, settled_at, settlement, false
        FROM quarantine
        WHERE workspace_id IS NULL AND settled_at IS NOT NULL
        ORDER BY settled_at DESC, id DESC
        LIMIT $1";
    COUNT_OF_NOBODY = "
        SELECT count(*) FROM (SELECT FROM quarantine WHERE workspace_id IS NULL AND settled_at IS NULL LIMIT 10000) AS waiting";
    ONE = "
        SELECT source, settled_at IS NOT NULL, EXISTS (SELECT FROM payloads WHERE payloads.seq = payload_seq)
        FROM quarantine
        WHERE id = $1 AND workspace_id IS NULL";
    /// With all that was set aside of the same body; who comes second finds it done, and stores no body.
    SORT_AGAIN = "
        WITH again AS (
            UPDATE quarantine
            SET settled_by = $2, settled_at = $3, settlement = 'retried'
            WHERE payload_seq = (SELECT payload_seq FROM quarantine WHERE id = $1) AND settled_at IS NULL
                AND EXISTS (SELECT FROM payloads WHERE payloads.seq = payload_seq)
            RETURNING payload_seq)
        INSERT INTO payloads (source, received_at, body)
        SELECT source, $3, body
        FROM payloads
        WHERE seq IN (SELECT payload_seq FROM again)";
    LEAVE_ASIDE = "
        UPDATE quarantine
        SET settled_by = $2, settled_at = $3, settlement = 'left'
        WHERE id = $1 AND workspace_id IS NULL AND settled_at IS NULL";
}

/// What the reason begins with of whatever names a number that nobody here has; the number follows.
pub const UNKNOWN_ADDRESS: &str = "no inbox is connected to ";

/// An item to be set aside.
#[derive(Debug)]
pub struct NewQuarantined {
    pub id: Uuid,
    /// Whose it is, if that can be said.
    pub workspace: Option<WorkspaceId>,
    pub source: String,
    pub payload_seq: i64,
    pub reason: String,
    pub item: Vec<u8>,
    pub at: Timestamp,
}

/// An item set aside, with where it came from.
#[derive(Debug)]
pub struct Quarantined {
    pub id: Uuid,
    pub source: String,
    pub payload_seq: i64,
    pub reason: String,
    pub item: Vec<u8>,
    pub at: Timestamp,
    pub settled: Option<Settlement>,
    /// Whether the body it came in is kept still.
    pub has_body: bool,
}

/// What somebody decided about an item.
#[derive(Debug, Clone)]
pub struct Settlement {
    pub by: String,
    pub at: Timestamp,
    /// Its body was sorted once more; otherwise it stays aside.
    pub is_retry: bool,
}

/// How an item of nobody's stands.
#[derive(Debug)]
pub struct Standing {
    pub source: String,
    pub is_settled: bool,
    /// Whether the body it came in is kept still.
    pub has_body: bool,
}

/// Sets items aside.
pub(super) fn insert(items: &[NewQuarantined]) -> Step {
    Step::of(INSERT)
        .with(items.iter().map(|item| item.id).collect::<Vec<_>>())
        .with(items.iter().map(|item| item.workspace.map(|workspace| workspace.0)).collect::<Vec<_>>())
        .with(items.iter().map(|item| item.source.clone()).collect::<Vec<_>>())
        .with(items.iter().map(|item| item.payload_seq).collect::<Vec<_>>())
        .with(items.iter().map(|item| item.reason.clone()).collect::<Vec<_>>())
        .with(items.iter().map(|item| item.item.clone()).collect::<Vec<_>>())
        .with(items.iter().map(|item| item.at).collect::<Vec<_>>())
}

impl Store {
    /// The latest items set aside that are a workspace's.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn quarantined(&self, workspace: WorkspaceId, limit: i64) -> Result<Vec<Quarantined>> {
        Ok(self.query(&LATEST, &[&workspace.0, &limit]).await?.iter().map(quarantined).collect())
    }

    /// The latest items set aside that are no workspace's: for the operator's eyes only.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn quarantined_of_nobody(&self, limit: i64) -> Result<Vec<Quarantined>> {
        Ok(self.query(&OF_NOBODY, &[&limit]).await?.iter().map(quarantined).collect())
    }

    /// What somebody has decided about of what is no workspace's, latest first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn settled(&self, limit: i64) -> Result<Vec<Quarantined>> {
        Ok(self.query(&SETTLED, &[&limit]).await?.iter().map(quarantined).collect())
    }

    /// How much is no workspace's and waits for a person; not more than is worth counting.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn count_of_nobody(&self) -> Result<i64> {
        Ok(self.query_opt(&COUNT_OF_NOBODY, &[]).await?.map_or(0, |row| row.get(0)))
    }

    /// How an item of nobody's stands.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn quarantined_one(&self, id: Uuid) -> Result<Option<Standing>> {
        let row = self.query_opt(&ONE, &[&id]).await?;
        Ok(row.map(|row| Standing { source: row.get(0), is_settled: row.get(1), has_body: row.get(2) }))
    }

    /// Stores the body of an item once more, to be sorted; false when somebody was quicker, or it is kept no more.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn sort_again(&self, id: Uuid, by: &str, at: Timestamp) -> Result<bool> {
        Ok(self.execute(&SORT_AGAIN, &[&id, &by, &at]).await? == 1)
    }

    /// Leaves an item aside for good; false when somebody was quicker.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn leave_aside(&self, id: Uuid, by: &str, at: Timestamp) -> Result<bool> {
        Ok(self.execute(&LEAVE_ASIDE, &[&id, &by, &at]).await? == 1)
    }
}

fn quarantined(row: &Row) -> Quarantined {
    let settled = row.get::<_, Option<String>>(6).zip(row.get::<_, Option<Timestamp>>(7));
    let is_retry = row.get::<_, Option<&str>>(8) == Some("retried");
    Quarantined {
        id: row.get(0),
        source: row.get(1),
        payload_seq: row.get(2),
        reason: row.get(3),
        item: row.get(4),
        at: row.get(5),
        settled: settled.map(|(by, at)| Settlement { by, at, is_retry }),
        has_body: row.get(9),
    }
}
