//! Lanes at work on this node: a contact's items in order, many contacts at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::keyed::{Keyed, Next};
use crate::live::trouble::Trouble;
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

/// When a lane is looked at again whose contact somebody has, at first and after many looks; and one whose items could not be run.
const AFTER_OTHERS: Duration = Duration::from_millis(10);
const LONGEST_AFTER_OTHERS: Duration = Duration::from_millis(640);
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// How long a lane waits for its turn at a time; less than a round may take.
const TURN: Duration = Duration::from_secs(30);

static NOT_RUN: Trouble = Trouble::new("contacts' items could not be run; they wait");

/// The lanes of this node. Cheap to clone.
#[derive(Clone)]
pub(super) struct Lanes {
    runner: Runner,
    lanes: Keyed<Lane>,
    permits: Arc<Semaphore>,
    intake: Intake,
    permits_in_a_flood: Arc<Semaphore>,
}

impl Lanes {
    pub fn new(runner: Runner, intake: Intake, stop: &CancellationToken) -> Self {
        Self {
            runner,
            lanes: Keyed::new("lanes", WAITING, stop),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            intake,
            permits_in_a_flood: Arc::new(Semaphore::new(AT_ONCE_IN_A_FLOOD)),
        }
    }

    /// Waits until sorting more would give somebody something to do: bodies keep better than items.
    pub async fn have_room(&self) {
        while self.lanes.len() >= AHEAD {
            self.lanes.one_is_freed().await;
        }
    }

    /// Runs a lane, or notes that it has to be run once more.
    pub fn run(&self, lane: Lane) {
        let (lanes, looks) = (self.clone(), Arc::new(AtomicU32::new(0)));
        self.lanes.run(lane, move |lane| {
            let (lanes, looks) = (lanes.clone(), looks.clone());
            async move { lanes.run_in_turn(lane, &looks).await }
        });
    }

    /// Waits for the lanes that run; those that wait for their turn are left to whoever comes next.
    pub async fn finish(&self) {
        self.permits.close();
        self.lanes.finish().await;
    }

    /// While bodies flood in, few lanes run: acknowledging goes first. A lane that cannot run now leaves its place to others.
    async fn run_in_turn(&self, lane: Lane, looks: &AtomicU32) -> Next {
        let turn = tokio::time::timeout(TURN, async {
            let permit = self.permits.acquire().await.ok()?;
            let in_a_flood = if self.intake.is_flooded() { self.permits_in_a_flood.acquire().await.ok() } else { None };
            Some((permit, in_a_flood))
        });
        let _turn = match turn.await {
            Ok(Some(turn)) => turn,
            Ok(None) => return Next::Done,
            Err(_) => return Next::Again,
        };
        match self.runner.run_lane(lane).await {
            Ok(progress) => {
                NOT_RUN.is_over();
                looks.store(0, Ordering::Relaxed);
                if progress == LaneProgress::Empty { Next::Done } else { Next::Again }
            }
            Err(Error::NotFound) => Next::Done,
            Err(Error::Busy) => after_others(looks),
            Err(Error::Store(error)) if error.is_busy() => after_others(looks),
            Err(error) => {
                NOT_RUN.failed(&error);
                Next::Later(AFTER_FAULT)
            }
        }
    }
}

/// Somebody has the contact: most have it for milliseconds, some for seconds.
fn after_others(looks: &AtomicU32) -> Next {
    let doublings = looks.fetch_add(1, Ordering::Relaxed).min(10);
    Next::Later(AFTER_OTHERS.saturating_mul(1 << doublings).min(LONGEST_AFTER_OTHERS))
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
        let stop = CancellationToken::new();
        let lanes = Lanes::new(Runner::new(store.clone(), live), Intake::start(&store), &stop);
        let lane =
            |number| Lane { workspace: WorkspaceId(Uuid::nil()), contact: ContactId(Uuid::from_u128(number)), inbox: InboxId(Uuid::nil()) };
        (0..AHEAD as u128).for_each(|number| lanes.lanes.run(lane(number), |_| async { Next::Later(Duration::from_secs(3_600)) }));
        let waiting = tokio::spawn({
            let lanes = lanes.clone();
            async move { lanes.have_room().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        stop.cancel();
        waiting.await.unwrap();
    }
}
