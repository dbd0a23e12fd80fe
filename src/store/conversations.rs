//! Conversations: loaded and written under the contact's lock, or claimed by routing.

use std::collections::HashMap;

use serde::Serialize;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::reading::{if_known, optional};
use super::{Error, Result, Store, Transaction, prepare};
use crate::domain::contact::Contact;
use crate::domain::conversation::{Controller, Conversation, Listing, State};
use crate::domain::flows::session::FlowSession;
use crate::domain::ids::{ContactId, ConversationId, InboxId, QueueId, UserId, WorkspaceId};

/// The columns of a conversation, in the order that [`conversation`] reads them.
macro_rules! columns {
    () => {
        "c.id, c.contact_id, c.inbox_id, c.state, c.controller, c.queue_id, c.agent_id, c.last_agent_id, c.brief, \
         c.assignment_reason, c.last_seq, c.opened_at, c.queued_at, c.assigned_at, c.waiting_since, c.resolved_at, \
         c.window_expires_at, c.last_message_at, c.last_message"
    };
}
pub(super) use columns;

/// How many columns [`columns`] names.
pub(super) const WIDTH: usize = 19;

crate::statements! {
    /// The one under way comes first: a person may have opened an older one again.
    LATEST = concat!("
        SELECT ", columns!(), ", s.session, false AS another_under_way
        FROM conversations AS c
        LEFT JOIN flow_sessions AS s ON s.workspace_id = c.workspace_id AND s.conversation_id = c.id
        WHERE c.workspace_id = $1 AND c.contact_id = $2 AND c.inbox_id = $3
        ORDER BY c.state = 'resolved', c.opened_at DESC
        LIMIT 1
        FOR UPDATE OF c");
    BY_ID = concat!("
        SELECT ", columns!(), ", s.session, EXISTS (
            SELECT FROM conversations AS other
            WHERE other.workspace_id = c.workspace_id AND other.contact_id = c.contact_id AND other.inbox_id = c.inbox_id
              AND other.state <> 'resolved' AND other.id <> c.id) AS another_under_way
        FROM conversations AS c
        LEFT JOIN flow_sessions AS s ON s.workspace_id = c.workspace_id AND s.conversation_id = c.id
        WHERE c.workspace_id = $1 AND c.id = $2
        FOR UPDATE OF c");
    WITH_CONTACT = concat!("
        SELECT ", columns!(), ", s.session, false AS another_under_way, contact.id, contact.name, contact.language, contact.fields,
            contact.address, contact.username, contact.addressed_at
        FROM conversations AS c
        JOIN contacts AS contact ON contact.workspace_id = c.workspace_id AND contact.id = c.contact_id
        LEFT JOIN flow_sessions AS s ON s.workspace_id = c.workspace_id AND s.conversation_id = c.id
        WHERE c.workspace_id = $1 AND c.id = $2");
    INSERT = "
        INSERT INTO conversations (
            workspace_id, id, contact_id, inbox_id, state, controller, queue_id, agent_id, last_agent_id, brief, assignment_reason,
            last_seq, opened_at, queued_at, assigned_at, waiting_since, resolved_at, window_expires_at, last_message_at, last_message)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    /// What did not change is not written: it may be a newer version's, which this one does not understand.
    UPDATE = "
        UPDATE conversations
        SET contact_id = $3, inbox_id = $4, state = $5, controller = $6, queue_id = $7, agent_id = $8, last_agent_id = $9,
            brief = CASE WHEN $21 THEN $10 ELSE brief END,
            assignment_reason = CASE WHEN $22 THEN $11 ELSE assignment_reason END,
            last_seq = $12, opened_at = $13, queued_at = $14, assigned_at = $15, waiting_since = $16, resolved_at = $17,
            window_expires_at = $18, last_message_at = $19,
            last_message = CASE WHEN $23 THEN $20 ELSE last_message END
        WHERE workspace_id = $1 AND id = $2";
    SAVE_SESSION = "
        INSERT INTO flow_sessions (workspace_id, conversation_id, flow_id, version, session)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace_id, conversation_id)
        DO UPDATE SET flow_id = excluded.flow_id, version = excluded.version, session = excluded.session";
    DELETE_SESSION = "DELETE FROM flow_sessions WHERE workspace_id = $1 AND conversation_id = $2";
    CONTACT_OF = "SELECT contact_id, inbox_id FROM conversations WHERE workspace_id = $1 AND id = $2";
    LISTINGS = "SELECT id, state, controller, agent_id, queue_id FROM conversations WHERE workspace_id = $1 AND id = ANY($2)";
    LAST_SEQS = "SELECT id, last_seq FROM conversations WHERE workspace_id = $1 AND id = ANY($2)";
}

/// A conversation with what hangs on it.
#[derive(Debug)]
pub struct Loaded {
    pub conversation: Conversation,
    /// Its flow's session, or why this version does not understand it.
    pub session: Result<Option<FlowSession>>,
    pub another_under_way: bool,
}

/// Reads the columns of [`columns`], to decide by: a state or controller of a newer version is left to its nodes.
fn conversation(row: &Row) -> Result<Conversation> {
    Ok(with_standing(row, state(row.get(3))?, controller(row.get(4), row.get(6))?))
}

/// Reads the columns of [`columns`], to show them: what this version does not understand is open, and nobody's.
pub(super) fn shown(row: &Row) -> Conversation {
    with_standing(row, state(row.get(3)).unwrap_or(State::Open), controller(row.get(4), row.get(6)).unwrap_or(Controller::Nobody))
}

fn with_standing(row: &Row, state: State, controller: Controller) -> Conversation {
    Conversation {
        id: ConversationId(row.get(0)),
        contact: ContactId(row.get(1)),
        inbox: InboxId(row.get(2)),
        state,
        controller,
        queue: row.get::<_, Option<Uuid>>(5).map(QueueId),
        last_agent: row.get::<_, Option<Uuid>>(7).map(UserId),
        brief: if_known(row, 8),
        assignment_reason: if_known(row, 9),
        last_seq: row.get(10),
        opened_at: row.get(11),
        queued_at: row.get(12),
        assigned_at: row.get(13),
        waiting_since: row.get(14),
        resolved_at: row.get(15),
        window_expires_at: row.get(16),
        last_message_at: row.get(17),
        last_message: if_known(row, 18),
    }
}

fn state(text: &str) -> Result<State> {
    match text {
        "open" => Ok(State::Open),
        "snoozed" => Ok(State::Snoozed),
        "resolved" => Ok(State::Resolved),
        other => Err(Error::Unreadable(format!("conversation state {other}"))),
    }
}

fn controller(text: &str, agent: Option<Uuid>) -> Result<Controller> {
    match (text, agent) {
        ("flow", _) => Ok(Controller::Flow),
        ("queue", _) => Ok(Controller::Queue),
        ("nobody", _) => Ok(Controller::Nobody),
        ("agent", Some(user)) => Ok(Controller::Agent { user: UserId(user) }),
        (other, _) => Err(Error::Unreadable(format!("controller {other}"))),
    }
}

/// Reads the columns of [`columns`] and what follows them.
pub(super) fn loaded(row: &Row) -> Result<Loaded> {
    Ok(Loaded { conversation: conversation(row)?, session: optional(row, WIDTH), another_under_way: row.get(WIDTH + 1) })
}

/// Loads and locks a conversation. Call it under the contact's lock.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn load(transaction: &Transaction<'_>, workspace: WorkspaceId, id: ConversationId) -> Result<Option<Loaded>> {
    let statement = prepare(transaction, &BY_ID).await?;
    transaction.query_opt(&statement, &[&workspace.0, &id.0]).await?.map(|row| loaded(&row)).transpose()
}

/// Reads a conversation with its contact, without a lock of its own.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn with_contact(transaction: &Transaction<'_>, workspace: WorkspaceId, id: ConversationId) -> Result<Option<(Loaded, Contact)>> {
    let statement = prepare(transaction, &WITH_CONTACT).await?;
    let row = transaction.query_opt(&statement, &[&workspace.0, &id.0]).await?;
    row.map(|row| Ok((loaded(&row)?, super::contacts::contact(&row, WIDTH + 2)))).transpose()
}

