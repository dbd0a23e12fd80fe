//! Why a conversation came to a person; stored with every assignment and shown as "why me?".

use serde::{Deserialize, Serialize};

use super::skills::{Level, Named};
use crate::domain::ids::UserId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentReason {
    pub rule: Rule,
    /// Whoever was chosen, then the next of those who could have had it, then the others with what ruled them out; of all of these the
    /// first [`AssignmentReason::TOLD`].
    pub considered: Vec<Considered>,
    /// How many more there were, by what ruled them out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<(Option<Exclusion>, usize)>,
    /// What of whoever was chosen was wanted, where anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
}

/// What of whoever was chosen was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fit {
    pub required: Vec<Named>,
    /// What they have of what was preferred.
    pub preferred: Vec<Named>,
    /// Others had room, and none of them has what is required.
    pub is_only_one: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Rule {
    /// Present, with room, and holding the least.
    LeastBusy { load: i32, capacity: i32 },
    /// As little to do as another, but idle for longer.
    EquallyBusy { load: i32, capacity: i32, idle_seconds: i64 },
    /// Present, with room, and neither given nor finished anything for longest.
    LongestIdle { idle_seconds: i64 },
    /// Present, with room, and given something longest ago.
    InTurn { given_seconds: i64 },
    /// The customer came back to whom they had spoken with.
    SameAgent,
    /// They had the customer's previous conversation, and the queue keeps customers with whom they know.
    KnowsThem,
    /// The person took it.
    Taken,
    /// Whoever held it works here no more.
    Inherited { user: UserId, name: String },
    /// Whoever held it signed off, or went away, and handed it to them.
    SignedOff { user: UserId, name: String },
    /// A colleague gave it.
    GivenBy { user: UserId, name: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    pub user: UserId,
    pub name: String,
    pub load: i32,
    pub capacity: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<Exclusion>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// They had room, and lack the first of what is required, or have less of it.
    LacksSkill {
        name: String,
        level: Level,
        /// 0 of what they lack.
        has: Level,
    },
    Away,
    Offline,
    Full,
    MayNotReply,
}

impl AssignmentReason {
    /// How many people are told of by name: a reason stands in the journal and goes to every page.
    pub const TOLD: usize = 12;

    /// A reason that needed no comparison.
    #[must_use]
    pub fn plain(rule: Rule) -> Self {
        Self { rule, considered: Vec::new(), more: Vec::new(), fit: None }
    }
}
