//! Lanes at work on this node: a contact's items in order, many contacts at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::runner::contact::LaneProgress;
use crate::runner::{Error, Runner};
use crate::store::inbound_items::Lane;

/// Lanes that run at once; each holds a connection of the pool.
const AT_ONCE: usize = 12;

/// Lanes that may wait for their turn; the rest is found by the sweep.
const WAITING: usize = 20_000;

/// Pause before a lane that failed is tried again.
const AFTER_FAULT: Duration = Duration::from_millis(300);

/// The lanes of this node.
#[derive(Clone)]
pub(super) struct Lanes {
    runner: Runner,
    /// Whether something came for a lane while it ran.
    active: Arc<Mutex<HashMap<Lane, bool>>>,
    permits: Arc<Semaphore>,
    tasks: TaskTracker,
}

impl Lanes {
    pub fn new(runner: Runner) -> Self {
        Self { runner, active: Arc::default(), permits: Arc::new(Semaphore::new(AT_ONCE)), tasks: TaskTracker::new() }
    }

    /// Runs a lane, or notes that it has to be run once more.
    pub fn run(&self, lane: Lane) {
        let mut active = self.active();
        if let Some(again) = active.get_mut(&lane) {
            *again = true;
        } else if active.len() < WAITING {
            active.insert(lane, false);
            self.tasks.spawn(self.clone().work(lane));
        }
    }

    /// Waits for the lanes that run.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn active(&self) -> MutexGuard<'_, HashMap<Lane, bool>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn work(self, lane: Lane) {
        let Ok(_permit) = self.permits.acquire().await else { return };
        loop {
            match self.runner.run_lane(lane).await {
                Ok(LaneProgress::MoreMayWait) => {}
                Ok(LaneProgress::Empty) => {
                    if self.is_done(lane) {
                        return;
                    }
                }
                Err(Error::NotFound) => return self.forget(lane),
                Err(error) => {
                    tracing::error!(%error, contact = %lane.contact, "a contact's items could not be run; they wait");
                    tokio::time::sleep(AFTER_FAULT).await;
                    return self.forget(lane);
                }
            }
        }
    }

    /// Whether nothing came meanwhile; then the lane is forgotten.
    fn is_done(&self, lane: Lane) -> bool {
        let mut active = self.active();
        match active.get_mut(&lane) {
            Some(again) if *again => {
                *again = false;
                false
            }
            _ => {
                active.remove(&lane);
                true
            }
        }
    }

    fn forget(&self, lane: Lane) {
        self.active().remove(&lane);
    }
}
