//! What is published after a commit, with all that the fragments of it show.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::presence::Here;
use crate::domain::Snapshot;
use crate::domain::brief::Answer;
use crate::domain::channel::Formatting;
use crate::domain::contact::{Contact, Identity};
use crate::domain::conversation::{Conversation, Listing};
use crate::domain::details::Facts;
use crate::domain::event::{Event, Recorded};
use crate::domain::ids::{ConversationId, MessageId, UserId, WorkspaceId};
use crate::domain::message::{Author, Message, Status};
use crate::domain::overdue::Step;
use crate::domain::routing::skills::Told;
use crate::domain::sla::{Clock, Clocks};
use crate::domain::thread::{QuotedMessage, ThreadMessage};
use crate::domain::tick::Climbed;

/// What has changed, for the pages and the nodes that show or keep it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Change {
    Conversation(Arc<ConversationChange>),
    Ticks(Arc<TicksChange>),
    /// A person came or went.
    Agent(Here),
    /// Who of a workspace takes work is another, or what is told of it on the floor.
    Team(WorkspaceId),
    SetUp(SetUpChange),
}

/// What is set up has changed; whoever keeps an older version reads it again.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct SetUpChange {
    pub workspace: WorkspaceId,
    pub version: i64,
}

impl Change {
    /// Whether a floor may look different after it.
    #[must_use]
    pub fn concerns_floor(&self) -> bool {
        match self {
            Change::Conversation(change) => change.is_move() || change.is_wait_changed() || change.is_due_changed(),
            Change::Ticks(_) => false,
            Change::Agent(_) | Change::Team(_) | Change::SetUp(_) => true,
        }
    }

    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        match self {
            Change::Conversation(change) => change.workspace,
            Change::Ticks(ticks) => ticks.workspace,
            Change::Agent(here) => here.workspace,
            Change::Team(workspace) => *workspace,
            Change::SetUp(change) => change.workspace,
        }
    }
}

/// How far messages got that were told of together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TicksChange {
    pub workspace: WorkspaceId,
    pub climbed: Vec<Climbed>,
}

/// What events only point at, as it stood after the commit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Standing {
    /// Messages that were written before.
    pub messages: Vec<ThreadMessage>,
    /// Messages that are answered.
    pub quotes: Vec<QuotedMessage>,
    /// What the customer is called by, where that changed.
    pub identities: Vec<Identity>,
}

impl Standing {
    /// How a message stands, which may be further than an event told.
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&ThreadMessage> {
        self.messages.iter().find(|it| it.message.id == id)
    }
}

/// One command's effect on one conversation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConversationChange {
    pub workspace: WorkspaceId,
    pub conversation: Conversation,
    pub contact: Contact,
    pub inbox_name: String,
    pub agent_name: Option<String>,
    pub queue_name: Option<String>,
    /// The name of the queue that the brief was handed over for.
    #[serde(default)]
    pub brief_queue_name: Option<String>,
    /// Tags and fields as pages show them.
    #[serde(default)]
    pub facts: Facts,
    /// What it wants of whoever has it.
    #[serde(default)]
    pub wants: Told,
    pub promise_minutes: Option<u32>,
    /// How far whoever holds it is with an answer that they owe.
    #[serde(default)]
    pub overdue: Option<Step>,
    /// What the flow has learned so far.
    pub answers: Vec<Answer>,
    /// Where it stood before; nothing for a new conversation.
    pub before: Option<Listing>,
    /// Since when the customer waited before.
    #[serde(default)]
    pub waited_since: Option<Timestamp>,
    /// What was due first before.
    #[serde(default)]
    pub due_before: Option<Timestamp>,
    /// What was met by it of what it is measured by; for who publishes it only.
    #[serde(skip)]
    pub met: Vec<Clock>,
    pub events: Vec<Recorded>,
    /// Messages that WhatsApp has taken: that they got further is all there is to show of them.
    #[serde(default)]
    pub climbed: Vec<Climbed>,
    /// What marks in its texts mean.
    #[serde(default)]
    pub formatting: Formatting,
    /// The names of the agents who wrote what is shown.
    #[serde(default)]
    pub people: HashMap<UserId, String>,
    /// What the events only point at; nothing while nobody has looked it up.
    #[serde(default)]
    pub standing: Option<Standing>,
    /// A message left the outbox that others of its contact waited behind; for who publishes it only.
    #[serde(skip)]
    pub next_may_go: bool,
    /// The message it brought is being sent already; for who publishes it only.
    #[serde(skip)]
    pub is_on_its_way: bool,
}

