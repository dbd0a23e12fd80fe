//! Deadlines: rows of `timers` that come back as [`Command::TimerDue`](super::Command::TimerDue).

use serde::{Deserialize, Serialize};

use super::ids::MessageId;
use super::overdue::Step;

/// What a deadline is about. A subject has at most one timer of each kind for what that is about; setting it again moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Timer {
    /// The customer has not answered the flow's question.
    FlowWait,
    /// The customer has paused: what they said to the flow is read.
    FlowTurn,
    /// No status has told whether a message whose answer was lost was sent.
    UnknownSend { message: MessageId },
    /// The customer waits for an answer of whoever holds the conversation.
    Overdue { step: Step },
    /// Somebody waits in a queue for so long that something becomes of them. `version`: the set-up that the next step is looked for in, or
    /// a newer one.
    Waiting {
        #[serde(default)]
        version: i64,
    },
    /// Something of a conversation will be late by its queue's policy.
    SlaWarning,
    /// It is.
    SlaBreach,
}

impl Timer {
    /// Every kind this version knows; a deadline of another kind is left to whoever knows it.
    pub const KINDS: [&str; 7] = ["flow_wait", "flow_turn", "unknown_send", "overdue", "waiting", "sla_warning", "sla_breach"];

    /// Its kind, as stored.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Timer::FlowWait => "flow_wait",
            Timer::FlowTurn => "flow_turn",
            Timer::UnknownSend { .. } => "unknown_send",
            Timer::Overdue { .. } => "overdue",
            Timer::Waiting { .. } => "waiting",
            Timer::SlaWarning => "sla_warning",
            Timer::SlaBreach => "sla_breach",
        }
    }
}
