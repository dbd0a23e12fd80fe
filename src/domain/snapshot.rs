//! What a decision is made from: one contact, one conversation, and the rules of the workplace around them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::agent::Agent;
use super::channel::Rules;
use super::contact::Contact;
use super::conversation::Conversation;
use super::event::{Event, Recorded};
use super::flows::session::FlowSession;
use super::ids::{ClaimId, ConversationId, Ids, MessageId, QueueId, UserId, WorkspaceId};
use super::inbox::Inbox;
use super::message::{Author, Message, Status, Wamid};
use super::workplace::Workplace;

/// One contact as the runner loaded it under the contact's lock.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub workspace: WorkspaceId,
    pub workplace: Arc<Workplace>,
    pub inbox: Inbox,
    /// What the inbox's channel allows.
    pub rules: &'static Rules,
    /// The number speaks no more: nothing can be sent.
    pub is_disconnected: bool,
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
                    self.lose(previous, now);
                    self.gain(*agent, now);
                }
            }
            Event::BotStarted { .. } | Event::ConversationQueued { .. } | Event::ConversationResolved { .. } => {
                let previous = self.conversation.as_ref().and_then(|conversation| conversation.controller.agent());
                self.lose(previous, now);
            }
            Event::ActUndone { before, .. } => {
                let previous = self.conversation.as_ref().and_then(|conversation| conversation.controller.agent());
                if previous != before.controller.agent() {
                    self.lose(previous, now);
                    self.give_back(before.controller.agent(), now);
                }
            }
            Event::ConversationReopened { .. }
            | Event::MediaChanged { .. }
            | Event::WindowOpened { .. }
            | Event::WindowClosed
            | Event::FlowStarted { .. }
            | Event::AnswerRecorded { .. }
            | Event::TagAdded { .. }
            | Event::DetailSet { .. }
            | Event::HandedOff { .. }
            | Event::ConversationTransferred { .. }
            | Event::AnswerOverdue { .. }
            | Event::SlaDueSoon { .. }
            | Event::SlaBreached { .. }
            | Event::ConversationKept { .. }
            | Event::NoteAdded { .. }
            | Event::PriorityChanged { .. }
            | Event::SkillsAsked { .. }
            | Event::SkillsWidened { .. }
            | Event::WaitNoted { .. }
            | Event::WaitAnnounced { .. }
            | Event::NumberTakenOver { .. }
            | Event::ContactsJoined { .. }
            | Event::CustomerMovedOn { .. }
            | Event::ContactsParted { .. }
            | Event::InboxPaused { .. }
            | Event::ClocksSet { .. }
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
            agent.given_at = now;
        }
    }

    /// What somebody held before they hold again: it is no new work.
    fn give_back(&mut self, user: Option<UserId>, now: Timestamp) {
        if let Some(agent) = user.and_then(|user| self.agents.get_mut(&user)) {
            agent.load += 1;
            agent.idle_since = now;
        }
    }

    fn lose(&mut self, user: Option<UserId>, now: Timestamp) {
        if let Some(agent) = user.and_then(|user| self.agents.get_mut(&user)) {
            agent.load -= 1;
            agent.idle_since = now;
        }
    }
}
