//! What a channel tells us, once understood: messages and statuses.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::contact::Identity;
use super::delivery::Reaction;
use super::ids::{ContactId, ConversationId, MessageId};
use super::message::{Choice, Failure, Status, Wamid};
use super::unspoken::Unspoken;

/// What a body says, whatever the channel it came by.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// A customer's message or the status of one of ours. `address` is what bodies of this source call an inbox, `account` what several
    /// belong to.
    ForInbox { address: String, account: Option<String>, item: InboundItem },
    /// What concerns no conversation, or is not known; kept raw, for an admin to see.
    Notice {
        address: Option<String>,
        account: Option<String>,
        /// As `notices` has it.
        kind: &'static str,
        /// The provider's word for it.
        field: String,
        value: serde_json::Value,
        /// When, by the provider's clock, in seconds.
        time: Option<i64>,
    },
    /// What could not be understood, with why.
    Rejected { address: Option<String>, account: Option<String>, reason: String, raw: Vec<u8> },
}

impl Said {
    /// The address it speaks of, and the account.
    #[must_use]
    pub fn whose(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Said::ForInbox { address, account, .. } => (Some(address), account.as_deref()),
            Said::Notice { address, account, .. } | Said::Rejected { address, account, .. } => (address.as_deref(), account.as_deref()),
        }
    }
}

/// One item of a webhook body for one contact; waits in `inbound_items` for its turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "item", rename_all = "snake_case")]
pub enum InboundItem {
    Message(InboundMessage),
    Status(StatusReport),
    /// The contact is one person with another one, whose conversation this is: the customer writes there from now on.
    MovedOn {
        to: ConversationId,
    },
}

/// A message a customer sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InboundMessage {
    pub wamid: Wamid,
    /// WhatsApp's clock, whole seconds.
    pub at: Timestamp,
    pub sender: Sender,
    pub content: InboundContent,
    /// The message it answers.
    pub reply_to: Option<Wamid>,
    /// The item as it came; nothing where the rest says all of it.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub raw: serde_json::Value,
}

impl InboundMessage {
    /// What it tells that is not speech.
    #[must_use]
    pub fn told(&self) -> Option<&Unspoken> {
        match &self.content {
            InboundContent::Unspoken(told) => Some(told),
            _ => None,
        }
    }

    /// Everything it says its sender is called by, also from now on.
    #[must_use]
    pub fn names(&self) -> Vec<Identity> {
        self.sender.identities.iter().cloned().chain(self.told().and_then(Unspoken::new_identity)).collect()
    }
}

/// Who sent it: never empty of identities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    pub identities: Vec<Identity>,
    /// The profile name, when the body had one.
    pub name: Option<String>,
    /// The name they chose to be found by, without `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// What came to light when their contact was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
}

/// What the names of a sender tell about contacts we knew already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Found {
    /// The number was another contact's: WhatsApp gives it another user id, or its owner had moved to another number.
    NumberOfAnother,
    /// What were two contacts until now is one person; `other` is the one that the names were taken over from.
    SamePerson { other: ContactId },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InboundContent {
    Text {
        body: String,
    },
    /// A tap on a button or list row.
    Reply {
        choice: Choice,
    },
    /// `whatsapp_id` is the id to fetch it by; good for seven days.
    Image {
        whatsapp_id: String,
        mime_type: String,
        caption: Option<String>,
    },
    /// A kind we do not show yet, by a word of ours; see [`Content::Unsupported`](super::message::Content::Unsupported).
    Unsupported {
        of: String,
    },
    /// Nobody can read it; see [`Content::Unreadable`](super::message::Content::Unreadable).
    Unreadable {
        of: Option<String>,
    },
    Unspoken(Unspoken),
}

/// How far one of our messages got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReport {
    pub wamid: Wamid,
    /// Our own id, from `biz_opaque_callback_data`.
    pub message: Option<MessageId>,
    pub status: Status,
    pub at: Timestamp,
    pub failure: Option<Failure>,
    /// What a failure asks of us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<Reaction>,
    /// Whom it was sent to, when the report says.
    pub recipient: Vec<Identity>,
}
