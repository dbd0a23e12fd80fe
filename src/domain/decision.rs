//! A decision in the making: every emitted event is applied at once, so that the next rule sees its effect.

use jiff::Timestamp;
use uuid::Uuid;

use super::conversation::Conversation;
use super::event::Event;
use super::ids::UserId;
use super::message::{Author, Content, Message, Status, Wamid};
use super::refusal::Refusal;
use super::snapshot::Snapshot;

pub(super) struct Decision {
    pub snapshot: Snapshot,
    pub now: Timestamp,
    /// Who held the conversation before the one that this decision is about, as far as it is known.
    pub previous_agent: Option<UserId>,
    /// When that one was resolved.
    pub previous_at: Option<Timestamp>,
    events: Vec<Event>,
}

impl Decision {
    pub fn new(snapshot: &Snapshot, now: Timestamp) -> Self {
        // While a flow speaks, its session knows.
        let session = snapshot.session.as_ref();
        let previous_agent = session.and_then(|session| session.previous_agent);
        let previous_at = session.and_then(|session| session.previous_at);
        Self { snapshot: snapshot.clone(), now, previous_agent, previous_at, events: Vec::new() }
    }

    pub fn emit(&mut self, event: Event) {
        self.snapshot.apply(&event, self.now);
        self.events.push(event);
    }

    /// What was decided so far.
    pub fn emitted(&self) -> &[Event] {
        &self.events
    }

    pub fn events(self) -> Vec<Event> {
        self.events
    }

    pub fn fresh_id(&self) -> Uuid {
        self.snapshot.ids.next(self.now)
    }

    /// # Errors
    /// [`Refusal::NoConversation`] when the contact never wrote to this inbox.
    pub fn conversation(&self) -> Result<&Conversation, Refusal> {
        self.snapshot.conversation.as_ref().ok_or(Refusal::NoConversation)
    }

    /// Emits a message of ours, to be sent.
    pub fn queue_message(&mut self, id: Uuid, author: Author, content: Content, reply_to: Option<Wamid>) {
        let message = Message {
            id: id.into(),
            author,
            content,
            status: Status::Queued,
            failure: None,
            wamid: None,
            reply_to,
            at: self.now,
            raw: None,
        };
        self.emit(Event::MessageQueued { message });
    }
}
