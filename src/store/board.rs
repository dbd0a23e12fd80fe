//! How many conversations there are of each agent and in each queue: the board of which everybody's figures are sums.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::access::Viewer;
use super::agents::availability;
use super::{Result, Store};
use crate::domain::access::Visibility;
use crate::domain::agent::Availability;
use crate::domain::ids::{UserId, WorkspaceId};

crate::statements! {
    /// Counted up to a hundred: a badge says "99+".
    HELD = "
        SELECT agent.id,
            (SELECT count(*) FROM (
                SELECT FROM conversations WHERE workspace_id = $1 AND agent_id = agent.id AND state <> 'resolved' LIMIT 100) AS held),
            CASE WHEN agent.sees_only_own THEN (SELECT count(*) FROM (
                SELECT FROM conversations
                WHERE workspace_id = $1 AND agent_id = agent.id AND state <> 'resolved' AND queue_id IN (
                    SELECT queue.id
                    FROM team_members AS member
                    JOIN queues AS queue ON queue.workspace_id = member.workspace_id AND queue.team_id = member.team_id
                    WHERE member.workspace_id = $1 AND member.user_id = agent.id)
                LIMIT 100) AS held_in_queues) ELSE 0 END
        FROM unnest($2::uuid[], $3::boolean[]) AS agent (id, sees_only_own)";
    IN_QUEUES = "
        SELECT
            (SELECT count(*) FROM (
                SELECT FROM conversations WHERE workspace_id = $1 AND queue_id = queue.id AND state <> 'resolved' LIMIT 100) AS under_way),
            (SELECT count(*) FROM (
                SELECT FROM conversations
                WHERE workspace_id = $1 AND queue_id = queue.id AND controller = 'queue' AND state <> 'resolved'
                LIMIT 100) AS waiting),
            ARRAY(
                SELECT member.user_id
                FROM team_members AS member
                WHERE member.workspace_id = $1 AND member.team_id = queue.team_id AND member.user_id = ANY($2))
        FROM queues AS queue
        WHERE queue.workspace_id = $1";
    /// What one person's tabs say, who sees so much, and whether they take conversations: no more is counted, and of no more queues, than
    /// that takes.
    OF_ONE = "
        WITH own AS (
            SELECT queue.id
            FROM team_members AS member
            JOIN queues AS queue ON queue.workspace_id = member.workspace_id AND queue.team_id = member.team_id
            WHERE member.workspace_id = $1 AND member.user_id = $2
        ), waiting_queue AS (
            SELECT queue.id FROM queues AS queue WHERE queue.workspace_id = $1 AND $3::text = 'all'
            UNION ALL SELECT own.id FROM own WHERE $3 IN ('own_teams', 'mine_and_unassigned')
        )
        SELECT
            (SELECT count(*) FROM (
                SELECT FROM conversations WHERE workspace_id = $1 AND agent_id = $2 AND state <> 'resolved' LIMIT 100) AS held),
            (SELECT count(*) FROM (
                SELECT FROM own CROSS JOIN LATERAL (
                    SELECT FROM conversations WHERE workspace_id = $1 AND queue_id = own.id AND state <> 'resolved' LIMIT 100) AS there
                WHERE $3 IN ('all', 'own_teams')
                LIMIT 100) AS under_way),
            (SELECT count(*) FROM (
                SELECT FROM conversations
                WHERE workspace_id = $1 AND agent_id = $2 AND state <> 'resolved' AND queue_id IN (SELECT own.id FROM own)
                    AND $3 IN ('mine_and_unassigned', 'mine')
                LIMIT 100) AS held_in_queues),
            (SELECT count(*) FROM (
                SELECT FROM waiting_queue CROSS JOIN LATERAL (
                    SELECT FROM conversations
                    WHERE workspace_id = $1 AND queue_id = waiting_queue.id AND controller = 'queue' AND state <> 'resolved'
                    LIMIT 100) AS there
                LIMIT 100) AS waiting),
            (SELECT CASE WHEN signed_off_at IS NULL THEN availability ELSE 'away' END
             FROM agents
             WHERE workspace_id = $1 AND user_id = $2)";
    /// What one person holds, since when the one of it waits that waits longest for their answer, and what of it is late first.
    OWN = "
        SELECT agent.load, agent.capacity, held.oldest, held.due
        FROM agents AS agent
        CROSS JOIN LATERAL (
            SELECT min(waiting_since) FILTER (WHERE NOT is_answered), min(sla_due_at)
            FROM (
                SELECT waiting_since, sla_due_at,
                    coalesce(last_message ->> 'agent' IS NOT NULL AND last_message ->> 'is_queued' IS NOT NULL, false) AS is_answered
                FROM conversations
                WHERE workspace_id = $1 AND agent_id = $2
                LIMIT 1000) AS holds) AS held (oldest, due)
        WHERE agent.workspace_id = $1 AND agent.user_id = $2";
}

