//! Messages of both directions.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::reading::{if_known, json, optional, value};
use super::{Error, Result, Store, Transaction, outbox, prepare};
use crate::domain::ids::{ContactId, ConversationId, InboxId, MessageId, UserId, WorkspaceId};
use crate::domain::message::{Author, Content, Direction, Failure, Message, Status};
use crate::domain::snapshot::KnownMessage;

crate::statements! {
    INSERT = "
        INSERT INTO messages (
            workspace_id, id, conversation_id, inbox_id, seq, direction, author_kind, author_id, content, status, wamid, reply_to, at, raw)
        SELECT $1, id, $2, $3, seq, direction, author_kind, author_id, content, status, wamid, reply_to, at, raw
        FROM UNNEST($4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::uuid[], $9::jsonb[], $10::text[], $11::text[], $12::text[],
                    $13::timestamptz[], $14::jsonb[])
            AS message (id, seq, direction, author_kind, author_id, content, status, wamid, reply_to, at, raw)";
    SET_STATUS = "
        UPDATE messages
        SET status = $3, failure = $4, wamid = coalesce($5, wamid)
        WHERE workspace_id = $1 AND id = $2";
    SET_CONTENT = "UPDATE messages SET content = content || $3 WHERE workspace_id = $1 AND id = $2";
    /// The messages that waiting items speak of; one look-up each, whatever PostgreSQL believes the table to hold.
    KNOWN_TO_ITEMS = "
        SELECT known.id, known.wamid, known.status, known.failure, known.conversation_id, outbox.state, outbox.claim_id,
            outbox.lease_until < clock_timestamp() AS is_lapsed
        FROM (
            SELECT message.*
            FROM UNNEST($3::text[]) AS wanted (wamid)
            CROSS JOIN LATERAL (
                SELECT id, wamid, status, failure, conversation_id
                FROM messages
                WHERE workspace_id = $1 AND inbox_id = $2 AND messages.wamid = wanted.wamid
                LIMIT 1) AS message
            UNION
            SELECT message.*
            FROM UNNEST($4::uuid[]) AS wanted (id)
            CROSS JOIN LATERAL (
                SELECT id, wamid, status, failure, conversation_id
                FROM messages
                WHERE workspace_id = $1 AND messages.id = wanted.id
                LIMIT 1) AS message) AS known
        LEFT JOIN LATERAL (
            SELECT state, claim_id, lease_until
            FROM outbox
            WHERE outbox.workspace_id = $1 AND outbox.message_id = known.id
            LIMIT 1) AS outbox ON true";
    OWNERS = "
        SELECT message.id, message.wamid, conversation.contact_id
        FROM messages AS message
        JOIN conversations AS conversation ON conversation.workspace_id = message.workspace_id AND conversation.id = message.conversation_id
        WHERE message.workspace_id = $1 AND (message.id = ANY($3) OR (message.inbox_id = $2 AND message.wamid = ANY($4)))";
    /// The customer's latest message in a conversation that this person holds, up to a sequence.
    LAST_HEARD = "
        SELECT message.inbox_id, message.wamid
        FROM conversations AS conversation
        JOIN messages AS message ON message.workspace_id = conversation.workspace_id AND message.conversation_id = conversation.id
        WHERE conversation.workspace_id = $1 AND conversation.id = $2 AND conversation.agent_id = $3
          AND message.direction = 'inbound' AND message.wamid IS NOT NULL AND message.seq <= $4
        ORDER BY message.seq DESC
        LIMIT 1";
    MADE = "SELECT conversation_id, author_id FROM messages WHERE workspace_id = $1 AND id = $2";
    CONVERSATION_OF = "SELECT conversation_id FROM messages WHERE workspace_id = $1 AND id = $2";
}

/// A message with its place in the conversation.
#[derive(Debug)]
pub struct Placed<'a> {
    pub seq: i64,
    pub message: &'a Message,
}

