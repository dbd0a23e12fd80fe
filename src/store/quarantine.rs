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
        SELECT id, source, payload_seq, reason, item, at
        FROM quarantine
        WHERE workspace_id = $1
        ORDER BY at DESC, id DESC
        LIMIT $2";
    /// What names no number and no account that anybody here has: the operator's.
    OF_NOBODY = "
        SELECT id, source, payload_seq, reason, item, at
        FROM quarantine
        WHERE workspace_id IS NULL
        -- As the index has them; that the first is always NULL does not tell PostgreSQL that the rest is in order.
        ORDER BY workspace_id, at DESC, id DESC
        LIMIT $1";
}

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
}

fn quarantined(row: &Row) -> Quarantined {
    Quarantined { id: row.get(0), source: row.get(1), payload_seq: row.get(2), reason: row.get(3), item: row.get(4), at: row.get(5) }
}