impl ConversationChange {
    /// The change that `events` made, from the snapshot as it is after them. The snapshot must hold a conversation.
    #[must_use]
    pub fn new(snapshot: &Snapshot, before: Option<&Conversation>, events: Vec<Recorded>) -> Option<Self> {
        let conversation = snapshot.conversation.clone()?;
        let agent_name = conversation.controller.agent().map(|agent| {
            let known = snapshot.agents.get(&agent).map(|agent| agent.name.clone());
            known.or_else(|| snapshot.workplace.people.get(&agent).cloned()).unwrap_or_default()
        });
        let queue = conversation.queue.and_then(|queue| snapshot.workplace.queue(queue));
        let answers = match (&conversation.brief, &snapshot.session) {
            (Some(brief), _) => brief.answers.clone(),
            (None, Some(session)) => session.answers.clone(),
            (None, None) => Vec::new(),
        };
        Some(Self {
            workspace: snapshot.workspace,
            contact: snapshot.contact.clone(),
            inbox_name: snapshot.inbox.name.clone(),
            agent_name,
            queue_name: queue.map(|queue| queue.name.clone()),
            facts: snapshot.workplace.vocabulary.facts(&snapshot.contact.fields, conversation.details.as_ref()),
            wants: Told::of(conversation.skills.as_ref(), &snapshot.workplace.skills),
            brief_queue_name: snapshot.workplace.queue_of(conversation.brief.as_ref()).map(|queue| queue.name.clone()),
            promise_minutes: queue.map(|queue| queue.promise_minutes),
            overdue: snapshot.workplace.answer.and_then(|answer| {
                let now = events.last().map_or_else(Timestamp::now, |recorded| recorded.at);
                answer.reached(&conversation, now)
            }),
            answers,
            before: before.map(Listing::of),
            waited_since: before.and_then(|before| before.waiting_since),
            due_before: before.and_then(|before| before.clocks.as_ref()).and_then(Clocks::first_due),
            met: before
                .and_then(|before| before.clocks.as_ref())
                .map(|before| Clocks::met_since(before, &conversation))
                .unwrap_or_default(),
            people: events.iter().filter_map(|recorded| author(snapshot, recorded.event.message_brought()?)).collect(),
            climbed: events.iter().filter_map(|recorded| taken(snapshot, conversation.id, recorded)).collect(),
            formatting: snapshot.rules.formatting,
            standing: None,
            events: events.into_iter().map(without_raw).collect(),
            next_may_go: false,
            is_on_its_way: false,
            conversation,
        })
    }

    /// The events point at what nobody has looked up for them yet.
    #[must_use]
    pub fn points_elsewhere(&self) -> bool {
        let is_elsewhere = |message: &Message| {
            let is_unnamed = matches!(message.author, Author::Agent { user } if !self.people.contains_key(&user));
            is_unnamed || message.quoted().is_some()
        };
        let is_touched = |message: MessageId| !self.has_climbed(message);
        self.events.iter().map(|recorded| &recorded.event).any(|event| {
            event.changes_names() || event.message_touched().is_some_and(is_touched) || event.message_brought().is_some_and(is_elsewhere)
        })
    }

    /// Whether all there is to show of a message is that WhatsApp has taken it.
    #[must_use]
    pub fn has_climbed(&self, message: MessageId) -> bool {
        self.climbed.iter().any(|climbed| climbed.message == message)
    }

    /// Whether a clock began or stopped: more than one place shows it.
    #[must_use]
    pub fn is_wait_changed(&self) -> bool {
        self.waited_since != self.conversation.waiting_since
    }

    /// Whether something is due at another time than before, or late, or told to be.
    #[must_use]
    pub fn is_due_changed(&self) -> bool {
        let due_now = self.conversation.clocks.as_ref().and_then(Clocks::first_due);
        let is_told = |event: &Event| matches!(event, Event::SlaDueSoon { .. } | Event::SlaBreached { .. });
        self.due_before != due_now || self.events.iter().any(|recorded| is_told(&recorded.event))
    }

    /// Whether somebody has more or less to do than before.
    #[must_use]
    pub fn is_shift(&self) -> bool {
        self.before.and_then(|before| before.controller.agent()) != self.conversation.controller.agent()
    }

    /// Whether it moved between lists: somebody's counts change.
    #[must_use]
    pub fn is_move(&self) -> bool {
        self.before != Some(Listing::of(&self.conversation))
    }
}

/// A message that was taken, where that is told without a word beside it.
fn taken(snapshot: &Snapshot, conversation: ConversationId, recorded: &Recorded) -> Option<Climbed> {
    let Event::MessageStatusChanged { message, status: Status::Sending, failure: None, .. } = recorded.event else { return None };
    let at = snapshot.message(message)?.at;
    Some(Climbed { conversation, message, status: Status::Sending, at, ticked_at: recorded.at })
}

/// The agent who wrote a message, with the name.
fn author(snapshot: &Snapshot, message: &Message) -> Option<(UserId, String)> {
    let Author::Agent { user } = message.author else { return None };
    let known = snapshot.agents.get(&user).map(|agent| agent.name.clone());
    Some((user, known.or_else(|| snapshot.workplace.people.get(&user).cloned())?))
}

/// Only what is shown raw travels raw.
fn without_raw(mut recorded: Recorded) -> Recorded {
    if let Event::MessageReceived { message } | Event::MessageQueued { message } = &mut recorded.event
        && !message.content.is_shown_raw()
    {
        message.raw = None;
    }
    recorded
}
