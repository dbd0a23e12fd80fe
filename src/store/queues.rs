//! The queues: for routing, who waits and who may take it; for administrators, what each is and what is in it.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::agents::{agent, agent_columns};
use super::reading::json;
use super::{Result, Store};
use crate::domain::agent::Agent;
use crate::domain::hours::Hours;
use crate::domain::ids::{ContactId, ConversationId, InboxId, QueueId, SlaPolicyId, TeamId, UserId, WorkspaceId};
use crate::domain::routing::{Priority, Strategy, Waiting};

/// Queues that a page shows.
const MOST_QUEUES: i64 = 1_000;

crate::statements! {
    /// In a state of a newer version, it is a newer node's to give.
    WAITING = "
        (SELECT id, contact_id, inbox_id, queued_at, last_agent_id, assignment_reason IS NULL AS is_past_last, priority
         FROM conversations
         WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND state IN ('open', 'snoozed') AND priority > 1
         ORDER BY priority DESC, queued_at, id
         LIMIT $3)
        UNION ALL
        (SELECT id, contact_id, inbox_id, queued_at, last_agent_id, assignment_reason IS NULL AS is_past_last, priority
         FROM conversations
         WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND state IN ('open', 'snoozed') AND priority = 1
         ORDER BY queued_at, id
         LIMIT $3)
        UNION ALL
        (SELECT id, contact_id, inbox_id, queued_at, last_agent_id, assignment_reason IS NULL AS is_past_last, priority
         FROM conversations
         WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND state IN ('open', 'snoozed') AND priority < 1
         ORDER BY priority DESC, queued_at, id
         LIMIT $3)
        ORDER BY priority DESC, queued_at, id
        LIMIT $3";
    TEAM = concat!("
        SELECT ", agent_columns!("ARRAY[]::uuid[]"), ", queue.strategy
        FROM queues AS queue
        JOIN team_members AS member ON member.workspace_id = queue.workspace_id AND member.team_id = queue.team_id
        JOIN agents AS agent ON agent.workspace_id = member.workspace_id AND agent.user_id = member.user_id
        JOIN users AS person ON person.workspace_id = agent.workspace_id AND person.id = agent.user_id
        LEFT JOIN roles AS own ON own.workspace_id = person.workspace_id AND own.id = person.role_id
        WHERE queue.workspace_id = $1 AND queue.id = $2 AND person.active
        ORDER BY agent.user_id
        LIMIT 5000");
    /// Across workspaces, as every worker's claim.
    WITH_WAITING = "
        SELECT workspace_id, id
        FROM queues
        WHERE strategy <> 'manual' AND EXISTS (
            SELECT FROM conversations AS conversation
            WHERE conversation.workspace_id = queues.workspace_id AND conversation.queue_id = queues.id AND conversation.controller = 'queue')
        ORDER BY workspace_id, id
        LIMIT 1000";
    /// Queues that are gone, and in which something is all the same. Across workspaces, as every worker's claim.
    REMOVED_IN_USE = "
        SELECT workspace_id, id, successor_id
        FROM removed_queues AS queue
        WHERE EXISTS (
                SELECT FROM conversations AS conversation
                WHERE conversation.workspace_id = queue.workspace_id AND conversation.queue_id = queue.id
                  AND conversation.state <> 'resolved')
           OR EXISTS (
                SELECT FROM conversations AS conversation
                WHERE conversation.workspace_id = queue.workspace_id AND conversation.queue_id = queue.id
                  AND conversation.state = 'resolved')
        ORDER BY workspace_id, id
        LIMIT 100";
    /// What is resolved, or held by somebody: nobody waits there.
    CHANGE_QUEUE_OF_RESOLVED = "
        UPDATE conversations
        SET queue_id = $3
        WHERE workspace_id = $1 AND id IN (
            SELECT id
            FROM conversations
            WHERE workspace_id = $1 AND queue_id = $2 AND state = 'resolved'
            LIMIT $4
            FOR UPDATE SKIP LOCKED)";
    CHANGE_QUEUE_OF_HELD = "
        UPDATE conversations
        SET queue_id = $3
        WHERE workspace_id = $1 AND id IN (
            SELECT id
            FROM conversations
            WHERE workspace_id = $1 AND queue_id = $2 AND state <> 'resolved' AND controller <> 'queue'
            LIMIT $4
            FOR UPDATE SKIP LOCKED)";
    LIST = "
        SELECT queue.id, queue.key, queue.name, team.name, queue.hours, queue.promise_minutes, queue.position,
            (SELECT count(*) FROM conversations AS conversation
             WHERE conversation.workspace_id = $1 AND conversation.queue_id = queue.id AND conversation.controller = 'queue')
        FROM queues AS queue
        JOIN teams AS team ON team.workspace_id = $1 AND team.id = queue.team_id
        WHERE queue.workspace_id = $1
        ORDER BY queue.position, queue.name COLLATE names, queue.id
        LIMIT $2";
    /// With its place, what is in it by who has it, and the numbers that send everything there.
    ONE = "
        SELECT queue.key, queue.name, queue.team_id, queue.hours, queue.promise_minutes, queue.strategy, queue.position,
            queue.sla_policy_id,
            (SELECT count(*) FROM conversations AS conversation
             WHERE conversation.workspace_id = $1 AND conversation.queue_id = $2 AND conversation.controller = 'queue'),
            (SELECT count(*) FROM conversations AS conversation
             WHERE conversation.workspace_id = $1 AND conversation.queue_id = $2 AND conversation.state <> 'resolved'
               AND conversation.controller <> 'queue'),
            (SELECT count(*) FROM conversations AS conversation
             WHERE conversation.workspace_id = $1 AND conversation.queue_id = $2 AND conversation.state = 'resolved'),
            ARRAY(SELECT inbox.name FROM inboxes AS inbox
                  WHERE inbox.workspace_id = $1 AND inbox.default_queue_id = $2
                  ORDER BY inbox.name COLLATE names)
        FROM queues AS queue
        WHERE queue.workspace_id = $1 AND queue.id = $2";
}

/// What routing decides from; as it was a moment ago.
#[derive(Debug)]
pub struct QueueSnapshot {
    pub waiting: Vec<Waiting>,
    pub team: Vec<Agent>,
    pub strategy: Strategy,
}

fn waiting(queue: QueueId, row: &Row) -> Waiting {
    Waiting {
        conversation: ConversationId(row.get(0)),
        contact: ContactId(row.get(1)),
        inbox: InboxId(row.get(2)),
        queue,
        queued_at: row.get(3),
        last_agent: row.get::<_, Option<Uuid>>(4).map(UserId),
        is_past_last: row.get(5),
        priority: Priority::of(row.get(6)),
    }
}

/// A queue in the list of them.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueSummary {
    pub id: QueueId,
    pub key: String,
    pub name: String,
    pub team_name: String,
    /// None where this version does not understand them.
    pub hours: Option<Hours>,
    pub promise_minutes: i32,
    pub position: i32,
    pub waiting: i64,
}

