//! What a decision is made from: one contact, one conversation, and the rules of the workplace around them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::agent::Agent;
use super::channel::Rules;
use super::contact::Contact;
use super::conversation::{ControlBefore, Controller, Conversation, LastMessage, State};
use super::event::{Actor, Event, Recorded};
use super::flows::session::FlowSession;
use super::ids::{ClaimId, ConversationId, Ids, MessageId, QueueId, UserId, WorkspaceId};
use super::inbox::Inbox;
use super::message::{Author, Direction, Message, Speech, Status, Wamid};
use super::workplace::Workplace;

/// One contact as the runner loaded it under the contact's lock.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub workspace: WorkspaceId,
    pub workplace: Arc<Workplace>,
    pub inbox: Inbox,
    /// What the inbox's channel allows.
    pub rules: &'static Rules,
    pub contact: Contact,
    /// The conversation that the command is about; otherwise the contact's in this inbox that is under way, or the latest.
    pub conversation: Option<Conversation>,
    /// Another conversation of the contact is under way in this inbox.
    pub another_under_way: bool,
    pub session: Option<FlowSession>,
    /// The messages that the commands speak of, as far as they are known.
    pub messages: Vec<KnownMessage>,
    /// What the journal says of who controlled the conversation, from the act on that a command wants to undo; as far as it was asked for.
    pub acts: Vec<Recorded>,
    /// Where the id that was made outside for this command is used already.
    pub used: Option<Used>,
    /// The contact took something over from the one that the command names.
    pub is_joined: bool,
    /// The queues of the teams of whoever acts, if what they see depends on it.
    pub queues_of_viewer: Vec<QueueId>,
    /// The agents that the commands concern; their rows are locked.
    pub agents: HashMap<UserId, Agent>,
    pub ids: Ids,
}

/// What the rules need to know of a stored message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMessage {
    pub id: MessageId,
    pub wamid: Option<Wamid>,
    /// When it was written.
    pub at: Timestamp,
    pub status: Status,
    /// Whether its unknown fate is before a person now.
    pub is_asked: bool,
    /// Where it stands in the outbox, if it is there.
    pub outbox: Option<InOutbox>,
    /// Whether others of its contact wait behind it there.
    pub is_followed: bool,
}

/// Where an id that was made outside is used: the same one twice is a double click or a repeated request, or somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    pub conversation: ConversationId,
    pub by: Author,
}

/// Where a message on its way out stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InOutbox {
    Queued,
    /// A node has it in hand; `is_lapsed`: it has had it for longer than it may.
    Claimed {
        claim: ClaimId,
        is_lapsed: bool,
    },
}

impl KnownMessage {
    /// A message that was just written.
    #[must_use]
    pub fn of(message: &Message, outbox: Option<InOutbox>) -> Self {
        Self {
            id: message.id,
            wamid: message.wamid.clone(),
            at: message.at,
            status: message.status,
            is_asked: false,
            outbox,
            is_followed: false,
        }
    }

    /// Whether this claim still has it.
    #[must_use]
    pub fn is_claimed_by(&self, this: ClaimId) -> bool {
        matches!(self.outbox, Some(InOutbox::Claimed { claim, .. }) if claim == this)
    }
}

impl Snapshot {
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&KnownMessage> {
        self.messages.iter().find(|message| message.id == id)
    }

    #[must_use]
    pub fn message_by_wamid(&self, wamid: &str) -> Option<&KnownMessage> {
        self.messages.iter().find(|message| message.wamid.as_deref() == Some(wamid))
    }

    /// Makes the snapshot what it is after `event`.
    pub fn apply(&mut self, event: &Event, now: Timestamp) {
        self.apply_to_neighbours(event, now);
        if event.is_of_contact() {
            self.contact.last_seq += 1;
        }
        let Some(conversation) = &mut self.conversation else { return };
        if event.is_journaled() {
            conversation.last_seq += 1;
        }
        conversation.apply(event, self.rules, now);
    }

