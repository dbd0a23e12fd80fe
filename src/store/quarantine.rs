//! What could not be understood or carried out, with its reason.

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::WorkspaceId;

crate::statements! {
    INSERT = "
        INSERT INTO quarantine (id, workspace_id, app_id, payload_seq, reason, item, at)
        SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::bytea[], $7::timestamptz[])";
    LATEST = "
        SELECT id, app_id, payload_seq, reason, item, at
        FROM quarantine
        WHERE workspace_id = $1
        ORDER BY at DESC, id DESC
        LIMIT $2";
    /// What names no number and no account that anybody here has: the operator's.
    OF_NOBODY = "
        SELECT id, app_id, payload_seq, reason, item, at
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
    pub app_id: String,
    pub payload_seq: i64,
    pub reason: String,
    pub item: Vec<u8>,
    pub at: Timestamp,
}

/// An item set aside, with where it came from.
#[derive(Debug)]
pub struct Quarantined {
    pub id: Uuid,
    pub app_id: String,
    pub payload_seq: i64,
    pub reason: String,
    pub item: Vec<u8>,
    pub at: Timestamp,
}

/// Items as columns.
pub(super) struct Columns<'a> {
    ids: Vec<Uuid>,
    workspaces: Vec<Option<Uuid>>,
    apps: Vec<&'a str>,
    payloads: Vec<i64>,
    reasons: Vec<&'a str>,
    items: Vec<&'a [u8]>,
    times: Vec<Timestamp>,
}

impl<'a> Columns<'a> {
    pub fn of(items: &'a [NewQuarantined]) -> Self {
        Self {
            ids: items.iter().map(|item| item.id).collect(),
            workspaces: items.iter().map(|item| item.workspace.map(|workspace| workspace.0)).collect(),
            apps: items.iter().map(|item| item.app_id.as_str()).collect(),
            payloads: items.iter().map(|item| item.payload_seq).collect(),
            reasons: items.iter().map(|item| item.reason.as_str()).collect(),
            items: items.iter().map(|item| item.item.as_slice()).collect(),
            times: items.iter().map(|item| item.at).collect(),
        }
    }

    pub fn parameters(&self) -> [&(dyn ToSql + Sync); 7] {
        [&self.ids, &self.workspaces, &self.apps, &self.payloads, &self.reasons, &self.items, &self.times]
    }
}

/// Sets items aside.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn insert(transaction: &Transaction<'_>, items: &[NewQuarantined]) -> Result<()> {
    let statement = prepare(transaction, &INSERT).await?;
    transaction.execute(&statement, &Columns::of(items).parameters()).await?;
    Ok(())
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
    Quarantined { id: row.get(0), app_id: row.get(1), payload_seq: row.get(2), reason: row.get(3), item: row.get(4), at: row.get(5) }
}
