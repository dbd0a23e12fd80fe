//! What bodies held for one contact, waiting for its turn under the contact's lock.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::statement::Step;
use super::{Result, Store};
use crate::domain::ids::{ContactId, InboxId, WorkspaceId};
use crate::domain::inbound::InboundItem;

crate::statements! {
    INSERT = "
        INSERT INTO inbound_items (workspace_id, contact_id, inbox_id, payload_seq, item, received_at)
        SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::timestamptz[])";
    /// For every inbox where a contact has a conversation under way, and for one where it may come to have one.
    INSERT_UNDER_WAY = "
        INSERT INTO inbound_items (workspace_id, contact_id, inbox_id, payload_seq, item, received_at)
        SELECT $1, $2, inbox_id, 0, $4, $5
        FROM (
            SELECT $3::uuid
            UNION
            SELECT inbox_id FROM conversations WHERE workspace_id = $1 AND contact_id = $2 AND state <> 'resolved'
        ) AS places (inbox_id)";
    WAITING = "
        SELECT seq, payload_seq, item, received_at
        FROM inbound_items
        WHERE workspace_id = $1 AND contact_id = $2 AND inbox_id = $3
        ORDER BY seq
        LIMIT $4";
    /// As [`WAITING`], of several contacts.
    WAITING_OF_THOSE = "
        SELECT item.seq, item.payload_seq, item.item, item.received_at, lane.contact_id
        FROM UNNEST($2::uuid[]) AS lane (contact_id)
        CROSS JOIN LATERAL (
            SELECT seq, payload_seq, item, received_at
            FROM inbound_items
            WHERE workspace_id = $1 AND inbound_items.contact_id = lane.contact_id AND inbox_id = $3
            ORDER BY seq
            LIMIT $4) AS item
        ORDER BY item.seq";
    DELETE = "
        DELETE FROM inbound_items
        WHERE ctid = ANY(ARRAY(
            SELECT place
            FROM UNNEST($2::uuid[], $3::uuid[], $4::bigint[]) AS done (contact_id, inbox_id, seq)
            CROSS JOIN LATERAL (
                SELECT ctid AS place
                FROM inbound_items
                WHERE workspace_id = $1 AND contact_id = done.contact_id AND inbox_id = done.inbox_id AND seq = done.seq
                LIMIT 1) AS found))";
    /// Lanes whose items nobody took up: left by a node that stopped. Across workspaces, as every worker's claim. Looks at some items at a
    /// time, so that a crowd of them is not read at once, and then says which lane it came to.
    LEFT_BEHIND = "
        WITH page AS MATERIALIZED (
            SELECT workspace_id, contact_id, inbox_id, received_at
            FROM inbound_items
            WHERE (contact_id, inbox_id) > ($2, $3)
            ORDER BY contact_id, inbox_id, seq
            LIMIT 2000)
        SELECT DISTINCT workspace_id, contact_id, inbox_id, false AS is_last
        FROM page
        WHERE received_at < $1
        UNION ALL
        (SELECT workspace_id, contact_id, inbox_id, true FROM page ORDER BY contact_id, inbox_id OFFSET 1999)";
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
    pub raw: String,
}

/// A contact in an inbox: where their items wait, and their conversations are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    pub workspace: WorkspaceId,
    pub contact: ContactId,
    pub inbox: InboxId,
}

/// Adds items to their lanes, in their order.
pub(super) fn insert(items: &[NewItem]) -> Result<Step> {
    Ok(Step::of(INSERT)
        .with(items.iter().map(|item| item.workspace.0).collect::<Vec<_>>())
        .with(items.iter().map(|item| item.contact.0).collect::<Vec<_>>())
        .with(items.iter().map(|item| item.inbox.0).collect::<Vec<_>>())
        .with(items.iter().map(|item| item.payload_seq).collect::<Vec<_>>())
        .with(items.iter().map(|item| serde_json::to_string(&item.item)).collect::<Result<Vec<_>, _>>()?)
        .with(items.iter().map(|item| item.received_at).collect::<Vec<_>>()))
}

/// Reads an item's row: seq, payload, item, received_at.
pub(super) fn item(row: &Row) -> WaitingItem {
    let raw: String = row.get(2);
    let item = serde_json::from_str(&raw).map_err(|fault| Strange { reason: fault.to_string(), raw });
    WaitingItem { seq: row.get(0), payload_seq: row.get(1), item, received_at: row.get(3) }
}

/// Puts an item into each lane where a contact has a conversation under way, and into that of `inbox`, behind what waits there.
pub(super) fn insert_under_way(
    workspace: WorkspaceId,
    contact: ContactId,
    inbox: InboxId,
    item: &InboundItem,
    at: Timestamp,
) -> Result<Step> {
    let item = serde_json::to_string(item)?;
    Ok(Step::of(INSERT_UNDER_WAY).with(workspace.0).with(contact.0).with(inbox.0).with(item).with(at))
}

/// Removes items whose commands have run.
pub(super) fn delete(workspace: WorkspaceId, done: &[(ContactId, InboxId, i64)]) -> Step {
    Step::of(DELETE)
        .with(workspace.0)
        .with(done.iter().map(|(contact, ..)| contact.0).collect::<Vec<_>>())
        .with(done.iter().map(|(_, inbox, _)| inbox.0).collect::<Vec<_>>())
        .with(done.iter().map(|(.., seq)| *seq).collect::<Vec<_>>())
}

impl Store {
    /// Lanes with items older than `before` among the next two thousand items behind those of `seen`, and the lane this came to; nothing
    /// when there are no more.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn lanes_left_behind(&self, before: Timestamp, seen: Option<Lane>) -> Result<(Vec<Lane>, Option<Lane>)> {
        let (contact, inbox) = seen.map_or((Uuid::nil(), Uuid::nil()), |lane| (lane.contact.0, lane.inbox.0));
        let rows = self.query(&LEFT_BEHIND, &[&before, &contact, &inbox]).await?;
        let (last, left): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.get(3));
        let lane = |row: &Row| Lane { workspace: WorkspaceId(row.get(0)), contact: ContactId(row.get(1)), inbox: InboxId(row.get(2)) };
        Ok((left.into_iter().map(lane).collect(), last.into_iter().map(lane).next()))
    }
}
