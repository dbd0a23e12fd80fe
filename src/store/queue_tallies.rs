//! What came to queues and went from them, by quarters of an hour: counted where it is written, as journals have no order by time.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use super::statement::Step;
use super::{Result, Store};
use crate::domain::floor::history::Quarter;
use crate::domain::ids::{QueueId, WorkspaceId};

/// The rows that a quarter of a queue is counted in.
const PARTS: u8 = 4;

crate::statements! {
    /// Rows are locked in the order of their keys.
    ADD = "
        INSERT INTO queue_tallies AS tally (workspace_id, quarter, queue_id, part, came, gone, taken, longest_ms)
        SELECT $1, done.quarter, done.queue_id, $8::integer, done.came, done.gone, done.taken, done.longest_ms
        FROM UNNEST($2::timestamptz[], $3::uuid[], $4::integer[], $5::integer[], $6::integer[], $7::bigint[])
            AS done (quarter, queue_id, came, gone, taken, longest_ms)
        WHERE EXISTS (SELECT FROM queues WHERE queues.workspace_id = $1 AND queues.id = done.queue_id)
        ORDER BY done.quarter, done.queue_id
        ON CONFLICT (workspace_id, quarter, queue_id, part) DO UPDATE
        SET came = tally.came + excluded.came, gone = tally.gone + excluded.gone, taken = tally.taken + excluded.taken,
            longest_ms = greatest(tally.longest_ms, excluded.longest_ms)";
    SINCE = "
        SELECT queue_id, quarter, sum(came), sum(gone), sum(taken), max(longest_ms)
        FROM queue_tallies
        WHERE workspace_id = $1 AND quarter >= $2
        GROUP BY queue_id, quarter
        ORDER BY queue_id, quarter
        LIMIT 200000";
    /// Across workspaces.
    FORGET = "
        DELETE FROM queue_tallies
        WHERE (workspace_id, quarter, queue_id, part) IN (
            SELECT workspace_id, quarter, queue_id, part
            FROM queue_tallies
            WHERE quarter < $1
            ORDER BY quarter
            LIMIT 5000)";
}

/// What came to a queue and went from it in a quarter of an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueTally {
    pub came: i32,
    pub gone: i32,
    pub taken: i32,
    pub longest_ms: i64,
}

impl QueueTally {
    /// Both of them.
    pub fn add(&mut self, other: Self) {
        self.came += other.came;
        self.gone += other.gone;
        self.taken += other.taken;
        self.longest_ms = self.longest_ms.max(other.longest_ms);
    }
}

/// Counts what came and went.
pub(super) fn add(workspace: WorkspaceId, tallies: &BTreeMap<(Timestamp, QueueId), QueueTally>) -> Step {
    Step::of(ADD)
        .with(workspace.0)
        .with(tallies.keys().map(|(quarter, _)| *quarter).collect::<Vec<_>>())
        .with(tallies.keys().map(|(_, queue)| queue.0).collect::<Vec<_>>())
        .with(tallies.values().map(|tally| tally.came).collect::<Vec<_>>())
        .with(tallies.values().map(|tally| tally.gone).collect::<Vec<_>>())
        .with(tallies.values().map(|tally| tally.taken).collect::<Vec<_>>())
        .with(tallies.values().map(|tally| tally.longest_ms).collect::<Vec<_>>())
        .with(i32::from(rand::random::<u8>() % PARTS))
}

fn quarter(row: &Row) -> (QueueId, Quarter) {
    let longest = SignedDuration::from_millis(row.get(5));
    (QueueId(row.get(0)), Quarter { begins: row.get(1), came: row.get(2), gone: row.get(3), taken: row.get(4), longest })
}

impl Store {
    /// What came to each queue and went from it since then, by quarters of an hour, oldest first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn queue_tallies(&self, workspace: WorkspaceId, since: Timestamp) -> Result<HashMap<QueueId, Vec<Quarter>>> {
        let mut all: HashMap<QueueId, Vec<Quarter>> = HashMap::new();
        for (queue, quarter) in self.query(&SINCE, &[&workspace.0, &since]).await?.iter().map(quarter) {
            all.entry(queue).or_default().push(quarter);
        }
        Ok(all)
    }

    /// Forgets what was before then, some of it; answers how much.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn forget_queue_tallies(&self, before: Timestamp) -> Result<u64> {
        self.execute(&FORGET, &[&before]).await
    }
}
