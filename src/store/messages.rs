//! Messages of both directions.

use std::collections::HashMap;

use tokio_postgres::Row;
use uuid::Uuid;

use super::reading::{if_known, json, optional, value};
use super::statement::Step;
use super::ticks::Times;
use super::{Error, Result, Store, Transaction, outbox, prepare};
use crate::domain::ids::{BotId, ContactId, ConversationId, InboxId, MessageId, UserId, WorkspaceId};
use crate::domain::message::{Author, Content, Direction, Failure, Message, Status, Wamid};
use crate::domain::snapshot::{KnownMessage, Used};

crate::statements! {
    INSERT = "
        INSERT INTO messages (
            workspace_id, id, conversation_id, inbox_id, seq, direction, author_kind, author_id, content, status, wamid, reply_to, at, raw,
            failure, sent_at, delivered_at, read_at)
        SELECT $1, *
        FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::uuid[], $9::jsonb[], $10::text[],
                    $11::text[], $12::text[], $13::timestamptz[], $14::jsonb[], $15::jsonb[], $16::timestamptz[], $17::timestamptz[],
                    $18::timestamptz[])";
    SET_STATUS = "
        UPDATE messages
        SET status = now.status, failure = now.failure, wamid = coalesce(now.wamid, messages.wamid),
            sent_at = coalesce(messages.sent_at, now.sent_at), delivered_at = coalesce(messages.delivered_at, now.delivered_at),
            read_at = coalesce(messages.read_at, now.read_at),
            ticked_at = CASE WHEN now.status = 'sending' THEN clock_timestamp() ELSE messages.ticked_at END
        FROM UNNEST($2::uuid[], $3::text[], $4::jsonb[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])
            AS now (id, status, failure, wamid, sent_at, delivered_at, read_at)
        WHERE messages.workspace_id = $1 AND messages.id = now.id";
    SET_CONTENT = "UPDATE messages SET content = content || $3 WHERE workspace_id = $1 AND id = $2";
    /// The messages that waiting items speak of; one look-up each, whatever PostgreSQL believes the table to hold. What is decided about
    /// them stands until it is written: ticks pass them over meanwhile.
    KNOWN_TO_ITEMS = "
        SELECT known.id, known.wamid, known.status, known.failure, known.conversation_id, known.at, outbox.state, outbox.claim_id,
            outbox.lease_until < clock_timestamp() AS is_lapsed, coalesce(outbox.is_followed, false) AS is_followed
        FROM (
            SELECT message.*
            FROM UNNEST($3::text[]) AS wanted (wamid)
            CROSS JOIN LATERAL (
                SELECT id, wamid, status, failure, conversation_id, at
                FROM messages
                WHERE workspace_id = $1 AND inbox_id = $2 AND messages.wamid = wanted.wamid
                LIMIT 1
                FOR NO KEY UPDATE) AS message
            UNION
            SELECT message.*
            FROM UNNEST($4::uuid[]) AS wanted (id)
            CROSS JOIN LATERAL (
                SELECT id, wamid, status, failure, conversation_id, at
                FROM messages
                WHERE workspace_id = $1 AND messages.id = wanted.id
                LIMIT 1
                FOR NO KEY UPDATE) AS message) AS known
        LEFT JOIN LATERAL (
            SELECT state, claim_id, lease_until, EXISTS (
                SELECT FROM outbox AS next
                WHERE next.workspace_id = $1 AND next.inbox_id = outbox.inbox_id AND next.contact_id = outbox.contact_id
                  AND next.position > outbox.position) AS is_followed
            FROM outbox
            WHERE outbox.workspace_id = $1 AND outbox.message_id = known.id
            LIMIT 1) AS outbox ON true";
    OWNERS = "
        SELECT message.id, message.wamid, conversation.contact_id
        FROM messages AS message
        JOIN conversations AS conversation ON conversation.workspace_id = message.workspace_id AND conversation.id = message.conversation_id
        WHERE message.workspace_id = $1 AND (message.id = ANY($3) OR (message.inbox_id = $2 AND message.wamid = ANY($4)))";
    /// The customer's latest message in a conversation that this person holds, up to a sequence; only what was said can be marked as
    /// read.
    LAST_HEARD = "
        SELECT message.inbox_id, message.wamid
        FROM conversations AS conversation
        JOIN messages AS message ON message.workspace_id = conversation.workspace_id AND message.conversation_id = conversation.id
        WHERE conversation.workspace_id = $1 AND conversation.id = $2 AND conversation.agent_id = $3
          AND message.direction = 'inbound' AND message.wamid IS NOT NULL AND message.seq <= $4
          AND message.content ->> 'kind' <> 'unspoken'
        ORDER BY message.seq DESC
        LIMIT 1";
    /// What the next message of ours answers, where a channel tells its threads by references.
    LAST_OF_CUSTOMER = "
        SELECT wamid
        FROM messages
        WHERE workspace_id = $1 AND conversation_id = $2 AND direction = 'inbound' AND wamid IS NOT NULL
        ORDER BY seq DESC
        LIMIT 1";
    MADE = "SELECT conversation_id, author_kind, author_id, id FROM messages WHERE workspace_id = $1 AND id = ANY($2)";
    CONVERSATION_OF = "SELECT conversation_id FROM messages WHERE workspace_id = $1 AND id = $2";
}

