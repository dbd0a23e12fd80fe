//! Lanes at work on this node: a contact's items in order, many contacts at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio_util::task::TaskTracker;

use crate::runner::contact::LaneProgress;
use crate::runner::intake::Intake;
use crate::runner::{Error, Runner};
use crate::store::inbound_items::Lane;

/// Lanes that run at once; each holds a connection of the pool.
const AT_ONCE: usize = 12;

/// Lanes that run at once while bodies flood in.
const AT_ONCE_IN_A_FLOOD: usize = 1;

/// Lanes, running and waiting, at which sorting pauses.
const AHEAD: usize = 1_000;

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
    intake: Intake,
    permits_in_a_flood: Arc<Semaphore>,
    /// A lane has ended.
    ended: Arc<Notify>,
    tasks: TaskTracker,
}

impl Lanes {
    pub fn new(runner: Runner, intake: Intake) -> Self {
        Self {
            runner,
            intake,
            active: Arc::default(),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            permits_in_a_flood: Arc::new(Semaphore::new(AT_ONCE_IN_A_FLOOD)),
            ended: Arc::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// Waits until sorting more would give somebody something to do: bodies keep better than items.
    pub async fn have_room(&self) {
        while self.active().len() >= AHEAD {
            self.ended.notified().await;
        }
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

    /// Waits for the lanes that run; those that wait for their turn are left to whoever comes next.
    pub async fn finish(&self) {
        self.permits.close();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn active(&self) -> MutexGuard<'_, HashMap<Lane, bool>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn work(self, lane: Lane) {
        let Ok(_permit) = self.permits.acquire().await else { return };
        loop {
            match self.run_in_turn(lane).await {
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

    /// While bodies flood in, few lanes run: acknowledging goes first.
    async fn run_in_turn(&self, lane: Lane) -> Result<LaneProgress, Error> {
        let _turn = if self.intake.is_flooded() { self.permits_in_a_flood.acquire().await.ok() } else { None };
        self.runner.run_lane(lane).await
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
                self.ended.notify_one();
                true
            }
        }
    }

    fn forget(&self, lane: Lane) {
        self.active().remove(&lane);
        self.ended.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{ContactId, InboxId, WorkspaceId};
    use crate::live::Live;
    use crate::live::bus::Bus;
    use crate::store::Store;

    #[tokio::test]
    async fn sorting_waits_while_enough_is_sorted_and_goes_on_when_a_lane_ends() {
        let store = Store::new("postgres://nobody@localhost/nowhere", 1).unwrap();
        let (live, _) = Live::new(Bus::new("redis://localhost").unwrap().0);
        let lanes = Lanes::new(Runner::new(store.clone(), live), Intake::start(&store));
        let lane =
            |number| Lane { workspace: WorkspaceId(Uuid::nil()), contact: ContactId(Uuid::from_u128(number)), inbox: InboxId(Uuid::nil()) };
        lanes.active().extend((0..AHEAD as u128).map(|number| (lane(number), false)));
        let waiting = tokio::spawn({
            let lanes = lanes.clone();
            async move { lanes.have_room().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        lanes.forget(lane(7));
        waiting.await.unwrap();
    }
}
