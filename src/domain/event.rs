//! Every fact, past tense. Journaled events are the timeline, the audit and the live feed; each carries what its fragment shows.

mod queued;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::queued::QueuedBecause;
use super::announcing::Announced;
use super::brief::{Answer, Brief};
use super::contact::Identity;
use super::conversation::{ControlBefore, State};
use super::flows::session::FlowSession;
use super::ids::{BotId, ContactId, ConversationId, FlowId, InboxId, MediaId, MessageId, NoteId, QueueId, TagId, UserId};
use super::journal::Place;
use super::landing::{Instead, Why};
use super::message::{Failure, MediaState, Message, Status, Wamid};
use super::overdue::Step;
use super::routing::skills::Widening;
use super::routing::{AssignmentReason, Named, Priority, SentBy};
use super::sla::{Clock, Clocks};
use super::sticky::Rather;
use super::timer::Timer;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    ConversationOpened {
        conversation: ConversationId,
        contact: ContactId,
        inbox: InboxId,
    },
    ConversationReopened {
        by: Actor,
    },
    MessageReceived {
        message: Message,
    },
    /// A message was accepted for sending, by a person, a flow or a bot.
    MessageQueued {
        message: Message,
    },
    MessageStatusChanged {
        message: MessageId,
        status: Status,
        failure: Option<Failure>,
        wamid: Option<Wamid>,
        /// When, by WhatsApp's clock, if it was WhatsApp that told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told_at: Option<Timestamp>,
    },
    /// A person decided to send a message again whose fate was unknown, or to leave it.
    MessageResent {
        message: MessageId,
        by: Actor,
    },
    MessageLeft {
        message: MessageId,
        by: Actor,
    },
    MediaChanged {
        message: MessageId,
        media: MediaId,
        state: MediaState,
        size: Option<(u32, u32)>,
    },
    /// The customer service window was closed and is open again.
    WindowOpened {
        expires_at: Timestamp,
    },
    /// WhatsApp says that the customer service window has closed.
    WindowClosed,
    FlowStarted {
        flow: FlowId,
        version: i32,
    },
    /// A bot speaks from now on.
    BotStarted {
        bot: BotId,
    },
    AnswerRecorded {
        answer: Answer,
    },
    TagAdded {
        tag: TagId,
        name: String,
    },
    /// A field of the conversation.
    DetailSet {
        field: String,
        value: String,
    },
    FieldSet {
        field: String,
        value: String,
    },
    HandedOff {
        /// A flow or a bot.
        by: Actor,
        brief: Brief,
    },
    ConversationQueued {
        queue: QueueId,
        name: String,
        because: QueuedBecause,
        /// Who said so, when it came in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent: Option<SentBy>,
        /// The queue that it was meant for, and why it does not wait there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead: Option<Instead>,
        /// Whom it is for rather than for anybody else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rather: Option<Rather>,
    },
    ConversationAssigned {
        agent: UserId,
        name: String,
        reason: AssignmentReason,
        /// What undoing it gives back; when the person took it, or opened it again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<ControlBefore>>,
        /// Whose it is from now on, where it was of no queue yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<QueueId>,
    },
    ConversationTransferred {
        by: Actor,
        to: Destination,
        note: Option<String>,
        /// What undoing it gives back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<ControlBefore>>,
    },
    /// The customer has waited for so many minutes, and whoever holds it has not answered.
    AnswerOverdue {
        step: Step,
        agent: UserId,
        name: String,
        minutes: i64,
    },
    /// Something will be late by the policy of its queue.
    SlaDueSoon {
        clock: Clock,
        due_at: Timestamp,
    },
    /// It is.
    SlaBreached {
        clock: Clock,
        due_at: Timestamp,
    },
    /// Who holds it signed off, or went away, and keeps it until then.
    ConversationKept {
        agent: UserId,
        name: String,
        until: Timestamp,
    },
    ConversationResolved {
        by: Actor,
        /// What undoing it gives back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<ControlBefore>>,
    },
    /// A person took back what they had just done: everything is again as `before` says, room or not.
    ActUndone {
        by: Actor,
        act: Act,
        before: Box<ControlBefore>,
    },
    /// Whoever waits in a queue comes before those with a lower one.
    PriorityChanged {
        by: Actor,
        from: Priority,
        to: Priority,
    },
    /// What it wants of whoever has it; nothing of what is in neither.
    SkillsAsked {
        by: Actor,
        required: Vec<Named>,
        preferred: Vec<Named>,
    },
    /// Nobody who has what it wanted was free for so long: it wants less from now on.
    SkillsWidened {
        does: Widening,
        seconds: i64,
        /// What was wanted of which less is wanted now.
        was: Vec<Named>,
        /// As it stands.
        required: Vec<Named>,
        preferred: Vec<Named>,
    },
    /// The customer was told where they stand in line.
    WaitAnnounced {
        queue: QueueId,
        announced: Announced,
    },
    /// It waits in a queue where it cannot be had, and stays there.
    WaitNoted {
        queue: QueueId,
        name: String,
        why: Why,
        seconds: i64,
        /// How many wait there at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<i32>,
        /// The customer was told.
        #[serde(default)]
        is_told: bool,
    },
    NoteAdded {
        note: NoteId,
        by: Actor,
        body: String,
    },
    ContactRenamed {
        name: String,
    },
    /// The language the customer speaks, from what they wrote or chose; by its tag in the flow.
    LanguageLearned {
        language: String,
    },
    /// The customer writes from elsewhere than before; answers go there. Journaled when there was a before.
    AddressChanged {
        from: Option<Identity>,
        to: Identity,
        /// When they did, by WhatsApp's clock.
        #[serde(default)]
        at: Timestamp,
    },
    /// The number they write from was another contact's before: nothing of theirs belongs to this one.
    NumberTakenOver {
        number: Option<Identity>,
    },
    /// Two contacts turned out to be one person, whose messages come here from now on.
    ContactsJoined {
        conversation: ConversationId,
        other: ContactId,
    },
    /// The customer is one person with another contact, and writes in that one's conversation from now on: nobody waits here.
    CustomerMovedOn {
        to: ConversationId,
    },
    /// Somebody saw that they are two after all.
    ContactsParted {
        other: ContactId,
        by: Actor,
    },

    // Not journaled: state that no timeline shows.
    /// WhatsApp took a message of ours, under this name.
    MessageAccepted {
        message: MessageId,
        wamid: Wamid,
    },
    UsernameLearned {
        username: String,
    },
    FlowAdvanced {
        session: Option<FlowSession>,
    },
    /// Its claim is given back: it is tried again then.
    DeliveryPostponed {
        message: MessageId,
        until: Timestamp,
    },
    /// Nothing is sent from this number until then. With a failure, a person has to see to it.
    InboxPaused {
        until: Timestamp,
        failure: Option<Failure>,
    },
    /// What becomes of it is known, or for a person to say.
    LeftOutbox {
        message: MessageId,
    },
    /// What it is measured by from now on.
    ClocksSet {
        clocks: Option<Box<Clocks>>,
    },
    TimerSet {
        timer: Timer,
        due_at: Timestamp,
    },
    TimerCancelled {
        timer: Timer,
    },

    /// What a newer version wrote, as it stands in the journal: this one knows that something happened, not what. Never emitted.
    #[serde(untagged)]
    Strange(serde_json::Value),
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    Customer,
    Flow,
    Bot { bot: BotId },
    Agent { user: UserId, name: String },
    System,
}

