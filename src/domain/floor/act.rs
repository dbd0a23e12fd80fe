//! What supervisors do on the floor, and what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::agent::Availability;
use crate::domain::ids::{FloorActId, QueueId, UserId};
use crate::domain::setup::MOST_CAPACITY;
use crate::domain::undoing::UNDO_WITHIN;

/// Conversations of a queue that one act moves at most.
pub const MOST_AT_ONCE: u16 = 500;

/// Conversations of a person that one act returns or hands over at most: as many as somebody may hold.
pub const MOST_HELD_AT_ONCE: u16 = MOST_CAPACITY;

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
    /// Those that wait longest in a queue are somebody's.
    Give {
        from: QueueId,
        to: UserId,
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
            FloorAct::Give { .. } => "give",
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
            FloorAct::Give { to, .. } => vec![*to],
            FloorAct::HandOver { from, to } => vec![*from, *to],
            FloorAct::Availability { of, .. } | FloorAct::Capacity { of, .. } => vec![*of],
            FloorAct::Move { .. } | FloorAct::Strange => Vec::new(),
        }
    }

    /// Whom it set away: taken back, they are online again.
    #[must_use]
    pub fn sets_online_again(&self) -> Option<UserId> {
        let (of, back) = match self {
            FloorAct::Return { from, away: Some(back) } => (*from, back),
            FloorAct::Availability { of, back, .. } => (*of, back),
            _ => return None,
        };
        (back.before == Availability::Online).then_some(of)
    }

    /// The queues it concerns.
    #[must_use]
    pub fn queues(&self) -> Vec<QueueId> {
        match self {
            FloorAct::Move { from, to, .. } => vec![*from, *to],
            FloorAct::Give { from, .. } => vec![*from],
            _ => Vec::new(),
        }
    }
}

/// Why conversations were left where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Left {
    /// They were not there any more: somebody was quicker.
    pub elsewhere: usize,
    /// Whoever was to have them has no room for more.
    pub no_room: usize,
    /// Somebody is changing them at this moment.
    pub busy: usize,
    /// Something is wrong with them, which the log tells.
    pub failed: usize,
}

impl Left {
    #[must_use]
    pub fn count(&self) -> usize {
        let Self { elsewhere, no_room, busy, failed } = self;
        elsewhere + no_room + busy + failed
    }
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
        self.done + self.left.count()
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
    /// Of how many it was not; nothing while it is under way.
    pub left: Left,
    pub undone_at: Option<Timestamp>,
    pub undone: usize,
}

impl FloorEntry {
    #[must_use]
    pub fn came(&self) -> Came {
        Came { done: self.count, left: self.left, is_set_again: false }
    }

    /// Until when it can be taken back, by whoever did it; nothing when there is nothing to take back, or it is.
    #[must_use]
    pub fn undoable_until(&self) -> Option<Timestamp> {
        let sets_up = match self.act {
            FloorAct::Availability { .. } | FloorAct::Capacity { .. } | FloorAct::Return { away: Some(_), .. } => true,
            FloorAct::Move { .. }
            | FloorAct::Give { .. }
            | FloorAct::Return { away: None, .. }
            | FloorAct::HandOver { .. }
            | FloorAct::Strange => false,
        };
        let has_effect = sets_up || self.count > 0;
        (has_effect && self.undone_at.is_none()).then(|| self.at.saturating_add(UNDO_WITHIN).unwrap_or(Timestamp::MAX))
    }
}
