//! Messages on their way out: claimed per number within its rate, one at a time per contact.

use jiff::Timestamp;
use uuid::Uuid;

use super::messages::message;
use super::{Result, Store, Transaction, prepare};
use crate::domain::contact::Identity;
use crate::domain::ids::{ContactId, ConversationId, InboxId, MessageId, WorkspaceId};
use crate::domain::message::Message;

crate::statements! {
    INSERT = "
        INSERT INTO outbox (workspace_id, message_id, conversation_id, contact_id, inbox_id, due_at, queued_at)
        SELECT $1, message_id, $2, $3, $4, $5, $5
        FROM UNNEST($6::uuid[]) WITH ORDINALITY AS message (message_id, place)
        ORDER BY place";
    REMOVE = "DELETE FROM outbox WHERE workspace_id = $1 AND message_id = $2";
    POSTPONE = "
        UPDATE outbox
        SET state = 'queued', due_at = $3, lease_until = NULL
        WHERE workspace_id = $1 AND message_id = $2";
    PAUSE = "UPDATE inboxes SET paused_until = $3 WHERE workspace_id = $1 AND id = $2";
    /// The number's allowance: a bucket of an eighth of a second's sends, refilled at seven eighths of the rate, so that no
    /// window of one second ever holds more than the rate.
    REFILL = "
        UPDATE inboxes
        SET tokens = least(
                greatest(rate_per_second / 8.0, 1.0),
                tokens + extract(epoch FROM greatest($3 - refilled_at, interval '0')) * rate_per_second * 0.875),
            refilled_at = greatest($3, refilled_at)
        WHERE workspace_id = $1 AND id = $2
        RETURNING floor(tokens)::bigint, paused_until";
    SPEND = "UPDATE inboxes SET tokens = tokens - $3 WHERE workspace_id = $1 AND id = $2";
    CLAIM = "
        WITH ready AS (
            SELECT message_id
            FROM outbox AS this
            WHERE workspace_id = $1 AND inbox_id = $2 AND state = 'queued' AND due_at <= $3
              AND NOT EXISTS (
                  SELECT FROM outbox AS earlier
                  WHERE earlier.workspace_id = this.workspace_id AND earlier.inbox_id = this.inbox_id
                    AND earlier.contact_id = this.contact_id AND earlier.position < this.position)
            ORDER BY position
            LIMIT $4
            FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE outbox
            SET state = 'dispatching', attempts = attempts + 1, lease_until = $5
            FROM ready
            WHERE outbox.workspace_id = $1 AND outbox.message_id = ready.message_id
            RETURNING outbox.message_id, outbox.conversation_id, outbox.contact_id, outbox.attempts, outbox.queued_at, outbox.position
        )
        SELECT claimed.conversation_id, claimed.contact_id, claimed.attempts, claimed.queued_at,
            ARRAY(SELECT identity.kind || ':' || identity.value
                  FROM contact_identities AS identity
                  WHERE identity.workspace_id = $1 AND identity.contact_id = claimed.contact_id
                  ORDER BY identity.kind) AS identities,
            message.id, message.author_kind, message.author_id, message.content, message.status, message.failure, message.wamid,
            message.reply_to, message.at, NULL::jsonb AS raw
        FROM claimed
        JOIN messages AS message ON message.workspace_id = $1 AND message.id = claimed.message_id
        ORDER BY claimed.position";
    /// Numbers with messages due. Across workspaces, as every worker's claim.
    INBOXES_DUE = "
        SELECT workspace_id, id
        FROM inboxes
        WHERE EXISTS (
            SELECT FROM outbox
            WHERE outbox.workspace_id = inboxes.workspace_id AND outbox.inbox_id = inboxes.id AND outbox.state = 'queued'
              AND outbox.due_at <= $1)
        ORDER BY workspace_id, id
        LIMIT 1000";
    /// Sends whose node stopped before it could say what became of them. Across workspaces, as every worker's claim.
    LAPSED = "
        SELECT workspace_id, inbox_id, conversation_id, contact_id, message_id, attempts
        FROM outbox
        WHERE state = 'dispatching' AND lease_until < $1
        ORDER BY lease_until
        LIMIT 500";
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

/// A message that is ours to send now.
#[derive(Debug)]
pub struct Dispatch {
    pub workspace: WorkspaceId,
    pub inbox: InboxId,
    pub conversation: ConversationId,
    pub contact: ContactId,
    pub attempts: u32,
    pub queued_at: Timestamp,
    pub identities: Vec<Identity>,
    pub message: Message,
}

/// A send that lost its node.
#[derive(Debug)]
pub struct Lapsed {
    pub workspace: WorkspaceId,
    pub inbox: InboxId,
    pub conversation: ConversationId,
    pub contact: ContactId,
    pub message: MessageId,
    pub attempts: u32,
}

/// What a claim found.
#[derive(Debug)]
pub enum Claim {
    Taken(Vec<Dispatch>),
    /// The number has spent its allowance for the moment.
    OutOfAllowance,
    PausedUntil(Timestamp),
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

/// Removes a message whose fate is known, or a person's to decide.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn remove(transaction: &Transaction<'_>, workspace: WorkspaceId, message: MessageId) -> Result<()> {
    let statement = prepare(transaction, &REMOVE).await?;
    transaction.execute(&statement, &[&workspace.0, &message.0]).await?;
    Ok(())
}

/// Puts a message back to be tried again.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn postpone(transaction: &Transaction<'_>, workspace: WorkspaceId, message: MessageId, until: Timestamp) -> Result<()> {
    let statement = prepare(transaction, &POSTPONE).await?;
    transaction.execute(&statement, &[&workspace.0, &message.0, &until]).await?;
    Ok(())
}

