//! Ticks: that a message of ours was sent, delivered or read. They are what a message is, not what happened in a conversation: nobody
//! decides anything about them, so they are told in no journal and wait for nobody.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{ConversationId, MessageId};
use super::inbound::StatusReport;
use super::message::Status;

/// A message that got further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Climbed {
    pub conversation: ConversationId,
    pub message: MessageId,
    pub status: Status,
    /// When it was written.
    pub at: Timestamp,
    /// When it was stored that it got so far, by the database's clock; that WhatsApp took it, by the node's.
    pub ticked_at: Timestamp,
}

impl StatusReport {
    /// Whether it only tells that a message got further.
    #[must_use]
    pub fn is_tick(&self) -> bool {
        match self.status {
            Status::Sent | Status::Delivered | Status::Read => true,
            Status::Received | Status::Queued | Status::Sending | Status::Failed | Status::Unknown => false,
        }
    }
}
