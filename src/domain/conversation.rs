//! Conversations: who speaks, who waits, and since when.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::brief::Brief;
use super::details::Details;
use super::flows::session::FlowSession;
use super::ids::{BotId, ContactId, ConversationId, InboxId, MessageId, QueueId, UserId};
use super::message::Direction;
use super::overflow::Wait;
use super::routing::{AssignmentReason, Priority, Wants, skills};
use super::sla::Clocks;

/// A conversation as its row has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub contact: ContactId,
    pub inbox: InboxId,
    pub state: State,
    pub controller: Controller,
    /// The queue it waits in or came from.
    pub queue: Option<QueueId>,
    #[serde(default)]
    pub priority: Priority,
    /// Who held it last, for a customer who comes back.
    pub last_agent: Option<UserId>,
    pub brief: Option<Brief>,
    /// Why who holds it, or held it last, was chosen; nothing once it was taken from them because they did not answer.
    pub assignment_reason: Option<AssignmentReason>,
    /// The sequence of its latest event.
    pub last_seq: i64,
    pub opened_at: Timestamp,
    pub queued_at: Option<Timestamp>,
    pub assigned_at: Option<Timestamp>,
    /// Since when the customer waits for a person's answer.
    pub waiting_since: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    pub window_expires_at: Option<Timestamp>,
    pub last_message_at: Timestamp,
    pub last_message: Option<LastMessage>,
    /// Its tags and fields, if it ever had any.
    #[serde(default)]
    pub details: Option<Details>,
    /// What it wants of whoever has it, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skills: Option<Wants>,
    /// How it waits beside its place in line, or waited, where that is anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// What it is measured by, where anything is.
    #[serde(default)]
    pub clocks: Option<Clocks>,
}

/// Who had a conversation, or where it waited, when somebody looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    Flow,
    Bot(BotId),
    Queue(QueueId),
    Agent(UserId),
    Nobody,
}

impl Holder {
    /// Who has a conversation that `controller` speaks in, and that is bound for `queue`.
    #[must_use]
    pub fn of(controller: Controller, queue: Option<QueueId>) -> Self {
        match (controller, queue) {
            (Controller::Flow, _) => Holder::Flow,
            (Controller::Bot { bot }, _) => Holder::Bot(bot),
            (Controller::Agent { user }, _) => Holder::Agent(user),
            (Controller::Queue, Some(queue)) => Holder::Queue(queue),
            (Controller::Queue, None) | (Controller::Nobody, _) => Holder::Nobody,
        }
    }
}

impl Conversation {
    /// Who has it, or where it waits.
    #[must_use]
    pub fn holder(&self) -> Holder {
        Holder::of(self.controller, self.queue)
    }

    /// What all that require the same have in common; 0 of those that require nothing.
    #[must_use]
    pub fn needs(&self) -> i64 {
        self.skills.as_ref().map_or(0, |wants| skills::needs(&wants.asked.required))
    }
}

/// As forms carry it: `flow`, `nobody`, `bot:<uuid>`, `queue:<uuid>`, `agent:<uuid>`.
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Flow => f.write_str("flow"),
            Holder::Nobody => f.write_str("nobody"),
            Holder::Bot(bot) => write!(f, "bot:{bot}"),
            Holder::Queue(queue) => write!(f, "queue:{queue}"),
            Holder::Agent(user) => write!(f, "agent:{user}"),
        }
    }
}

impl FromStr for Holder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("nobody is called {text:?}");
        match text.split_once(':') {
            None if text == "flow" => Ok(Holder::Flow),
            None if text == "nobody" => Ok(Holder::Nobody),
            Some(("bot", id)) => id.parse().map(Holder::Bot).map_err(|_| unknown()),
            Some(("queue", id)) => id.parse().map(Holder::Queue).map_err(|_| unknown()),
            Some(("agent", id)) => id.parse().map(Holder::Agent).map_err(|_| unknown()),
            _ => Err(unknown()),
        }
    }
}

/// What decides in which lists a conversation is, and who sees it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    pub state: State,
    pub controller: Controller,
    pub queue: Option<QueueId>,
    /// Who held it last, since it was last put into a queue by hand.
    #[serde(default)]
    pub last_agent: Option<UserId>,
}

