//! Agents' rows: capacity is enforced here, in the statement that changes the load.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::statement::Step;
use super::users::rights;
use super::{Result, Store, Transaction, prepare};
use crate::domain::access::Permission;
use crate::domain::agent::{Agent, Availability};
use crate::domain::ids::{ConversationId, QueueId, TeamId, UserId, WorkspaceId};
use crate::domain::lease::Lease;
use crate::domain::signing_off::SignedOff;

/// What [`agent`] reads of `agent`, of the `person` they are and of the `own` role of the workspace that they may have.
macro_rules! agent_columns {
    ($teams:literal) => {
        concat!(
            "agent.user_id, person.name, CASE WHEN agent.signed_off_at IS NULL THEN agent.availability ELSE 'away' END,
            agent.load, agent.capacity, agent.idle_since, ",
            $teams,
            " AS teams, agent.here_at,
            person.role, person.role_id, own.permissions, own.visibility, agent.signed_off_at, agent.keep_until, agent.given_at"
        )
    };
}

pub(super) use agent_columns;

crate::statements! {
    /// Those of $2, and who holds the conversation $3. Locked in the order of their ids, so that two commands cannot wait for each other.
    /// Who the person is, is locked too: after waiting for somebody who leaves, a row that is only read would say that they are here.
    LOCK = concat!("
        SELECT ", agent_columns!("ARRAY[]::uuid[]"), "
        FROM agents AS agent
        JOIN users AS person ON person.workspace_id = agent.workspace_id AND person.id = agent.user_id
        LEFT JOIN roles AS own ON own.workspace_id = person.workspace_id AND own.id = person.role_id
        WHERE agent.workspace_id = $1 AND person.active
          AND agent.user_id = ANY($2::uuid[] || (SELECT agent_id FROM conversations WHERE workspace_id = $1 AND id = $3))
        ORDER BY agent.user_id
        FOR UPDATE OF agent FOR SHARE OF person");
    /// Those of $2 whom nobody has.
    LOCK_THOSE_FREE = concat!("
        SELECT ", agent_columns!("ARRAY[]::uuid[]"), "
        FROM agents AS agent
        JOIN users AS person ON person.workspace_id = agent.workspace_id AND person.id = agent.user_id
        LEFT JOIN roles AS own ON own.workspace_id = person.workspace_id AND own.id = person.role_id
        WHERE agent.workspace_id = $1 AND person.active AND agent.user_id = ANY($2)
        FOR UPDATE OF agent SKIP LOCKED FOR SHARE OF person SKIP LOCKED");
    /// How much each holds more or less now: the only statement that changes a load, and rows are locked in the order of their ids. For
    /// new work there has to be room; a division by zero says that there is none, and undoes what is sent with it. Whoever undoes an act
    /// gets back what they held, at capacity too.
    SHIFT_LOADS = "
        WITH shift AS (
            SELECT *
            FROM UNNEST($2::uuid[], $3::integer[], $4::timestamptz[], $5::timestamptz[]) AS shift (user_id, change, given_at, at)
        ), locked AS (
            SELECT agent.user_id
            FROM agents AS agent
            JOIN shift ON shift.user_id = agent.user_id
            WHERE agent.workspace_id = $1
            ORDER BY agent.user_id
            FOR UPDATE OF agent
        )
        UPDATE agents AS agent
        SET load = greatest(agent.load + shift.change, 0)
                / CASE WHEN shift.given_at IS NULL OR agent.load + shift.change <= agent.capacity THEN 1 ELSE 0 END,
            idle_since = coalesce(shift.at, agent.idle_since), given_at = coalesce(shift.given_at, agent.given_at)
        FROM shift
        JOIN locked ON locked.user_id = shift.user_id
        WHERE agent.workspace_id = $1 AND agent.user_id = shift.user_id";
    HELD_BY = "
        SELECT id
        FROM conversations
        WHERE workspace_id = $1 AND agent_id = $2
        ORDER BY last_message_at DESC, id DESC
        LIMIT $3";
    /// Of whom somebody has the row at this moment, it is told the next time: nobody waits here, and nobody for this.
    SET_HERE = "
        WITH told AS (
            SELECT *
            FROM UNNEST($1::uuid[], $2::uuid[], $3::timestamptz[]) AS told (workspace_id, user_id, at)
        ), free AS (
            SELECT agent.workspace_id, agent.user_id, told.at
            FROM told
            JOIN agents AS agent ON agent.workspace_id = told.workspace_id AND agent.user_id = told.user_id AND agent.here_at < told.at
            FOR UPDATE OF agent SKIP LOCKED
        )
        UPDATE agents AS agent
        SET here_at = free.at
        FROM free
        WHERE agent.workspace_id = free.workspace_id AND agent.user_id = free.user_id";
    SIGN_OFF = "UPDATE agents SET signed_off_at = $3, keep_until = $4 WHERE workspace_id = $1 AND user_id = $2";
    SIGN_BACK = "
        UPDATE agents
        SET signed_off_at = NULL, keep_until = NULL
        WHERE workspace_id = $1 AND user_id = $2 AND signed_off_at IS NOT NULL";
    /// People who hold something and have not been here for longer than they keep it, or are not back when they said. Across workspaces, as every worker's claim: one node
    /// has each of them for a while, and whoever was looked at longest ago comes first.
    CLAIM_GONE = "
        WITH gone AS (
            SELECT agent.workspace_id, agent.user_id, workspace.lease_minutes
            FROM agents AS agent
            JOIN users AS person ON person.workspace_id = agent.workspace_id AND person.id = agent.user_id
            JOIN workspaces AS workspace ON workspace.id = agent.workspace_id
            WHERE agent.load > 0 AND person.active
              AND (agent.here_at <= $1::timestamptz - make_interval(mins => workspace.lease_minutes) OR agent.keep_until <= $1)
              AND (agent.lease_claimed_until IS NULL OR agent.lease_claimed_until < $1)
            ORDER BY agent.lease_claimed_until NULLS FIRST, agent.workspace_id, agent.user_id
            LIMIT $3
            FOR UPDATE OF agent SKIP LOCKED
        )
        UPDATE agents AS agent
        SET lease_claimed_until = $2
        FROM gone
        WHERE agent.workspace_id = gone.workspace_id AND agent.user_id = gone.user_id
        RETURNING agent.workspace_id, agent.user_id, gone.lease_minutes";
    /// What somebody holds whose lease may be over: it was theirs when they signed off and kept it until a time that is past at $5; or it
    /// was theirs at $3, when they were last here at most.
    HELD_FOR_TOO_LONG = "
        SELECT conversation.id
        FROM agents AS agent
        JOIN conversations AS conversation
          ON conversation.workspace_id = agent.workspace_id AND conversation.agent_id = agent.user_id
        WHERE agent.workspace_id = $1 AND agent.user_id = $2
          AND CASE
              WHEN agent.keep_until IS NOT NULL AND coalesce(conversation.assigned_at, '-infinity') <= agent.signed_off_at
              THEN agent.keep_until <= $5
              ELSE agent.here_at <= $3 AND coalesce(conversation.assigned_at, '-infinity') <= $3
          END
        ORDER BY conversation.last_message_at DESC, conversation.id DESC
        LIMIT $4";
    /// What people hold who have left, and a queue could have again. Across workspaces, as every worker's claim.
    HELD_BY_NOBODY = "
        SELECT conversation.workspace_id, conversation.id, conversation.agent_id, successor.id
        FROM users AS person
        JOIN conversations AS conversation
          ON conversation.workspace_id = person.workspace_id AND conversation.agent_id = person.id AND conversation.controller = 'agent'
        LEFT JOIN users AS successor
          ON successor.workspace_id = person.workspace_id AND successor.id = person.successor_id AND successor.active
        WHERE NOT person.active
        ORDER BY conversation.workspace_id, conversation.id
        LIMIT $1";
    QUEUES_OF = "
        SELECT queue.id
        FROM team_members AS member
        JOIN queues AS queue ON queue.workspace_id = member.workspace_id AND queue.team_id = member.team_id
        WHERE member.workspace_id = $1 AND member.user_id = $2
        ORDER BY queue.id
        LIMIT 500";
    ALL = concat!("
        SELECT ", agent_columns!("ARRAY(
                SELECT team_id
                FROM team_members AS member
                WHERE member.workspace_id = agent.workspace_id AND member.user_id = agent.user_id)"), "
        FROM agents AS agent
        JOIN users AS person ON person.workspace_id = agent.workspace_id AND person.id = agent.user_id
        LEFT JOIN roles AS own ON own.workspace_id = person.workspace_id AND own.id = person.role_id
        WHERE agent.workspace_id = $1 AND person.active
        ORDER BY person.name COLLATE names, agent.user_id
        LIMIT 2000");
    ONE = concat!("
        SELECT ", agent_columns!("ARRAY[]::uuid[]"), "
        FROM agents AS agent
        JOIN users AS person ON person.workspace_id = agent.workspace_id AND person.id = agent.user_id
        LEFT JOIN roles AS own ON own.workspace_id = person.workspace_id AND own.id = person.role_id
        WHERE agent.workspace_id = $1 AND agent.user_id = $2 AND person.active");
}

/// Reads what `agent_columns` name.
pub(super) fn agent(row: &Row) -> Agent {
    Agent {
        user: UserId(row.get(0)),
        name: row.get(1),
        availability: availability(row.get(2)),
        load: row.get(3),
        capacity: row.get(4),
        idle_since: row.get(5),
        teams: row.get::<_, Vec<Uuid>>(6).into_iter().map(TeamId).collect(),
        here_at: row.get(7),
        may_reply: rights(row, 8).may(Permission::Reply),
        given_at: row.get(14),
        signed_off: row.get::<_, Option<Timestamp>>(12).map(|at| SignedOff { at, keep_until: row.get(13) }),
    }
}

/// An availability as it is stored. In one of a newer version nobody is given conversations here.
pub(super) fn availability(text: &str) -> Availability {
    text.parse().unwrap_or(Availability::Away)
}

/// Locks the rows of agents, and that of whoever holds a conversation, until the transaction ends.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn lock(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    users: &[Uuid],
    held: Option<ConversationId>,
) -> Result<HashMap<UserId, Agent>> {
    let statement = prepare(transaction, &LOCK).await?;
    let rows = transaction.query(&statement, &[&workspace.0, &users, &held.map(|conversation| conversation.0)]).await?;
    Ok(rows.iter().map(|row| (UserId(row.get(0)), agent(row))).collect())
}

/// Locks the row of an agent, which is waited for, and those of others as far as nobody has them, until the transaction ends.
///
/// # Errors
/// As PostgreSQL answers; [`is_busy`](super::Error::is_busy) when somebody has the first one for too long.
pub async fn lock_first(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    first: UserId,
    others: &[UserId],
) -> Result<HashMap<UserId, Agent>> {
    for statement in [&LOCK, &LOCK_THOSE_FREE] {
        prepare(transaction, statement).await?;
    }
    let (first, others) = ([first.0], others.iter().map(|user| user.0).collect::<Vec<_>>());
    let free = async {
        let statement = prepare(transaction, &LOCK_THOSE_FREE).await?;
        Ok(transaction.query(&statement, &[&workspace.0, &others]).await?)
    };
    let (first, free) = tokio::join!(biased; lock(transaction, workspace, &first, None), free);
    let (mut agents, free): (_, Result<Vec<Row>>) = (first?, free);
    agents.extend(free?.iter().map(|row| (UserId(row.get(0)), agent(row))));
    Ok(agents)
}

/// How many conversations somebody holds more or less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadShift {
    pub change: i32,
    /// When they were given new work; it needs room.
    pub given_at: Option<Timestamp>,
    /// When it became so.
    pub at: Option<Timestamp>,
}

/// Changes how much people hold.
pub(super) fn shift_loads(workspace: WorkspaceId, shifts: &BTreeMap<UserId, LoadShift>) -> Step {
    Step::of(SHIFT_LOADS)
        .with(workspace.0)
        .with(shifts.keys().map(|user| user.0).collect::<Vec<_>>())
        .with(shifts.values().map(|shift| shift.change).collect::<Vec<_>>())
        .with(shifts.values().map(|shift| shift.given_at).collect::<Vec<_>>())
        .with(shifts.values().map(|shift| shift.at).collect::<Vec<_>>())
}

/// The queues a person works for.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn queues_of(transaction: &Transaction<'_>, workspace: WorkspaceId, user: UserId) -> Result<Vec<QueueId>> {
    let statement = prepare(transaction, &QUEUES_OF).await?;
    Ok(transaction.query(&statement, &[&workspace.0, &user.0]).await?.iter().map(|row| QueueId(row.get(0))).collect())
}

/// A conversation of somebody who has left.
#[derive(Debug, Clone, Copy)]
pub struct Forsaken {
    pub workspace: WorkspaceId,
    pub conversation: ConversationId,
    pub user: UserId,
    /// Who goes on with it, if somebody was chosen and works here still.
    pub successor: Option<UserId>,
}

/// Somebody who holds conversations, and is not here.
#[derive(Debug, Clone, Copy)]
pub struct Gone {
    pub workspace: WorkspaceId,
    pub user: UserId,
    /// How long they keep them.
    pub lease: Lease,
}

impl Store {
    /// People were here then.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_here(&self, here: &HashMap<(WorkspaceId, UserId), Timestamp>) -> Result<()> {
        let workspaces: Vec<Uuid> = here.keys().map(|(workspace, _)| workspace.0).collect();
        let users: Vec<Uuid> = here.keys().map(|(_, user)| user.0).collect();
        let times: Vec<Timestamp> = here.values().copied().collect();
        self.execute(&SET_HERE, &[&workspaces, &users, &times]).await?;
        Ok(())
    }

    /// Takes people until then who hold something and have not been here for longer than they keep it.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn claim_gone(&self, now: Timestamp, until: Timestamp, limit: i64) -> Result<Vec<Gone>> {
        let rows = self.query(&CLAIM_GONE, &[&now, &until, &limit]).await?;
        let gone = |row: &Row| Gone { workspace: WorkspaceId(row.get(0)), user: UserId(row.get(1)), lease: Lease { minutes: row.get(2) } };
        Ok(rows.iter().map(gone).collect())
    }

    /// What somebody holds whose lease may be over, who has held it since `then` and was last here then, or said until when they keep it.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn held_for_too_long(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        then: Timestamp,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<ConversationId>> {
        let rows = self.query(&HELD_FOR_TOO_LONG, &[&workspace.0, &user.0, &then, &limit, &now]).await?;
        Ok(rows.iter().map(|row| ConversationId(row.get(0))).collect())
    }

    /// Somebody signs off.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn sign_off(&self, workspace: WorkspaceId, user: UserId, signed_off: SignedOff) -> Result<()> {
        self.execute(&SIGN_OFF, &[&workspace.0, &user.0, &signed_off.at, &signed_off.keep_until]).await.map(drop)
    }

    /// Somebody who signed off is back; whether they had.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn sign_back(&self, workspace: WorkspaceId, user: UserId) -> Result<bool> {
        Ok(self.execute(&SIGN_BACK, &[&workspace.0, &user.0]).await? == 1)
    }

    /// Everybody of a workspace as routing sees them, by name.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn agents(&self, workspace: WorkspaceId) -> Result<Vec<Agent>> {
        Ok(self.query(&ALL, &[&workspace.0]).await?.iter().map(agent).collect())
    }

    /// One of them, if they work here.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn agent(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Agent>> {
        Ok(self.query_opt(&ONE, &[&workspace.0, &user.0]).await?.as_ref().map(agent))
    }

    /// The conversations that a person holds.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn held_by(&self, workspace: WorkspaceId, user: UserId, limit: i64) -> Result<Vec<ConversationId>> {
        let rows = self.query(&HELD_BY, &[&workspace.0, &user.0, &limit]).await?;
        Ok(rows.iter().map(|row| ConversationId(row.get(0))).collect())
    }

    /// Conversations that people hold who have left.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn held_by_nobody(&self, limit: i64) -> Result<Vec<Forsaken>> {
        let rows = self.query(&HELD_BY_NOBODY, &[&limit]).await?;
        let forsaken = |row: &Row| Forsaken {
            workspace: WorkspaceId(row.get(0)),
            conversation: ConversationId(row.get(1)),
            user: UserId(row.get(2)),
            successor: row.get::<_, Option<Uuid>>(3).map(UserId),
        };
        Ok(rows.iter().map(forsaken).collect())
    }

    /// The queues a person works for.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn queues_of(&self, workspace: WorkspaceId, user: UserId) -> Result<Vec<QueueId>> {
        let rows = self.query(&QUEUES_OF, &[&workspace.0, &user.0]).await?;
        Ok(rows.iter().map(|row| QueueId(row.get(0))).collect())
    }
}
