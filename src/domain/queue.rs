//! Queues: where conversations wait for a team.

use serde::{Deserialize, Serialize};

use super::hours::Hours;
use super::ids::{QueueId, TeamId};

/// A queue with its team and opening hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    pub id: QueueId,
    /// What flows call it, e.g. `orders`.
    pub key: String,
    pub name: String,
    pub team: TeamId,
    pub hours: Hours,
    /// How soon customers are told to expect an answer while it is open.
    pub promise_minutes: u32,
}
