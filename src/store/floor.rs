//! The floor: what waits in each queue, what each person holds, and what supervisors did there. However many queues and people there are,
//! it is so many statements.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_postgres::Row;
use uuid::Uuid;

use super::access::{Viewer, admits};
use super::agents::availability;
use super::reading::{if_known, json};
use super::statement::Step;
use super::users::rights;
use super::{Result, Store};
use crate::domain::access::Permission;
use crate::domain::floor::wait::wanted_since;
use crate::domain::floor::{FloorAct, FloorEntry, FloorFigures, Left, PersonFigures, QueueFigures, SOON};
use crate::domain::ids::{ContactId, ConversationId, FloorActId, InboxId, QueueId, TeamId, UserId, WorkspaceId};
use crate::domain::overdue::AnswerWithin;

crate::statements! {
    ITSELF = "SELECT time_zone, answer_minutes, id AS workspace_id FROM workspaces WHERE id = $1";
    /// Who waits is late as lists say it: by how long the customer waits for a person. In the order of the queue, so that its own index is
    /// taken whatever the planner believes of how much there is.
    QUEUES = "
        SELECT queue.id, queue.name, queue.team_id, team.name, queue.hours, queue.promise_minutes,
            waiting.count, waiting.oldest, waiting.late, waiting.soon, waiting.next_late, waiting.next_soon,
            due.late, due.soon, least(due.next_late, coming.next_soon)
        FROM queues AS queue
        JOIN teams AS team ON team.workspace_id = $1 AND team.id = queue.team_id
        -- Reckoned once for each queue, and not for each who waits.
        CROSS JOIN LATERAL (
            SELECT $2::timestamptz - make_interval(mins => queue.promise_minutes),
                $3::timestamptz - make_interval(mins => queue.promise_minutes)
            OFFSET 0) AS promise (late, soon)
        CROSS JOIN LATERAL (
            SELECT count(*), min(since), count(*) FILTER (WHERE since <= promise.late),
                count(*) FILTER (WHERE since > promise.late AND since <= promise.soon),
                min(since) FILTER (WHERE since > promise.late), min(since) FILTER (WHERE since > promise.soon)
            FROM (
                SELECT coalesce(waiting_since, queued_at) AS since
                FROM conversations
                WHERE workspace_id = $1 AND queue_id = queue.id AND controller = 'queue'
                ORDER BY queued_at, id
                LIMIT 50000) AS waits) AS waiting (count, oldest, late, soon, next_late, next_soon)
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE sla_due_at <= $2), count(*) FILTER (WHERE sla_due_at > $2),
                min(sla_due_at) FILTER (WHERE sla_due_at > $2)
            FROM (
                SELECT sla_due_at
                FROM conversations
                WHERE workspace_id = $1 AND queue_id = queue.id AND sla_soon_at <= $2 AND queue.sla_policy_id IS NOT NULL
                ORDER BY sla_soon_at
                LIMIT 50000) AS dues) AS due (late, soon, next_late)
        CROSS JOIN LATERAL (
            SELECT min(sla_soon_at)
            FROM (
                SELECT sla_soon_at
                FROM conversations
                WHERE workspace_id = $1 AND queue_id = queue.id AND sla_soon_at > $2 AND queue.sla_policy_id IS NOT NULL
                ORDER BY sla_soon_at
                LIMIT 1) AS first) AS coming (next_soon)
        WHERE queue.workspace_id = $1
        ORDER BY queue.position, queue.name COLLATE names, queue.id
        LIMIT 1000";
    /// Those who work for a queue, or hold something all the same.
    PEOPLE = "
        SELECT agent.user_id, person.name, CASE WHEN agent.signed_off_at IS NULL THEN agent.availability ELSE 'away' END,
            greatest(agent.availability_at, agent.signed_off_at), agent.load, agent.capacity, member.teams,
            held.oldest, held.due, agent.here_at, held.owed_since, person.role, person.role_id, own.permissions, own.visibility,
            agent.keep_until
        FROM agents AS agent
        JOIN users AS person ON person.workspace_id = agent.workspace_id AND person.id = agent.user_id
        LEFT JOIN roles AS own ON own.workspace_id = person.workspace_id AND own.id = person.role_id
        CROSS JOIN LATERAL (
            SELECT ARRAY(
                SELECT team_id
                FROM team_members
                WHERE workspace_id = $1 AND user_id = agent.user_id
                ORDER BY team_id)) AS member (teams)
        CROSS JOIN LATERAL (
            SELECT min(since), min(since + make_interval(mins => promise_minutes)),
                min(greatest(since, assigned_at)) FILTER (WHERE since IS NOT NULL AND NOT is_answered)
            FROM (
                SELECT conversation.waiting_since AS since, conversation.assigned_at, queue.promise_minutes,
                    conversation.last_message ->> 'agent' IS NOT NULL AND conversation.last_message ->> 'is_queued' IS NOT NULL AS is_answered
                FROM conversations AS conversation
                LEFT JOIN queues AS queue ON queue.workspace_id = $1 AND queue.id = conversation.queue_id
                WHERE conversation.workspace_id = $1 AND conversation.agent_id = agent.user_id
                LIMIT 1000) AS holds) AS held (oldest, due, owed_since)
        WHERE agent.workspace_id = $1 AND person.active AND (agent.load > 0 OR member.teams <> '{}')
        ORDER BY agent.user_id
        LIMIT 5000";
    ENTRIES = "
        SELECT act.id, act.user_id, person.name, act.at, act.act, cardinality(act.conversation_ids), act.undone_at, act.undone,
            act.left_behind
        FROM floor_acts AS act
        JOIN users AS person ON person.workspace_id = $1 AND person.id = act.user_id
        WHERE act.workspace_id = $1 AND act.at >= $2
        ORDER BY act.at DESC
        LIMIT $3";
    ENTRY = "
        SELECT act.id, act.user_id, person.name, act.at, act.act, cardinality(act.conversation_ids), act.undone_at, act.undone,
            act.left_behind, act.conversation_ids, act.seqs
        FROM floor_acts AS act
        JOIN users AS person ON person.workspace_id = $1 AND person.id = act.user_id
        WHERE act.workspace_id = $1 AND act.id = $2";
    BEGIN = "
        INSERT INTO floor_acts (workspace_id, id, user_id, at, act)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace_id, id) DO NOTHING";
    SET_ACT = "UPDATE floor_acts SET act = $3 WHERE workspace_id = $1 AND id = $2";
    SET_LEFT = "UPDATE floor_acts SET left_behind = $3 WHERE workspace_id = $1 AND id = $2";
    /// It is taken back once.
    BEGIN_UNDOING = "UPDATE floor_acts SET undone_at = $3 WHERE workspace_id = $1 AND id = $2 AND undone_at IS NULL";
    /// Where it is being taken back already, a division by zero undoes what is sent with it: nothing is done that nobody can take back.
    ADD_DONE = "
        UPDATE floor_acts
        SET conversation_ids = conversation_ids || $3::uuid[], seqs = seqs || $4::bigint[],
            undone = undone / CASE WHEN undone_at IS NULL THEN 1 ELSE 0 END
        WHERE workspace_id = $1 AND id = $2";
    ADD_UNDONE = "UPDATE floor_acts SET undone = undone + $3 WHERE workspace_id = $1 AND id = $2";
    /// Across workspaces.
    FORGET = "
        DELETE FROM floor_acts
        WHERE (workspace_id, id) IN (SELECT workspace_id, id FROM floor_acts WHERE at < $1 ORDER BY at LIMIT 1000)";
    /// What somebody sees of what waits in a queue, in its order. In a state of a newer version, it is a newer node's to move.
    WAITING = concat!("
        SELECT c.id, c.contact_id, c.inbox_id
        FROM conversations AS c
        WHERE c.workspace_id = $1 AND c.queue_id = $2 AND c.controller = 'queue' AND c.state IN ('open', 'snoozed')
          AND ", admits!("$1", "$3", "$4"), "
        ORDER BY c.queued_at, c.id
        LIMIT $5");
    /// What somebody sees of what a colleague holds, whoever waits longest first.
    HELD = concat!("
        SELECT c.id, c.contact_id, c.inbox_id
        FROM conversations AS c
        WHERE c.workspace_id = $1 AND c.agent_id = $2 AND c.controller = 'agent' AND c.state IN ('open', 'snoozed')
          AND ", admits!("$1", "$3", "$4"), "
        ORDER BY c.waiting_since, c.assigned_at, c.id
        LIMIT $5");
    THESE = "
        SELECT id, contact_id, inbox_id
        FROM conversations
        WHERE workspace_id = $1 AND id = ANY($2)";
}

/// A conversation on the floor, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movable {
    pub conversation: ConversationId,
    pub contact: ContactId,
    pub inbox: InboxId,
}

