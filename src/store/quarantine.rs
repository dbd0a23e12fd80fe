//! What could not be understood or carried out, with its reason.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::WorkspaceId;

crate::statements! {
    INSERT = "
        INSERT INTO quarantine (id, workspace_id, app_id, payload_seq, reason, item, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Bodies that name no known number belong to nobody yet: every workspace of that app sees them.
    LATEST = "
        SELECT id, reason, item, at
        FROM quarantine
        WHERE workspace_id = $1
           OR (workspace_id IS NULL AND app_id IN (SELECT app_id FROM inboxes WHERE inboxes.workspace_id = $1))
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

/// An item set aside, as the admin list shows it.
#[derive(Debug)]
pub struct Quarantined {
    pub id: Uuid,
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
    transaction
        .execute(&statement, &[&item.id, &workspace, &item.app_id, &item.payload_seq, &item.reason, &item.item, &item.at])
        .await?;
    Ok(())
}

impl Store {
    /// The latest items set aside that a workspace may see.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn quarantined(&self, workspace: WorkspaceId, limit: i64) -> Result<Vec<Quarantined>> {
        let rows = self.query(&LATEST, &[&workspace.0, &limit]).await?;
        Ok(rows.iter().map(|row| Quarantined { id: row.get(0), reason: row.get(1), item: row.get(2), at: row.get(3) }).collect())
    }
}
