//! Queues: where conversations wait for a team.

use serde::{Deserialize, Serialize};

use super::hours::Hours;
use super::ids::{QueueId, TeamId};

/// How soon customers are told to expect an answer until somebody says otherwise.
pub const FIRST_PROMISE_MINUTES: u32 = 15;

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

impl Queue {
    /// One that nobody has set up yet: always open, by the clocks of a time zone.
    #[must_use]
    pub fn new(id: QueueId, key: String, name: String, team: TeamId, time_zone: &str) -> Self {
        let hours = Hours::always_in(time_zone).unwrap_or_else(Hours::always);
        Self { id, key, name, team, hours, promise_minutes: FIRST_PROMISE_MINUTES }
    }
}
