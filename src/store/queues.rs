//! Routing's side of the queues: who waits, and who may take it.

use tokio_postgres::Row;
use uuid::Uuid;

use super::agents::agent;
use super::{Result, Store};
use crate::domain::agent::Agent;
use crate::domain::ids::{ContactId, ConversationId, InboxId, QueueId, UserId, WorkspaceId};
use crate::domain::routing::Waiting;

crate::statements! {
    /// In a state of a newer version, it is a newer node's to give.
    WAITING = "
        SELECT id, contact_id, inbox_id, queued_at, last_agent_id
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

fn waiting(queue: QueueId, row: &Row) -> Waiting {
    Waiting {
        conversation: ConversationId(row.get(0)),
        contact: ContactId(row.get(1)),
        inbox: InboxId(row.get(2)),
        queue,
        queued_at: row.get(3),
        last_agent: row.get::<_, Option<Uuid>>(4).map(UserId),
    }
}

impl Store {
    /// Who waits in a queue, longest first, and its team.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn queue_snapshot(&self, workspace: WorkspaceId, queue: QueueId, limit: usize) -> Result<QueueSnapshot> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.query(&WAITING, &[&workspace.0, &queue.0, &limit]).await?;
        let waiting: Vec<Waiting> = rows.iter().map(|row| waiting(queue, row)).collect();
        if waiting.is_empty() {
            return Ok(QueueSnapshot { waiting, team: Vec::new() });
        }
        let rows = self.query(&TEAM, &[&workspace.0, &queue.0]).await?;
        Ok(QueueSnapshot { waiting, team: rows.iter().map(agent).collect() })
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