/// What an act did in one transaction: to which conversations, and the line of each journal that tells of it; or of how many it was taken
/// back.
#[derive(Debug)]
pub enum Noted {
    Done { act: FloorActId, lines: Vec<(ConversationId, i64)> },
    Undone { act: FloorActId, count: usize },
}

/// An act with what it was done to.
#[derive(Debug)]
pub struct WholeEntry {
    pub entry: FloorEntry,
    pub lines: Vec<(ConversationId, i64)>,
}

/// Notes what an act did, in the transaction that did it.
pub(super) fn note(workspace: WorkspaceId, noted: &Noted) -> Step {
    match noted {
        Noted::Done { act, lines } => Step::of(ADD_DONE)
            .with(workspace.0)
            .with(act.0)
            .with(lines.iter().map(|(conversation, _)| conversation.0).collect::<Vec<_>>())
            .with(lines.iter().map(|(_, seq)| *seq).collect::<Vec<_>>()),
        Noted::Undone { act, count } => Step::of(ADD_UNDONE).with(workspace.0).with(act.0).with(i32::try_from(*count).unwrap_or(i32::MAX)),
    }
}

fn queue(row: &Row) -> QueueFigures {
    QueueFigures {
        id: QueueId(row.get(0)),
        name: row.get(1),
        team: TeamId(row.get(2)),
        team_name: row.get(3),
        hours: json(row, 4).ok(),
        promise_minutes: row.get(5),
        waiting: row.get(6),
        oldest: row.get(7),
        late: row.get(8),
        soon: row.get(9),
        next_late: row.get(10),
        next_soon: row.get(11),
        breached: row.get(12),
        breaching: row.get(13),
        next_breach: row.get(14),
        lately: Vec::new(),
    }
}

