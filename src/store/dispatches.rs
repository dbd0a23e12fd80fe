//! Taking messages up to send them: per number within its allowance, one at a time per contact, for as long as a lease lasts.
//!
//! A claim is one statement and holds no lock when it is answered, so that a node which stops at any moment holds nobody up. Leases
//! begin and end by the database's clock.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;
use uuid::Uuid;

use super::messages::message;
use super::rows::Rows;
use super::statement::Step;
use super::{Result, Store, Transaction};
use crate::domain::channel::Rules;
use crate::domain::contact::Identity;
use crate::domain::ids::{ClaimId, ContactId, ConversationId, InboxId, MessageId, WorkspaceId};
use crate::domain::message::Message;

crate::statements! {
    /// The allowance is a bucket of an eighth of a second's sends, refilled at seven eighths of the rate, so that no window of one
    /// second ever holds more than the rate. Whoever finds its row taken leaves the number to whoever has it. The first message of a
    /// contact is a subquery of its own: joined, it would be looked for among all that the number has to send, for each of them. It is
    /// the one on its way, then the earliest of what a conversation says, then of what was begun by us: who is being talked to waits for
    /// no broadcast, and what is said in a conversation arrives in its order. What was found is locked, and stays where it was found: by
    /// its name, a plan from a time when nothing waited would look for each among all that ever did. It may come at the end of a
    /// transaction: the clock is the statement's, so that no lease begins before whoever asked for it. Whoever last wrote from an address of
    /// the channel is called by that alone.
    CLAIM = "
        WITH allowance AS (
            SELECT least(
                    greatest(rate_per_second / 8.0, 1.0),
                    tokens + extract(epoch FROM greatest(statement_timestamp() - refilled_at, interval '0')) * rate_per_second * 0.875
                ) AS tokens,
                CASE WHEN paused_until > statement_timestamp() THEN paused_until END AS paused_until
            FROM allowances
            WHERE workspace_id = $1 AND inbox_id = $2
            FOR UPDATE SKIP LOCKED
        ), ready AS (
            SELECT ctid
            FROM outbox AS this
            WHERE workspace_id = $1 AND inbox_id = $2 AND state = 'queued' AND due_at <= statement_timestamp()
              AND subject_kind = 'conversation'
              AND message_id = (
                  SELECT message_id
                  FROM outbox AS first
                  WHERE first.workspace_id = this.workspace_id AND first.inbox_id = this.inbox_id AND first.contact_id = this.contact_id
                  ORDER BY first.state = 'dispatching' DESC, first.priority > 1, first.position
                  LIMIT 1)
            ORDER BY priority, position
            LIMIT coalesce((SELECT least(floor(tokens)::bigint, $4) FROM allowance WHERE paused_until IS NULL), 0)
            FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE outbox
            SET state = 'dispatching', attempts = attempts + 1, claim_id = $3,
                lease_until = statement_timestamp() + make_interval(secs => $5)
            FROM ready
            WHERE outbox.workspace_id = $1 AND outbox.ctid = ready.ctid
            RETURNING outbox.message_id, outbox.subject_id, outbox.contact_id, outbox.attempts, outbox.queued_at, outbox.priority,
                outbox.position
        ), spent AS (
            UPDATE allowances
            SET tokens = allowance.tokens - (SELECT count(*) FROM claimed), refilled_at = greatest(statement_timestamp(), refilled_at),
                pause_reason = NULL
            FROM allowance
            WHERE allowances.workspace_id = $1 AND allowances.inbox_id = $2 AND EXISTS (SELECT FROM claimed)
        )
        SELECT allowance.tokens::float8, allowance.paused_until, claimed.subject_id, claimed.contact_id, claimed.attempts,
            claimed.queued_at,
            coalesce(
                (SELECT ARRAY[last.kind || ':' || last.value]
                 FROM contact_identities AS last
                 WHERE last.workspace_id = $1 AND last.kind = contact.address ->> 'kind' AND last.value = contact.address ->> 'value'
                   AND last.contact_id = contact.id AND last.kind = ANY($6)
                 LIMIT 1),
                ARRAY(SELECT identity.kind || ':' || identity.value
                      FROM (SELECT kind, value, standing
                            FROM contact_identities AS own
                            WHERE own.workspace_id = $1 AND own.contact_id = contact.id
                            UNION ALL
                            SELECT kind, value, standing
                            FROM contact_identities AS taken_over
                            WHERE taken_over.workspace_id = $1 AND taken_over.joined_from <> '{}'
                              AND taken_over.joined_from @> ARRAY[contact.id] AND taken_over.contact_id <> contact.id) AS identity
                      ORDER BY contact.address = jsonb_build_object('kind', identity.kind, 'value', identity.value) DESC NULLS LAST,
                          identity.standing = 'former', identity.kind, identity.value
                      LIMIT 20)) AS identities,
            claimed.message_id, message.id, message.author_kind, message.author_id, message.content, message.status, message.failure,
            message.wamid, message.reply_to, message.at, NULL::jsonb AS raw
        FROM allowance
        LEFT JOIN claimed ON true
        LEFT JOIN messages AS message ON message.workspace_id = $1 AND message.id = claimed.message_id
        LEFT JOIN contacts AS contact ON contact.workspace_id = $1 AND contact.id = claimed.contact_id
        ORDER BY claimed.priority, claimed.position";
    /// What this version does not understand goes back as it was, to be taken up by a node that does; trying it here was no attempt.
    LEAVE = "
        UPDATE outbox
        SET state = 'queued', attempts = attempts - 1, due_at = now() + make_interval(secs => $4), claim_id = NULL, lease_until = NULL
        WHERE workspace_id = $1 AND message_id = ANY($2) AND claim_id = $3";
    /// As if it had not been claimed: no try was made.
    UNCLAIM = "
        UPDATE outbox
        SET state = 'queued', attempts = attempts - 1, claim_id = NULL, lease_until = NULL
        WHERE workspace_id = $1 AND inbox_id = $2 AND state = 'dispatching' AND claim_id = $3";
    RENEW = "
        UPDATE outbox
        SET lease_until = now() + make_interval(secs => $4)
        WHERE workspace_id = $1 AND message_id = $2 AND claim_id = $3 AND lease_until > now()";
    /// Numbers with messages due, after one that was seen before. Across workspaces, as every worker's claim.
    INBOXES_DUE = "
        SELECT workspace_id, id
        FROM inboxes
        WHERE (workspace_id, id) > ($1, $2) AND (
            SELECT true
            FROM outbox
            WHERE outbox.workspace_id = inboxes.workspace_id AND outbox.inbox_id = inboxes.id AND outbox.state = 'queued'
              AND outbox.due_at <= now()
            LIMIT 1)
        ORDER BY workspace_id, id
        LIMIT 1000";
    /// Sends whose node stopped before it could say what became of them. Across workspaces, as every worker's claim.
    LAPSED = "
        SELECT workspace_id, subject_id, message_id, claim_id, lease_until
        FROM outbox
        WHERE state = 'dispatching' AND subject_kind = 'conversation' AND lease_until < now()
        ORDER BY lease_until
        LIMIT 500";
}

