//! Wake-ups for the workers. They carry no work, only where to look: a lost one costs a moment, never a message.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};

use crate::domain::ids::{InboxId, QueueId, UserId, WorkspaceId};

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Wake {
    /// Bodies of a source were stored.
    Payloads(String),
    /// A number has messages to send.
    Outbox(WorkspaceId, InboxId),
    /// Somebody waits in a queue, or room appeared.
    Queue(WorkspaceId, QueueId),
    /// Somebody came, or has room again: their queues.
    Agent(WorkspaceId, UserId),
    Timers,
    Media,
    Mails,
}

/// The wake-ups of this node: each place at most once, however often it is named.
#[derive(Debug, Default)]
pub struct Wakes {
    pub payloads: Places<String>,
    pub outbox: Places<(WorkspaceId, InboxId)>,
    pub queues: Places<(WorkspaceId, QueueId)>,
    pub agents: Places<(WorkspaceId, UserId)>,
    /// Counted, because several loops hear of it.
    pub timers: watch::Sender<u64>,
    pub media: Notify,
    pub mails: Notify,
}

impl Wakes {
    pub fn wake(&self, wake: Wake) {
        match wake {
            Wake::Payloads(source) => self.payloads.add(source),
            Wake::Outbox(workspace, inbox) => self.outbox.add((workspace, inbox)),
            Wake::Queue(workspace, queue) => self.queues.add((workspace, queue)),
            Wake::Agent(workspace, user) => self.agents.add((workspace, user)),
            Wake::Timers => self.timers.send_modify(|count| *count += 1),
            Wake::Media => self.media.notify_one(),
            Wake::Mails => self.mails.notify_one(),
        }
    }
}

/// Places to look at; bounded by how many places there are.
#[derive(Debug)]
pub struct Places<P> {
    waiting: Mutex<HashSet<P>>,
    notify: Notify,
}

impl<P> Default for Places<P> {
    fn default() -> Self {
        Self { waiting: Mutex::new(HashSet::new()), notify: Notify::new() }
    }
}

impl<P: Eq + Hash> Places<P> {
    pub fn add(&self, place: P) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(place);
        self.notify.notify_one();
    }

    /// Everything named since the last call; waits until there is something.
    pub async fn next(&self) -> HashSet<P> {
        loop {
            let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if !waiting.is_empty() {
                return waiting;
            }
            self.notify.notified().await;
        }
    }
}
