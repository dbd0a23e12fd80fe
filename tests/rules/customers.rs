//! Customers with their phones.

use baton::domain::command::Command;
use baton::domain::contact::{Contact, Identity};
use baton::domain::conversation::Conversation;
use baton::domain::ids::{ContactId, ConversationId};
use baton::domain::inbound::{InboundContent, InboundMessage, Sender};
use baton::domain::message::{Author, Choice, Message};
use baton::domain::unspoken::Unspoken;
use baton::domain::{Event, Refusal};
use serde_json::Value;

use crate::shop::{Kept, Shop};

#[derive(Clone, Copy)]
pub struct Phone<'a> {
    pub shop: &'a Shop,
    pub contact: ContactId,
}

impl Phone<'_> {
    pub fn writes(&self, text: &str) -> Vec<Event> {
        self.sends(InboundContent::Text { body: text.to_owned() })
    }

    /// Taps the button or row that reads so.
    pub fn taps(&self, id: &str) -> Vec<Event> {
        self.sends(InboundContent::Reply { choice: Choice { id: id.to_owned(), title: id.to_owned(), description: None } })
    }

    pub fn sends_a_picture(&self) -> Vec<Event> {
        self.sends(InboundContent::Image { whatsapp_id: "m1".to_owned(), mime_type: "image/jpeg".to_owned(), caption: None })
    }

    /// Something that is named and not shown.
    pub fn sends_a(&self, kind: &str) -> Vec<Event> {
        self.sends(InboundContent::Unsupported { of: kind.to_owned() })
    }

    /// Something that nobody can read.
    pub fn sends_something(&self) -> Vec<Event> {
        self.sends(InboundContent::Unreadable { of: None })
    }

    pub fn does(&self, unspoken: Unspoken) -> Vec<Event> {
        self.sends(InboundContent::Unspoken(unspoken))
    }

    pub fn reacts(&self, emoji: &str) -> Vec<Event> {
        self.does(Unspoken::Reaction { emoji: Some(emoji.to_owned()), to: None })
    }

    pub fn sends(&self, content: InboundContent) -> Vec<Event> {
        self.delivers(self.message(content)).unwrap()
    }

    /// The message as WhatsApp hands it over; delivering it twice is delivering the same message.
    pub fn message(&self, content: InboundContent) -> InboundMessage {
        let name = self.known().name;
        InboundMessage {
            wamid: format!("wamid.{}", self.shop.fresh()),
            at: self.shop.now(),
            sender: Sender { identities: vec![Identity::Phone("491700000000".to_owned())], name: Some(name), username: None, found: None },
            content,
            reply_to: None,
            raw: Value::Null,
        }
    }

    pub fn delivers(&self, message: InboundMessage) -> Result<Vec<Event>, Refusal> {
        self.shop.lane(self.contact, Command::Receive { message, received_at: self.shop.now() })
    }

    pub fn known(&self) -> Contact {
        self.shop.tables.borrow().contacts[&self.contact].clone()
    }

    /// The conversation under way, or the latest.
    pub fn id(&self) -> ConversationId {
        self.shop.latest(self.contact).expect("there is a conversation")
    }

    pub fn kept(&self) -> Kept {
        self.shop.kept(self.id())
    }

    pub fn conversation(&self) -> Conversation {
        self.kept().conversation
    }

    /// How many conversations there have been.
    pub fn conversations(&self) -> usize {
        self.shop.tables.borrow().conversations.iter().filter(|kept| kept.conversation.contact == self.contact).count()
    }

    /// What was sent to this phone.
    pub fn received(&self) -> Vec<Message> {
        let tables = self.shop.tables.borrow();
        let is_ours = |id: &ConversationId| {
            tables.conversations.iter().any(|kept| kept.conversation.id == *id && kept.conversation.contact == self.contact)
        };
        let messages = tables.messages.iter().filter(|kept| kept.message.author != Author::Contact && is_ours(&kept.conversation));
        messages.map(|kept| kept.message.clone()).collect()
    }

    /// The events of the latest conversation, by name.
    pub fn story(&self) -> Vec<&'static str> {
        self.kept().journal.iter().map(|recorded| recorded.event.kind()).collect()
    }

    /// Goes through the flow to the queue of orders.
    pub fn asks_about_an_order(&self) {
        self.writes("hi");
        self.shop.passes(jiff::SignedDuration::from_secs(30));
        self.taps("orders");
        self.writes("204817");
        self.taps("late");
    }

    /// Writes after having read, and waits for what comes of it.
    pub fn answers(&self, text: &str) {
        self.shop.passes(jiff::SignedDuration::from_secs(10));
        self.writes(text);
        self.shop.passes(jiff::SignedDuration::from_secs(10));
    }
}
