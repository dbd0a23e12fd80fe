//! The updates that wait for one app: a lane per person, one update of a lane on its way at a time.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use tokio::{sync::Notify, task::AbortHandle};

use super::envelope::{self, Update};
use crate::clock::Millis;

/// Updates one app may have unacknowledged; beyond, people cannot write and statuses are lost (and counted).
pub const OUTBOX_LIMIT: usize = 200_000;

/// The outbox is full.
#[derive(Debug)]
pub struct Full;

/// One webhook: its updates and how often it was tried.
#[derive(Debug)]
pub struct Parcel {
    /// What it says.
    pub updates: Vec<Arc<Update>>,
    /// Attempts so far.
    pub attempts: u32,
    body: OnceLock<Bytes>,
}

impl Parcel {
    /// A webhook nobody tried to send yet.
    pub fn new(updates: Vec<Arc<Update>>) -> Self {
        Self { updates, attempts: 0, body: OnceLock::new() }
    }

    /// Its bytes: the same at every attempt.
    pub fn body(&self) -> Bytes {
        self.body.get_or_init(|| Bytes::from(envelope::body(&self.updates))).clone()
    }

    /// When the oldest of its updates arose.
    pub fn born(&self) -> Millis {
        self.updates.iter().map(|update| update.born).min().unwrap_or_default()
    }
}

/// What a courier takes out.
pub enum Errand {
    /// An update on its first way; its lane waits until [`Outbox::release`].
    Fresh(Arc<Update>),
    /// A webhook that failed before.
    Again(Parcel),
}

#[derive(Default)]
struct Lanes {
    waiting: HashMap<Arc<str>, VecDeque<Arc<Update>>>,
    ready: VecDeque<Arc<str>>,
    busy: HashSet<Arc<str>>,
    again: VecDeque<Parcel>,
    again_is_next: bool,
}

/// See the module.
#[derive(Default)]
pub struct Outbox {
    /// The app it belongs to.
    pub app_id: OnceLock<Arc<str>>,
    lanes: Mutex<Lanes>,
    filled: Notify,
    filled_for_batches: Notify,
    pending: AtomicUsize,
    couriers: Mutex<Vec<AbortHandle>>,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Outbox").field("pending", &self.pending()).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Adds an update to its lane.
    pub fn push(&self, update: Arc<Update>) -> Result<(), Full> {
        if !self.has_room() {
            return Err(Full);
        }
        self.pending.fetch_add(1, Ordering::Relaxed);
        let mut lanes = self.lanes();
        let lane = update.lane.clone();
        let line = lanes.waiting.entry(lane.clone()).or_default();
        line.push_back(update);
        let is_first = line.len() == 1;
        if is_first && !lanes.busy.contains(&lane) {
            lanes.ready.push_back(lane);
        }
        drop(lanes);
        self.filled.notify_one();
        self.filled_for_batches.notify_waiters();
        Ok(())
    }

    /// Tries a webhook again, now.
    pub fn retry(&self, parcel: Parcel) {
        self.lanes().again.push_back(parcel);
        self.filled.notify_one();
    }

    /// Whether another update fits.
    pub fn has_room(&self) -> bool {
        self.pending() < OUTBOX_LIMIT
    }

    /// Updates not acknowledged yet, on their way and between attempts included.
    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// So many more updates are on their way: copies of others.
    pub fn add_copies(&self, updates: usize) {
        self.pending.fetch_add(updates, Ordering::Relaxed);
    }

    /// So many updates are done with.
    pub fn settle(&self, updates: usize) {
        self.pending.fetch_sub(updates, Ordering::Relaxed);
    }

    /// The next errand; waits for one.
    pub async fn next(&self) -> Errand {
        loop {
            if let Some(errand) = self.take() {
                return errand;
            }
            self.filled.notified().await;
        }
    }

    /// Another update to join to `updates`, from one of their lanes or from a lane that is ready. Waits for one.
    pub async fn join(&self, updates: &[Arc<Update>]) -> Arc<Update> {
        loop {
            // Listening before looking, so that nothing pushed in between is missed.
            let mut filled = std::pin::pin!(self.filled_for_batches.notified());
            filled.as_mut().enable();
            if let Some(update) = self.take_to_join(updates) {
                return update;
            }
            filled.await;
        }
    }

    /// The lanes of `updates` may go on.
    pub fn release(&self, updates: &[Arc<Update>]) {
        let mut lanes = self.lanes();
        let mut freed = 0;
        for update in updates {
            if !lanes.busy.remove(&update.lane) {
                continue;
            }
            match lanes.waiting.get(&update.lane).is_some_and(|line| !line.is_empty()) {
                true => {
                    lanes.ready.push_back(update.lane.clone());
                    freed += 1;
                }
                false => {
                    lanes.waiting.remove(&update.lane);
                }
            }
        }
        drop(lanes);
        for _ in 0..freed {
            self.filled.notify_one();
        }
    }

    /// Remembers who empties it.
    pub fn staff(&self, couriers: Vec<AbortHandle>) {
        *self.couriers.lock().unwrap_or_else(PoisonError::into_inner) = couriers;
    }

    /// Sends its couriers home; what waits is forgotten.
    pub fn close(&self) {
        for courier in self.couriers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            courier.abort();
        }
        *self.lanes() = Lanes::default();
    }

    fn take(&self) -> Option<Errand> {
        let mut lanes = self.lanes();
        lanes.again_is_next = !lanes.again_is_next;
        if (lanes.again_is_next || lanes.ready.is_empty())
            && let Some(parcel) = lanes.again.pop_front()
        {
            return Some(Errand::Again(parcel));
        }
        let lane = lanes.ready.pop_front()?;
        let update = lanes.waiting.get_mut(&lane)?.pop_front()?;
        lanes.busy.insert(lane);
        Some(Errand::Fresh(update))
    }

    fn take_to_join(&self, updates: &[Arc<Update>]) -> Option<Arc<Update>> {
        let mut lanes = self.lanes();
        for update in updates {
            let next = lanes.waiting.get_mut(&update.lane).and_then(VecDeque::pop_front);
            if next.is_some() {
                return next;
            }
        }
        let lane = lanes.ready.pop_front()?;
        let update = lanes.waiting.get_mut(&lane)?.pop_front()?;
        lanes.busy.insert(lane);
        Some(update)
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::Content;
    use serde_json::Value;

    fn update(lane: &str, born: Millis) -> Arc<Update> {
        Arc::new(Update {
            lane: Arc::from(lane),
            waba_id: Arc::from("W"),
            metadata: Value::Null,
            content: Content::Body(Value::Null),
            written: None,
            customer: None,
            born,
        })
    }

    fn fresh(outbox: &Outbox) -> Option<Arc<Update>> {
        outbox.take().map(|errand| match errand {
            Errand::Fresh(update) => update,
            Errand::Again(_) => panic!("nothing failed"),
        })
    }

    #[test]
    fn one_person_in_order_many_side_by_side() {
        let outbox = Outbox::default();
        for (lane, born) in [("ana", 1), ("ana", 2), ("ben", 3)] {
            outbox.push(update(lane, born)).unwrap();
        }
        let first = fresh(&outbox).unwrap();
        assert_eq!(first.born, 1);
        assert_eq!(fresh(&outbox).unwrap().born, 3);
        assert!(fresh(&outbox).is_none(), "ana's second waits for her first");
        outbox.release(&[first]);
        assert_eq!(fresh(&outbox).unwrap().born, 2);
        assert_eq!(outbox.pending(), 3);
    }
}
