//! What routing decided, and from what.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::access::{Viewer, admits};
use super::contacts::called;
use super::reading::{if_known, is_there};
use super::statement::Step;
use super::{Result, Store};
use crate::domain::access::Visibility;
use crate::domain::event::Event;
use crate::domain::ids::{ConversationId, QueueId, UserId, WorkspaceId};
use crate::domain::routing::{Assignment, AssignmentReason, Record};

/// Decisions that one look goes through where only some are shown.
const LOOKED_AT: i64 = 1_000;

macro_rules! sought {
    ($of:literal) => {
        concat!(
            "
        SELECT decision.at, decision.conversation_id, decision.agent_id, queue.name, decision.waited_ms, decision.version, event.event, ",
            called!(),
            ", ",
            admits!("$1", "$4", "$5"),
            "
        FROM (
            SELECT *
            FROM routing_decisions
            WHERE workspace_id = $1 AND (at, conversation_id) < ($2, $3)",
            $of,
            "
            ORDER BY at DESC, conversation_id DESC
            LIMIT $6) AS decision
        LEFT JOIN conversations AS c ON c.workspace_id = $1 AND c.id = decision.conversation_id
        LEFT JOIN contacts AS contact ON contact.workspace_id = $1 AND contact.id = c.contact_id
        LEFT JOIN events AS event ON event.workspace_id = $1 AND event.subject_id = decision.conversation_id AND event.seq = decision.seq
        LEFT JOIN queues AS queue ON queue.workspace_id = $1 AND queue.id = decision.queue_id
        ORDER BY decision.at DESC, decision.conversation_id DESC"
        )
    };
}

crate::statements! {
    INSERT = "
        INSERT INTO routing_decisions (workspace_id, conversation_id, seq, at, queue_id, agent_id, waited_ms, version, record)
        SELECT $1, *
        FROM UNNEST($2::uuid[], $3::bigint[], $4::timestamptz[], $5::uuid[], $6::uuid[], $7::bigint[], $8::bigint[], $9::jsonb[])";
    LATEST = sought!("");
    OF_QUEUE = sought!(" AND queue_id = $7");
    /// In that queue, if one is named.
    OF_AGENT = sought!(" AND agent_id = $7 AND ($8::uuid IS NULL OR queue_id = $8)");
    /// In the order they were made.
    MADE = "
        SELECT decision.at, decision.conversation_id, decision.seq, decision.record, event.event
        FROM (
            SELECT *
            FROM routing_decisions
            WHERE workspace_id = $1 AND (at, conversation_id) > ($2, $3) AND at < $4
            ORDER BY at, conversation_id
            LIMIT $5) AS decision
        LEFT JOIN events AS event ON event.workspace_id = $1 AND event.subject_id = decision.conversation_id AND event.seq = decision.seq
        ORDER BY decision.at, decision.conversation_id";
    /// Across workspaces.
    FORGET = "
        DELETE FROM routing_decisions
        WHERE (workspace_id, at, conversation_id, seq) IN (
            SELECT workspace_id, at, conversation_id, seq FROM routing_decisions WHERE at < $1 ORDER BY at LIMIT 1000)";
}

/// One that is to be kept, with the line of the journal that says why.
#[derive(Debug)]
pub struct NewDecision {
    pub assignment: Assignment,
    pub seq: i64,
    pub at: Timestamp,
    pub waited_ms: i64,
    pub version: i64,
}

/// Whose decisions somebody looks for: those of a queue, of an agent, of both, or all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Of {
    pub queue: Option<QueueId>,
    pub agent: Option<UserId>,
}

/// Where a list of decisions goes on: before this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    pub at: Timestamp,
    pub conversation: ConversationId,
}

impl Before {
    /// From the latest on.
    pub const LATEST: Self = Self { at: Timestamp::MAX, conversation: ConversationId(Uuid::max()) };
}

/// A decision in a list.
#[derive(Debug, Clone)]
pub struct Decided {
    pub at: Timestamp,
    pub conversation: ConversationId,
    /// What the customer is called, to be read by [`Phones`](crate::domain::contact::Phones); may be empty.
    pub contact_name: String,
    /// Nothing when the queue is gone.
    pub queue_name: Option<String>,
    pub agent: UserId,
    /// As they were called then.
    pub agent_name: String,
    pub waited_ms: i64,
    pub version: i64,
    pub reason: AssignmentReason,
}

/// A decision to be made again.
#[derive(Debug)]
pub struct Made {
    pub before: Before,
    pub seq: i64,
    /// Nothing where only another version understands it.
    pub kept: Option<(Record, AssignmentReason)>,
    /// Its line of the journal, and so why, went with the customer.
    pub is_gone: bool,
}

