//! Conversations: loaded and written under the contact's lock.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::access::Sight;
use super::reading::{if_known, is_there, optional};
use super::statement::Step;
use super::ticks::last_tick;
use super::{Error, Result, Statement, Store, Transaction, prepare};
use crate::domain::conversation::{Controller, Conversation, State};
use crate::domain::flows::session::FlowSession;
use crate::domain::ids::{BotId, ContactId, ConversationId, InboxId, QueueId, UserId, WorkspaceId};
use crate::domain::routing::Priority;
use crate::domain::sla::Clocks;

/// The columns of a conversation, in the order that [`conversation`] reads them.
macro_rules! columns {
    () => {
        "c.id, c.contact_id, c.inbox_id, c.state, c.controller, c.queue_id, c.bot_id, c.agent_id, c.last_agent_id, \
         c.brief, c.assignment_reason, c.last_seq, c.opened_at, c.queued_at, c.assigned_at, c.waiting_since, c.resolved_at, \
         c.window_expires_at, c.last_message_at, c.last_message, c.details, c.priority, c.skills, c.clocks, c.wait"
    };
}
pub(super) use columns;

/// How many columns [`columns`] names.
pub(super) const WIDTH: usize = 25;

crate::statements! {
    BY_ID = concat!("
        SELECT ", columns!(), ", s.session, EXISTS (
            SELECT FROM conversations AS other
            WHERE other.workspace_id = c.workspace_id AND other.contact_id = c.contact_id AND other.inbox_id = c.inbox_id
              AND other.state <> 'resolved' AND other.id <> c.id) AS another_under_way
        FROM conversations AS c
        LEFT JOIN flow_sessions AS s ON s.workspace_id = c.workspace_id AND s.conversation_id = c.id
        WHERE c.workspace_id = $1 AND c.id = $2
        FOR UPDATE OF c");
    /// As [`BY_ID`], of several that nobody has.
    BY_IDS = concat!("
        SELECT ", columns!(), ", s.session, EXISTS (
            SELECT FROM conversations AS other
            WHERE other.workspace_id = c.workspace_id AND other.contact_id = c.contact_id AND other.inbox_id = c.inbox_id
              AND other.state <> 'resolved' AND other.id <> c.id) AS another_under_way
        FROM conversations AS c
        LEFT JOIN flow_sessions AS s ON s.workspace_id = c.workspace_id AND s.conversation_id = c.id
        WHERE c.workspace_id = $1 AND c.id = ANY($2)
        FOR UPDATE OF c SKIP LOCKED");
    /// Of each contact the one under way, or the latest: a person may have opened an older one again.
    LATEST = concat!("
        SELECT latest.*
        FROM UNNEST($2::uuid[]) AS lane (contact_id)
        CROSS JOIN LATERAL (
            SELECT ", columns!(), ", s.session, false AS another_under_way
            FROM conversations AS c
            LEFT JOIN flow_sessions AS s ON s.workspace_id = c.workspace_id AND s.conversation_id = c.id
            WHERE c.workspace_id = $1 AND c.contact_id = lane.contact_id AND c.inbox_id = $3
            ORDER BY c.state = 'resolved', c.opened_at DESC
            LIMIT 1
            FOR UPDATE OF c) AS latest");
    INSERT = "
        INSERT INTO conversations (
            workspace_id, id, contact_id, inbox_id, state, controller, queue_id, bot_id, agent_id, last_agent_id, brief, assignment_reason,
            last_seq, opened_at, queued_at, assigned_at, waiting_since, resolved_at, window_expires_at, last_message_at, last_message, details,
            priority, skills, needs, clocks, sla_due_at, sla_soon_at, wait)
        SELECT $1, *
        FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[],
                    $11::jsonb[], $12::jsonb[], $13::bigint[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[],
                    $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], $20::timestamptz[], $21::jsonb[], $22::jsonb[],
                    $23::smallint[], $24::jsonb[], $25::bigint[], $26::jsonb[], $27::timestamptz[], $28::timestamptz[], $29::jsonb[])";
    /// What did not change is not written: it may be a newer version's, which this one does not understand.
    UPDATE = "
        UPDATE conversations
        SET contact_id = now.contact_id, inbox_id = now.inbox_id,
            state = CASE WHEN now.has_new_standing THEN now.state ELSE conversations.state END,
            controller = CASE WHEN now.has_new_standing THEN now.controller ELSE conversations.controller END,
            bot_id = CASE WHEN now.has_new_standing THEN now.bot_id ELSE conversations.bot_id END,
            agent_id = CASE WHEN now.has_new_standing THEN now.agent_id ELSE conversations.agent_id END,
            queue_id = now.queue_id, last_agent_id = now.last_agent_id, priority = coalesce(now.priority, conversations.priority),
            brief = CASE WHEN now.has_new_brief THEN now.brief ELSE conversations.brief END,
            assignment_reason = CASE WHEN now.has_new_reason THEN now.reason ELSE conversations.assignment_reason END,
            last_seq = now.last_seq, opened_at = now.opened_at, queued_at = now.queued_at, assigned_at = now.assigned_at,
            waiting_since = now.waiting_since, resolved_at = now.resolved_at, window_expires_at = now.window_expires_at,
            last_message_at = now.last_message_at,
            last_message = CASE WHEN now.has_new_message THEN now.last_message ELSE conversations.last_message END,
            details = CASE WHEN now.has_new_details THEN now.details ELSE conversations.details END,
            skills = CASE WHEN now.has_new_skills THEN now.skills ELSE conversations.skills END,
            needs = CASE WHEN now.has_new_skills THEN now.needs ELSE conversations.needs END,
            clocks = CASE WHEN now.has_new_clocks THEN now.clocks ELSE conversations.clocks END,
            sla_due_at = CASE WHEN now.has_new_dues THEN now.sla_due_at ELSE conversations.sla_due_at END,
            sla_soon_at = CASE WHEN now.has_new_dues THEN now.sla_soon_at ELSE conversations.sla_soon_at END,
            wait = CASE WHEN now.has_new_wait THEN now.wait ELSE conversations.wait END
        FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[],
                    $11::jsonb[], $12::jsonb[], $13::bigint[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[],
                    $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], $20::timestamptz[], $21::jsonb[], $22::jsonb[],
                    $23::smallint[], $24::jsonb[], $25::bigint[], $26::jsonb[], $27::timestamptz[], $28::timestamptz[],
                    $29::jsonb[], $30::boolean[], $31::boolean[], $32::boolean[], $33::boolean[], $34::boolean[], $35::boolean[],
                    $36::boolean[], $37::boolean[], $38::boolean[])
            AS now (id, contact_id, inbox_id, state, controller, queue_id, bot_id, agent_id, last_agent_id, brief, reason, last_seq,
                    opened_at, queued_at, assigned_at, waiting_since, resolved_at, window_expires_at, last_message_at, last_message,
                    details, priority, skills, needs, clocks, sla_due_at, sla_soon_at, wait,
                    has_new_standing, has_new_brief, has_new_reason, has_new_message,
                    has_new_details, has_new_skills, has_new_clocks, has_new_dues, has_new_wait)
        WHERE conversations.workspace_id = $1 AND conversations.id = now.id";
    SAVE_SESSIONS = "
        INSERT INTO flow_sessions (workspace_id, conversation_id, flow_id, version, session)
        SELECT $1, * FROM UNNEST($2::uuid[], $3::uuid[], $4::integer[], $5::jsonb[])
        ON CONFLICT (workspace_id, conversation_id)
        DO UPDATE SET flow_id = excluded.flow_id, version = excluded.version, session = excluded.session";
    DELETE_SESSIONS = "DELETE FROM flow_sessions WHERE workspace_id = $1 AND conversation_id = ANY($2)";
    CONTACT_OF = "SELECT contact_id, inbox_id FROM conversations WHERE workspace_id = $1 AND id = $2";
    LATEST_OF = concat!("SELECT c.id, c.last_seq, ", last_tick!("10"), " FROM conversations AS c WHERE c.workspace_id = $1 AND c.id = ANY($2)");
}

/// A conversation with what hangs on it.
#[derive(Debug)]
pub struct Loaded {
    pub conversation: Conversation,
    /// Why this version does not understand its state or controller; then it counts as open, and as in a flow that is gone.
    pub misread: Option<Error>,
    /// Its flow's session, or why this version does not understand it.
    pub session: Result<Option<FlowSession>>,
    pub another_under_way: bool,
}

/// Reads the columns of [`columns`], to decide by.
fn conversation(row: &Row) -> (Conversation, Option<Error>) {
    match (state(row.get(3)), controller(row)) {
        (Ok(state), Ok(controller)) => (with_standing(row, state, controller), None),
        (Ok(State::Resolved), Err(error)) => (with_standing(row, State::Resolved, Controller::Nobody), Some(error)),
        (Ok(state), Err(error)) => (with_standing(row, state, Controller::Flow), Some(error)),
        (Err(error), controller) => {
            let theirs = controller.ok().filter(|controller| *controller != Controller::Nobody);
            (with_standing(row, State::Open, theirs.unwrap_or(Controller::Flow)), Some(error))
        }
    }
}

/// Reads the columns of [`columns`], to show them: what this version does not understand is open, and nobody's.
pub(super) fn shown(row: &Row) -> Conversation {
    with_standing(row, state(row.get(3)).unwrap_or(State::Open), controller(row).unwrap_or(Controller::Nobody))
}

fn with_standing(row: &Row, state: State, controller: Controller) -> Conversation {
    Conversation {
        id: ConversationId(row.get(0)),
        contact: ContactId(row.get(1)),
        inbox: InboxId(row.get(2)),
        state,
        controller,
        queue: row.get::<_, Option<Uuid>>(5).map(QueueId),
        last_agent: row.get::<_, Option<Uuid>>(8).map(UserId),
        brief: if_known(row, 9),
        assignment_reason: if_known(row, 10),
        last_seq: row.get(11),
        opened_at: row.get(12),
        queued_at: row.get(13),
        assigned_at: row.get(14),
        waiting_since: row.get(15),
        resolved_at: row.get(16),
        window_expires_at: row.get(17),
        last_message_at: row.get(18),
        last_message: if_known(row, 19),
        details: if_known(row, 20),
        priority: Priority::of(row.get(21)),
        skills: if_known(row, 22),
        clocks: if_known(row, 23).or_else(|| is_there(row, 23).then(Clocks::strange)),
        wait: if_known(row, 24),
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

fn controller(row: &Row) -> Result<Controller> {
    let (text, bot, agent): (&str, Option<Uuid>, Option<Uuid>) = (row.get(4), row.get(6), row.get(7));
    match (text, bot, agent) {
        ("flow", ..) => Ok(Controller::Flow),
        ("queue", ..) => Ok(Controller::Queue),
        ("nobody", ..) => Ok(Controller::Nobody),
        ("bot", Some(bot), _) => Ok(Controller::Bot { bot: BotId(bot) }),
        ("agent", _, Some(user)) => Ok(Controller::Agent { user: UserId(user) }),
        (other, ..) => Err(Error::Unreadable(format!("controller {other}"))),
    }
}

/// Reads the columns of [`columns`] and what follows them.
pub(super) fn loaded(row: &Row) -> Loaded {
    let (conversation, misread) = conversation(row);
    Loaded { conversation, misread, session: optional(row, WIDTH), another_under_way: row.get(WIDTH + 1) }
}

/// Loads and locks a conversation. Call it under the contact's lock.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn load(transaction: &Transaction<'_>, workspace: WorkspaceId, id: ConversationId) -> Result<Option<Loaded>> {
    let statement = prepare(transaction, &BY_ID).await?;
    Ok(transaction.query_opt(&statement, &[&workspace.0, &id.0]).await?.map(|row| loaded(&row)))
}

/// As [`load`], of several; those that somebody has, or that do not exist, are missing.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn load_many(transaction: &Transaction<'_>, workspace: WorkspaceId, ids: &[Uuid]) -> Result<Vec<Loaded>> {
    let statement = prepare(transaction, &BY_IDS).await?;
    Ok(transaction.query(&statement, &[&workspace.0, &ids]).await?.iter().map(loaded).collect())
}

/// Adds conversations.
pub(super) fn insert(workspace: WorkspaceId, conversations: &[Conversation]) -> Result<Step> {
    columns_of(INSERT, workspace, &conversations.iter().map(|conversation| (None, conversation)).collect::<Vec<_>>())
}

/// Writes what changed of conversations, each before and after; each is named once.
pub(super) fn update(workspace: WorkspaceId, changed: &[(Conversation, Conversation)]) -> Result<Step> {
    let step = columns_of(UPDATE, workspace, &changed.iter().map(|(before, now)| (Some(before), now)).collect::<Vec<_>>())?;
    let standing = |conversation: &Conversation| (conversation.state, conversation.controller);
    Ok(step
        .with(changed.iter().map(|(before, now)| standing(before) != standing(now)).collect::<Vec<_>>())
        .with(changed.iter().map(|(before, now)| before.brief != now.brief).collect::<Vec<_>>())
        .with(changed.iter().map(|(before, now)| before.assignment_reason != now.assignment_reason).collect::<Vec<_>>())
        .with(changed.iter().map(|(before, now)| before.last_message != now.last_message).collect::<Vec<_>>())
        .with(changed.iter().map(|(before, now)| before.details != now.details).collect::<Vec<_>>())
        .with(changed.iter().map(|(before, now)| before.skills != now.skills).collect::<Vec<_>>())
        .with(changed.iter().map(|(before, now)| before.clocks != now.clocks).collect::<Vec<_>>())
        .with(changed.iter().map(|(before, now)| has_new_dues(before, now)).collect::<Vec<_>>())
        .with(changed.iter().map(|(before, now)| before.wait != now.wait).collect::<Vec<_>>()))
}

/// What is due stands beside the clocks, and an answer that left takes it away past them; where that one did not arrive, it is due again.
fn has_new_dues(before: &Conversation, now: &Conversation) -> bool {
    let is_known = !now.clocks.as_ref().is_some_and(Clocks::is_strange);
    is_known && (before.clocks != now.clocks || before.waiting_since != now.waiting_since)
}

fn columns_of(statement: Statement, workspace: WorkspaceId, all: &[(Option<&Conversation>, &Conversation)]) -> Result<Step> {
    let ids = |id: fn(&Conversation) -> Option<Uuid>| all.iter().map(|(_, now)| id(now)).collect::<Vec<_>>();
    let times = |time: fn(&Conversation) -> Option<Timestamp>| all.iter().map(|(_, now)| time(now)).collect::<Vec<_>>();
    let texts = |text: fn(&Conversation) -> &'static str| all.iter().map(|(_, now)| text(now)).collect::<Vec<_>>();
    Ok(Step::of(statement)
        .with(workspace.0)
        .with(ids(|now| Some(now.id.0)))
        .with(ids(|now| Some(now.contact.0)))
        .with(ids(|now| Some(now.inbox.0)))
        .with(texts(|now| now.state.as_str()))
        .with(texts(|now| now.controller.as_str()))
        .with(ids(|now| now.queue.map(|queue| queue.0)))
        .with(ids(|now| now.controller.bot().map(|bot| bot.0)))
        .with(ids(|now| now.controller.agent().map(|agent| agent.0)))
        .with(ids(|now| now.last_agent.map(|agent| agent.0)))
        .with(parts(all, |conversation| &conversation.brief)?)
        .with(parts(all, |conversation| &conversation.assignment_reason)?)
        .with(all.iter().map(|(_, now)| now.last_seq).collect::<Vec<_>>())
        .with(times(|now| Some(now.opened_at)))
        .with(times(|now| now.queued_at))
        .with(times(|now| now.assigned_at))
        .with(times(|now| now.waiting_since))
        .with(times(|now| now.resolved_at))
        .with(times(|now| now.window_expires_at))
        .with(times(|now| Some(now.last_message_at)))
        .with(parts(all, |conversation| &conversation.last_message)?)
        .with(parts(all, |conversation| &conversation.details)?)
        .with(all.iter().map(new_priority).collect::<Vec<_>>())
        .with(parts(all, |conversation| &conversation.skills)?)
        .with(all.iter().map(|(_, now)| now.needs()).collect::<Vec<_>>())
        .with(parts(all, |conversation| &conversation.clocks)?)
        .with(times(|now| now.clocks.as_ref().and_then(Clocks::first_due)))
        .with(times(|now| now.clocks.as_ref().and_then(Clocks::first_soon)))
        .with(parts(all, |conversation| &conversation.wait)?))
}

fn new_priority((before, now): &(Option<&Conversation>, &Conversation)) -> Option<i16> {
    Some(now.priority as i16).filter(|_| before.is_none_or(|before| before.priority != now.priority))
}

/// A part of conversations that is JSON, where it is new.
fn parts<T: PartialEq + Serialize>(
    all: &[(Option<&Conversation>, &Conversation)],
    part: fn(&Conversation) -> &Option<T>,
) -> Result<Vec<Option<Value>>> {
    let value = |(before, now): &(Option<&Conversation>, &Conversation)| {
        let new = part(now).as_ref().filter(|_| before.is_none_or(|before| part(before) != part(now)));
        new.map(serde_json::to_value).transpose()
    };
    Ok(all.iter().map(value).collect::<Result<_, _>>()?)
}

/// Writes flow sessions.
pub(super) fn save_sessions(workspace: WorkspaceId, sessions: &[(ConversationId, FlowSession)]) -> Result<Step> {
    Ok(Step::of(SAVE_SESSIONS)
        .with(workspace.0)
        .with(sessions.iter().map(|(conversation, _)| conversation.0).collect::<Vec<_>>())
        .with(sessions.iter().map(|(_, session)| session.flow.0).collect::<Vec<_>>())
        .with(sessions.iter().map(|(_, session)| session.version).collect::<Vec<_>>())
        .with(sessions.iter().map(|(_, session)| serde_json::to_value(session)).collect::<Result<Vec<_>, _>>()?))
}

/// Removes the flow sessions of conversations, where there are any.
pub(super) fn delete_sessions(workspace: WorkspaceId, conversations: &[ConversationId]) -> Step {
    Step::of(DELETE_SESSIONS).with(workspace.0).with(conversations.iter().map(|conversation| conversation.0).collect::<Vec<_>>())
}

impl Store {
    /// Whose conversation it is, and in which inbox.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn contact_of(&self, sight: Sight) -> Result<Option<(ContactId, InboxId)>> {
        let row = self.query_opt(&CONTACT_OF, &[&sight.workspace().0, &sight.conversation().0]).await?;
        Ok(row.map(|row| (ContactId(row.get(0)), InboxId(row.get(1)))))
    }

    /// The last sequence, and the last tick, of each conversation that exists.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn latest(&self, workspace: WorkspaceId, conversations: &[Uuid]) -> Result<Vec<(ConversationId, i64, Option<Timestamp>)>> {
        let rows = self.query(&LATEST_OF, &[&workspace.0, &conversations]).await?;
        Ok(rows.iter().map(|row| (ConversationId(row.get(0)), row.get(1), row.get(2))).collect())
    }
}
