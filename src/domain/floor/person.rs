//! People on the floor, what they hold and what is wrong with it.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::Level;
use crate::domain::agent::{Availability, Presence};
use crate::domain::ids::{TeamId, UserId};
use crate::domain::overdue::{AnswerWithin, Step};

/// What somebody holds, as it is stored.
#[derive(Debug, Clone)]
pub struct PersonFigures {
    pub id: UserId,
    pub name: String,
    pub teams: Vec<TeamId>,
    pub availability: Availability,
    /// Since when they want it so.
    pub availability_at: Timestamp,
    /// When they were seen last.
    pub here_at: Option<Timestamp>,
    pub load: i32,
    pub capacity: i32,
    /// Since when the customer of theirs waits who waits longest, and when the first is past their promise.
    pub oldest: Option<Timestamp>,
    pub due: Option<Timestamp>,
    /// Since when they owe the answer that they owe for longest.
    pub owed_since: Option<Timestamp>,
    /// Whether their role allows to answer customers.
    pub may_reply: bool,
    /// Until when they keep what they hold, who signed off.
    pub keep_until: Option<Timestamp>,
    /// Customers they answered today, and conversations they resolved.
    pub answered: i64,
    pub resolved: i64,
}

/// Somebody on the floor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FloorPerson {
    pub id: UserId,
    pub name: String,
    pub teams: Vec<TeamId>,
    pub availability: Availability,
    pub availability_at: Timestamp,
    pub is_connected: bool,
    pub here_at: Option<Timestamp>,
    pub load: i32,
    pub capacity: i32,
    pub oldest: Option<Timestamp>,
    pub due: Option<Timestamp>,
    pub level: Level,
    /// They have not answered a customer for so long that everybody is told.
    pub is_overdue: bool,
    pub may_reply: bool,
    pub keep_until: Option<Timestamp>,
    pub answered: i64,
    pub resolved: i64,
}

/// What is wrong with what somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PersonAlert {
    /// They are not here, and customers of theirs wait.
    Gone,
    /// They are here and have not answered a customer, whose conversation goes back to its queue soon.
    Overdue,
    /// They are here, and a customer of theirs waits for longer than was promised.
    Late,
}

impl PersonFigures {
    /// When everybody is told that they have not answered a customer.
    pub(super) fn alarm_at(&self, answer: Option<AnswerWithin>) -> Option<Timestamp> {
        Some(answer?.due_at(Step::Alarm, self.owed_since?))
    }
}

impl FloorPerson {
    pub(super) fn of(figures: PersonFigures, answer: Option<AnswerWithin>, is_connected: bool, now: Timestamp) -> Self {
        Self {
            level: Level::at(figures.due, now),
            is_overdue: figures.alarm_at(answer).is_some_and(|at| at <= now),
            may_reply: figures.may_reply,
            keep_until: figures.keep_until.filter(|until| figures.load > 0 && *until > now),
            is_connected,
            id: figures.id,
            name: figures.name,
            teams: figures.teams,
            availability: figures.availability,
            availability_at: figures.availability_at,
            // Whoever is here is seen all the time.
            here_at: figures.here_at.filter(|_| !is_connected),
            load: figures.load,
            capacity: figures.capacity,
            oldest: figures.oldest,
            due: figures.due,
            answered: figures.answered,
            resolved: figures.resolved,
        }
    }

    #[must_use]
    pub fn presence(&self) -> Presence {
        Presence::of(self.is_connected, self.availability)
    }

    #[must_use]
    pub fn takes_work(&self) -> bool {
        self.presence() == Presence::Online && self.may_reply
    }

    #[must_use]
    pub fn has_room(&self) -> bool {
        self.load < self.capacity
    }

    #[must_use]
    pub fn alert(&self) -> Option<PersonAlert> {
        match self.presence() {
            Presence::Offline => self.oldest.map(|_| PersonAlert::Gone),
            Presence::Online | Presence::Away if self.is_overdue => Some(PersonAlert::Overdue),
            Presence::Online | Presence::Away => (self.level == Level::Late).then_some(PersonAlert::Late),
        }
    }

    /// How much what they hold burns.
    #[must_use]
    pub fn burns(&self) -> Level {
        if self.is_overdue { Level::Late } else { self.level }
    }

    /// What burns comes first, and of that what is due first; then who takes work.
    pub(super) fn rank(&self) -> (Reverse<Level>, i64, Reverse<bool>, String, UserId) {
        let due = self.due.map_or(i64::MAX, Timestamp::as_microsecond);
        (Reverse(self.burns()), due, Reverse(self.takes_work()), self.name.to_lowercase(), self.id)
    }
}
