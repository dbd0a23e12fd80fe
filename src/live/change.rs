//! What is published after a commit, with all that the fragments of it show.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::Snapshot;
use crate::domain::brief::Answer;
use crate::domain::contact::Contact;
use crate::domain::conversation::{Conversation, Listing};
use crate::domain::event::{Event, Recorded};
use crate::domain::ids::WorkspaceId;
use crate::domain::tick::Climbed;

/// What pages are shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Change {
    Conversation(Arc<ConversationChange>),
    Ticks(Arc<TicksChange>),
}

impl Change {
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        match self {
            Change::Conversation(change) => change.workspace,
            Change::Ticks(ticks) => ticks.workspace,
        }
    }
}

/// How far messages got that were told of together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TicksChange {
    pub workspace: WorkspaceId,
    pub climbed: Vec<Climbed>,
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
    pub promise_minutes: Option<u32>,
    /// What the flow has learned so far.
    pub answers: Vec<Answer>,
    /// Where it stood before; nothing for a new conversation.
    pub before: Option<Listing>,
    /// Since when the customer waited before.
    #[serde(default)]
    pub waited_since: Option<Timestamp>,
    pub events: Vec<Recorded>,
    /// A message left the outbox that others of its contact waited behind; for who publishes it only.
    #[serde(skip)]
    pub next_may_go: bool,
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
            brief_queue_name: snapshot.workplace.queue_of(conversation.brief.as_ref()).map(|queue| queue.name.clone()),
            promise_minutes: queue.map(|queue| queue.promise_minutes),
            answers,
            before: before.map(Listing::of),
            waited_since: before.and_then(|before| before.waiting_since),
            events: events.into_iter().map(without_raw).collect(),
            next_may_go: false,
            conversation,
        })
    }

    /// Whether a clock began or stopped: more than one place shows it.
    #[must_use]
    pub fn is_wait_changed(&self) -> bool {
        self.waited_since != self.conversation.waiting_since
    }

    /// Whether it moved between lists: somebody's counts change.
    #[must_use]
    pub fn is_move(&self) -> bool {
        self.before != Some(Listing::of(&self.conversation))
    }
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