/// Whether a conversation's row is new, and how it was before.
#[derive(Debug, Clone, Copy)]
pub enum Write<'a> {
    New,
    Known(&'a Conversation),
}

/// Writes a conversation's row.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn save(transaction: &Transaction<'_>, workspace: WorkspaceId, conversation: &Conversation, row: Write<'_>) -> Result<()> {
    let (statement, before) = match row {
        Write::New => (&INSERT, None),
        Write::Known(before) => (&UPDATE, Some(before)),
    };
    let statement = prepare(transaction, statement).await?;
    let brief = changed(&conversation.brief, before.map(|before| &before.brief))?;
    let reason = changed(&conversation.assignment_reason, before.map(|before| &before.assignment_reason))?;
    let last_message = changed(&conversation.last_message, before.map(|before| &before.last_message))?;
    let agent = conversation.controller.agent().map(|agent| agent.0);
    let (queue, last_agent) = (conversation.queue.map(|queue| queue.0), conversation.last_agent.map(|agent| agent.0));
    let (state, controller) = (conversation.state.as_str(), conversation.controller.as_str());
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![
        &workspace.0,
        &conversation.id.0,
        &conversation.contact.0,
        &conversation.inbox.0,
        &state,
        &controller,
        &queue,
        &agent,
        &last_agent,
        &brief.value,
        &reason.value,
        &conversation.last_seq,
        &conversation.opened_at,
        &conversation.queued_at,
        &conversation.assigned_at,
        &conversation.waiting_since,
        &conversation.resolved_at,
        &conversation.window_expires_at,
        &conversation.last_message_at,
        &last_message.value,
    ];
    if before.is_some() {
        let changes: [&(dyn ToSql + Sync); 3] = [&brief.is_new, &reason.is_new, &last_message.is_new];
        parameters.extend(changes);
    }
    transaction.execute(&statement, &parameters).await?;
    Ok(())
}

