//! Why something waits in a queue.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{QueueId, UserId};
use crate::domain::landing::Why;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueuedBecause {
    /// A flow or a bot handed over.
    HandedOff,
    /// The inbox has no flow.
    NoFlow,
    /// The customer came back.
    Reopened,
    Transferred,
    /// The queue that it waited in is gone; it waits as long as before.
    QueueRemoved,
    /// A supervisor moved it with others that waited; it waits as long as before.
    Moved,
    /// A supervisor took it, with others, from whom it was given to; it waits where it would, had it never been theirs.
    Returned,
    /// Who held it had not been here for so many minutes; it waits where it would, had it never been theirs.
    OwnerGone {
        user: UserId,
        name: String,
        minutes: i64,
    },
    /// Who held it signed off, or went away.
    SignedOff {
        user: UserId,
        name: String,
    },
    /// Who held it kept it until then, and is not back.
    KeptUntil {
        user: UserId,
        name: String,
        until: Timestamp,
    },
    /// It overflowed from another queue after so many seconds there; it waits as long as before.
    Overflowed {
        from: QueueId,
        name: String,
        why: Why,
        seconds: i64,
        /// The customer was told.
        #[serde(default)]
        is_told: bool,
    },
    /// Who held it had not answered the customer, who waited for so many minutes.
    Unanswered {
        user: UserId,
        name: String,
        minutes: i64,
    },
}
