//! The queues: for routing, who waits and who may take it; for administrators, what each is and what is in it.

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::agents::{agent, agent_columns};
use super::reading::{if_known, json};
use super::skills::skill;
use super::statement::prepare;
use super::{Result, Store, Transaction};
use crate::domain::agent::Agent;
use crate::domain::announcing::Announcements;
use crate::domain::hours::Hours;
use crate::domain::ids::{ContactId, ConversationId, InboxId, QueueId, SlaPolicyId, TeamId, UserId, WorkspaceId};
use crate::domain::landing::Why;
use crate::domain::overflow::{Overflow, Wait};
use crate::domain::rest::Rest;
use crate::domain::routing::{Levels, Priority, Skill, Strategy, Waiting, Wants, WideningStep};
use crate::domain::sticky::Sticky;

/// Queues that a page shows.
const MOST_QUEUES: i64 = 1_000;

/// Different requirements that are read at once.
const PAGE: i64 = 500;

crate::statements! {
    WAITING = "
        SELECT id
        FROM conversations
        WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND state IN ('open', 'snoozed')
        ORDER BY queued_at, id
        LIMIT $3";
    /// Routers that chose for a queue at one moment would choose the same people for the same conversations, and all but one in vain.
    TAKE_TURN = "SELECT pg_try_advisory_xact_lock(hashtextextended('routing ' || $1::uuid, 0))";
    /// Each that stands for all that require the same, from one on: only the first of each is read. In a state of a newer version, it is a
    /// newer node's to give.
    PRESENT = "
        WITH RECURSIVE present AS (
            (SELECT needs, skills
             FROM conversations
             WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND state IN ('open', 'snoozed') AND needs > $3
             ORDER BY needs
             LIMIT 1)
            UNION ALL
            SELECT next.needs, next.skills
            FROM present
            CROSS JOIN LATERAL (
                SELECT needs, skills
                FROM conversations
                WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND state IN ('open', 'snoozed')
                  AND needs > present.needs
                ORDER BY needs
                LIMIT 1) AS next)
        SELECT needs, skills
        FROM present
        LIMIT $4";
    /// Of those that require the same, so many; of all of these the first.
    HEADS = "
        SELECT head.id, head.contact_id, head.inbox_id, head.queued_at, head.last_agent_id, head.assignment_reason IS NULL AS is_past_last,
            head.priority, head.skills, head.wait
        FROM UNNEST($3::bigint[], $4::bigint[]) AS alike (needs, many)
        CROSS JOIN LATERAL (
            SELECT *
            FROM conversations
            WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND state IN ('open', 'snoozed') AND needs = alike.needs
            ORDER BY priority DESC, queued_at, id
            LIMIT alike.many) AS head
        ORDER BY head.priority DESC, head.queued_at, head.id
        LIMIT $5";
    /// Those that nobody here could have, the longest waiting first, of which that was not noted yet.
    WITHOUT_ANYBODY = "
        SELECT id, contact_id, inbox_id, queued_at
        FROM conversations
        WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND state IN ('open', 'snoozed') AND needs = ANY($3)
          AND NOT coalesce(wait -> 'done', '[]') @> $4
        ORDER BY queued_at, id
        LIMIT $5";
    /// Those who wait longest.
    IN_LINE = "
        SELECT id, contact_id, inbox_id, queued_at, priority, wait
        FROM conversations
        WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND state IN ('open', 'snoozed')
        ORDER BY queued_at, id
        LIMIT $3";
    /// At most 1,000 are counted.
    GIVEN_SINCE = "
        SELECT count(*)
        FROM (
            SELECT
            FROM routing_decisions
            WHERE workspace_id = $1 AND queue_id = $2 AND at > $3
            ORDER BY at DESC
            LIMIT 1000) AS given";
    /// Those that came beyond a limit, of which that was not noted yet.
    BEYOND = "
        SELECT late.id, late.contact_id, late.inbox_id, late.queued_at
        FROM (
            SELECT id, contact_id, inbox_id, queued_at, wait
            FROM conversations
            WHERE workspace_id = $1 AND queue_id = $2 AND controller = 'queue' AND state IN ('open', 'snoozed')
            ORDER BY queued_at, id
            OFFSET $3
            LIMIT 1000) AS late
        WHERE NOT coalesce(late.wait -> 'done', '[]') @> $4
        ORDER BY late.queued_at, late.id
        LIMIT $5";
    SKILLS = "SELECT id, key, name, language FROM skills WHERE workspace_id = $1 ORDER BY id LIMIT 10000";
    TEAM = concat!("
        SELECT ", agent_columns!("ARRAY[]::uuid[]"), ", queue.strategy,
            (SELECT jsonb_object_agg(skill_id, level) FROM agent_skills AS has
             WHERE has.workspace_id = agent.workspace_id AND has.user_id = agent.user_id) AS skills,
            queue.rest
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
        WHERE (strategy <> 'manual' OR overflow <> '{}' OR announcements <> '{}') AND EXISTS (
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
    /// Across workspaces: for whichever node ends what is over.
    RESTING = "SELECT workspace_id, id, rest FROM queues WHERE rest IS NOT NULL ORDER BY workspace_id, id LIMIT 1000";
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
                  ORDER BY inbox.name COLLATE names),
            queue.widening, queue.rest, queue.overflow, queue.sticky, queue.announcements
        FROM queues AS queue
        WHERE queue.workspace_id = $1 AND queue.id = $2";
}

/// What routing decides from; as it was a moment ago.
#[derive(Debug)]
pub struct QueueSnapshot {
    /// Those that wait, by what they require.
    pub present: Vec<Present>,
    /// Each with their skills.
    pub team: Vec<(Agent, Levels)>,
    pub strategy: Strategy,
    pub rest: Option<Rest>,
}

/// Those that wait in a queue and require the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    pub needs: i64,
    /// Nothing where only a newer version understands it: people have the customer rather than nobody.
    pub required: Levels,
}