/// A message with its place in a conversation.
#[derive(Debug)]
pub struct Placed {
    pub conversation: ConversationId,
    pub inbox: InboxId,
    pub seq: i64,
    pub message: Message,
    /// When it got how far.
    pub told: Times,
}

impl Placed {
    /// It got this far before it was stored.
    pub(super) fn gets(&mut self, progress: Progress) {
        let Progress { message: _, status, failure, wamid, told } = progress;
        (self.message.status, self.message.failure) = (status, failure);
        self.message.wamid = wamid.or_else(|| self.message.wamid.take());
        self.told = self.told.or(told);
    }
}

/// How far a message got.
#[derive(Debug)]
pub struct Progress {
    pub message: MessageId,
    pub status: Status,
    pub failure: Option<Failure>,
    /// WhatsApp's id, once it is known.
    pub wamid: Option<Wamid>,
    pub told: Times,
}

/// Adds messages to conversations. A message whose id or wamid is known breaks the whole statement.
pub(super) fn insert(workspace: WorkspaceId, messages: &[Placed]) -> Result<Step> {
    let of = |part: fn(&Message) -> &'static str| messages.iter().map(|placed| part(&placed.message).to_owned()).collect::<Vec<_>>();
    let contents = messages.iter().map(|placed| serde_json::to_value(&placed.message.content)).collect::<Result<Vec<_>, _>>()?;
    Ok(Step::of(INSERT)
        .with(workspace.0)
        .with(messages.iter().map(|placed| placed.message.id.0).collect::<Vec<_>>())
        .with(messages.iter().map(|placed| placed.conversation.0).collect::<Vec<_>>())
        .with(messages.iter().map(|placed| placed.inbox.0).collect::<Vec<_>>())
        .with(messages.iter().map(|placed| placed.seq).collect::<Vec<_>>())
        .with(of(|message| direction_name(message.direction())))
        .with(of(|message| author_name(message.author)))
        .with(messages.iter().map(|placed| author_id(placed.message.author)).collect::<Vec<_>>())
        .with(contents)
        .with(of(|message| message.status.as_str()))
        .with(messages.iter().map(|placed| placed.message.wamid.clone()).collect::<Vec<_>>())
        .with(messages.iter().map(|placed| placed.message.reply_to.clone()).collect::<Vec<_>>())
        .with(messages.iter().map(|placed| placed.message.at).collect::<Vec<_>>())
        .with(messages.iter().map(|placed| placed.message.raw.clone()).collect::<Vec<_>>())
        .with(
            messages
                .iter()
                .map(|placed| placed.message.failure.as_ref().map(serde_json::to_value).transpose())
                .collect::<Result<Vec<_>, _>>()?,
        )
        .with(messages.iter().map(|placed| placed.told.sent).collect::<Vec<_>>())
        .with(messages.iter().map(|placed| placed.told.delivered).collect::<Vec<_>>())
        .with(messages.iter().map(|placed| placed.told.read).collect::<Vec<_>>()))
}

