//! What a bot hands over with a conversation.

use baton::domain::brief::{Brief, HandOffReason};
use jiff::Timestamp;

/// To the queue of that key, of somebody who has waited since then.
pub fn brief(queue: &str, waiting_since: Timestamp) -> Brief {
    Brief {
        reason: HandOffReason::CustomerAsked,
        topic: Some("A broken lamp".to_owned()),
        queue: queue.to_owned(),
        answers: Vec::new(),
        missing: Vec::new(),
        opening: Vec::new(),
        unclear: Vec::new(),
        language: None,
        promised: None,
        waiting_since,
        is_earlier: false,
    }
}
