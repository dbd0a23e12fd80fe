//! The agenda: what is to happen later, on the simulator's clock, in order.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use crate::{
    chats::ChatKey,
    clock::Millis,
    errors::GraphError,
    traffic::Turn,
    webhooks::{Outbox, Parcel},
    world::World,
};

/// Things done in one go before others get the processor.
const BATCH: usize = 256;
/// Longest sleep; the machine's clock may be set meanwhile.
const NAP: Duration = Duration::from_secs(10);

/// Something to do later.
#[derive(Debug)]
pub enum Task {
    /// The next status of a message of a business.
    Status {
        /// Which chat.
        chat: ChatKey,
        /// Which message.
        id: Arc<str>,
        /// What happens to it.
        step: Step,
    },
    /// The phone stops showing "typing…" unless it was renewed.
    TypingEnds(ChatKey),
    /// A webhook is tried again.
    Redeliver(Arc<Outbox>, Box<Parcel>),
    /// An app that has not passed the challenge gets another one.
    Challenge {
        /// Which app.
        app_id: Arc<str>,
        /// How often it was asked.
        attempt: u32,
    },
    /// A simulated customer answers.
    Turn(Turn),
}

/// What happens to a message of a business.
#[derive(Debug)]
pub enum Step {
    /// It left.
    Sent,
    /// It reached the phone.
    Delivered,
    /// The person read it.
    Read,
    /// It will never arrive.
    Failed(Box<GraphError>),
}

struct Entry {
    due: Millis,
    order: u64,
    task: Task,
}

impl Entry {
    fn rank(&self) -> (Millis, u64) {
        (self.due, self.order)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// All tasks that wait. What is entered is bounded by what enters it: messages by the rates,
/// webhooks by the outboxes, customers by the traffic.
#[derive(Default)]
pub struct Agenda {
    tasks: Mutex<(BinaryHeap<Reverse<Entry>>, u64)>,
    changed: Notify,
}

impl Agenda {
    /// Enters `task` for `due`. Tasks due at the same time happen in the order they were entered.
    pub fn at(&self, due: Millis, task: Task) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.1 += 1;
        let is_next = tasks.0.peek().is_none_or(|next| due < next.0.due);
        let order = tasks.1;
        tasks.0.push(Reverse(Entry { due, order, task }));
        drop(tasks);
        if is_next {
            self.changed.notify_one();
        }
    }

    /// Looks again: the clock has moved.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    /// Makes every waiting webhook due at once.
    pub fn hurry_webhooks(&self) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = std::mem::take(&mut tasks.0).into_vec();
        for Reverse(entry) in &mut all {
            if matches!(entry.task, Task::Redeliver(..) | Task::Challenge { .. }) {
                entry.due = 0;
            }
        }
        tasks.0 = BinaryHeap::from(all);
        drop(tasks);
        self.changed.notify_one();
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).0.clear();
    }

    /// Tasks that wait.
    pub fn len(&self) -> usize {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).0.len()
    }

    fn due(&self, now: Millis) -> Vec<Task> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due = Vec::new();
        while due.len() < BATCH && tasks.0.peek().is_some_and(|next| next.0.due <= now) {
            due.extend(tasks.0.pop().map(|Reverse(entry)| entry.task));
        }
        due
    }

    fn nap(&self, now: Millis) -> Duration {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = tasks.0.peek().map(|next| (next.0.due - now).max(0));
        wait.map_or(NAP, |wait| Duration::from_millis(wait.unsigned_abs()).min(NAP))
    }
}

/// Does what is due, for ever.
pub async fn keep(world: Arc<World>) {
    loop {
        let due = world.agenda.due(world.clock.now());
        if due.is_empty() {
            let nap = world.agenda.nap(world.clock.now());
            // Either way the agenda is looked at again.
            let _woken = tokio::time::timeout(nap, world.agenda.changed.notified()).await;
            continue;
        }
        for task in due {
            world.perform(task);
        }
        tokio::task::yield_now().await;
    }
}

impl World {
    fn perform(self: &Arc<Self>, task: Task) {
        match task {
            Task::Status { chat, id, step } => self.progress(&chat, &id, step),
            Task::TypingEnds(chat) => self.typing_ends(&chat),
            Task::Redeliver(outbox, parcel) => outbox.retry(*parcel),
            Task::Turn(turn) => self.take_turn(turn),
            Task::Challenge { app_id, attempt } => {
                let world = self.clone();
                self.spawn(async move {
                    if world.challenge(&app_id).await.is_err() && world.state().apps.contains_key(&app_id) {
                        world.challenge_later(&app_id, attempt + 1);
                    }
                });
            }
        }
    }
}
