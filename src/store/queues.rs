//! Routing's side of the queues: who waits, who may take it, and the claim itself.

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::agents::agent;
use super::{Result, Store};
use crate::domain::Event;
use crate::domain::agent::Agent;
use crate::domain::ids::{ConversationId, QueueId, UserId, WorkspaceId};
use crate::domain::routing::{Assignment, Waiting};

crate::statements! {
    /// In a state of a newer version, it is a newer node's to give.
    WAITING = "
        SELECT id, last_agent_id
        FROM conversations
        WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND state IN ('open', 'snoozed')
        ORDER BY queued_at, id
        LIMIT $3";
    TEAM = "
        SELECT agent.user_id, person.name, agent.availability, agent.load, agent.capacity, agent.idle_since, ARRAY[]::uuid[] AS teams
        FROM queues AS queue
        JOIN team_members AS member ON member.workspace_id = queue.workspace_id AND member.team_id = queue.team_id
        JOIN agents AS agent ON agent.workspace_id = member.workspace_id AND agent.user_id = member.user_id
        JOIN users AS person ON person.workspace_id = agent.workspace_id AND person.id = agent.user_id
        WHERE queue.workspace_id = $1 AND queue.id = $2 AND person.active
        ORDER BY agent.user_id
        LIMIT 5000";
    /// The claim, with its line in the journal: the agent is still one of us and has room, and the conversation still waits, in one statement that
    /// holds nothing when it is answered. Room comes first: whoever holds a conversation here has room for it, so that another router
    /// that passes it over passes over nobody. A conversation that is being changed at this moment is skipped; its own change wakes
    /// routing again.
    CLAIM = "
        WITH room AS (
            SELECT agent.user_id
            FROM agents AS agent
            JOIN users AS person ON person.workspace_id = agent.workspace_id AND person.id = agent.user_id
            WHERE agent.workspace_id = $1 AND agent.user_id = $4 AND agent.load < agent.capacity AND person.active
            FOR UPDATE OF agent FOR SHARE OF person
        ), waiting AS (
            SELECT id
            FROM conversations
            WHERE workspace_id = $1 AND id = $2 AND queue_id = $3 AND controller = 'queue' AND state IN ('open', 'snoozed')
              AND EXISTS (SELECT FROM room)
            FOR UPDATE SKIP LOCKED
        ), given AS (
            UPDATE agents
            SET load = load + 1, idle_since = $5
            WHERE workspace_id = $1 AND user_id = $4 AND EXISTS (SELECT FROM waiting)
        ), taken AS (
            UPDATE conversations AS conversation
            SET controller = 'agent', agent_id = $4, last_agent_id = $4, assignment_reason = $6, assigned_at = $5,
                queued_at = NULL, last_seq = conversation.last_seq + 1
            FROM waiting
            WHERE conversation.workspace_id = $1 AND conversation.id = waiting.id
            RETURNING conversation.last_seq
        ), journal AS (
            INSERT INTO events (workspace_id, subject_kind, subject_id, seq, at, kind, place, event)
            SELECT $1, 'conversation', $2, last_seq, $5, $7, $9, $8
            FROM taken
        )
        SELECT (SELECT last_seq FROM taken), EXISTS (SELECT FROM room)";
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

/// What routing decides from; as it was a moment ago.
#[derive(Debug)]
pub struct QueueSnapshot {
    pub waiting: Vec<Waiting>,
    pub team: Vec<Agent>,
}

/// What a claim found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// The assignment stands in the journal at this sequence.
    Assigned { seq: i64 },
    /// The conversation waits no more, or is being changed.
    Gone,
    /// The agent has no room any more.
    Full,
}

impl Store {
    /// Who waits in a queue, longest first, and its team.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn queue_snapshot(&self, workspace: WorkspaceId, queue: QueueId, limit: i64) -> Result<QueueSnapshot> {
        let rows = self.query(&WAITING, &[&workspace.0, &queue.0, &limit]).await?;
        let waiting =
            |row: &Row| Waiting { conversation: ConversationId(row.get(0)), last_agent: row.get::<_, Option<Uuid>>(1).map(UserId) };
        let waiting: Vec<Waiting> = rows.iter().map(waiting).collect();
        if waiting.is_empty() {
            return Ok(QueueSnapshot { waiting, team: Vec::new() });
        }
        let rows = self.query(&TEAM, &[&workspace.0, &queue.0]).await?;
        Ok(QueueSnapshot { waiting, team: rows.iter().map(agent).collect() })
    }

    /// Gives a waiting conversation to an agent who has room, and writes it down.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn claim_waiting(
        &self,
        workspace: WorkspaceId,
        queue: QueueId,
        assignment: &Assignment,
        event: &Event,
        now: Timestamp,
    ) -> Result<Claimed> {
        let reason = serde_json::to_value(&assignment.reason)?;
        let (conversation, agent) = (assignment.conversation.0, assignment.agent.0);
        let written = serde_json::to_value(event)?;
        let (kind, place) = (event.kind(), event.place().as_str());
        let parameters: [&(dyn ToSql + Sync); 9] = [&workspace.0, &conversation, &queue.0, &agent, &now, &reason, &kind, &written, &place];
        let row = self.query_opt(&CLAIM, &parameters).await?;
        let (seq, has_room) = row.map_or((None, false), |row| (row.get(0), row.get(1)));
        Ok(match (seq, has_room) {
            (Some(seq), _) => Claimed::Assigned { seq },
            (None, true) => Claimed::Gone,
            (None, false) => Claimed::Full,
        })
    }

    /// Queues in which somebody waits.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn queues_with_waiting(&self) -> Result<Vec<(WorkspaceId, QueueId)>> {
        let rows = self.query(&WITH_WAITING, &[]).await?;
        Ok(rows.iter().map(|row| (WorkspaceId(row.get(0)), QueueId(row.get(1)))).collect())
    }
}