/// Adds messages to a conversation.
///
/// # Errors
/// As PostgreSQL answers; a message whose id or wamid is known breaks the whole statement.
pub async fn insert(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    conversation: ConversationId,
    inbox: InboxId,
    messages: &[Placed<'_>],
) -> Result<()> {
    let statement = prepare(transaction, &INSERT).await?;
    let of = |part: fn(&Message) -> &'static str| messages.iter().map(|placed| part(placed.message)).collect::<Vec<_>>();
    let ids: Vec<Uuid> = messages.iter().map(|placed| placed.message.id.0).collect();
    let seqs: Vec<i64> = messages.iter().map(|placed| placed.seq).collect();
    let directions = of(|message| direction_name(message.direction()));
    let author_kinds = of(|message| author_name(message.author));
    let authors: Vec<Option<Uuid>> = messages.iter().map(|placed| author_id(placed.message.author)).collect();
    let contents = messages.iter().map(|placed| serde_json::to_value(&placed.message.content)).collect::<Result<Vec<_>, _>>()?;
    let statuses = of(|message| message.status.as_str());
    let wamids: Vec<Option<&str>> = messages.iter().map(|placed| placed.message.wamid.as_deref()).collect();
    let replies: Vec<Option<&str>> = messages.iter().map(|placed| placed.message.reply_to.as_deref()).collect();
    let times: Vec<Timestamp> = messages.iter().map(|placed| placed.message.at).collect();
    let raws: Vec<Option<&serde_json::Value>> = messages.iter().map(|placed| placed.message.raw.as_ref()).collect();
    transaction
        .execute(
            &statement,
            &[
                &workspace.0,
                &conversation.0,
                &inbox.0,
                &ids,
                &seqs,
                &directions,
                &author_kinds,
                &authors,
                &contents,
                &statuses,
                &wamids,
                &replies,
                &times,
                &raws,
            ],
        )
        .await?;
    Ok(())
}

/// Writes how far a message got.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn set_status(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    message: MessageId,
    status: Status,
    failure: Option<&Failure>,
    wamid: Option<&str>,
) -> Result<()> {
    let statement = prepare(transaction, &SET_STATUS).await?;
    let failure = failure.map(serde_json::to_value).transpose()?;
    transaction.execute(&statement, &[&workspace.0, &message.0, &status.as_str(), &failure, &wamid]).await?;
    Ok(())
}

/// Changes keys of a message's content, e.g. how far its picture has come.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn merge_content(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    message: MessageId,
    keys: serde_json::Value,
) -> Result<()> {
    let statement = prepare(transaction, &SET_CONTENT).await?;
    transaction.execute(&statement, &[&workspace.0, &message.0, &keys]).await?;
    Ok(())
}

/// The messages with these WhatsApp ids or ids, and the conversation of each.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn known(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    inbox: InboxId,
    wamids: &[&str],
    ids: &[Uuid],
) -> Result<Vec<(KnownMessage, ConversationId)>> {
    let statement = prepare(transaction, &KNOWN_TO_ITEMS).await?;
    let rows = transaction.query(&statement, &[&workspace.0, &inbox.0, &wamids, &ids]).await?;
    rows.iter()
        .map(|row| {
            let status = status(row.get(2))?;
            let failure: Option<Failure> = optional(row, 3)?;
            let is_asked = status == Status::Unknown && failure.is_some_and(|failure| failure.title == Failure::UNANSWERED);
            let outbox = outbox::standing(row.get(6), row.get(5), row.get(7));
            let known = KnownMessage { id: MessageId(row.get(0)), wamid: row.get(1), status, is_asked, outbox };
            Ok((known, ConversationId(row.get(4))))
        })
        .collect()
}

/// The conversation of a stored message, and the agent who wrote it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn made(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    id: MessageId,
) -> Result<Option<(ConversationId, Option<UserId>)>> {
    let statement = prepare(transaction, &MADE).await?;
    let row = transaction.query_opt(&statement, &[&workspace.0, &id.0]).await?;
    Ok(row.map(|row| (ConversationId(row.get(0)), row.get::<_, Option<Uuid>>(1).map(UserId))))
}

/// Whose conversation a message belongs to.
#[derive(Debug)]
pub struct Owner {
    pub id: MessageId,
    pub wamid: Option<String>,
    pub contact: ContactId,
}