    /// Everything but the conversation itself.
    fn apply_to_neighbours(&mut self, event: &Event, now: Timestamp) {
        match event {
            Event::ConversationOpened { conversation, contact, inbox } => {
                self.conversation = Some(Conversation::open(*conversation, *contact, *inbox, now));
                self.session = None;
            }
            Event::MessageReceived { message } | Event::MessageQueued { message } => {
                let outbox = (message.status == Status::Queued).then_some(InOutbox::Queued);
                self.messages.push(KnownMessage::of(message, outbox));
            }
            Event::MessageStatusChanged { message, status, failure, wamid, .. } => {
                if let Some(known) = self.messages.iter_mut().find(|known| known.id == *message) {
                    known.status = *status;
                    known.is_asked = *status == Status::Unknown && failure.is_some();
                    known.wamid = wamid.clone().or_else(|| known.wamid.take());
                }
            }
            Event::MessageAccepted { message, wamid } => {
                if let Some(known) = self.messages.iter_mut().find(|known| known.id == *message) {
                    known.status = Status::Sending;
                    known.wamid = Some(wamid.clone());
                }
            }
            Event::MessageResent { message, .. } => self.settle(*message, Status::Queued, Some(InOutbox::Queued)),
            Event::MessageLeft { message, .. } => self.settle(*message, Status::Unknown, None),
            Event::LeftOutbox { message } => self.moves(*message, None),
            Event::DeliveryPostponed { message, .. } => self.moves(*message, Some(InOutbox::Queued)),
            Event::FieldSet { field, value } => {
                self.contact.fields.insert(field.clone(), value.clone());
            }
            Event::ContactRenamed { name } => self.contact.name.clone_from(name),
            Event::LanguageLearned { language } => self.contact.language = Some(language.clone()),
            Event::AddressChanged { to, at, .. } => self.contact.is_at(to, *at),
            Event::UsernameLearned { username } => self.contact.username = Some(username.clone()),
            Event::FlowAdvanced { session } => self.session.clone_from(session),
            Event::ConversationAssigned { agent, .. } => {
                let previous = self.conversation.as_ref().and_then(|conversation| conversation.controller.agent());
                if previous != Some(*agent) {
                    self.lose(previous);
                    self.gain(*agent, now);
                }
            }
            Event::BotStarted { .. } | Event::ConversationQueued { .. } | Event::ConversationResolved { .. } => {
                let previous = self.conversation.as_ref().and_then(|conversation| conversation.controller.agent());
                self.lose(previous);
            }
            Event::ActUndone { before, .. } => {
                let previous = self.conversation.as_ref().and_then(|conversation| conversation.controller.agent());
                if previous != before.controller.agent() {
                    self.lose(previous);
                    self.give_back(before.controller.agent());
                }
            }
            Event::ConversationReopened { .. }
            | Event::MediaChanged { .. }
            | Event::WindowOpened { .. }
            | Event::WindowClosed
            | Event::FlowStarted { .. }
            | Event::AnswerRecorded { .. }
            | Event::HandedOff { .. }
            | Event::ConversationTransferred { .. }
            | Event::NoteAdded { .. }
            | Event::NumberTakenOver { .. }
            | Event::ContactsJoined { .. }
            | Event::CustomerMovedOn { .. }
            | Event::ContactsParted { .. }
            | Event::InboxPaused { .. }
            | Event::TimerSet { .. }
            | Event::TimerCancelled { .. }
            | Event::Strange(_) => {}
        }
    }

    fn settle(&mut self, id: MessageId, status: Status, outbox: Option<InOutbox>) {
        if let Some(known) = self.messages.iter_mut().find(|known| known.id == id) {
            known.status = status;
            known.is_asked = false;
            known.outbox = outbox;
        }
    }

    fn moves(&mut self, id: MessageId, outbox: Option<InOutbox>) {
        if let Some(known) = self.messages.iter_mut().find(|known| known.id == id) {
            known.outbox = outbox;
        }
    }