/// Stops a number's sending until a time.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn pause(transaction: &Transaction<'_>, workspace: WorkspaceId, inbox: InboxId, until: Timestamp) -> Result<()> {
    let statement = prepare(transaction, &PAUSE).await?;
    transaction.execute(&statement, &[&workspace.0, &inbox.0, &until]).await?;
    Ok(())
}

/// Claims up to `limit` messages of a number. They are `dispatching` once the transaction commits: no byte may leave before.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn claim(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    inbox: InboxId,
    now: Timestamp,
    lease_until: Timestamp,
    limit: i64,
) -> Result<Claim> {
    let refill = prepare(transaction, &REFILL).await?;
    let Some(row) = transaction.query_opt(&refill, &[&workspace.0, &inbox.0, &now]).await? else { return Ok(Claim::Taken(Vec::new())) };
    let (tokens, paused_until): (i64, Option<Timestamp>) = (row.get(0), row.get(1));
    if let Some(until) = paused_until.filter(|until| *until > now) {
        return Ok(Claim::PausedUntil(until));
    }
    if tokens < 1 {
        return Ok(Claim::OutOfAllowance);
    }
    let claim = prepare(transaction, &CLAIM).await?;
    let rows = transaction.query(&claim, &[&workspace.0, &inbox.0, &now, &tokens.min(limit), &lease_until]).await?;
    let dispatches = rows.iter().map(|row| dispatch(workspace, inbox, row)).collect::<Result<Vec<_>>>()?;
    if !dispatches.is_empty() {
        let spend = prepare(transaction, &SPEND).await?;
        transaction.execute(&spend, &[&workspace.0, &inbox.0, &(dispatches.len() as f64)]).await?;
    }
    Ok(Claim::Taken(dispatches))
}

fn dispatch(workspace: WorkspaceId, inbox: InboxId, row: &tokio_postgres::Row) -> Result<Dispatch> {
    let identities = row
        .get::<_, Vec<&str>>(4)
        .into_iter()
        .filter_map(|name| name.split_once(':'))
        .map(|(kind, value)| super::contacts::identity(kind, value.to_owned()))
        .collect::<Result<_>>()?;
    Ok(Dispatch {
        workspace,
        inbox,
        conversation: ConversationId(row.get(0)),
        contact: ContactId(row.get(1)),
        attempts: u32::try_from(row.get::<_, i32>(2)).unwrap_or(0),
        queued_at: row.get(3),
        identities,
        message: message(row, 5)?,
    })
}

impl Store {
    /// Numbers with messages due at `now`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn inboxes_due(&self, now: Timestamp) -> Result<Vec<(WorkspaceId, InboxId)>> {
        let rows = self.query(&INBOXES_DUE, &[&now]).await?;
        Ok(rows.iter().map(|row| (WorkspaceId(row.get(0)), InboxId(row.get(1)))).collect())
    }

    /// Sends whose lease ran out before `now`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn lapsed_sends(&self, now: Timestamp) -> Result<Vec<Lapsed>> {
        let rows = self.query(&LAPSED, &[&now]).await?;
        Ok(rows
            .iter()
            .map(|row| Lapsed {
                workspace: WorkspaceId(row.get(0)),
                inbox: InboxId(row.get(1)),
                conversation: ConversationId(row.get(2)),
                contact: ContactId(row.get(3)),
                message: MessageId(row.get(4)),
                attempts: u32::try_from(row.get::<_, i32>(5)).unwrap_or(0),
            })
            .collect())
    }

    /// Since when the oldest message waits to be sent, and how many wait (at most 10,000 of a number are counted).
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn outbox_age(&self) -> Result<(Option<Timestamp>, i64)> {
        let row = self.query_opt(&OLDEST, &[]).await?;
        Ok(row.map_or((None, 0), |row| (row.get(0), row.get(1))))
    }
}
