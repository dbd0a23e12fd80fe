//! What could not be understood or carried out, with its reason. Its page reads it in [`pages`](super::pages).

use jiff::Timestamp;
use uuid::Uuid;

use super::{Result, Transaction, prepare};
use crate::domain::ids::WorkspaceId;

crate::statements! {
    INSERT = "
        INSERT INTO quarantine (id, workspace_id, app_id, payload_seq, reason, item, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
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
