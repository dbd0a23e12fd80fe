//! Chats: what passed between one person and one business number, as both sides know it.

use std::{collections::VecDeque, sync::Arc};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{clock::Millis, ids::Origin, rates::Bucket, window::Window};

/// Messages kept per chat; older ones are forgotten.
pub const MESSAGE_LIMIT: usize = 500;

/// Names one chat.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChatKey {
    /// The business number's id.
    pub number: Arc<str>,
    /// The person's number.
    pub user: Arc<str>,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ticks {
    /// Written on a phone that is offline.
    Pending,
    /// Left its writer.
    Sent,
    /// Reached the other side.
    Delivered,
    /// The other side has read it.
    Read,
    /// Will never arrive.
    Failed,
}

/// A message of a chat.
#[derive(Clone, Debug)]
pub struct ChatMessage {
    /// Its id.
    pub id: Arc<str>,
    /// Who wrote it.
    pub origin: Origin,
    /// When.
    pub at: Millis,
    /// `type`, the object of that name and `context`, in Meta's shape.
    pub content: Map<String, Value>,
    /// How far it has come.
    pub ticks: Ticks,
    /// Whether the person has seen it, receipts or not.
    pub seen: bool,
    /// What the business wants back in every status.
    pub callback_data: Option<String>,
}

impl ChatMessage {
    /// Meta's name of its kind.
    pub fn kind(&self) -> &str {
        self.content.get("type").and_then(Value::as_str).unwrap_or("unknown")
    }

    /// Whether it is on the phone.
    pub fn is_on_phone(&self) -> bool {
        match self.origin {
            Origin::User => true,
            Origin::Business => matches!(self.ticks, Ticks::Delivered | Ticks::Read),
        }
    }

    /// As the phones page and `/control/users/{wa_id}/chat` show it.
    pub fn view(&self) -> Value {
        let direction = match self.origin {
            Origin::User => "out",
            Origin::Business => "in",
        };
        let mut view = json!({
            "id": self.id, "direction": direction, "at": self.at, "ticks": self.ticks, "on_phone": self.is_on_phone(),
        });
        for (name, value) in &self.content {
            view[name] = value.clone();
        }
        view
    }
}

/// A chat.
#[derive(Debug, Default)]
pub struct Chat {
    /// Oldest first, at most [`MESSAGE_LIMIT`].
    pub messages: VecDeque<ChatMessage>,
    /// Until when the business may write freely.
    pub window: Window,
    /// Until when the phone shows that the business is typing.
    pub typing_until: Option<Millis>,
    /// Messages to this person so far, against Meta's pair rate.
    pub pair: Bucket,
}

impl Chat {
    /// Adds a message and forgets the oldest beyond the limit.
    pub fn add(&mut self, message: ChatMessage) {
        if self.messages.len() >= MESSAGE_LIMIT {
            self.messages.pop_front();
        }
        self.messages.push_back(message);
    }

    /// The message with this id.
    pub fn message(&mut self, id: &str) -> Option<&mut ChatMessage> {
        self.messages.iter_mut().rev().find(|message| &*message.id == id)
    }

    /// Messages on the phone nobody has looked at.
    pub fn unread(&self) -> usize {
        let is_unread = |message: &&ChatMessage| message.origin == Origin::Business && message.is_on_phone() && !message.seen;
        self.messages.iter().filter(is_unread).count()
    }

    /// Whether the phone shows that the business is typing.
    pub fn is_typing(&self, now: Millis) -> bool {
        self.typing_until.is_some_and(|until| now < until)
    }
}
