//! Messages on their way out, and what becomes of their rows. [`dispatches`](super::dispatches) takes them up.

use jiff::Timestamp;
use uuid::Uuid;

use super::statement::Step;
use super::{Result, Store};
use crate::domain::delivery::Priority;
use crate::domain::ids::{ClaimId, ContactId, InboxId, MessageId, WorkspaceId};
use crate::domain::journal::Subject;
use crate::domain::snapshot::InOutbox;

crate::statements! {
    INSERT = "
        INSERT INTO outbox (workspace_id, message_id, subject_kind, subject_id, contact_id, inbox_id, priority, due_at, queued_at)
        SELECT $1, message_id, subject_kind, subject_id, contact_id, inbox_id, priority, at, at
        FROM UNNEST($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::smallint[], $8::timestamptz[]) WITH ORDINALITY
            AS message (message_id, subject_kind, subject_id, contact_id, inbox_id, priority, at, place)
        ORDER BY place";
    /// As it was known to stand: what a node has claimed since is that node's to remove.
    REMOVE = "
        DELETE FROM outbox
        WHERE workspace_id = $1 AND message_id = ANY($2::uuid[])
          AND claim_id IS NOT DISTINCT FROM ($3::uuid[])[array_position($2::uuid[], message_id)]";
    POSTPONE = "
        UPDATE outbox
        SET state = 'queued', due_at = $4, claim_id = NULL, lease_until = NULL
        WHERE workspace_id = $1 AND message_id = $2 AND claim_id = $3";
    /// At most 10,000 messages of a number are counted.
    OLDEST = "
        SELECT min(number.since), coalesce(sum(number.waiting), 0)::bigint
        FROM (
            SELECT (SELECT min(earliest.queued_at)
                    FROM generate_series(0, 3) AS of (priority)
                    CROSS JOIN LATERAL (
                        SELECT queued_at
                        FROM outbox
                        WHERE workspace_id = inboxes.workspace_id AND inbox_id = inboxes.id AND state = 'queued'
                          AND outbox.priority = of.priority
                        ORDER BY position
                        LIMIT 1) AS earliest) AS since,
                (SELECT count(*)
                 FROM (SELECT FROM outbox
                       WHERE workspace_id = inboxes.workspace_id AND inbox_id = inboxes.id AND state = 'queued'
                       LIMIT 10000) AS counted) AS waiting
            FROM inboxes) AS number";
}

/// A message that is to be sent.
#[derive(Debug)]
pub struct Outgoing {
    pub message: MessageId,
    /// Who records what becomes of it.
    pub subject: Subject,
    pub contact: ContactId,
    pub inbox: InboxId,
    pub priority: Priority,
    pub at: Timestamp,
}

/// Adds messages in their order.
pub(super) fn insert(workspace: WorkspaceId, messages: &[Outgoing]) -> Step {
    Step::of(INSERT)
        .with(workspace.0)
        .with(messages.iter().map(|outgoing| outgoing.message.0).collect::<Vec<_>>())
        .with(messages.iter().map(|outgoing| outgoing.subject.kind().to_owned()).collect::<Vec<_>>())
        .with(messages.iter().map(|outgoing| outgoing.subject.id(workspace)).collect::<Vec<_>>())
        .with(messages.iter().map(|outgoing| outgoing.contact.0).collect::<Vec<_>>())
        .with(messages.iter().map(|outgoing| outgoing.inbox.0).collect::<Vec<_>>())
        .with(messages.iter().map(|outgoing| outgoing.priority as i16).collect::<Vec<_>>())
        .with(messages.iter().map(|outgoing| outgoing.at).collect::<Vec<_>>())
}

/// Removes messages that stood there so; one that was claimed meanwhile stays.
pub(super) fn remove(workspace: WorkspaceId, gone: &[(MessageId, InOutbox)]) -> Step {
    let claim = |stood: &InOutbox| match stood {
        InOutbox::Queued => None,
        InOutbox::Claimed { claim, .. } => Some(claim.0),
    };
    Step::of(REMOVE)
        .with(workspace.0)
        .with(gone.iter().map(|(message, _)| message.0).collect::<Vec<_>>())
        .with(gone.iter().map(|(_, stood)| claim(stood)).collect::<Vec<_>>())
}

/// Gives a claim back: the message is tried again at `until`.
pub(super) fn postpone(workspace: WorkspaceId, message: MessageId, claim: ClaimId, until: Timestamp) -> Step {
    Step::of(POSTPONE).with(workspace.0).with(message.0).with(claim.0).with(until)
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
