//! SLA policies.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::Row;

use super::statement::Step;
use super::{Result, Store};
use crate::domain::ids::{QueueId, SlaPolicyId, WorkspaceId};
use crate::domain::setup::Changed;
use crate::domain::sla::{SlaPolicy, Targets};

crate::statements! {
    ALL = "
        SELECT id, name, first_response, next_response, resolution, in_hours, warn_minutes, warn_percent, pauses
        FROM sla_policies
        WHERE workspace_id = $1
        ORDER BY id
        LIMIT 1000";
    /// By name, each with the queues that have it.
    SUMMARIES = "
        SELECT policy.id, policy.name, policy.first_response, policy.next_response, policy.resolution, policy.in_hours, policy.warn_minutes,
            policy.warn_percent, policy.pauses,
            ARRAY(
                SELECT queue.name
                FROM queues AS queue
                WHERE queue.workspace_id = $1 AND queue.sla_policy_id = policy.id
                ORDER BY queue.name COLLATE names)
        FROM sla_policies AS policy
        WHERE policy.workspace_id = $1
        ORDER BY policy.name COLLATE names, policy.id
        LIMIT 1000";
    /// What the conversations of each queue are measured by.
    OF_QUEUES = "
        SELECT id, sla_policy_id
        FROM queues
        WHERE workspace_id = $1 AND sla_policy_id IS NOT NULL
        ORDER BY id
        LIMIT 1000";
    ADD = "
        INSERT INTO sla_policies
            (workspace_id, id, name, first_response, next_response, resolution, in_hours, warn_minutes, warn_percent, pauses)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    CHANGE = "
        UPDATE sla_policies
        SET name = $3, first_response = $4, next_response = $5, resolution = $6, in_hours = $7, warn_minutes = $8, warn_percent = $9,
            pauses = $10
        WHERE workspace_id = $1 AND id = $2";
    REMOVE = "DELETE FROM sla_policies WHERE workspace_id = $1 AND id = $2";
}

/// A policy, and the names of the queues that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySummary {
    pub id: SlaPolicyId,
    pub policy: SlaPolicy,
    pub queues: Vec<String>,
}

/// Reads the columns of [`ALL`].
pub(super) fn policy(row: &Row) -> (SlaPolicyId, SlaPolicy) {
    let targets = |column: usize| Targets::read(&row.get::<_, Vec<Option<i32>>>(column));
    let policy = SlaPolicy {
        name: row.get(1),
        first_response: targets(2),
        next_response: targets(3),
        resolution: targets(4),
        in_hours: row.get(5),
        warn_minutes: row.get(6),
        warn_percent: row.get(7),
        pauses: row.get(8),
    };
    (SlaPolicyId(row.get(0)), policy)
}

/// Writes what became of one.
pub(super) fn row(workspace: WorkspaceId, changed: &Changed<SlaPolicyId, SlaPolicy>) -> Vec<Step> {
    let Some(policy) = changed.after.clone() else { return vec![Step::of(REMOVE).with(workspace.0).with(changed.id.0)] };
    let SlaPolicy { name, first_response, next_response, resolution, in_hours, warn_minutes, warn_percent, pauses } = policy;
    let mut step = Step::of(if changed.before.is_none() { ADD } else { CHANGE }).with(workspace.0).with(changed.id.0).with(name);
    for targets in [first_response, next_response, resolution] {
        step = step.with(targets.all().to_vec());
    }
    vec![step.with(in_hours).with(warn_minutes).with(warn_percent).with(pauses)]
}

impl Store {
    /// The policies of a workspace, by name.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn sla_policies(&self, workspace: WorkspaceId) -> Result<Vec<PolicySummary>> {
        let summary = |row: &Row| {
            let (id, policy) = policy(row);
            PolicySummary { id, policy, queues: row.get(9) }
        };
        Ok(self.query(&SUMMARIES, &[&workspace.0]).await?.iter().map(summary).collect())
    }

    /// What the conversations of each queue are measured by, where anything is.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub(super) async fn policies_of_queues(&self, workspace: WorkspaceId) -> Result<HashMap<QueueId, Arc<SlaPolicy>>> {
        let chosen = self.query(&OF_QUEUES, &[&workspace.0]).await?;
        if chosen.is_empty() {
            return Ok(HashMap::new());
        }
        let policies: HashMap<SlaPolicyId, Arc<SlaPolicy>> =
            self.query(&ALL, &[&workspace.0]).await?.iter().map(policy).map(|(id, policy)| (id, Arc::new(policy))).collect();
        let of = |row: &Row| Some((QueueId(row.get(0)), policies.get(&SlaPolicyId(row.get(1)))?.clone()));
        Ok(chosen.iter().filter_map(of).collect())
    }
}