/// What a person did to who controls a conversation, and can take back for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    Resolved,
    Transferred,
    Taken,
    Reopened,
}

impl Act {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Act::Resolved => "resolved",
            Act::Transferred => "transferred",
            Act::Taken => "taken",
            Act::Reopened => "reopened",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Destination {
    Agent { user: UserId, name: String },
    Queue { queue: QueueId, name: String },
}

/// An event with its place in the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    pub seq: i64,
    pub at: Timestamp,
    pub place: Place,
    pub event: Event,
}

impl Recorded {
    #[must_use]
    pub fn new(seq: i64, at: Timestamp, event: Event) -> Self {
        Self { seq, at, place: event.place(), event }
    }

    /// The act it tells of, who did it, and what undoing it gives back; nothing for what nobody can take back.
    #[must_use]
    pub fn act(&self) -> Option<(Act, UserId, &ControlBefore)> {
        let (act, by, before) = match &self.event {
            Event::ConversationResolved { by: Actor::Agent { user, .. }, before } => (Act::Resolved, *user, before),
            Event::ConversationTransferred { by: Actor::Agent { user, .. }, before, .. } => (Act::Transferred, *user, before),
            Event::ConversationAssigned { agent, before, .. } => (Act::Taken, *agent, before),
            _ => return None,
        };
        let before = before.as_deref()?;
        Some((if before.state == State::Resolved { Act::Reopened } else { act }, by, before))
    }
}