/// A queue and what is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueDetail {
    pub id: QueueId,
    pub key: String,
    pub name: String,
    pub team: TeamId,
    /// As in [`QueueSummary`].
    pub hours: Option<Hours>,
    pub promise_minutes: i32,
    /// One of [`Strategy`]'s, or a word of a newer version.
    pub strategy: String,
    pub position: i32,
    /// What its conversations are measured by, if by anything.
    pub sla_policy: Option<SlaPolicyId>,
    pub waiting: i64,
    /// Under way with somebody or something.
    pub held: i64,
    pub resolved: i64,
    /// The numbers that send everything there which no flow sorts.
    pub numbers: Vec<String>,
}

impl Store {
    /// The queues of a workspace, in their order.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn queues(&self, workspace: WorkspaceId) -> Result<Vec<QueueSummary>> {
        let summary = |row: &Row| QueueSummary {
            id: QueueId(row.get(0)),
            key: row.get(1),
            name: row.get(2),
            team_name: row.get(3),
            hours: json(row, 4).ok(),
            promise_minutes: row.get(5),
            position: row.get(6),
            waiting: row.get(7),
        };
        Ok(self.query(&LIST, &[&workspace.0, &MOST_QUEUES]).await?.iter().map(summary).collect())
    }

    /// One of them; nothing when there is no such queue.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn queue(&self, workspace: WorkspaceId, id: QueueId) -> Result<Option<QueueDetail>> {
        let row = self.query_opt(&ONE, &[&workspace.0, &id.0]).await?;
        Ok(row.map(|row| QueueDetail {
            id,
            key: row.get(0),
            name: row.get(1),
            team: TeamId(row.get(2)),
            hours: json(&row, 3).ok(),
            promise_minutes: row.get(4),
            strategy: row.get(5),
            position: row.get(6),
            sla_policy: row.get::<_, Option<Uuid>>(7).map(SlaPolicyId),
            waiting: row.get(8),
            held: row.get(9),
            resolved: row.get(10),
            numbers: row.get(11),
        }))
    }

    /// Who waits in a queue, in the order in which they are given to somebody.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn waiting_in(&self, workspace: WorkspaceId, queue: QueueId, limit: i64) -> Result<Vec<ConversationId>> {
        let rows = self.query(&WAITING, &[&workspace.0, &queue.0, &limit]).await?;
        Ok(rows.iter().map(|row| ConversationId(row.get(0))).collect())
    }

    /// Queues that are gone and in which something is all the same, and which one has what was of them.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn removed_queues_in_use(&self) -> Result<Vec<(WorkspaceId, QueueId, QueueId)>> {
        let rows = self.query(&REMOVED_IN_USE, &[]).await?;
        Ok(rows.iter().map(|row| (WorkspaceId(row.get(0)), QueueId(row.get(1)), QueueId(row.get(2)))).collect())
    }

    /// Says of what is of a queue and does not wait there that it is of another one; of `limit` of each kind at most. Answers the larger
    /// number.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn change_queue_at_rest(&self, workspace: WorkspaceId, from: QueueId, to: QueueId, limit: i64) -> Result<u64> {
        let (mut most, all): (_, [&(dyn ToSql + Sync); 4]) = (0, [&workspace.0, &from.0, &to.0, &limit]);
        for statement in [&CHANGE_QUEUE_OF_RESOLVED, &CHANGE_QUEUE_OF_HELD] {
            most = most.max(self.execute(statement, &all).await?);
        }
        Ok(most)
    }

    /// Who waits in a queue, in the order in which they are given to somebody, with its team.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn queue_snapshot(&self, workspace: WorkspaceId, queue: QueueId, limit: usize) -> Result<QueueSnapshot> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.query(&WAITING, &[&workspace.0, &queue.0, &limit]).await?;
        let waiting: Vec<Waiting> = rows.iter().map(|row| waiting(queue, row)).collect();
        if waiting.is_empty() {
            return Ok(QueueSnapshot { waiting, team: Vec::new(), strategy: Strategy::Manual });
        }
        let rows = self.query(&TEAM, &[&workspace.0, &queue.0]).await?;
        // Where a newer version gives them in a way of its own, they are given there.
        let strategy = rows.first().and_then(|row| row.get::<_, &str>(15).parse().ok()).unwrap_or(Strategy::Manual);
        Ok(QueueSnapshot { waiting, team: rows.iter().map(agent).collect(), strategy })
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
