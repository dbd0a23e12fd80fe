//! What bodies held for one contact, waiting for its turn under the contact's lock.

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::{ContactId, InboxId, WorkspaceId};
use crate::domain::inbound::InboundItem;

crate::statements! {
    INSERT = "
        INSERT INTO inbound_items (workspace_id, contact_id, inbox_id, payload_seq, item, received_at)
        SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::jsonb[], $6::timestamptz[])";
    WAITING = "
        SELECT seq, payload_seq, item, received_at
        FROM inbound_items
        WHERE workspace_id = $1 AND contact_id = $2 AND inbox_id = $3
        ORDER BY seq
        LIMIT $4";
    /// The contact is named for the index: by the workspace alone it would go through everything that was ever deleted.
    DELETE = "DELETE FROM inbound_items WHERE workspace_id = $1 AND contact_id = $2 AND seq = ANY($3)";
    /// Contacts whose items nobody took up: left by a node that stopped. Across workspaces, as every worker's claim. Looks at the
    /// oldest items only, so that a crowd of fresh ones is not read for it.
    LEFT_BEHIND = "
        SELECT DISTINCT workspace_id, contact_id, inbox_id
        FROM (SELECT workspace_id, contact_id, inbox_id, received_at FROM inbound_items ORDER BY seq LIMIT 2000) AS oldest
        WHERE received_at < $1
        LIMIT 500";
}

/// An item ready to be stored.
#[derive(Debug)]
pub struct NewItem {
    pub workspace: WorkspaceId,
    pub contact: ContactId,
    pub inbox: InboxId,
    pub payload_seq: i64,
    pub item: InboundItem,
    pub received_at: Timestamp,
}

/// An item whose turn has come.
#[derive(Debug)]
pub struct WaitingItem {
    pub seq: i64,
    pub payload_seq: i64,
    pub item: Result<InboundItem, Strange>,
    pub received_at: Timestamp,
}

/// An item that this version does not understand: a newer one stored it.
#[derive(Debug)]
pub struct Strange {
    pub reason: String,
    pub raw: serde_json::Value,
}

/// Where items wait: a contact in an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    pub workspace: WorkspaceId,
    pub contact: ContactId,
    pub inbox: InboxId,
}

/// Stores items in their order.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn insert(transaction: &Transaction<'_>, items: &[NewItem]) -> Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    let statement = prepare(transaction, &INSERT).await?;
    let workspaces: Vec<Uuid> = items.iter().map(|item| item.workspace.0).collect();
    let contacts: Vec<Uuid> = items.iter().map(|item| item.contact.0).collect();
    let inboxes: Vec<Uuid> = items.iter().map(|item| item.inbox.0).collect();
    let payloads: Vec<i64> = items.iter().map(|item| item.payload_seq).collect();
    let bodies = items.iter().map(|item| serde_json::to_value(&item.item)).collect::<Result<Vec<_>, _>>()?;
    let times: Vec<Timestamp> = items.iter().map(|item| item.received_at).collect();
    transaction.execute(&statement, &[&workspaces, &contacts, &inboxes, &payloads, &bodies, &times]).await?;
    Ok(())
}

/// Reads an item's row: seq, payload, item, received_at.
pub(super) fn item(row: &tokio_postgres::Row) -> WaitingItem {
    let raw: serde_json::Value = row.get(2);
    let item = InboundItem::deserialize(&raw).map_err(|fault| Strange { reason: fault.to_string(), raw });
    WaitingItem { seq: row.get(0), payload_seq: row.get(1), item, received_at: row.get(3) }
}

/// Removes items whose commands have run.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn delete(transaction: &Transaction<'_>, lane: Lane, seqs: &[i64]) -> Result<()> {
    let statement = prepare(transaction, &DELETE).await?;
    transaction.execute(&statement, &[&lane.workspace.0, &lane.contact.0, &seqs]).await?;
    Ok(())
}

impl Store {
    /// Lanes with items older than `before`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn lanes_left_behind(&self, before: Timestamp) -> Result<Vec<Lane>> {
        let rows = self.query(&LEFT_BEHIND, &[&before]).await?;
        Ok(rows
            .iter()
            .map(|row| Lane { workspace: WorkspaceId(row.get(0)), contact: ContactId(row.get(1)), inbox: InboxId(row.get(2)) })
            .collect())
    }
}
