//! What supervisors do on the floor, and what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::agent::Availability;
use crate::domain::ids::{FloorActId, QueueId, UserId};

/// Conversations that one act moves at most.
pub const MOST_AT_ONCE: u16 = 500;

/// One act, as it is kept: it is one entry, however many conversations it moved, and is taken back as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FloorAct {
    /// Those that wait longest in a queue wait in another one.
    Move {
        from: QueueId,
        to: QueueId,
        count: usize,
    },
    /// What somebody holds waits in its queues again; with `away` they are given nothing more.
    Return {
        from: UserId,
        away: Option<SetBack<Availability>>,
    },
    /// A colleague has what somebody held.
    HandOver {
        from: UserId,
        to: UserId,
    },
    Availability {
        of: UserId,
        to: Availability,
        back: SetBack<Availability>,
    },
    Capacity {
        of: UserId,
        to: i32,
        back: SetBack<i32>,
    },
    /// Something of a newer version.
    #[serde(other)]
    Strange,
}

/// What was set up for it, and what it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetBack<T> {
    pub before: T,
    /// The line of the set-up's journal that tells of it.
    pub seq: i64,
}

impl FloorAct {
    /// As its words are looked up.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            FloorAct::Move { .. } => "move",
            FloorAct::Return { .. } => "return",
            FloorAct::HandOver { .. } => "hand_over",
            FloorAct::Availability { .. } => "availability",
            FloorAct::Capacity { .. } => "capacity",
            FloorAct::Strange => "strange",
        }
    }

    /// The people it concerns.
    #[must_use]
    pub fn people(&self) -> Vec<UserId> {
        match self {
            FloorAct::Return { from, .. } => vec![*from],
            FloorAct::HandOver { from, to } => vec![*from, *to],
            FloorAct::Availability { of, .. } | FloorAct::Capacity { of, .. } => vec![*of],
            FloorAct::Move { .. } | FloorAct::Strange => Vec::new(),
        }
    }

    /// The queues it concerns.
    #[must_use]
    pub fn queues(&self) -> Vec<QueueId> {
        match self {
            FloorAct::Move { from, to, .. } => vec![*from, *to],
            _ => Vec::new(),
        }
    }
}

/// Why conversations were left where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Left {
    /// They were not there any more: somebody was quicker.
    pub elsewhere: usize,
    /// Whoever was to have them has no room for more.
    pub no_room: usize,
    /// Somebody is changing them at this moment.
    pub busy: usize,
}

/// What came of an act, or of taking it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Came {
    /// Of how many conversations it was done.
    pub done: usize,
    pub left: Left,
    /// What was set up for it was changed again since, and stays.
    pub is_set_again: bool,
}

impl Came {
    #[must_use]
    pub fn asked(&self) -> usize {
        self.done + self.left.elsewhere + self.left.no_room + self.left.busy
    }
}

/// An act that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloorEntry {
    pub id: FloorActId,
    pub by: UserId,
    pub by_name: String,
    pub at: Timestamp,
    pub act: FloorAct,
    /// Of how many conversations.
    pub count: usize,
    pub undone_at: Option<Timestamp>,
    pub undone: usize,
}