fn person(row: &Row) -> PersonFigures {
    PersonFigures {
        id: UserId(row.get(0)),
        name: row.get(1),
        availability: availability(row.get(2)),
        availability_at: row.get(3),
        load: row.get(4),
        capacity: row.get(5),
        teams: row.get::<_, Vec<Uuid>>(6).into_iter().map(TeamId).collect(),
        oldest: row.get(7),
        due: row.get(8),
        here_at: Some(row.get(9)),
        owed_since: row.get(10),
        may_reply: rights(row, 11).may(Permission::Reply),
        keep_until: row.get(15),
        answered: 0,
        resolved: 0,
    }
}

fn entry(row: &Row) -> FloorEntry {
    let count = |column| usize::try_from(row.get::<_, i32>(column)).unwrap_or_default();
    FloorEntry {
        id: FloorActId(row.get(0)),
        by: UserId(row.get(1)),
        by_name: row.get(2),
        at: row.get(3),
        act: json(row, 4).unwrap_or(FloorAct::Strange),
        count: count(5),
        undone_at: row.get(6),
        undone: count(7),
        left: if_known(row, 8).unwrap_or_default(),
    }
}

fn movable(row: &Row) -> Movable {
    Movable { conversation: ConversationId(row.get(0)), contact: ContactId(row.get(1)), inbox: InboxId(row.get(2)) }
}

/// When the day of a moment began in a time zone, and when it ends.
fn day_of(now: Timestamp, time_zone: &str) -> (Timestamp, Timestamp) {
    let local = now.to_zoned(TimeZone::get(time_zone).unwrap_or(TimeZone::UTC));
    let begins = local.start_of_day().map_or(now, |day| day.timestamp());
    let ends = local.tomorrow().and_then(|day| day.start_of_day()).map_or(Timestamp::MAX, |day| day.timestamp());
    (begins, ends)
}

