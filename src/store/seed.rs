//! A past in bulk: whole conversations at once, thousands of rows a statement. For the demo and for tests on large data.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::messages::{author_id, author_name, direction_name};
use super::reading::json;
use super::{Result, Statement, Store, Transaction, prepare};
use crate::domain::contact::{Contact, Identity};
use crate::domain::conversation::Conversation;
use crate::domain::event::Recorded;
use crate::domain::ids::{NoteId, UserId, WorkspaceId};
use crate::domain::journal::Subject;
use crate::domain::message::{Content, Message};

/// Rows a statement carries at most.
const ROWS: usize = 5_000;

crate::statements! {
    SEED_CONTACTS = "
        INSERT INTO contacts (workspace_id, id, name, language, fields, last_seq, created_at)
        SELECT $1, *
        FROM UNNEST($2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::bigint[], $7::timestamptz[])";
    SEED_IDENTITIES = "
        INSERT INTO contact_identities (workspace_id, kind, value, contact_id)
        SELECT $1, *
        FROM UNNEST($2::text[], $3::text[], $4::uuid[])";
    SEED_CONVERSATIONS = "
        INSERT INTO conversations (workspace_id, id, contact_id, inbox_id, state, controller, queue_id, bot_id, agent_id, last_agent_id,
            brief, assignment_reason, last_seq, opened_at, queued_at, assigned_at, waiting_since, resolved_at, window_expires_at, last_message_at,
            last_message)
        SELECT $1, *
        FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[],
            $11::jsonb[], $12::jsonb[], $13::bigint[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[],
            $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], $20::timestamptz[], $21::jsonb[])";
    SEED_MESSAGES = "
        INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, seq, direction, author_kind, author_id, content, status,
            failure, wamid, reply_to, at)
        SELECT $1, *
        FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::uuid[], $9::jsonb[], $10::text[],
            $11::jsonb[], $12::text[], $13::text[], $14::timestamptz[])";
    SEED_NOTES = "
        INSERT INTO notes (workspace_id, id, conversation_id, seq, author_id, body, at)
        SELECT $1, *
        FROM UNNEST($2::uuid[], $3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::timestamptz[])";
    SEED_EVENTS = "
        INSERT INTO events (workspace_id, subject_kind, subject_id, seq, at, kind, place, event)
        SELECT $1, *
        FROM UNNEST($2::text[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::text[], $7::text[], $8::jsonb[])";
    /// What is over has been read by everybody; what somebody holds, by whoever holds it.
    SEED_READS = "
        INSERT INTO reads (workspace_id, conversation_id, user_id, seq)
        SELECT conversations.workspace_id, conversations.id, users.id, conversations.last_seq
        FROM conversations
        JOIN users ON users.workspace_id = conversations.workspace_id
            AND (conversations.state = 'resolved' OR users.id = conversations.agent_id AND conversations.waiting_since IS NULL)
        WHERE conversations.workspace_id = $1";
    SEED_LOADS = "
        UPDATE agents
        SET load = (
            SELECT count(*)
            FROM conversations
            WHERE conversations.workspace_id = agents.workspace_id AND conversations.agent_id = agents.user_id)
        WHERE workspace_id = $1";
    SEED_CANNED_REPLIES = "
        INSERT INTO canned_replies (workspace_id, id, shortcut, body)
        SELECT $1, *
        FROM UNNEST($2::uuid[], $3::text[], $4::text[])";
    /// Whom we may answer now: everybody with something open, and `$2` in any case.
    ANSWERABLE = "
        SELECT DISTINCT ON (identity.value) identity.value, contact.name, message.content
        FROM conversations AS conversation
        JOIN contacts AS contact ON contact.workspace_id = conversation.workspace_id AND contact.id = conversation.contact_id
        JOIN contact_identities AS identity
            ON identity.workspace_id = contact.workspace_id AND identity.contact_id = contact.id AND identity.kind = 'phone'
        JOIN LATERAL (
            SELECT content
            FROM messages
            WHERE messages.workspace_id = conversation.workspace_id
              AND messages.conversation_id = conversation.id
              AND messages.direction = 'inbound'
            ORDER BY messages.seq DESC
            LIMIT 1) AS message ON true
        WHERE conversation.workspace_id = $1
          AND conversation.window_expires_at > now()
          AND (conversation.state <> 'resolved' OR identity.value = ANY($2))
        ORDER BY identity.value, conversation.last_message_at DESC
        LIMIT 200";
}