/// A part of a conversation that is JSON, and whether it is to be written.
struct Part {
    value: Option<serde_json::Value>,
    is_new: bool,
}

fn changed<T: PartialEq + Serialize>(now: &Option<T>, before: Option<&Option<T>>) -> Result<Part> {
    let is_new = before != Some(now);
    let value = now.as_ref().filter(|_| is_new).map(serde_json::to_value).transpose()?;
    Ok(Part { value, is_new })
}

/// Writes the flow session of a conversation, or removes it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn save_session(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    conversation: ConversationId,
    session: Option<&FlowSession>,
) -> Result<()> {
    let Some(session) = session else {
        let statement = prepare(transaction, &DELETE_SESSION).await?;
        transaction.execute(&statement, &[&workspace.0, &conversation.0]).await?;
        return Ok(());
    };
    let statement = prepare(transaction, &SAVE_SESSION).await?;
    let value = serde_json::to_value(session)?;
    transaction.execute(&statement, &[&workspace.0, &conversation.0, &session.flow.0, &session.version, &value]).await?;
    Ok(())
}

impl Store {
    /// Whose conversation it is, and in which inbox.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn contact_of(&self, workspace: WorkspaceId, conversation: ConversationId) -> Result<Option<(ContactId, InboxId)>> {
        let row = self.query_opt(&CONTACT_OF, &[&workspace.0, &conversation.0]).await?;
        Ok(row.map(|row| (ContactId(row.get(0)), InboxId(row.get(1)))))
    }

    /// In which lists each conversation that exists is.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn listings(&self, workspace: WorkspaceId, conversations: &[Uuid]) -> Result<HashMap<ConversationId, Listing>> {
        let rows = self.query(&LISTINGS, &[&workspace.0, &conversations]).await?;
        let listing = |row: &Row| {
            let state = state(row.get(1)).unwrap_or(State::Open);
            let controller = controller(row.get(2), row.get(3)).unwrap_or(Controller::Nobody);
            let queue = row.get::<_, Option<Uuid>>(4).map(QueueId);
            (ConversationId(row.get(0)), Listing { state, controller, queue })
        };
        Ok(rows.iter().map(listing).collect())
    }

    /// The last sequence of each conversation that exists.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn last_seqs(&self, workspace: WorkspaceId, conversations: &[Uuid]) -> Result<Vec<(ConversationId, i64)>> {
        let rows = self.query(&LAST_SEQS, &[&workspace.0, &conversations]).await?;
        Ok(rows.iter().map(|row| (ConversationId(row.get(0)), row.get(1))).collect())
    }
}
