//! Inboxes: connected addresses on a channel.

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::ids::{FlowId, InboxId, QueueId};

/// One connected address, a WhatsApp number for one, as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    pub id: InboxId,
    pub name: String,
    pub channel: Channel,
    /// The flow that greets, if any.
    pub flow: Option<FlowId>,
    /// Where conversations go that no flow sorts.
    pub default_queue: QueueId,
    /// How long after it was resolved a conversation is reopened by a new message, in hours; later, a new one begins.
    pub reopen_hours: u32,
}