/// One that waits in line.
#[derive(Debug, Clone)]
pub struct InLine {
    pub conversation: ConversationId,
    pub contact: ContactId,
    pub inbox: InboxId,
    pub queued_at: Option<Timestamp>,
    pub priority: Priority,
    pub wait: Option<Wait>,
}

/// One that waits where it cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spilling {
    pub conversation: ConversationId,
    pub contact: ContactId,
    pub inbox: InboxId,
    pub queued_at: Option<Timestamp>,
}

fn spilling(row: &Row) -> Spilling {
    Spilling { conversation: ConversationId(row.get(0)), contact: ContactId(row.get(1)), inbox: InboxId(row.get(2)), queued_at: row.get(3) }
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
        asked: if_known::<Wants>(row, 7).map(|wants| wants.asked).unwrap_or_default(),
        rather: if_known::<Wait>(row, 8).as_ref().and_then(Waiting::rather),
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
    /// What is wanted less of, and when.
    pub widening: Vec<WideningStep>,
    /// It rests, or did until a while ago.
    pub rest: Option<Rest>,
    /// What becomes of those who wait there and are given to nobody.
    pub overflow: Overflow,
    /// It keeps customers with whom they know.
    pub sticky: Option<Sticky>,
    /// What whoever waits there is told of their place in line.
    pub announcements: Announcements,
}

/// Takes the turn at a queue until the transaction ends; then what is required there by those who wait, and its team. Nothing when somebody
/// else has the turn: nobody waits for it with a connection in hand.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn take_turn(transaction: &Transaction<'_>, workspace: WorkspaceId, queue: QueueId) -> Result<Option<QueueSnapshot>> {
    let turn = prepare(transaction, &TAKE_TURN).await?;
    if !transaction.query_one(&turn, &[&queue.0]).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    let after = i64::MIN;
    let of_queue: [&(dyn ToSql + Sync); 4] = [&workspace.0, &queue.0, &after, &PAGE];
    let present = prepare(transaction, &PRESENT).await?;
    let team = prepare(transaction, &TEAM).await?;
    // The first poll of each sends it.
    let (first, team) = tokio::join!(biased; transaction.query(&present, &of_queue), transaction.query(&team, &of_queue[..2]));
    let (present, team) = (all_present(transaction, workspace, queue, first?).await?, team?);
    // Where a newer version gives them in a way of its own, they are given there.
    let strategy = team.first().and_then(|row| row.get::<_, &str>(15).parse().ok()).unwrap_or(Strategy::Manual);
    let rest = team.first().and_then(|row| if_known(row, 17));
    let team = team.iter().map(|row| (agent(row), if_known(row, 16).unwrap_or_default())).collect();
    Ok(Some(QueueSnapshot { present, team, strategy, rest }))
}

/// The skills that there are now, for routing: a node that has not heard of one would ask nobody for it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn skills_now(transaction: &Transaction<'_>, workspace: WorkspaceId) -> Result<Vec<Skill>> {
    let statement = prepare(transaction, &SKILLS).await?;
    Ok(transaction.query(&statement, &[&workspace.0]).await?.iter().map(skill).collect())
}

