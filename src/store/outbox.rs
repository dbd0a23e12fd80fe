//! Messages on their way out, and what becomes of their rows. [`dispatches`](super::dispatches) takes them up.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::{ClaimId, ContactId, ConversationId, InboxId, MessageId, WorkspaceId};
use crate::domain::snapshot::InOutbox;

crate::statements! {
    INSERT = "
        INSERT INTO outbox (workspace_id, message_id, conversation_id, contact_id, inbox_id, due_at, queued_at)
        SELECT $1, message_id, $2, $3, $4, $5, $5
        FROM UNNEST($6::uuid[]) WITH ORDINALITY AS message (message_id, place)
        ORDER BY place";
    /// As it was known to stand: what a node has claimed since is that node's to remove.
    REMOVE = "DELETE FROM outbox WHERE workspace_id = $1 AND message_id = $2 AND claim_id IS NOT DISTINCT FROM $3";
    POSTPONE = "
        UPDATE outbox
        SET state = 'queued', due_at = $4, claim_id = NULL, lease_until = NULL
        WHERE workspace_id = $1 AND message_id = $2 AND claim_id = $3";
    /// At most 10,000 messages of a number are counted.
    OLDEST = "
        SELECT min(number.since), coalesce(sum(number.waiting), 0)::bigint
        FROM (
            SELECT (SELECT queued_at
                    FROM outbox
                    WHERE workspace_id = inboxes.workspace_id AND inbox_id = inboxes.id AND state = 'queued'
                    ORDER BY position
                    LIMIT 1) AS since,
                (SELECT count(*)
                 FROM (SELECT FROM outbox
                       WHERE workspace_id = inboxes.workspace_id AND inbox_id = inboxes.id AND state = 'queued'
                       LIMIT 10000) AS counted) AS waiting
            FROM inboxes) AS number";
}

/// Adds messages in their order.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn insert(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    conversation: ConversationId,
    contact: ContactId,
    inbox: InboxId,
    now: Timestamp,
    messages: &[Uuid],
) -> Result<()> {
    let statement = prepare(transaction, &INSERT).await?;
    transaction.execute(&statement, &[&workspace.0, &conversation.0, &contact.0, &inbox.0, &now, &messages]).await?;
    Ok(())
}

/// Removes a message that stood there so; one that was claimed meanwhile stays.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn remove(transaction: &Transaction<'_>, workspace: WorkspaceId, message: MessageId, stood: InOutbox) -> Result<()> {
    let statement = prepare(transaction, &REMOVE).await?;
    let claim = match stood {
        InOutbox::Queued => None,
        InOutbox::Claimed { claim, .. } => Some(claim.0),
    };
    transaction.execute(&statement, &[&workspace.0, &message.0, &claim]).await?;
    Ok(())
}

/// Gives a claim back: the message is tried again at `until`.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn postpone(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    message: MessageId,
    claim: ClaimId,
    until: Timestamp,
) -> Result<()> {
    let statement = prepare(transaction, &POSTPONE).await?;
    transaction.execute(&statement, &[&workspace.0, &message.0, &claim.0, &until]).await?;
    Ok(())
}

/// Where a message stands, from its row's state, claim and whether the lease is over; nothing without a row.
pub(super) fn standing(claim: Option<Uuid>, state: Option<&str>, is_lapsed: Option<bool>) -> Option<InOutbox> {
    state?;
    Some(claim.map_or(InOutbox::Queued, |claim| InOutbox::Claimed { claim: ClaimId(claim), is_lapsed: is_lapsed.unwrap_or(false) }))
}

impl Store {
    /// Since when the oldest message waits to be sent, and how many wait (at most 10,000 of a number are counted).
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn outbox_age(&self) -> Result<(Option<Timestamp>, i64)> {
        let row = self.query_opt(&OLDEST, &[]).await?;
        Ok(row.map_or((None, 0), |row| (row.get(0), row.get(1))))
    }
}
