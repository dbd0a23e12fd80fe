//! What people did, by quarters of an hour: counted where it is written, as a journal is not to be gone through for it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::statement::Step;
use super::{Result, Store};
use crate::domain::ids::{UserId, WorkspaceId};

crate::statements! {
    /// Rows are locked in the order of their keys.
    ADD = "
        INSERT INTO agent_tallies AS tally (workspace_id, quarter, user_id, answered, resolved)
        SELECT $1, done.*
        FROM UNNEST($2::timestamptz[], $3::uuid[], $4::integer[], $5::integer[]) AS done (quarter, user_id, answered, resolved)
        WHERE EXISTS (SELECT FROM users WHERE users.workspace_id = $1 AND users.id = done.user_id)
        ORDER BY done.quarter, done.user_id
        ON CONFLICT (workspace_id, quarter, user_id) DO UPDATE
        SET answered = tally.answered + excluded.answered, resolved = tally.resolved + excluded.resolved";
    SINCE = "
        SELECT user_id, sum(answered), sum(resolved)
        FROM agent_tallies
        WHERE workspace_id = $1 AND quarter >= $2
        GROUP BY user_id
        LIMIT 10000";
    /// Across workspaces.
    FORGET = "
        DELETE FROM agent_tallies
        WHERE (workspace_id, quarter, user_id) IN (
            SELECT workspace_id, quarter, user_id
            FROM agent_tallies
            WHERE quarter < $1
            ORDER BY quarter
            LIMIT 5000)";
}

/// What somebody did in a quarter of an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub answered: i32,
    pub resolved: i32,
}

/// Counts what people did.
pub(super) fn add(workspace: WorkspaceId, tallies: &BTreeMap<(Timestamp, UserId), Tally>) -> Step {
    Step::of(ADD)
        .with(workspace.0)
        .with(tallies.keys().map(|(quarter, _)| *quarter).collect::<Vec<_>>())
        .with(tallies.keys().map(|(_, user)| user.0).collect::<Vec<Uuid>>())
        .with(tallies.values().map(|tally| tally.answered).collect::<Vec<_>>())
        .with(tallies.values().map(|tally| tally.resolved).collect::<Vec<_>>())
}

impl Store {
    /// Customers answered and conversations resolved by each since then.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn tallies(&self, workspace: WorkspaceId, since: Timestamp) -> Result<HashMap<UserId, (i64, i64)>> {
        let rows = self.query(&SINCE, &[&workspace.0, &since]).await?;
        Ok(rows.iter().map(|row| (UserId(row.get(0)), (row.get(1), row.get(2)))).collect())
    }

    /// Forgets what was done before then, some of it; answers how much.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn forget_tallies(&self, before: Timestamp) -> Result<u64> {
        self.execute(&FORGET, &[&before]).await
    }
}