/// Writes decisions beside what they decided.
pub(super) fn insert(workspace: WorkspaceId, decisions: &[NewDecision]) -> Result<Step> {
    let records = decisions.iter().map(|one| serde_json::to_value(&one.assignment.record)).collect::<Result<Vec<Value>, _>>()?;
    Ok(Step::of(INSERT)
        .with(workspace.0)
        .with(decisions.iter().map(|one| one.assignment.waiting.conversation.0).collect::<Vec<_>>())
        .with(decisions.iter().map(|one| one.seq).collect::<Vec<_>>())
        .with(decisions.iter().map(|one| one.at).collect::<Vec<_>>())
        .with(decisions.iter().map(|one| one.assignment.waiting.queue.0).collect::<Vec<_>>())
        .with(decisions.iter().map(|one| one.assignment.agent.0).collect::<Vec<_>>())
        .with(decisions.iter().map(|one| one.waited_ms).collect::<Vec<_>>())
        .with(decisions.iter().map(|one| one.version).collect::<Vec<_>>())
        .with(records))
}

fn assigned(row: &Row, column: usize) -> Option<(String, AssignmentReason)> {
    match if_known(row, column)? {
        Event::ConversationAssigned { name, reason, .. } => Some((name, reason)),
        _ => None,
    }
}

fn decided(row: &Row) -> Option<Decided> {
    let (agent_name, reason) = assigned(row, 6)?;
    Some(Decided {
        at: row.get(0),
        conversation: ConversationId(row.get(1)),
        agent: UserId(row.get(2)),
        queue_name: row.get(3),
        waited_ms: row.get(4),
        version: row.get(5),
        contact_name: row.get::<_, Option<String>>(7).unwrap_or_default(),
        agent_name,
        reason,
    })
}

impl Store {
    /// What routing decided, latest first, of what somebody sees, and where it goes on, if it may.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn routing_decisions(&self, viewer: Viewer, of: Of, before: Before, limit: usize) -> Result<(Vec<Decided>, Option<Before>)> {
        let Viewer { workspace, user, visibility } = viewer;
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
        let looked_at = if visibility == Visibility::All { wanted.saturating_add(1).min(LOOKED_AT) } else { LOOKED_AT };
        let (visibility, queue, agent) = (visibility.as_str(), of.queue.map(|queue| queue.0), of.agent.map(|agent| agent.0));
        let asked: [&(dyn ToSql + Sync); 6] = [&workspace.0, &before.at, &before.conversation.0, &user.0, &visibility, &looked_at];
        let rows = match (&queue, &agent) {
            (None, None) => self.query(&LATEST, &asked).await?,
            (Some(queue), None) => self.query(&OF_QUEUE, &[&asked[..], &[queue]].concat()).await?,
            (queue, Some(agent)) => self.query(&OF_AGENT, &[&asked[..], &[agent, queue]].concat()).await?,
        };
        let place = |row: &Row| Before { at: row.get(0), conversation: ConversationId(row.get(1)) };
        let is_seen = |row: &&Row| row.get::<_, Option<bool>>(8).unwrap_or(false);
        let mut shown: Vec<&Row> = rows.iter().filter(is_seen).collect();
        let next = if shown.len() > limit {
            shown.truncate(limit);
            shown.last().map(|row| place(row))
        } else {
            rows.last().filter(|_| i64::try_from(rows.len()).is_ok_and(|count| count >= looked_at)).map(place)
        };
        Ok((shown.into_iter().filter_map(decided).collect(), next))
    }

    /// Decisions since a moment, in the order they were made, after one of them.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn made_decisions(&self, workspace: WorkspaceId, after: Before, until: Timestamp, limit: i64) -> Result<Vec<Made>> {
        let rows = self.query(&MADE, &[&workspace.0, &after.at, &after.conversation.0, &until, &limit]).await?;
        let made = |row: &Row| Made {
            before: Before { at: row.get(0), conversation: ConversationId(row.get(1)) },
            seq: row.get(2),
            kept: if_known(row, 3).zip(assigned(row, 4).map(|(_, reason)| reason)),
            is_gone: !is_there(row, 4),
        };
        Ok(rows.iter().map(made).collect())
    }

    /// Forgets what was decided before then, some of it; answers how much.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn forget_routing_decisions(&self, before: Timestamp) -> Result<u64> {
        self.execute(&FORGET, &[&before]).await
    }
}
