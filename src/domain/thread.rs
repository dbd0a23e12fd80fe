//! What a thread shows of messages that were written before.

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::ids::{ConversationId, InboxId, MessageId};
use super::message::{Author, Content, Message, Wamid};

/// A message as it stands now, with its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThreadMessage {
    pub conversation: ConversationId,
    pub seq: i64,
    pub inbox: InboxId,
    pub message: Message,
}

/// A message that another one answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuotedMessage {
    pub id: MessageId,
    pub wamid: String,
    pub author: Author,
    pub content: Content,
}

impl Message {
    /// What it answers or is about. A tap answers its question by itself: nothing is quoted.
    #[must_use]
    pub fn quoted(&self) -> Option<&Wamid> {
        match &self.content {
            Content::Reply { .. } => None,
            Content::Unspoken(unspoken) => unspoken.about(),
            Content::Text { .. }
            | Content::Buttons { .. }
            | Content::List { .. }
            | Content::Image { .. }
            | Content::Unsupported { .. }
            | Content::Unreadable { .. } => self.reply_to.as_ref(),
        }
    }
}

impl Event {
    /// The message that it brings.
    #[must_use]
    pub fn message_brought(&self) -> Option<&Message> {
        match self {
            Event::MessageReceived { message } | Event::MessageQueued { message } => Some(message),
            _ => None,
        }
    }

    /// The earlier message that it is about.
    #[must_use]
    pub fn message_touched(&self) -> Option<MessageId> {
        match self {
            Event::MessageStatusChanged { message, .. }
            | Event::MessageResent { message, .. }
            | Event::MessageLeft { message, .. }
            | Event::MediaChanged { message, .. } => Some(*message),
            _ => None,
        }
    }

    /// The message that it brings or is about.
    #[must_use]
    pub fn message(&self) -> Option<MessageId> {
        self.message_brought().map(|message| message.id).or(self.message_touched())
    }

    /// Whether the customer is called otherwise from then on.
    #[must_use]
    pub fn changes_names(&self) -> bool {
        matches!(
            self,
            Event::ContactsParted { .. }
                | Event::ContactsJoined { .. }
                | Event::AddressChanged { .. }
                | Event::NumberTakenOver { .. }
                | Event::UsernameLearned { .. }
        )
    }
}