/// Writes how far messages got; each is named once.
pub(super) fn set_status(workspace: WorkspaceId, progress: &[Progress]) -> Result<Step> {
    let failure = |progress: &Progress| progress.failure.as_ref().map(serde_json::to_value).transpose();
    Ok(Step::of(SET_STATUS)
        .with(workspace.0)
        .with(progress.iter().map(|progress| progress.message.0).collect::<Vec<_>>())
        .with(progress.iter().map(|progress| progress.status.as_str().to_owned()).collect::<Vec<_>>())
        .with(progress.iter().map(failure).collect::<Result<Vec<_>, _>>()?)
        .with(progress.iter().map(|progress| progress.wamid.clone()).collect::<Vec<_>>())
        .with(progress.iter().map(|progress| progress.told.sent).collect::<Vec<_>>())
        .with(progress.iter().map(|progress| progress.told.delivered).collect::<Vec<_>>())
        .with(progress.iter().map(|progress| progress.told.read).collect::<Vec<_>>()))
}

/// Changes keys of a message's content, e.g. how far its picture has come.
pub(super) fn merge_content(workspace: WorkspaceId, message: MessageId, keys: serde_json::Value) -> Step {
    Step::of(SET_CONTENT).with(workspace.0).with(message.0).with(keys)
}

/// A stored message that items or commands speak of.
#[derive(Debug)]
pub struct SpokenOf {
    pub message: KnownMessage,
    pub conversation: ConversationId,
    /// Why this version does not understand its status; then something counts as still to come.
    pub misread: Option<Error>,
}

/// The messages with these WhatsApp ids or ids.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn known(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    inbox: InboxId,
    wamids: &[&str],
    ids: &[Uuid],
) -> Result<Vec<SpokenOf>> {
    let statement = prepare(transaction, &KNOWN_TO_ITEMS).await?;
    let rows = transaction.query(&statement, &[&workspace.0, &inbox.0, &wamids, &ids]).await?;
    Ok(rows.iter().map(spoken_of).collect())
}

fn spoken_of(row: &Row) -> SpokenOf {
    let (status, misread) = match status(row.get(2)) {
        Ok(status) => (status, None),
        Err(error) => (Status::Sending, Some(error)),
    };
    let failure: Option<Failure> = if_known(row, 3);
    let is_asked = status == Status::Unknown && failure.is_some_and(|failure| failure.title == Failure::UNANSWERED);
    let outbox = outbox::standing(row.get(7), row.get(6), row.get(8));
    let (id, wamid, at) = (MessageId(row.get(0)), row.get(1), row.get(5));
    let message = KnownMessage { id, wamid, at, status, is_asked, outbox, is_followed: row.get(9) };
    SpokenOf { message, conversation: ConversationId(row.get(4)), misread }
}

/// The conversations of stored messages, and who wrote them.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn made(transaction: &Transaction<'_>, workspace: WorkspaceId, ids: &[MessageId]) -> Result<HashMap<MessageId, Used>> {
    let statement = prepare(transaction, &MADE).await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = transaction.query(&statement, &[&workspace.0, &ids]).await?;
    let used = |row: &Row| (MessageId(row.get(3)), Used { conversation: ConversationId(row.get(0)), by: author_shown(row, 1) });
    Ok(rows.iter().map(used).collect())
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
        Author::Bot { .. } => "bot",
        Author::Agent { .. } => "agent",
    }
}

pub(super) fn author_id(author: Author) -> Option<Uuid> {
    match author {
        Author::Bot { bot } => Some(bot.0),
        Author::Agent { user } => Some(user.0),
        Author::Contact | Author::Flow => None,
    }
}

pub(super) fn status(text: &str) -> Result<Status> {
    text.parse().map_err(Error::Unreadable)
}

pub(super) fn author(kind: &str, id: Option<Uuid>) -> Result<Author> {
    match (kind, id) {
        ("contact", _) => Ok(Author::Contact),
        ("flow", _) => Ok(Author::Flow),
        ("bot", Some(bot)) => Ok(Author::Bot { bot: BotId(bot) }),
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

/// Who wrote it, from two columns: kind and id.
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

    /// The channel's id of the customer's latest message.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn last_of_customer(&self, workspace: WorkspaceId, conversation: ConversationId) -> Result<Option<String>> {
        let row = self.query_opt(&LAST_OF_CUSTOMER, &[&workspace.0, &conversation.0]).await?;
        Ok(row.map(|row| row.get(0)))
    }
}
