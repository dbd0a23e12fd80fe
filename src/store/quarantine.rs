//! What could not be understood or carried out, with its reason.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::WorkspaceId;

crate::statements! {
    INSERT = "
        INSERT INTO quarantine (id, workspace_id, app_id, payload_seq, reason, item, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Bodies that name no known number belong to nobody yet: every workspace of that app sees them.
    LATEST = "
        (SELECT id, app_id, payload_seq, reason, item, at
         FROM quarantine
         WHERE workspace_id = $1
         ORDER BY at DESC, id DESC
         LIMIT $2)
        UNION ALL
        (SELECT id, app_id, payload_seq, reason, item, at
         FROM quarantine
         WHERE workspace_id IS NULL AND app_id = ANY(ARRAY(SELECT app_id FROM inboxes WHERE inboxes.workspace_id = $1))
         -- As the index has them; that the first is always NULL does not tell PostgreSQL that the rest is in order.
         ORDER BY workspace_id, at DESC, id DESC
         LIMIT $2)
        ORDER BY at DESC, id DESC
        LIMIT $2";
}

/// An item set aside.
#[derive(Debug)]
pub struct NewQuarantined<'a> {
    pub id: Uuid,
    pub workspace: Option<WorkspaceId>,
    pub app_id: &'a str,
    pub payload_seq: i64,
    pub reason: &'a str,
    pub item: &'a [u8],
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

/// Sets an item aside.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn insert(transaction: &Transaction<'_>, item: &NewQuarantined<'_>) -> Result<()> {
    let statement = prepare(transaction, &INSERT).await?;
    let workspace = item.workspace.map(|workspace| workspace.0);
    transaction.execute(&statement, &[&item.id, &workspace, &item.app_id, &item.payload_seq, &item.reason, &item.item, &item.at]).await?;
    Ok(())
}

impl Store {
    /// The latest items set aside that a workspace may see.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn quarantined(&self, workspace: WorkspaceId, limit: i64) -> Result<Vec<Quarantined>> {
        let rows = self.query(&LATEST, &[&workspace.0, &limit]).await?;
        let item = |row: &Row| Quarantined {
            id: row.get(0),
            app_id: row.get(1),
            payload_seq: row.get(2),
            reason: row.get(3),
            item: row.get(4),
            at: row.get(5),
        };
        Ok(rows.iter().map(item).collect())
    }
}