/// A badge tells no more apart than this.
const MOST: i64 = 100;

/// How many conversations wait under each view; at most [`MOST`] are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ViewCounts {
    pub mine: i64,
    pub queues: i64,
    pub unassigned: i64,
}

/// What somebody has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnFigures {
    pub load: i32,
    pub capacity: i32,
    /// Since when the customer of theirs waits who waits longest.
    pub oldest: Option<Timestamp>,
    /// When the first of what they hold is late by its policy.
    pub due: Option<Timestamp>,
}

/// The figures of a workspace, for some of its people.
#[derive(Debug, Default)]
pub struct Board {
    held: HashMap<UserId, i64>,
    /// What is under way in the queues of each one's teams.
    in_queues: HashMap<UserId, i64>,
    /// What waits there.
    waiting: HashMap<UserId, i64>,
    /// What they hold of it, of those who do not see what others hold.
    held_in_queues: HashMap<UserId, i64>,
    unassigned: i64,
}

impl Board {
    /// The figures on a person's tabs. Each sum is of figures up to [`MOST`], and so is right up to there.
    #[must_use]
    pub fn counts(&self, user: UserId, visibility: Visibility) -> ViewCounts {
        let of = |figures: &HashMap<UserId, i64>| figures.get(&user).copied().unwrap_or(0);
        let (queues, unassigned) = match visibility {
            Visibility::All => (of(&self.in_queues), self.unassigned),
            Visibility::OwnTeams => (of(&self.in_queues), of(&self.waiting)),
            Visibility::MineAndUnassigned => (of(&self.waiting) + of(&self.held_in_queues), of(&self.waiting)),
            Visibility::Mine => (of(&self.held_in_queues), 0),
        };
        ViewCounts { mine: of(&self.held).min(MOST), queues: queues.min(MOST), unassigned: unassigned.min(MOST) }
    }
}

impl Store {
    /// The board of a workspace for these people: two questions, however many they are.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn board(&self, workspace: WorkspaceId, people: &[(UserId, Visibility)]) -> Result<Board> {
        let ids: Vec<Uuid> = people.iter().map(|(user, _)| user.0).collect();
        let see_only_own: Vec<bool> = people.iter().map(|(_, visibility)| *visibility < Visibility::OwnTeams).collect();
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&workspace.0, &ids, &see_only_own];
        let (held, queues) = tokio::try_join!(self.query(&HELD, &parameters), self.query(&IN_QUEUES, &parameters[..2]))?;
        let mut board = Board { held: held.iter().map(|row| (UserId(row.get(0)), row.get(1))).collect(), ..Board::default() };
        board.held_in_queues = held.iter().map(|row| (UserId(row.get(0)), row.get(2))).collect();
        for queue in &queues {
            board.unassigned += queue.get::<_, i64>(1);
            for member in queue.get::<_, Vec<Uuid>>(2) {
                *board.in_queues.entry(UserId(member)).or_default() += queue.get::<_, i64>(0);
                *board.waiting.entry(UserId(member)).or_default() += queue.get::<_, i64>(1);
            }
        }
        Ok(board)
    }

    /// What one person has to do; nothing of who takes no conversations.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn own_figures(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<OwnFigures>> {
        let row = self.query_opt(&OWN, &[&workspace.0, &user.0]).await?;
        Ok(row.map(|row| OwnFigures { load: row.get(0), capacity: row.get(1), oldest: row.get(2), due: row.get(3) }))
    }

    /// The figures on one person's tabs.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn view_counts(&self, viewer: Viewer) -> Result<ViewCounts> {
        Ok(self.own_board(viewer).await?.0)
    }

    /// The same, and whether they take conversations.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn own_board(&self, viewer: Viewer) -> Result<(ViewCounts, Availability)> {
        let Viewer { workspace, user, visibility } = viewer;
        let Some(row) = self.query_opt(&OF_ONE, &[&workspace.0, &user.0, &visibility.as_str()]).await? else {
            return Ok((ViewCounts::default(), Availability::Away));
        };
        let (mine, under_way, held, waiting): (i64, i64, i64, i64) = (row.get(0), row.get(1), row.get(2), row.get(3));
        let queues = match visibility {
            Visibility::All | Visibility::OwnTeams => under_way,
            Visibility::MineAndUnassigned => held + waiting,
            Visibility::Mine => held,
        };
        let counts = ViewCounts { mine, queues: queues.min(MOST), unassigned: waiting };
        Ok((counts, row.get::<_, Option<&str>>(4).map_or(Availability::Away, availability)))
    }
}
