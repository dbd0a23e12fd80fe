//! That WhatsApp took messages of ours: what they are from then on, not what happened in a conversation. It is in no journal; whoever
//! has a conversation or a message in hand decides about it, so those are passed over.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::contacts::{self, contact, contact_columns};
use super::conversations::{self, Loaded, columns, loaded};
use super::dispatches::Dispatch;
use super::{Result, Store};
use crate::domain::contact::Contact;
use crate::domain::ids::{ConversationId, MessageId, QueueId, WorkspaceId};
use crate::domain::message::{Status, Wamid};
use crate::domain::tick::Climbed;

crate::statements! {
    /// Only what was queued, and is in the hands of the claim that tells it. Conversation, message and claim are locked in that order, as
    /// commands lock them, and nobody is waited for. The conversation is the only place where more than the message changes: its last line
    /// has left, and a customer whom it answers waits no longer; the rule is [`note_fate`](crate::domain::Snapshot::apply)'s. What is
    /// due of what is answered is its resolution, unless that stands still while it is the customer's turn. Others wait
    /// behind it if this statement sees them, or if the conversation says so, which may be newer.
    RECORD = concat!("
        WITH accepted AS (
            SELECT given.message_id, given.conversation_id, given.wamid, conversation.waiting_since, conversation.is_followed,
                conversation.waits_in, CASE WHEN conversation.runs THEN conversation.due_at END AS due_at,
                CASE WHEN conversation.runs THEN conversation.soon_at END AS soon_at
            FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[], $5::text[]) AS given (message_id, conversation_id, claim_id, wamid)
            CROSS JOIN LATERAL (
                SELECT waiting_since, CASE WHEN controller = 'queue' THEN queue_id END AS waits_in,
                    coalesce((last_message ->> 'is_queued')::boolean, false)
                        AND last_message ->> 'message' <> given.message_id::text AS is_followed,
                    (clocks #>> '{resolution,at}')::timestamptz AS due_at,
                    coalesce(clocks #>> '{resolution,soon_at}', clocks #>> '{resolution,at}')::timestamptz AS soon_at,
                    clocks ->> 'pauses' IS NULL OR (clocks #>> '{resolution,at}')::timestamptz <= now() AS runs
                FROM conversations
                WHERE workspace_id = $1 AND id = given.conversation_id
                LIMIT 1
                FOR NO KEY UPDATE SKIP LOCKED) AS conversation
            CROSS JOIN LATERAL (
                SELECT id
                FROM messages
                WHERE workspace_id = $1 AND id = given.message_id AND conversation_id = given.conversation_id AND status = 'queued'
                LIMIT 1
                FOR NO KEY UPDATE SKIP LOCKED) AS message
            CROSS JOIN LATERAL (
                SELECT message_id
                FROM outbox
                WHERE workspace_id = $1 AND message_id = given.message_id AND claim_id = given.claim_id
                LIMIT 1
                FOR UPDATE SKIP LOCKED) AS claimed
        ), climbed AS (
            UPDATE messages
            SET status = 'sending', failure = NULL, wamid = accepted.wamid, ticked_at = clock_timestamp()
            FROM accepted
            WHERE messages.workspace_id = $1 AND messages.id = accepted.message_id
            RETURNING messages.id, messages.conversation_id, messages.at, messages.ticked_at, accepted.waits_in,
                accepted.is_followed
        ), gone AS (
            DELETE FROM outbox
            WHERE workspace_id = $1 AND message_id = ANY(ARRAY(SELECT message_id FROM accepted))
            RETURNING outbox.message_id, EXISTS (
                SELECT FROM outbox AS next
                WHERE next.workspace_id = $1 AND next.inbox_id = outbox.inbox_id AND next.contact_id = outbox.contact_id
                  AND next.position > outbox.position) AS is_followed
        ), told AS (
            UPDATE conversations AS c
            SET last_message = c.last_message - 'is_queued',
                waiting_since = CASE WHEN c.last_message ->> 'agent' IS NULL OR c.state = 'resolved' THEN c.waiting_since END,
                sla_due_at = CASE WHEN c.last_message ->> 'agent' IS NULL THEN c.sla_due_at ELSE accepted.due_at END,
                sla_soon_at = CASE WHEN c.last_message ->> 'agent' IS NULL THEN c.sla_soon_at ELSE accepted.soon_at END
            FROM accepted
            WHERE c.workspace_id = $1 AND c.id = accepted.conversation_id AND c.last_message ->> 'message' = accepted.message_id::text
            RETURNING ", columns!(), ", accepted.waiting_since AS waited_since
        )
        SELECT ", columns!(), ", session.session, false AS another_under_way, ", contact_columns!("contact"), ", c.waited_since,
            climbed.id, climbed.conversation_id, climbed.at, climbed.ticked_at, climbed.waits_in,
            climbed.is_followed OR gone.is_followed
        FROM climbed
        JOIN gone ON gone.message_id = climbed.id
        LEFT JOIN told AS c ON c.id = climbed.conversation_id
        LEFT JOIN contacts AS contact ON contact.workspace_id = $1 AND contact.id = c.contact_id
        LEFT JOIN LATERAL (
            SELECT session
            FROM flow_sessions
            WHERE workspace_id = $1 AND conversation_id = c.id
            LIMIT 1) AS session ON true");
}

/// A message that was taken.
#[derive(Debug)]
pub struct Acceptance {
    pub climbed: Climbed,
    /// The queue that its conversation waits in: who handed conversations out may have passed it over meanwhile.
    pub waits_in: Option<QueueId>,
    /// Others of its contact wait behind it.
    pub is_followed: bool,
    /// Its conversation, where it is the last line.
    pub last_line: Option<LastLine>,
}

/// A conversation whose last line has left.
#[derive(Debug)]
pub struct LastLine {
    pub contact: Contact,
    pub conversation: Loaded,
    /// Since when the customer waited before.
    pub waited_since: Option<Timestamp>,
}

impl Store {
    /// Records that messages of one workspace were taken, each by its claim and with WhatsApp's name for it; answers those of which
    /// nobody else was deciding anything, and of which there was nothing to decide. A conversation is named once.
    ///
    /// # Errors
    /// As PostgreSQL answers; then none was recorded.
    pub async fn record_accepted(&self, workspace: WorkspaceId, accepted: &[(&Dispatch, &Wamid)]) -> Result<Vec<Acceptance>> {
        let messages: Vec<Uuid> = accepted.iter().map(|(dispatch, _)| dispatch.id.0).collect();
        let conversations: Vec<Uuid> = accepted.iter().map(|(dispatch, _)| dispatch.conversation.0).collect();
        let claims: Vec<Uuid> = accepted.iter().map(|(dispatch, _)| dispatch.claim.0).collect();
        let wamids: Vec<&str> = accepted.iter().map(|(_, wamid)| wamid.as_str()).collect();
        let rows = self.query(&RECORD, &[&workspace.0, &messages, &conversations, &claims, &wamids]).await?;
        Ok(rows.iter().map(acceptance).collect())
    }
}

/// Where what follows a loaded conversation begins.
const CONTACT: usize = conversations::WIDTH + 2;
const CLIMBED: usize = CONTACT + contacts::WIDTH + 1;

fn acceptance(row: &Row) -> Acceptance {
    let last_line = || LastLine { contact: contact(row, CONTACT), conversation: loaded(row), waited_since: row.get(CLIMBED - 1) };
    Acceptance {
        climbed: Climbed {
            message: MessageId(row.get(CLIMBED)),
            conversation: ConversationId(row.get(CLIMBED + 1)),
            status: Status::Sending,
            at: row.get(CLIMBED + 2),
            ticked_at: row.get(CLIMBED + 3),
        },
        waits_in: row.get::<_, Option<Uuid>>(CLIMBED + 4).map(QueueId),
        is_followed: row.get(CLIMBED + 5),
        last_line: row.get::<_, Option<Uuid>>(0).map(|_| last_line()),
    }
}