impl Listing {
    #[must_use]
    pub fn of(conversation: &Conversation) -> Self {
        let Conversation { state, controller, queue, last_agent, .. } = *conversation;
        Self { state, controller, queue, last_agent }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Snoozed,
    Resolved,
}

impl State {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Snoozed => "snoozed",
            State::Resolved => "resolved",
        }
    }
}

/// Who may speak to the customer. One value, so that neither a flow nor a bot can ever talk over a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Controller {
    Flow,
    /// An outside program.
    Bot {
        bot: BotId,
    },
    /// Nobody yet: it waits in its queue.
    Queue,
    Agent {
        user: UserId,
    },
    Nobody,
}

impl Controller {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Controller::Flow => "flow",
            Controller::Bot { .. } => "bot",
            Controller::Queue => "queue",
            Controller::Agent { .. } => "agent",
            Controller::Nobody => "nobody",
        }
    }

    #[must_use]
    pub fn agent(self) -> Option<UserId> {
        match self {
            Controller::Agent { user } => Some(user),
            Controller::Flow | Controller::Bot { .. } | Controller::Queue | Controller::Nobody => None,
        }
    }

    #[must_use]
    pub fn bot(self) -> Option<BotId> {
        match self {
            Controller::Bot { bot } => Some(bot),
            Controller::Flow | Controller::Queue | Controller::Agent { .. } | Controller::Nobody => None,
        }
    }
}

/// Who controlled a conversation before a person's act changed it: all that undoing the act gives back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ControlBefore {
    pub state: State,
    pub controller: Controller,
    pub queue: Option<QueueId>,
    pub last_agent: Option<UserId>,
    pub assignment_reason: Option<AssignmentReason>,
    pub queued_at: Option<Timestamp>,
    pub assigned_at: Option<Timestamp>,
    pub waiting_since: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    /// What it wanted of whoever has it, and what of that was let go already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skills: Option<Wants>,
    /// How it waited, beside its place in line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// Where the flow stood that the act ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<FlowSession>,
}

impl ControlBefore {
    /// As a conversation stands now, with the flow that speaks in it.
    #[must_use]
    pub fn of(conversation: &Conversation, session: Option<&FlowSession>) -> Self {
        Self {
            state: conversation.state,
            controller: conversation.controller,
            queue: conversation.queue,
            last_agent: conversation.last_agent,
            assignment_reason: conversation.assignment_reason.clone(),
            queued_at: conversation.queued_at,
            assigned_at: conversation.assigned_at,
            waiting_since: conversation.waiting_since,
            resolved_at: conversation.resolved_at,
            skills: conversation.skills.clone(),
            wait: conversation.wait.clone(),
            session: session.cloned(),
        }
    }
}

/// The last line of a conversation, for lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastMessage {
    pub direction: Direction,
    /// The kind of its content, e.g. `image`.
    pub kind: String,
    /// At most [`LastMessage::LENGTH`] characters.
    pub text: String,
    pub seq: i64,
    #[serde(default)]
    pub message: Option<MessageId>,
    /// The agent who wrote it.
    #[serde(default)]
    pub agent: Option<UserId>,
    /// It did not reach the customer.
    #[serde(default)]
    pub has_failed: bool,
    /// It is ours, and has not left yet: for a moment, or for as long as its number is paused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_queued: bool,
    /// Messages of ours, this one or earlier ones, of which nobody knows whether they reached the customer; the latest
    /// [`LastMessage::UNCERTAIN`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncertain: Vec<MessageId>,
    /// Since when the customer had waited for it.
    #[serde(default)]
    pub answers_since: Option<Timestamp>,
}

impl LastMessage {
    /// Characters of a last line that a list keeps.
    pub const LENGTH: usize = 120;

    /// Uncertain messages that are remembered: the mark in a row needs one, and who settles them sees them all in the thread.
    pub const UNCERTAIN: usize = 8;

    /// Nobody knows whether this one reached the customer.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        self.message.is_some_and(|message| self.uncertain.contains(&message))
    }

    /// Nobody knows whether one before this one reached the customer.
    #[must_use]
    pub fn follows_uncertain(&self) -> bool {
        self.uncertain.iter().any(|uncertain| Some(*uncertain) != self.message)
    }

    /// Since when the customer waits although this answers them: it has not left, did not arrive, or nobody knows.
    #[must_use]
    pub fn unanswered_since(&self) -> Option<Timestamp> {
        self.answers_since.filter(|_| self.is_queued || self.has_failed || self.is_uncertain())
    }
}