/// How long a node that does not understand a message leaves it to others before it looks again.
const LEFT_FOR: SignedDuration = SignedDuration::from_secs(5);

/// A message that is ours to send, for as long as the lease of its claim lasts.
#[derive(Debug)]
pub struct Dispatch {
    pub workspace: WorkspaceId,
    pub inbox: InboxId,
    pub conversation: ConversationId,
    pub contact: ContactId,
    pub claim: ClaimId,
    pub attempts: u32,
    pub queued_at: Timestamp,
    /// What WhatsApp calls them by, first what they last wrote from; never a name that is somebody else's by now.
    pub identities: Vec<Identity>,
    pub id: MessageId,
    pub message: Message,
}

/// A send that lost its node.
#[derive(Debug)]
pub struct Lapsed {
    pub workspace: WorkspaceId,
    pub conversation: ConversationId,
    pub message: MessageId,
    pub claim: ClaimId,
    /// When its lease was over.
    pub since: Timestamp,
}

/// What a claim found.
#[derive(Debug)]
pub enum Claim {
    Taken {
        dispatches: Vec<Dispatch>,
        /// Those that this version does not understand.
        strange: Vec<Uuid>,
        /// The allowance is spent with these: more may wait.
        is_spent: bool,
    },
    /// The number has spent its allowance for the moment, or another node is claiming for it.
    OutOfAllowance,
    PausedUntil(Timestamp),
}