/// Somebody whom we may answer now.
#[derive(Debug, Clone)]
pub struct Answerable {
    /// Digits.
    pub phone: String,
    pub name: String,
    pub last_words: Content,
}

/// Somebody who wrote.
#[derive(Debug, Clone)]
pub struct PastContact {
    pub contact: Contact,
    pub identities: Vec<Identity>,
    pub since: Timestamp,
    /// Their journal.
    pub events: Vec<Recorded>,
}

/// A conversation with everything that happened in it.
#[derive(Debug, Clone)]
pub struct PastConversation {
    pub conversation: Conversation,
    pub messages: Vec<PastMessage>,
    pub notes: Vec<PastNote>,
    pub events: Vec<Recorded>,
}

/// Some of a past, or its end.
#[derive(Debug)]
pub enum PastPart {
    Lives { contacts: Vec<PastContact>, conversations: Vec<PastConversation> },
    End,
}

#[derive(Debug, Clone)]
pub struct PastMessage {
    pub seq: i64,
    pub message: Message,
}

#[derive(Debug, Clone)]
pub struct PastNote {
    pub id: NoteId,
    pub seq: i64,
    pub author: UserId,
    pub body: String,
    pub at: Timestamp,
}

impl Store {
    /// Stores people and their conversations in one transaction, with who has read them and how busy agents are.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn insert_past(&self, workspace: WorkspaceId, contacts: &[PastContact], conversations: &[PastConversation]) -> Result<()> {
        let mut client = self.unhurried().await?;
        let transaction = Transaction::begin(&mut client);
        let bulk = Bulk { transaction: &transaction, workspace };
        bulk.part(contacts, conversations).await?;
        bulk.finish().await?;
        transaction.commit().await
    }

    /// As [`insert_past`](Self::insert_past), of a past that does not fit in memory: parts are stored as they come, and all of them or
    /// none. Whoever sends ends with [`PastPart::End`]; `stored` hears how many conversations have been stored.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn insert_past_in_parts(
        &self,
        workspace: WorkspaceId,
        mut parts: mpsc::Receiver<PastPart>,
        mut stored: impl FnMut(usize) + Send,
    ) -> Result<()> {
        let mut client = self.unhurried().await?;
        let transaction = Transaction::begin(&mut client);
        let bulk = Bulk { transaction: &transaction, workspace };
        let mut count = 0;
        loop {
            match parts.recv().await {
                Some(PastPart::Lives { contacts, conversations }) => {
                    bulk.part(&contacts, &conversations).await?;
                    count += conversations.len();
                    stored(count);
                }
                Some(PastPart::End) => break,
                // Whoever made it up failed, and says so itself.
                None => return Ok(()),
            }
        }
        bulk.finish().await?;
        transaction.commit().await
    }

    /// Those with an open conversation and an open window, and those of `phones` with an open window; at most 200.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn answerable(&self, workspace: WorkspaceId, phones: &[&str]) -> Result<Vec<Answerable>> {
        let rows = self.query(&ANSWERABLE, &[&workspace.0, &phones]).await?;
        rows.iter()
            .map(|row| {
                let last_words = json(row, 2)?;
                Ok(Answerable { phone: row.try_get(0)?, name: row.try_get(1)?, last_words })
            })
            .collect()
    }

    /// Stores prepared texts: shortcut and body.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn insert_canned_replies(&self, workspace: WorkspaceId, replies: &[(&str, &str)]) -> Result<()> {
        let ids: Vec<Uuid> = replies.iter().map(|_| Uuid::now_v7()).collect();
        let (shortcuts, bodies): (Vec<&str>, Vec<&str>) = replies.iter().copied().unzip();
        self.execute(&SEED_CANNED_REPLIES, &[&workspace.0, &ids, &shortcuts, &bodies]).await?;
        Ok(())
    }
}

