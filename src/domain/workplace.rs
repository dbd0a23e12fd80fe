//! What administrators set up, as far as the rules need it.

use std::collections::HashMap;
use std::sync::Arc;

use super::announcing::Announcements;
use super::brand::Brand;
use super::brief::Brief;
use super::details::Vocabulary;
use super::flows::definition::Definition;
use super::ids::{FlowId, QueueId, UserId};
use super::lease::Lease;
use super::overdue::AnswerWithin;
use super::overflow::Overflow;
use super::queue::Queue;
use super::rest::Rest;
use super::routing::{EntryRules, Skill, WideningStep};
use super::sla::SlaPolicy;
use super::sticky::Sticky;

/// What an administrator set up; changes rarely.
#[derive(Debug, Clone, Default)]
pub struct Workplace {
    /// Of the set-up that this is a part of: the sequence of its last event.
    pub version: i64,
    pub queues: Vec<Queue>,
    /// Queues that are gone, and which one has what was of them.
    pub removed_queues: HashMap<QueueId, QueueId>,
    /// Tags and fields.
    pub vocabulary: Vocabulary,
    /// Names of everybody who works or worked here.
    pub people: HashMap<UserId, String>,
    /// The published version of each flow.
    pub published: HashMap<FlowId, i32>,
    pub definitions: HashMap<(FlowId, i32), Arc<Definition>>,
    pub brand: Arc<Brand>,
    pub lease: Lease,
    /// Without it, whoever holds a conversation has all the time.
    pub answer: Option<AnswerWithin>,
    /// Where conversations go that come in.
    pub entry: Arc<EntryRules>,
    pub skills: Vec<Skill>,
    /// What is wanted less of in a queue, and when, where anything ever is.
    pub widening: HashMap<QueueId, Vec<WideningStep>>,
    /// What becomes of those who wait in queues and are given to nobody, where anything does.
    pub overflows: HashMap<QueueId, Arc<Overflow>>,
    /// Queues that keep customers with whom they know.
    pub sticky: HashMap<QueueId, Sticky>,
    /// What whoever waits in queues is told of their place in line, where anything.
    pub announcements: HashMap<QueueId, Arc<Announcements>>,
    /// Queues that rest, or did until a while ago.
    pub rests: HashMap<QueueId, Rest>,
    /// What the conversations of queues are measured by.
    pub sla: HashMap<QueueId, Arc<SlaPolicy>>,
}

impl Workplace {
    /// A queue; of one that is gone, the one that has what was of it.
    #[must_use]
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        let id = self.removed_queues.get(&id).copied().unwrap_or(id);
        self.queues.iter().find(|queue| queue.id == id)
    }

    /// The queue that a brief was handed over for.
    #[must_use]
    pub fn queue_of(&self, brief: Option<&Brief>) -> Option<&Queue> {
        self.queues.iter().find(|queue| brief.is_some_and(|brief| brief.queue == queue.key))
    }
}