    fn gain(&mut self, user: UserId, now: Timestamp) {
        if let Some(agent) = self.agents.get_mut(&user) {
            agent.load += 1;
            agent.idle_since = now;
        }
    }

    /// What somebody held before they hold again: it is no new work.
    fn give_back(&mut self, user: Option<UserId>) {
        if let Some(agent) = user.and_then(|user| self.agents.get_mut(&user)) {
            agent.load += 1;
        }
    }

    fn lose(&mut self, user: Option<UserId>) {
        if let Some(agent) = user.and_then(|user| self.agents.get_mut(&user)) {
            agent.load -= 1;
        }
    }
}

impl Conversation {
    fn open(id: super::ids::ConversationId, contact: super::ids::ContactId, inbox: super::ids::InboxId, now: Timestamp) -> Self {
        Self {
            id,
            contact,
            inbox,
            state: State::Open,
            controller: Controller::Nobody,
            queue: None,
            last_agent: None,
            brief: None,
            assignment_reason: None,
            last_seq: 0,
            opened_at: now,
            queued_at: None,
            assigned_at: None,
            waiting_since: None,
            resolved_at: None,
            window_expires_at: None,
            last_message_at: now,
            last_message: None,
        }
    }

    fn apply(&mut self, event: &Event, rules: &Rules, now: Timestamp) {
        match event {
            Event::MessageReceived { message } => self.hear(message, rules, now),
            Event::MessageStatusChanged { message, status, .. } => self.note_fate(*message, *status),
            Event::MessageAccepted { message, .. } => self.note_fate(*message, Status::Sending),
            Event::MessageResent { message, .. } => self.note_fate(*message, Status::Queued),
            // Who leaves it takes it for sent.
            Event::MessageLeft { message, .. } => self.note_fate(*message, Status::Sent),
            // It is an answer once it has left: until then they wait.
            Event::MessageQueued { message } => self.remember(message, now),
            Event::ConversationReopened { by } => {
                self.state = State::Open;
                self.resolved_at = None;
                // A colleague goes on with the same matter; a customer who comes back may have another one.
                if let (Actor::Customer, Some(brief)) = (by, &mut self.brief) {
                    brief.is_earlier = true;
                }
            }
            Event::WindowClosed => self.window_expires_at = Some(now),
            Event::CustomerMovedOn { .. } => self.waiting_since = None,
            Event::FlowStarted { .. } => self.controller = Controller::Flow,
            Event::BotStarted { bot } => {
                self.controller = Controller::Bot { bot: *bot };
                self.queued_at = None;
                self.assigned_at = None;
            }
            Event::HandedOff { brief, .. } => self.brief = Some(brief.clone()),
            Event::ConversationQueued { queue, because, .. } => {
                self.controller = Controller::Queue;
                self.queue = Some(*queue);
                self.queued_at = Some(now);
                self.assigned_at = None;
                if *because == super::event::QueuedBecause::Transferred {
                    self.last_agent = None;
                }
            }
            Event::ConversationAssigned { agent, reason, .. } => {
                self.controller = Controller::Agent { user: *agent };
                self.last_agent = Some(*agent);
                self.assignment_reason = Some(reason.clone());
                self.assigned_at = Some(now);
                self.queued_at = None;
            }
            Event::ConversationResolved { .. } => {
                self.state = State::Resolved;
                self.controller = Controller::Nobody;
                self.resolved_at = Some(now);
                self.waiting_since = None;
                self.queued_at = None;
            }
            Event::ActUndone { before, .. } => self.restore(before),
            Event::ConversationOpened { .. }
            | Event::MediaChanged { .. }
            | Event::WindowOpened { .. }
            | Event::AnswerRecorded { .. }
            | Event::FieldSet { .. }
            | Event::ConversationTransferred { .. }
            | Event::NoteAdded { .. }
            | Event::ContactRenamed { .. }
            | Event::LanguageLearned { .. }
            | Event::AddressChanged { .. }
            | Event::NumberTakenOver { .. }
            | Event::ContactsJoined { .. }
            | Event::ContactsParted { .. }
            | Event::UsernameLearned { .. }
            | Event::DeliveryPostponed { .. }
            | Event::LeftOutbox { .. }
            | Event::InboxPaused { .. }
            | Event::FlowAdvanced { .. }
            | Event::TimerSet { .. }
            | Event::TimerCancelled { .. }
            | Event::Strange(_) => {}
        }
    }