struct Bulk<'a> {
    transaction: &'a Transaction<'a>,
    workspace: WorkspaceId,
}

impl Bulk<'_> {
    /// Stores people and their conversations.
    async fn part(&self, contacts: &[PastContact], conversations: &[PastConversation]) -> Result<()> {
        self.contacts(contacts).await?;
        self.conversations(conversations).await?;
        self.messages(conversations).await?;
        self.notes(conversations).await?;
        self.events(contacts, conversations).await
    }

    /// Stores what follows from all of it: who has read them and how busy agents are.
    async fn finish(&self) -> Result<()> {
        self.run(&SEED_READS, &[]).await?;
        self.run(&SEED_LOADS, &[]).await
    }

    /// Runs a statement whose first parameter is the workspace and whose others are columns.
    async fn run(&self, statement: &Statement, columns: &[&(dyn ToSql + Sync)]) -> Result<()> {
        let prepared = prepare(self.transaction, statement).await?;
        let workspace: &(dyn ToSql + Sync) = &self.workspace.0;
        let parameters: Vec<&(dyn ToSql + Sync)> = std::iter::once(workspace).chain(columns.iter().copied()).collect();
        self.transaction.execute(&prepared, &parameters).await?;
        Ok(())
    }

    async fn contacts(&self, contacts: &[PastContact]) -> Result<()> {
        for rows in contacts.chunks(ROWS) {
            let ids = column(rows, |row| row.contact.id.0);
            let names = column(rows, |row| row.contact.name.as_str());
            let languages = column(rows, |row| row.contact.language.as_deref());
            let fields = json_column(rows, |row| &row.contact.fields)?;
            let since = column(rows, |row| row.since);
            let seqs = column(rows, |row| row.contact.last_seq);
            self.run(&SEED_CONTACTS, &[&ids, &names, &languages, &fields, &seqs, &since]).await?;
        }
        let identities: Vec<(&Identity, Uuid)> =
            contacts.iter().flat_map(|row| row.identities.iter().map(|identity| (identity, row.contact.id.0))).collect();
        for rows in identities.chunks(ROWS) {
            let kinds = column(rows, |(identity, _)| identity.kind());
            let values = column(rows, |(identity, _)| identity.value());
            let contacts = column(rows, |(_, contact)| *contact);
            self.run(&SEED_IDENTITIES, &[&kinds, &values, &contacts]).await?;
        }
        Ok(())
    }

    async fn conversations(&self, conversations: &[PastConversation]) -> Result<()> {
        let conversations: Vec<&Conversation> = conversations.iter().map(|past| &past.conversation).collect();
        for rows in conversations.chunks(ROWS) {
            self.run(
                &SEED_CONVERSATIONS,
                &[
                    &column(rows, |row| row.id.0),
                    &column(rows, |row| row.contact.0),
                    &column(rows, |row| row.inbox.0),
                    &column(rows, |row| row.state.as_str()),
                    &column(rows, |row| row.controller.as_str()),
                    &column(rows, |row| row.queue.map(|id| id.0)),
                    &column(rows, |row| row.controller.bot().map(|id| id.0)),
                    &column(rows, |row| row.controller.agent().map(|id| id.0)),
                    &column(rows, |row| row.last_agent.map(|id| id.0)),
                    &optional_json_column(rows, |row| row.brief.as_ref())?,
                    &optional_json_column(rows, |row| row.assignment_reason.as_ref())?,
                    &column(rows, |row| row.last_seq),
                    &column(rows, |row| row.opened_at),
                    &column(rows, |row| row.queued_at),
                    &column(rows, |row| row.assigned_at),
                    &column(rows, |row| row.waiting_since),
                    &column(rows, |row| row.resolved_at),
                    &column(rows, |row| row.window_expires_at),
                    &column(rows, |row| row.last_message_at),
                    &optional_json_column(rows, |row| row.last_message.as_ref())?,
                ],
            )
            .await?;
        }
        Ok(())
    }

    async fn messages(&self, conversations: &[PastConversation]) -> Result<()> {
        let messages: Vec<(&Conversation, &PastMessage)> = parts(conversations, |past| &past.messages);
        for rows in messages.chunks(ROWS) {
            self.run(
                &SEED_MESSAGES,
                &[
                    &column(rows, |(_, row)| row.message.id.0),
                    &column(rows, |(conversation, _)| conversation.id.0),
                    &column(rows, |(conversation, _)| conversation.inbox.0),
                    &column(rows, |(_, row)| row.seq),
                    &column(rows, |(_, row)| direction_name(row.message.direction())),
                    &column(rows, |(_, row)| author_name(row.message.author)),
                    &column(rows, |(_, row)| author_id(row.message.author)),
                    &json_column(rows, |(_, row)| &row.message.content)?,
                    &column(rows, |(_, row)| row.message.status.as_str()),
                    &optional_json_column(rows, |(_, row)| row.message.failure.as_ref())?,
                    &column(rows, |(_, row)| row.message.wamid.as_deref()),
                    &column(rows, |(_, row)| row.message.reply_to.as_deref()),
                    &column(rows, |(_, row)| row.message.at),
                ],
            )
            .await?;
        }
        Ok(())
    }

    async fn notes(&self, conversations: &[PastConversation]) -> Result<()> {
        let notes: Vec<(&Conversation, &PastNote)> = parts(conversations, |past| &past.notes);
        for rows in notes.chunks(ROWS) {
            let ids = column(rows, |(_, note)| note.id.0);
            let of = column(rows, |(conversation, _)| conversation.id.0);
            let seqs = column(rows, |(_, note)| note.seq);
            let authors = column(rows, |(_, note)| note.author.0);
            let bodies = column(rows, |(_, note)| note.body.as_str());
            let times = column(rows, |(_, note)| note.at);
            self.run(&SEED_NOTES, &[&ids, &of, &seqs, &authors, &bodies, &times]).await?;
        }
        Ok(())
    }

    async fn events(&self, contacts: &[PastContact], conversations: &[PastConversation]) -> Result<()> {
        let of_contacts = contacts.iter().map(|past| (Subject::Contact(past.contact.id), &past.events));
        let of_conversations = conversations.iter().map(|past| (Subject::Conversation(past.conversation.id), &past.events));
        let journals = of_contacts.chain(of_conversations);
        let events: Vec<(Subject, &Recorded)> =
            journals.flat_map(|(subject, events)| events.iter().map(move |recorded| (subject, recorded))).collect();
        for rows in events.chunks(ROWS) {
            let subjects = column(rows, |(subject, _)| subject.kind());
            let of = column(rows, |(subject, _)| subject.id(self.workspace));
            let seqs = column(rows, |(_, recorded)| recorded.seq);
            let times = column(rows, |(_, recorded)| recorded.at);
            let kinds = column(rows, |(_, recorded)| recorded.event.kind());
            let bodies = json_column(rows, |(_, recorded)| &recorded.event)?;
            let places = column(rows, |(_, recorded)| recorded.place.as_str());
            self.run(&SEED_EVENTS, &[&subjects, &of, &seqs, &times, &kinds, &places, &bodies]).await?;
        }
        Ok(())
    }
}

/// What `of` finds in each conversation, with the conversation it belongs to.
fn parts<T>(conversations: &[PastConversation], of: fn(&PastConversation) -> &Vec<T>) -> Vec<(&Conversation, &T)> {
    conversations.iter().flat_map(|past| of(past).iter().map(|part| (&past.conversation, part))).collect()
}

fn column<'a, R, T>(rows: &'a [R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

fn json_column<'a, R, T: Serialize + 'a>(rows: &'a [R], value: impl Fn(&'a R) -> &'a T) -> Result<Vec<Value>> {
    rows.iter().map(|row| Ok(serde_json::to_value(value(row))?)).collect()
}

fn optional_json_column<'a, R, T: Serialize + 'a>(rows: &'a [R], value: impl Fn(&'a R) -> Option<&'a T>) -> Result<Vec<Option<Value>>> {
    rows.iter().map(|row| Ok(value(row).map(serde_json::to_value).transpose()?)).collect()
}
