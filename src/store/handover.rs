//! What is open at the end of a shift: who waits longest, whom somebody owes an answer, and what is late next.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::access::{Viewer, admits};
use super::contacts::called;
use super::{Result, Statement, Store};
use crate::domain::ids::{ConversationId, QueueId, UserId};

/// The conversations of a list; names are read of no more than these.
macro_rules! named {
    ($from:literal, $which:literal, $order:literal, $then:literal) => {
        concat!(
            "
        SELECT open.id, ",
            called!(),
            ", open.queue_id, open.agent_id, open.since, open.due
        FROM (",
            $from,
            $which,
            " AND ",
            admits!("$1", "$4", "$5"),
            $order,
            ") AS c ",
            $then,
            ") AS open
        JOIN contacts AS contact ON contact.workspace_id = $1 AND contact.id = open.contact_id
        ORDER BY coalesce(open.due, open.since), open.id"
        )
    };
}

crate::statements! {
    /// In these queues, in the order of each.
    WAITING = named!("
        SELECT c.id, c.contact_id, line.id AS queue_id, NULL::uuid AS agent_id, c.since, NULL::timestamptz AS due
        FROM unnest($2::uuid[]) AS line (id)
        CROSS JOIN LATERAL (
            SELECT c.id, c.contact_id, coalesce(c.waiting_since, c.queued_at) AS since
            FROM conversations AS c", "
            WHERE c.workspace_id = $1 AND c.queue_id = line.id AND c.controller = 'queue'", "
            ORDER BY c.queued_at, c.id
            LIMIT $3", "
        ORDER BY c.since, c.id
        LIMIT $3");
    /// Of these people.
    OWED = named!("
        SELECT c.id, c.contact_id, c.queue_id, person.id AS agent_id, c.since, NULL::timestamptz AS due
        FROM unnest($2::uuid[]) AS person (id)
        CROSS JOIN LATERAL (
            SELECT c.id, c.contact_id, c.queue_id, c.waiting_since AS since
            FROM conversations AS c", "
            WHERE c.workspace_id = $1 AND c.agent_id = person.id AND c.waiting_since IS NOT NULL", "
            LIMIT 1000", "
        ORDER BY c.since, c.id
        LIMIT $3");
    /// In these queues, or come from them, by their policies.
    DUE = named!("
        SELECT c.id, c.contact_id, line.id AS queue_id, c.agent_id, NULL::timestamptz AS since, c.sla_due_at AS due
        FROM unnest($2::uuid[]) AS line (id)
        CROSS JOIN LATERAL (
            SELECT c.id, c.contact_id, c.agent_id, c.sla_due_at
            FROM conversations AS c", "
            WHERE c.workspace_id = $1 AND c.queue_id = line.id AND c.sla_soon_at IS NOT NULL", "
            ORDER BY c.sla_soon_at
            LIMIT $3", "
        WHERE c.sla_due_at IS NOT NULL
        ORDER BY c.sla_due_at, c.id
        LIMIT $3");
}

/// A conversation that somebody is to see to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    pub conversation: ConversationId,
    /// What the customer is called, to be read by [`Phones`](crate::domain::contact::Phones); may be empty.
    pub contact_name: String,
    pub queue: Option<QueueId>,
    /// Who holds it.
    pub agent: Option<UserId>,
    /// Since when the customer waits, or when it is late.
    pub at: Option<Timestamp>,
}

fn open(row: &Row) -> Open {
    Open {
        conversation: ConversationId(row.get(0)),
        contact_name: row.get(1),
        queue: row.get::<_, Option<Uuid>>(2).map(QueueId),
        agent: row.get::<_, Option<Uuid>>(3).map(UserId),
        at: row.get::<_, Option<Timestamp>>(5).or_else(|| row.get(4)),
    }
}

impl Store {
    /// Those who wait longest in some queues.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn waiting_longest(&self, viewer: Viewer, queues: &[QueueId], limit: i64) -> Result<Vec<Open>> {
        self.open(&WAITING, viewer, queues.iter().map(|queue| queue.0).collect(), limit).await
    }

    /// Those whom some people have owed an answer for longest.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn owed_longest(&self, viewer: Viewer, people: &[UserId], limit: i64) -> Result<Vec<Open>> {
        self.open(&OWED, viewer, people.iter().map(|user| user.0).collect(), limit).await
    }

    /// What is late first by the policies of some queues.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn due_first(&self, viewer: Viewer, queues: &[QueueId], limit: i64) -> Result<Vec<Open>> {
        self.open(&DUE, viewer, queues.iter().map(|queue| queue.0).collect(), limit).await
    }

    async fn open(&self, statement: &Statement, viewer: Viewer, of: Vec<Uuid>, limit: i64) -> Result<Vec<Open>> {
        let Viewer { workspace, user, visibility } = viewer;
        Ok(self.query(statement, &[&workspace.0, &of, &limit, &user.0, &visibility.as_str()]).await?.iter().map(open).collect())
    }
}
