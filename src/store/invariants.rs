//! What must always be so, looked at some at a time: that people hold as many conversations as is said, and that whatever is to become of an
//! open conversation has a timer.

use tokio_postgres::Row;

use super::agents;
use super::statement::prepare;
use super::{Result, Store, Transaction};
use crate::domain::checking::TimersThere;
use crate::domain::ids::{ContactId, ConversationId, InboxId, UserId, WorkspaceId};

crate::statements! {
    /// The next people, each with whether another number is said of them. Across workspaces, as every worker's claim.
    PEOPLE_AFTER = "
        SELECT agent.workspace_id, agent.user_id, agent.load <> (
            SELECT count(*) FROM conversations AS held WHERE held.workspace_id = agent.workspace_id AND held.agent_id = agent.user_id)
        FROM agents AS agent
        WHERE (agent.workspace_id, agent.user_id) > ($1, $2)
        ORDER BY agent.workspace_id, agent.user_id
        LIMIT $3";
    /// Whoever would change it waits until this is committed.
    COUNT_LOAD = "
        UPDATE agents AS agent
        SET load = counted.held
        FROM (SELECT count(*)::integer AS held FROM conversations WHERE workspace_id = $1 AND agent_id = $2) AS counted
        WHERE agent.workspace_id = $1 AND agent.user_id = $2 AND agent.load <> counted.held";
    /// The next open conversations, with the kinds of timers that each has. Across workspaces, as every worker's claim.
    OPEN_AFTER = "
        SELECT c.workspace_id, c.contact_id, c.inbox_id, c.id, c.last_seq, ARRAY(
            SELECT timer.kind
            FROM timers AS timer
            WHERE timer.workspace_id = c.workspace_id AND timer.subject_id = c.id AND timer.about = c.id
            ORDER BY timer.kind
            LIMIT 20), EXISTS (SELECT FROM recounts WHERE recounts.workspace_id = c.workspace_id)
        FROM (
            SELECT workspace_id, contact_id, inbox_id, id, last_seq
            FROM conversations
            WHERE state <> 'resolved' AND (workspace_id, contact_id, inbox_id) > ($1, $2, $3)
            ORDER BY workspace_id, contact_id, inbox_id
            LIMIT $4) AS c
        ORDER BY c.workspace_id, c.contact_id, c.inbox_id";
}

/// Somebody who holds conversations, or might.
#[derive(Debug, Clone, Copy)]
pub struct Holding {
    pub workspace: WorkspaceId,
    pub user: UserId,
    /// Another number is said of them than they hold.
    pub is_wrong: bool,
}

/// An open conversation, with its timers.
#[derive(Debug, Clone, Copy)]
pub struct Timed {
    pub workspace: WorkspaceId,
    pub contact: ContactId,
    pub inbox: InboxId,
    pub conversation: ConversationId,
    pub last_seq: i64,
    pub there: TimersThere,
    /// What is due there is being reckoned anew.
    pub is_recounted: bool,
}

impl Store {
    /// The next so many people, after one of them.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn people_after(&self, (workspace, user): (WorkspaceId, UserId), limit: i64) -> Result<Vec<Holding>> {
        let rows = self.query(&PEOPLE_AFTER, &[&workspace.0, &user.0, &limit]).await?;
        let holding = |row: &Row| Holding { workspace: WorkspaceId(row.get(0)), user: UserId(row.get(1)), is_wrong: row.get(2) };
        Ok(rows.iter().map(holding).collect())
    }

    /// The next so many open conversations, after one of them.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn open_after(&self, (workspace, contact, inbox): (WorkspaceId, ContactId, InboxId), limit: i64) -> Result<Vec<Timed>> {
        let rows = self.query(&OPEN_AFTER, &[&workspace.0, &contact.0, &inbox.0, &limit]).await?;
        Ok(rows.iter().map(timed).collect())
    }
}

fn timed(row: &Row) -> Timed {
    let kinds: Vec<String> = row.get(5);
    let has = |kind: &str| kinds.iter().any(|one| one == kind);
    let there =
        TimersThere { overdue: has("overdue"), waiting: has("waiting"), sla_warning: has("sla_warning"), sla_breach: has("sla_breach") };
    Timed {
        workspace: WorkspaceId(row.get(0)),
        contact: ContactId(row.get(1)),
        inbox: InboxId(row.get(2)),
        conversation: ConversationId(row.get(3)),
        last_seq: row.get(4),
        there,
        is_recounted: row.get(6),
    }
}

/// Counts what somebody holds; answers whether another number was said of them. Theirs is locked first: what others have in hand meanwhile
/// changes it afterwards.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn count_load(transaction: &Transaction<'_>, workspace: WorkspaceId, user: UserId) -> Result<bool> {
    agents::lock(transaction, workspace, &[user.0], None).await?;
    let statement = prepare(transaction, &COUNT_LOAD).await?;
    Ok(transaction.execute(&statement, &[&workspace.0, &user.0]).await? > 0)
}
