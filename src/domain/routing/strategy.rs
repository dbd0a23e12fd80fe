//! Whom what waits in a queue goes to.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::agent::Agent;
use crate::domain::ids::UserId;

/// As it is stored and written, one word each. Whoever held a conversation before gets it again under each but the last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Whoever holds the least; of equals, whoever has been idle for longest.
    #[default]
    LeastBusy,
    /// Whoever has neither been given nor finished anything for longest, however much they hold.
    LongestIdle,
    /// Everybody in turn: whoever was given something longest ago.
    RoundRobin,
    /// Nobody: people take what they choose.
    Manual,
}

impl Strategy {
    pub const ALL: [Strategy; 4] = [Strategy::LeastBusy, Strategy::LongestIdle, Strategy::RoundRobin, Strategy::Manual];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Strategy::LeastBusy => "least_busy",
            Strategy::LongestIdle => "longest_idle",
            Strategy::RoundRobin => "round_robin",
            Strategy::Manual => "manual",
        }
    }

    /// What is least of whoever comes first; nothing where nobody is chosen.
    pub(super) fn rank(self, agent: &Agent) -> Option<(i32, Timestamp, i32, UserId)> {
        let Agent { user, load, idle_since, given_at, .. } = *agent;
        match self {
            Strategy::LeastBusy => Some((load, idle_since, load, user)),
            // Of those who were given something in one round, whoever holds less comes first in the next.
            Strategy::LongestIdle => Some((0, idle_since, load, user)),
            Strategy::RoundRobin => Some((0, given_at, load, user)),
            Strategy::Manual => None,
        }
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Strategy::ALL.into_iter().find(|strategy| strategy.as_str() == text).ok_or_else(|| format!("no strategy is called {text:?}"))
    }
}