/// All that is required, of which the first page was read already.
async fn all_present(transaction: &Transaction<'_>, workspace: WorkspaceId, queue: QueueId, first: Vec<Row>) -> Result<Vec<Present>> {
    let (mut all, mut rows): (Vec<Present>, _) = (Vec::new(), first);
    loop {
        let read = |row: &Row| {
            let asked = if_known::<Wants>(row, 1).map(|wants| wants.asked).unwrap_or_default();
            Present { needs: row.get(0), required: asked.required }
        };
        all.extend(rows.iter().map(read));
        let is_more = i64::try_from(rows.len()).is_ok_and(|count| count >= PAGE);
        let Some(last) = all.last().filter(|_| is_more) else { return Ok(all) };
        let statement = prepare(transaction, &PRESENT).await?;
        rows = transaction.query(&statement, &[&workspace.0, &queue.0, &last.needs, &PAGE]).await?;
    }
}

/// Who waits in a queue, in the order in which they are given to somebody: of those that require the same (as in [`Present`]) so many,
/// and of all of these the first `limit`.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn heads(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    queue: QueueId,
    alike: &[(i64, i64)],
    limit: i64,
) -> Result<Vec<Waiting>> {
    let (needs, many): (Vec<i64>, Vec<i64>) = alike.iter().copied().unzip();
    let statement = prepare(transaction, &HEADS).await?;
    let rows = transaction.query(&statement, &[&workspace.0, &queue.0, &needs, &many, &limit]).await?;
    Ok(rows.iter().map(|row| waiting(queue, row)).collect())
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
            widening: if_known(&row, 12).unwrap_or_default(),
            rest: if_known(&row, 13),
            overflow: if_known(&row, 14).unwrap_or_default(),
            sticky: if_known(&row, 15),
            announcements: if_known(&row, 16).unwrap_or_default(),
        }))
    }

    /// Who waits in a queue, the longest waiting first.
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

    /// Queues of any workspace whose rest is over, and has not been ended.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn queues_with_rest_over(&self, now: Timestamp) -> Result<Vec<(WorkspaceId, QueueId)>> {
        let is_over = |row: &&Row| if_known::<Rest>(row, 2).is_some_and(|rest| !rest.is_on(now));
        let rows = self.query(&RESTING, &[]).await?;
        Ok(rows.iter().filter(is_over).map(|row| (WorkspaceId(row.get(0)), QueueId(row.get(1)))).collect())
    }

    /// Of those that wait in a queue and require what one of `needs` stands for, those of which it was not noted yet that nobody here
    /// could have them.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn without_anybody(&self, workspace: WorkspaceId, queue: QueueId, needs: &[i64], limit: i64) -> Result<Vec<Spilling>> {
        let why = serde_json::to_value([Why::NobodyHere])?;
        let rows = self.query(&WITHOUT_ANYBODY, &[&workspace.0, &queue.0, &needs, &why, &limit]).await?;
        Ok(rows.iter().map(spilling).collect())
    }

    /// Those who wait longest in a queue, in the order of their wait.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn in_line(&self, workspace: WorkspaceId, queue: QueueId, limit: i64) -> Result<Vec<InLine>> {
        let one = |row: &Row| InLine {
            conversation: ConversationId(row.get(0)),
            contact: ContactId(row.get(1)),
            inbox: InboxId(row.get(2)),
            queued_at: row.get(3),
            priority: Priority::of(row.get(4)),
            wait: if_known(row, 5),
        };
        Ok(self.query(&IN_LINE, &[&workspace.0, &queue.0, &limit]).await?.iter().map(one).collect())
    }

    /// How many of a queue routing has given to somebody since then; at most 1,000 are counted.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn given_since(&self, workspace: WorkspaceId, queue: QueueId, since: Timestamp) -> Result<i64> {
        Ok(self.query_opt(&GIVEN_SINCE, &[&workspace.0, &queue.0, &since]).await?.map_or(0, |row| row.get(0)))
    }

    /// Of those that wait in a queue behind the first so many, those of which that was not noted.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn beyond(&self, workspace: WorkspaceId, queue: QueueId, most: i32, limit: i64) -> Result<Vec<Spilling>> {
        let why = serde_json::to_value([Why::Full])?;
        let rows = self.query(&BEYOND, &[&workspace.0, &queue.0, &i64::from(most), &why, &limit]).await?;
        Ok(rows.iter().map(spilling).collect())
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
