//! What a supervisor decides of a colleague: whether they are given conversations, and how many.

use super::command::{MemberChange, SetupCommand};
use crate::domain::ids::UserId;

impl SetupCommand {
    /// How many conversations somebody is given at most.
    #[must_use]
    pub fn capacity(member: UserId, capacity: i32) -> Self {
        Self::ChangeMember { member, change: MemberChange { capacity: Some(capacity), ..MemberChange::default() } }
    }

    /// Whether it is about nothing but whether somebody is given conversations, and how many.
    #[must_use]
    pub fn is_of_the_floor(&self) -> bool {
        let SetupCommand::ChangeMember { change, .. } = self else { return false };
        let rest = MemberChange { availability: None, capacity: None, ..change.clone() };
        *change != rest && rest == MemberChange::default()
    }
}
