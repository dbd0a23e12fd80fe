//! What is promised inside: how long answers and resolutions may take, by how urgent they are.

use serde::{Deserialize, Serialize};

use crate::domain::routing::Priority;

/// What is measured of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Until a person answers for the first time since people have the matter.
    FirstResponse,
    /// Until a person answers what the customer wrote later.
    NextResponse,
    /// Until the matter is resolved.
    Resolution,
}

impl Clock {
    pub const ALL: [Clock; 3] = [Clock::FirstResponse, Clock::NextResponse, Clock::Resolution];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Clock::FirstResponse => "first_response",
            Clock::NextResponse => "next_response",
            Clock::Resolution => "resolution",
        }
    }
}

/// Minutes for each priority; without any, there is no such clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Targets {
    pub low: Option<i32>,
    pub normal: Option<i32>,
    pub high: Option<i32>,
    pub urgent: Option<i32>,
}

impl Targets {
    #[must_use]
    pub fn of(self, priority: Priority) -> Option<i32> {
        match priority {
            Priority::Low => self.low,
            Priority::Normal => self.normal,
            Priority::High => self.high,
            Priority::Urgent => self.urgent,
        }
    }

    /// From the lowest priority to the highest.
    #[must_use]
    pub fn all(self) -> [Option<i32>; 4] {
        [self.low, self.normal, self.high, self.urgent]
    }

    /// Of what is stored, from the lowest priority to the highest.
    #[must_use]
    pub fn read(minutes: &[Option<i32>]) -> Self {
        let of = |place: usize| minutes.get(place).copied().flatten();
        Self { low: of(0), normal: of(1), high: of(2), urgent: of(3) }
    }
}

/// A policy that queues may have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaPolicy {
    pub name: String,
    #[serde(default)]
    pub first_response: Targets,
    #[serde(default)]
    pub next_response: Targets,
    #[serde(default)]
    pub resolution: Targets,
    /// Only the time counts at which the queue is open; otherwise all of it.
    pub in_hours: bool,
    /// So long before something is due it is told; at most one of these two is there.
    #[serde(default)]
    pub warn_minutes: Option<i32>,
    /// It is told when so much of the time has passed, in hundredths.
    #[serde(default)]
    pub warn_percent: Option<i32>,
    /// The time does not count to the resolution in which it is the customer's turn.
    pub pauses: bool,
}

impl SlaPolicy {
    /// Minutes of a target: from one to 60 days around the clock.
    pub const LEAST: i32 = 1;
    pub const MOST: i32 = 60 * 24 * 60;

    #[must_use]
    pub fn targets(&self, clock: Clock) -> Targets {
        match clock {
            Clock::FirstResponse => self.first_response,
            Clock::NextResponse => self.next_response,
            Clock::Resolution => self.resolution,
        }
    }

    /// Whether anything is measured by it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        Clock::ALL.iter().all(|clock| self.targets(*clock) == Targets::default())
    }
}
