//! What a supervisor decides: whether a colleague is given conversations, and how many; and whether a queue rests.

use super::command::{MemberChange, QueueChange, SetupCommand};
use crate::domain::agent::Availability;
use crate::domain::ids::{QueueId, UserId};
use crate::domain::rest::Rest;

impl SetupCommand {
    /// Somebody's wish to be given conversations, or not.
    #[must_use]
    pub fn availability(member: UserId, availability: Availability) -> Self {
        Self::ChangeMember { member, change: MemberChange { availability: Some(availability), ..MemberChange::default() } }
    }

    /// How many conversations somebody is given at most.
    #[must_use]
    pub fn capacity(member: UserId, capacity: i32) -> Self {
        Self::ChangeMember { member, change: MemberChange { capacity: Some(capacity), ..MemberChange::default() } }
    }

    /// Whether it is about nothing but what a supervisor decides.
    #[must_use]
    pub fn is_of_the_floor(&self) -> bool {
        match self {
            SetupCommand::ChangeMember { change, .. } => {
                let others = MemberChange { availability: None, capacity: None, ..change.clone() };
                *change != others && others == MemberChange::default()
            }
            SetupCommand::ChangeQueue { change, .. } => {
                change.rest.is_some() && QueueChange { rest: None, ..change.clone() } == QueueChange::default()
            }
            _ => false,
        }
    }

    /// A queue rests, or does no more.
    #[must_use]
    pub fn rest(queue: QueueId, rest: Option<Rest>) -> Self {
        Self::ChangeQueue { queue, change: QueueChange { rest: Some(rest.map(Box::new)), ..QueueChange::default() } }
    }
}