impl Event {
    /// The kinds of events after which somebody else may control the conversation, or its state is another.
    pub const OF_CONTROL: [&str; 8] = [
        "conversation_reopened",
        "flow_started",
        "bot_started",
        "conversation_queued",
        "conversation_assigned",
        "conversation_transferred",
        "conversation_resolved",
        "act_undone",
    ];

    /// Whether it gets a sequence number and a journal row.
    #[must_use]
    pub fn is_journaled(&self) -> bool {
        !matches!(
            self,
            Event::AddressChanged { from: None, .. }
                | Event::MessageAccepted { .. }
                | Event::UsernameLearned { .. }
                | Event::FlowAdvanced { .. }
                | Event::DeliveryPostponed { .. }
                | Event::InboxPaused { .. }
                | Event::LeftOutbox { .. }
                | Event::ClocksSet { .. }
                | Event::TimerSet { .. }
                | Event::TimerCancelled { .. }
        )
    }

    /// Its name in the journal and in metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Event::ConversationOpened { .. } => "conversation_opened",
            Event::ConversationReopened { .. } => "conversation_reopened",
            Event::MessageReceived { .. } => "message_received",
            Event::MessageQueued { .. } => "message_queued",
            Event::MessageStatusChanged { .. } => "message_status_changed",
            Event::MessageResent { .. } => "message_resent",
            Event::MessageLeft { .. } => "message_left",
            Event::MediaChanged { .. } => "media_changed",
            Event::WindowOpened { .. } => "window_opened",
            Event::WindowClosed => "window_closed",
            Event::FlowStarted { .. } => "flow_started",
            Event::BotStarted { .. } => "bot_started",
            Event::AnswerRecorded { .. } => "answer_recorded",
            Event::TagAdded { .. } => "tag_added",
            Event::DetailSet { .. } => "detail_set",
            Event::FieldSet { .. } => "field_set",
            Event::HandedOff { .. } => "handed_off",
            Event::ConversationQueued { .. } => "conversation_queued",
            Event::ConversationAssigned { .. } => "conversation_assigned",
            Event::ConversationTransferred { .. } => "conversation_transferred",
            Event::AnswerOverdue { .. } => "answer_overdue",
            Event::SlaDueSoon { .. } => "sla_due_soon",
            Event::SlaBreached { .. } => "sla_breached",
            Event::ConversationKept { .. } => "conversation_kept",
            Event::ConversationResolved { .. } => "conversation_resolved",
            Event::ActUndone { .. } => "act_undone",
            Event::PriorityChanged { .. } => "priority_changed",
            Event::SkillsAsked { .. } => "skills_asked",
            Event::SkillsWidened { .. } => "skills_widened",
            Event::WaitNoted { .. } => "wait_noted",
            Event::WaitAnnounced { .. } => "wait_announced",
            Event::NoteAdded { .. } => "note_added",
            Event::ContactRenamed { .. } => "contact_renamed",
            Event::LanguageLearned { .. } => "language_learned",
            Event::AddressChanged { .. } => "address_changed",
            Event::NumberTakenOver { .. } => "number_taken_over",
            Event::ContactsJoined { .. } => "contacts_joined",
            Event::CustomerMovedOn { .. } => "customer_moved_on",
            Event::ContactsParted { .. } => "contacts_parted",
            Event::UsernameLearned { .. } => "username_learned",
            Event::FlowAdvanced { .. } => "flow_advanced",
            Event::DeliveryPostponed { .. } => "delivery_postponed",
            Event::InboxPaused { .. } => "inbox_paused",
            Event::MessageAccepted { .. } => "message_accepted",
            Event::LeftOutbox { .. } => "left_outbox",
            Event::ClocksSet { .. } => "clocks_set",
            Event::TimerSet { .. } => "timer_set",
            Event::TimerCancelled { .. } => "timer_cancelled",
            Event::Strange(_) => "strange",
        }
    }
}