pub(super) fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}

pub(super) fn author_name(author: Author) -> &'static str {
    match author {
        Author::Contact => "contact",
        Author::Flow => "flow",
        Author::Agent { .. } => "agent",
    }
}

pub(super) fn author_id(author: Author) -> Option<Uuid> {
    match author {
        Author::Agent { user } => Some(user.0),
        Author::Contact | Author::Flow => None,
    }
}

pub(super) fn status(text: &str) -> Result<Status> {
    text.parse().map_err(Error::Unreadable)
}

pub(super) fn author(kind: &str, user: Option<Uuid>) -> Result<Author> {
    match (kind, user) {
        ("contact", _) => Ok(Author::Contact),
        ("flow", _) => Ok(Author::Flow),
        ("agent", Some(user)) => Ok(Author::Agent { user: UserId(user) }),
        (other, _) => Err(Error::Unreadable(format!("author {other}"))),
    }
}

/// Reads id, author kind, author id, content, status, failure, wamid, reply_to, at, raw from column `first` on.
pub(super) fn message(row: &Row, first: usize) -> Result<Message> {
    Ok(Message {
        id: MessageId(row.get(first)),
        author: author(row.get(first + 1), row.get(first + 2))?,
        content: json(row, first + 3)?,
        status: status(row.get(first + 4))?,
        failure: optional(row, first + 5)?,
        wamid: row.get(first + 6),
        reply_to: row.get(first + 7),
        at: row.get(first + 8),
        raw: value(row, first + 9)?,
    })
}

/// Reads the columns of [`message`], to show them: what this version does not understand is said to be unsupported, and by a flow.
pub(super) fn shown(row: &Row, first: usize) -> Message {
    Message {
        id: MessageId(row.get(first)),
        author: author_shown(row, first + 1),
        content: content_shown(row, first + 3),
        status: status(row.get(first + 4)).unwrap_or(Status::Sending),
        failure: if_known(row, first + 5),
        wamid: row.get(first + 6),
        reply_to: row.get(first + 7),
        at: row.get(first + 8),
        raw: value(row, first + 9).ok().flatten(),
    }
}

/// Who wrote it, from two columns: kind and person.
pub(super) fn author_shown(row: &Row, first: usize) -> Author {
    author(row.get(first), row.get(first + 1)).unwrap_or(Author::Flow)
}

/// What it says, as far as this version understands it.
pub(super) fn content_shown(row: &Row, column: usize) -> Content {
    if_known(row, column).unwrap_or_else(|| {
        let kind = value(row, column).ok().flatten().and_then(|content| Some(content.get("kind")?.as_str()?.to_owned()));
        Content::Unsupported { of: kind.unwrap_or_default() }
    })
}

impl Store {
    /// Finds the contacts that messages of an inbox were exchanged with, by our ids and by WhatsApp's.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn owners(&self, workspace: WorkspaceId, inbox: InboxId, ids: &[Uuid], wamids: &[&str]) -> Result<Vec<Owner>> {
        let rows = self.query(&OWNERS, &[&workspace.0, &inbox.0, &ids, &wamids]).await?;
        Ok(rows.iter().map(|row| Owner { id: MessageId(row.get(0)), wamid: row.get(1), contact: ContactId(row.get(2)) }).collect())
    }

    /// The conversation of a message.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn conversation_of(&self, workspace: WorkspaceId, message: MessageId) -> Result<Option<ConversationId>> {
        let row = self.query_opt(&CONVERSATION_OF, &[&workspace.0, &message.0]).await?;
        Ok(row.map(|row| ConversationId(row.get(0))))
    }

    /// The inbox and WhatsApp's id of the customer's latest message up to `seq`, when `user` holds the conversation.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn last_heard(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        user: UserId,
        seq: i64,
    ) -> Result<Option<(InboxId, String)>> {
        let row = self.query_opt(&LAST_HEARD, &[&workspace.0, &conversation.0, &user.0, &seq]).await?;
        Ok(row.map(|row| (InboxId(row.get(0)), row.get(1))))
    }
}