impl Store {
    /// Everything on the floor of a workspace.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn floor(&self, workspace: WorkspaceId, now: Timestamp) -> Result<FloorFigures> {
        let itself = self.query_opt(&ITSELF, &[&workspace.0]).await?;
        let zone: &str = itself.as_ref().map_or("", |row| row.get(0));
        let answer = itself.as_ref().and_then(|row| row.get::<_, Option<i32>>(1)).map(|minutes| AnswerWithin { minutes });
        let (day_begins_at, day_ends_at) = day_of(now, zone);
        let soon = now.saturating_add(SOON).unwrap_or(now);
        let queues = async { self.query(&QUEUES, &[&workspace.0, &now, &soon]).await };
        let people = async { self.query(&PEOPLE, &[&workspace.0]).await };
        let lately = self.queue_tallies(workspace, wanted_since(now));
        let (queues, people, done, mut lately) = tokio::try_join!(queues, people, self.tallies(workspace, day_begins_at), lately)?;
        let counted = |row: &Row| {
            let person = person(row);
            let (answered, resolved) = done.get(&person.id).copied().unwrap_or_default();
            PersonFigures { answered: answered.max(0), resolved: resolved.max(0), ..person }
        };
        Ok(FloorFigures {
            queues: queues
                .iter()
                .map(|row| {
                    let queue = queue(row);
                    QueueFigures { lately: lately.remove(&queue.id).unwrap_or_default(), ..queue }
                })
                .collect(),
            people: people.iter().map(counted).collect(),
            answer,
            day_begins_at: Some(day_begins_at),
            day_ends_at: Some(day_ends_at),
            habits: Arc::default(),
        })
    }

    /// What was done on the floor since then, latest first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn floor_entries(&self, workspace: WorkspaceId, since: Timestamp, limit: i64) -> Result<Vec<FloorEntry>> {
        Ok(self.query(&ENTRIES, &[&workspace.0, &since, &limit]).await?.iter().map(entry).collect())
    }

    /// One of them, with what it was done to.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn floor_entry(&self, workspace: WorkspaceId, id: FloorActId) -> Result<Option<WholeEntry>> {
        let row = self.query_opt(&ENTRY, &[&workspace.0, &id.0]).await?;
        Ok(row.map(|row| {
            let conversations = row.get::<_, Vec<Uuid>>(9).into_iter().map(ConversationId);
            WholeEntry { entry: entry(&row), lines: conversations.zip(row.get::<_, Vec<i64>>(10)).collect() }
        }))
    }

    /// The teams that somebody works in.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn own_teams(&self, workspace: WorkspaceId, user: UserId) -> Result<BTreeSet<TeamId>> {
        Ok(self.teams_of(workspace, &BTreeSet::from([user])).await?.remove(&user).unwrap_or_default())
    }

    /// What waits longest in a queue, of what somebody sees.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn oldest_waiting(&self, viewer: Viewer, queue: QueueId, limit: usize) -> Result<Vec<Movable>> {
        self.movable(&WAITING, viewer, queue.0, limit).await
    }

    /// What a person holds, of what somebody sees.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn held_in_sight(&self, viewer: Viewer, of: UserId, limit: usize) -> Result<Vec<Movable>> {
        self.movable(&HELD, viewer, of.0, limit).await
    }

    async fn movable(&self, statement: &super::Statement, viewer: Viewer, of: Uuid, limit: usize) -> Result<Vec<Movable>> {
        let Viewer { workspace, user, visibility } = viewer;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.query(statement, &[&workspace.0, &of, &user.0, &visibility.as_str(), &limit]).await?;
        Ok(rows.iter().map(movable).collect())
    }

    /// Whose some conversations are.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn movables(&self, workspace: WorkspaceId, conversations: &[Uuid]) -> Result<Vec<Movable>> {
        Ok(self.query(&THESE, &[&workspace.0, &conversations]).await?.iter().map(movable).collect())
    }

    /// Notes that an act begins; false when it did before.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn begin_floor_act(&self, workspace: WorkspaceId, id: FloorActId, by: UserId, at: Timestamp, act: &FloorAct) -> Result<bool> {
        let act = serde_json::to_value(act)?;
        Ok(self.execute(&BEGIN, &[&workspace.0, &id.0, &by.0, &at, &act]).await? == 1)
    }

    /// Notes how many an act left where they are, once it is over.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_floor_act_left(&self, workspace: WorkspaceId, id: FloorActId, left: Left) -> Result<()> {
        let left = serde_json::to_value(left)?;
        self.execute(&SET_LEFT, &[&workspace.0, &id.0, &left]).await.map(drop)
    }

    /// Says more of an act than was known when it began.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_floor_act(&self, workspace: WorkspaceId, id: FloorActId, act: &FloorAct) -> Result<()> {
        let act = serde_json::to_value(act)?;
        self.execute(&SET_ACT, &[&workspace.0, &id.0, &act]).await.map(drop)
    }

    /// Notes that an act is taken back; false when it was before.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn begin_undoing_floor_act(&self, workspace: WorkspaceId, id: FloorActId, at: Timestamp) -> Result<bool> {
        Ok(self.execute(&BEGIN_UNDOING, &[&workspace.0, &id.0, &at]).await? == 1)
    }

    /// Forgets what was done on floors before then, some of it; answers how much.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn forget_floor_acts(&self, before: Timestamp) -> Result<u64> {
        self.execute(&FORGET, &[&before]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_as_long_as_the_clocks_make_it() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-03-29T12:00:00Z");
        assert_eq!(day_of(now, "Europe/Madrid"), (at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")));
        assert_eq!(day_of(now, "Asia/Kathmandu"), (at("2026-03-28T18:15:00Z"), at("2026-03-29T18:15:00Z")));
        assert_eq!(day_of(now, "Nowhere/At_All"), (at("2026-03-29T00:00:00Z"), at("2026-03-30T00:00:00Z")));
    }
}