    /// Gives back what an act ended. Who waits now is for the thread to say: only a resolution ends a wait that nobody has answered.
    fn restore(&mut self, before: &ControlBefore) {
        if self.state == State::Resolved {
            let answer = self.last_message.as_ref().filter(|last| last.agent.is_some());
            self.waiting_since = answer.map_or(before.waiting_since, LastMessage::unanswered_since);
        } else if before.state == State::Resolved {
            self.waiting_since = None;
        }
        self.state = before.state;
        self.controller = before.controller;
        self.queue = before.queue;
        self.last_agent = before.last_agent;
        self.assignment_reason.clone_from(&before.assignment_reason);
        self.queued_at = before.queued_at;
        self.assigned_at = before.assigned_at;
        self.resolved_at = before.resolved_at;
    }

    /// The customer said something: the window is renewed, and somebody waits. What was not said changes neither, nor the last line.
    fn hear(&mut self, message: &Message, rules: &Rules, now: Timestamp) {
        if message.content.renews_window() {
            self.window_expires_at = self.window_expires_at.max(rules.window_after(message.at.min(now)));
        }
        match message.content.speech() {
            Speech::Said | Speech::Unreadable => {
                self.remember(message, now);
                // What does not reopen a resolved conversation asks for nothing.
                if self.state != State::Resolved {
                    self.waiting_since.get_or_insert(now);
                }
            }
            Speech::Unspoken => {}
        }
    }

    /// What became of a message of ours. An answer that did not arrive is none, nor is one of which nobody knows: the customer waits
    /// as before. One that arrives after all is.
    fn note_fate(&mut self, message: MessageId, status: Status) {
        let Some(last) = &mut self.last_message else { return };
        last.uncertain.retain(|uncertain| *uncertain != message);
        if status == Status::Unknown {
            last.uncertain.push(message);
            let surplus = last.uncertain.len().saturating_sub(LastMessage::UNCERTAIN);
            last.uncertain.drain(..surplus);
        }
        if last.message != Some(message) {
            return;
        }
        last.has_failed = status == Status::Failed;
        last.is_queued = status == Status::Queued;
        // Of answers in a row, the next one does not make them wait again.
        if last.agent.is_some() && !last.is_queued && self.state != State::Resolved {
            self.waiting_since = last.unanswered_since();
        }
    }

    fn remember(&mut self, message: &Message, now: Timestamp) {
        let agent = match message.author {
            Author::Agent { user } => Some(user),
            Author::Contact | Author::Flow | Author::Bot { .. } => None,
        };
        // Of answers in a row, the last one answers what none before it did.
        let before = self.last_message.as_ref().filter(|last| last.agent.is_some()).and_then(LastMessage::unanswered_since);
        let uncertain = self.last_message.take().map(|last| last.uncertain).unwrap_or_default();
        self.last_message_at = now;
        self.last_message = Some(LastMessage {
            direction: message.direction(),
            kind: message.content.kind().to_owned(),
            text: message.content.text().chars().take(LastMessage::LENGTH).collect(),
            seq: self.last_seq,
            message: Some(message.id),
            agent,
            has_failed: false,
            is_queued: message.direction() == Direction::Outbound,
            uncertain,
            answers_since: agent.and(self.waiting_since.or(before)),
        });
    }

    /// The sequence of the customer's latest message when it is the last one of the thread.
    #[must_use]
    pub fn unanswered_seq(&self) -> Option<i64> {
        self.last_message.as_ref().filter(|last| last.direction == Direction::Inbound).map(|last| last.seq)
    }
}