impl Store {
    /// Claims up to `limit` messages of a number until `lease` from now. What is returned is `dispatching`: no byte may leave before.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn claim_messages(
        &self,
        workspace: WorkspaceId,
        inbox: InboxId,
        claim: ClaimId,
        limit: i64,
        lease: SignedDuration,
        rules: &Rules,
    ) -> Result<Claim> {
        let rows = self.query(&CLAIM, &[&workspace.0, &inbox.0, &claim.0, &limit, &lease.as_secs_f64(), &rules.identities]).await?;
        let claimed = claimed(workspace, inbox, claim, &rows);
        if let Claim::Taken { strange, .. } = &claimed {
            self.leave_to_others(workspace, claim, strange).await;
        }
        Ok(claimed)
    }

    /// Writes rows, and claims up to `limit` messages of a number with the same commit. What is strange is to be left to others.
    ///
    /// # Errors
    /// As PostgreSQL answers; then nothing was written or claimed, but where the commit itself was not answered.
    pub async fn commit_and_claim(
        rows: Rows,
        transaction: Transaction<'_>,
        inbox: InboxId,
        claim: ClaimId,
        limit: i64,
        lease: SignedDuration,
        rules: &Rules,
    ) -> Result<Claim> {
        let workspace = rows.workspace();
        let asking = Step::of(CLAIM).with(workspace.0).with(inbox.0).with(claim.0).with(limit).with(lease.as_secs_f64());
        let asking = asking.with(rules.identities);
        Ok(claimed(workspace, inbox, claim, &rows.commit_asking(transaction, asking).await?))
    }

    /// Leaves messages that this version does not understand to others. Those that cannot be given back come back when their lease is over;
    /// the others of their claim are to be sent now.
    pub async fn leave_to_others(&self, workspace: WorkspaceId, claim: ClaimId, strange: &[Uuid]) {
        if !strange.is_empty()
            && let Err(error) = self.execute(&LEAVE, &[&workspace.0, &strange, &claim.0, &LEFT_FOR.as_secs_f64()]).await
        {
            tracing::warn!(%error, count = strange.len(), "messages that another version wrote could not be left to it");
        }
    }

    /// Gives back what was claimed, of which nothing was begun to be sent; whether there was anything.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn unclaim(&self, workspace: WorkspaceId, inbox: InboxId, claim: ClaimId) -> Result<bool> {
        Ok(self.execute(&UNCLAIM, &[&workspace.0, &inbox.0, &claim.0]).await? > 0)
    }

    /// Begins a claim's lease on a message anew; false when it is over, or the message out of its hands.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn renew_claim(&self, dispatch: &Dispatch, lease: SignedDuration) -> Result<bool> {
        Ok(self.execute(&RENEW, &[&dispatch.workspace.0, &dispatch.id.0, &dispatch.claim.0, &lease.as_secs_f64()]).await? == 1)
    }

    /// Numbers with messages due, in the order of their ids, the first after `seen`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn inboxes_due(&self, seen: (WorkspaceId, InboxId)) -> Result<Vec<(WorkspaceId, InboxId)>> {
        let rows = self.query(&INBOXES_DUE, &[&seen.0.0, &seen.1.0]).await?;
        Ok(rows.iter().map(|row| (WorkspaceId(row.get(0)), InboxId(row.get(1)))).collect())
    }

    /// Sends whose lease is over.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn lapsed_sends(&self) -> Result<Vec<Lapsed>> {
        let rows = self.query(&LAPSED, &[]).await?;
        let lapsed = |row: &Row| Lapsed {
            workspace: WorkspaceId(row.get(0)),
            conversation: ConversationId(row.get(1)),
            message: MessageId(row.get(2)),
            claim: ClaimId(row.get(3)),
            since: row.get(4),
        };
        Ok(rows.iter().map(lapsed).collect())
    }
}

fn claimed(workspace: WorkspaceId, inbox: InboxId, claim: ClaimId, rows: &[Row]) -> Claim {
    let Some(first) = rows.first() else { return Claim::OutOfAllowance };
    if let Some(until) = first.get(1) {
        return Claim::PausedUntil(until);
    }
    let taken = if first.get::<_, Option<Uuid>>(2).is_some() { rows } else { &[] };
    let is_spent = first.get::<_, f64>(0) - (taken.len() as f64) < 1.0;
    if taken.is_empty() && is_spent {
        return Claim::OutOfAllowance;
    }
    let (mut dispatches, mut strange) = (Vec::with_capacity(taken.len()), Vec::new());
    for row in taken {
        match dispatch(workspace, inbox, claim, row) {
            Ok(dispatch) => dispatches.push(dispatch),
            Err(_) => strange.push(row.get::<_, Uuid>(7)),
        }
    }
    Claim::Taken { dispatches, strange, is_spent }
}

fn dispatch(workspace: WorkspaceId, inbox: InboxId, claim: ClaimId, row: &Row) -> Result<Dispatch> {
    let names = row.get::<_, Vec<&str>>(6).into_iter().filter_map(|name| name.split_once(':'));
    Ok(Dispatch {
        workspace,
        inbox,
        conversation: ConversationId(row.get(2)),
        contact: ContactId(row.get(3)),
        claim,
        attempts: u32::try_from(row.get::<_, i32>(4)).unwrap_or(0),
        queued_at: row.get(5),
        identities: names.map(|(kind, value)| Identity::of(kind, value.to_owned())).collect(),
        id: MessageId(row.get(7)),
        message: message(row, 8)?,
    })
}
