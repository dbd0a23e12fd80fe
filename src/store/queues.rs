//! Routing's side of the queues: the queue's lock, who waits, who may take it, and the claim itself.

use jiff::Timestamp;
use uuid::Uuid;

use super::agents::agent;
use super::{Result, Store, Transaction, prepare};
use crate::domain::agent::Agent;
use crate::domain::ids::{ConversationId, QueueId, UserId, WorkspaceId};
use crate::domain::routing::{Assignment, Waiting};

crate::statements! {
    /// One router at a time for a queue; `KEY SHARE` readers (foreign keys) are not held up.
    LOCK = "SELECT team_id FROM queues WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE";
    WAITING = "
        SELECT id, last_agent_id
        FROM conversations
        WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue'
        ORDER BY queued_at, id
        LIMIT $3";
    /// Locked in the order of their ids, so that routers of two queues cannot wait for each other.
    TEAM = "
        SELECT agent.user_id, person.name, agent.availability, agent.load, agent.capacity, agent.idle_since, ARRAY[]::uuid[] AS teams
        FROM team_members AS member
        JOIN agents AS agent ON agent.workspace_id = member.workspace_id AND agent.user_id = member.user_id
        JOIN users AS person ON person.workspace_id = agent.workspace_id AND person.id = agent.user_id
        WHERE member.workspace_id = $1 AND member.team_id = $2 AND person.active
        ORDER BY agent.user_id
        FOR UPDATE OF agent";
    /// The claim: the conversation still waits, and the agent still has room, in one statement. A conversation that is being
    /// changed at this moment is skipped; its own change wakes routing again.
    CLAIM = "
        WITH waiting AS (
            SELECT id
            FROM conversations
            WHERE workspace_id = $1 AND id = $2 AND queue_id = $3 AND controller = 'queue'
            FOR UPDATE SKIP LOCKED
        ), room AS (
            UPDATE agents
            SET load = load + 1, idle_since = $5
            WHERE workspace_id = $1 AND user_id = $4 AND load < capacity AND EXISTS (SELECT FROM waiting)
            RETURNING user_id
        )
        UPDATE conversations AS conversation
        SET controller = 'agent', agent_id = room.user_id, last_agent_id = room.user_id, assignment_reason = $6, assigned_at = $5,
            queued_at = NULL, last_seq = conversation.last_seq + 1
        FROM waiting, room
        WHERE conversation.workspace_id = $1 AND conversation.id = waiting.id
        RETURNING conversation.last_seq";
    /// Across workspaces, as every worker's claim.
    WITH_WAITING = "
        SELECT workspace_id, id
        FROM queues
        WHERE EXISTS (
            SELECT FROM conversations AS conversation
            WHERE conversation.workspace_id = queues.workspace_id AND conversation.queue_id = queues.id AND conversation.controller = 'queue')
        ORDER BY workspace_id, id
        LIMIT 1000";
}

/// What routing decides from; the queue and the agents are locked.
#[derive(Debug)]
pub struct QueueSnapshot {
    pub waiting: Vec<Waiting>,
    pub team: Vec<Agent>,
}

/// Locks a queue and its team, and reads who waits, longest first.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn load(transaction: &Transaction<'_>, workspace: WorkspaceId, queue: QueueId, limit: i64) -> Result<Option<QueueSnapshot>> {
    let lock = prepare(transaction, &LOCK).await?;
    let Some(row) = transaction.query_opt(&lock, &[&workspace.0, &queue.0]).await? else { return Ok(None) };
    let team_id: Uuid = row.get(0);
    let waiting = prepare(transaction, &WAITING).await?;
    let rows = transaction.query(&waiting, &[&workspace.0, &queue.0, &limit]).await?;
    let waiting: Vec<Waiting> = rows
        .iter()
        .map(|row| Waiting { conversation: ConversationId(row.get(0)), last_agent: row.get::<_, Option<Uuid>>(1).map(UserId) })
        .collect();
    if waiting.is_empty() {
        return Ok(Some(QueueSnapshot { waiting, team: Vec::new() }));
    }
    let team = prepare(transaction, &TEAM).await?;
    let rows = transaction.query(&team, &[&workspace.0, &team_id]).await?;
    Ok(Some(QueueSnapshot { waiting, team: rows.iter().map(agent).collect::<Result<_>>()? }))
}

/// Gives a waiting conversation to an agent who has room; answers the sequence of the assignment, or nothing when either has changed.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn claim(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    queue: QueueId,
    assignment: &Assignment,
    now: Timestamp,
) -> Result<Option<i64>> {
    let statement = prepare(transaction, &CLAIM).await?;
    let reason = serde_json::to_value(&assignment.reason)?;
    let row = transaction
        .query_opt(&statement, &[&workspace.0, &assignment.conversation.0, &queue.0, &assignment.agent.0, &now, &reason])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

impl Store {
    /// Queues in which somebody waits.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn queues_with_waiting(&self) -> Result<Vec<(WorkspaceId, QueueId)>> {
        let rows = self.query(&WITH_WAITING, &[]).await?;
        Ok(rows.iter().map(|row| (WorkspaceId(row.get(0)), QueueId(row.get(1)))).collect())
    }
}
