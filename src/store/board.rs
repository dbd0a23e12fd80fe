//! How many conversations there are of each agent and in each queue: the board of which everybody's figures are sums.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Result, Store};
use crate::domain::ids::{UserId, WorkspaceId};

crate::statements! {
    /// Counted up to a hundred: a badge says "99+".
    HELD = "
        SELECT agent.id, (SELECT count(*) FROM (
            SELECT FROM conversations WHERE workspace_id = $1 AND agent_id = agent.id AND state <> 'resolved' LIMIT 100) AS held)
        FROM unnest($2::uuid[]) AS agent (id)";
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

/// The figures of a workspace, for some of its people.
#[derive(Debug, Default)]
pub struct Board {
    held: HashMap<UserId, i64>,
    /// What is under way in the queues of each one's teams.
    in_queues: HashMap<UserId, i64>,
    unassigned: i64,
}

impl Board {
    /// The figures on a person's tabs. Each sum is of figures up to [`MOST`], and so is right up to there.
    #[must_use]
    pub fn counts(&self, viewer: UserId) -> ViewCounts {
        let of = |figures: &HashMap<UserId, i64>| figures.get(&viewer).copied().unwrap_or(0).min(MOST);
        ViewCounts { mine: of(&self.held), queues: of(&self.in_queues), unassigned: self.unassigned.min(MOST) }
    }
}

impl Store {
    /// The board of a workspace for these people: two questions, however many they are.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn board(&self, workspace: WorkspaceId, people: &[UserId]) -> Result<Board> {
        let ids: Vec<Uuid> = people.iter().map(|user| user.0).collect();
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&workspace.0, &ids];
        let (held, queues) = tokio::try_join!(self.query(&HELD, &parameters), self.query(&IN_QUEUES, &parameters))?;
        let mut board = Board { held: held.iter().map(|row| (UserId(row.get(0)), row.get(1))).collect(), ..Board::default() };
        for queue in &queues {
            board.unassigned += queue.get::<_, i64>(1);
            for member in queue.get::<_, Vec<Uuid>>(2) {
                *board.in_queues.entry(UserId(member)).or_default() += queue.get::<_, i64>(0);
            }
        }
        Ok(board)
    }

    /// The figures on one person's tabs.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn view_counts(&self, workspace: WorkspaceId, viewer: UserId) -> Result<ViewCounts> {
        Ok(self.board(workspace, &[viewer]).await?.counts(viewer))
    }
}
