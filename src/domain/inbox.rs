//! Inboxes: connected WhatsApp numbers.

use serde::{Deserialize, Serialize};

use super::ids::{FlowId, InboxId, QueueId};

/// One connected WhatsApp number, as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    pub id: InboxId,
    pub name: String,
    /// The flow that greets, if any.
    pub flow: Option<FlowId>,
    /// Where conversations go that no flow sorts.
    pub default_queue: QueueId,
    /// How long after it was resolved a conversation is reopened by a new message, in hours; later, a new one begins.
    pub reopen_hours: u32,
}
