//! Lanes at work on this node: a contact's items in order, many contacts at once and together.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio_util::sync::CancellationToken;

use super::keyed::{Keyed, Next};
use crate::domain::ids::{ContactId, InboxId, WorkspaceId};
use crate::live::trouble::Trouble;
use crate::runner::intake::Intake;
use crate::runner::lanes::LaneProgress;
use crate::runner::{Error, Runner};
use crate::store::inbound_items::Lane;

/// Transactions at once; each holds a connection of the pool, and runs the lanes of an inbox that wait by then, up to so many.
const AT_ONCE: usize = 6;
const TOGETHER: usize = 32;

/// Transactions at once while bodies flood in.
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

type Answer = Result<LaneProgress, Error>;

/// A lane that waits for its transaction, and where it hears what came of it.
#[derive(Debug)]
struct Waiting {
    contact: ContactId,
    answer: oneshot::Sender<Answer>,
}

/// The lanes that wait, by workspace and inbox.
type Queues = HashMap<(WorkspaceId, InboxId), VecDeque<Waiting>>;

/// The lanes of this node. Cheap to clone.
#[derive(Clone)]
pub(super) struct Lanes {
    runner: Runner,
    lanes: Keyed<Lane>,
    waiting: Arc<Mutex<Queues>>,
    permits: Arc<Semaphore>,
    intake: Intake,
    permits_in_a_flood: Arc<Semaphore>,
}

impl Lanes {
    pub fn new(runner: Runner, intake: Intake, stop: &CancellationToken) -> Self {
        Self {
            runner,
            lanes: Keyed::new("lanes", WAITING, stop),
            waiting: Arc::default(),
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

    /// A lane that cannot run now leaves its place to others.
    async fn run_in_turn(&self, lane: Lane, looks: &AtomicU32) -> Next {
        let Some(answer) = self.run_among_others(lane).await else { return Next::Again };
        match answer {
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

    /// Waits for a transaction, and runs in it what waits for the same inbox by then; unless another lane did so first. Nothing when
    /// neither came to an end.
    async fn run_among_others(&self, lane: Lane) -> Option<Answer> {
        let (answer, answered) = oneshot::channel();
        let key = (lane.workspace, lane.inbox);
        self.waiting().entry(key).or_default().push_back(Waiting { contact: lane.contact, answer });
        let mut answered = pin!(answered);
        let turn = tokio::select! {
            answer = &mut answered => return answer.ok(),
            turn = tokio::time::timeout(TURN, self.turn()) => turn,
        };
        let Ok(Some(turn)) = turn else {
            // Who is taken already is waited for; else it leaves its place.
            return if self.take(key, lane.contact, 1).is_empty() { answered.await.ok() } else { None };
        };
        let together = self.take(key, lane.contact, TOGETHER);
        if together.is_empty() {
            drop(turn);
            return answered.await.ok();
        }
        let contacts: Vec<ContactId> = together.iter().map(|waiting| waiting.contact).collect();
        let answers = self.runner.run_lanes(lane.workspace, lane.inbox, &contacts).await;
        for (waiting, answer) in together.into_iter().zip(answers) {
            // Who was given up meanwhile does not hear it.
            waiting.answer.send(answer).ok();
        }
        answered.await.ok()
    }

    /// The right to a transaction. While bodies flood in there are few: acknowledging goes first.
    async fn turn(&self) -> Option<(SemaphorePermit<'_>, Option<SemaphorePermit<'_>>)> {
        let permit = self.permits.acquire().await.ok()?;
        let in_a_flood = if self.intake.is_flooded() { self.permits_in_a_flood.acquire().await.ok() } else { None };
        Some((permit, in_a_flood))
    }

    /// Takes a lane and others of its inbox, `most` in all; none when somebody has taken that one already.
    fn take(&self, key: (WorkspaceId, InboxId), contact: ContactId, most: usize) -> Vec<Waiting> {
        let mut queues = self.waiting();
        let Some(queue) = queues.get_mut(&key) else { return Vec::new() };
        let Some(place) = queue.iter().position(|waiting| waiting.contact == contact) else { return Vec::new() };
        let mut taken: Vec<Waiting> = queue.remove(place).into_iter().collect();
        taken.extend(queue.drain(..queue.len().min(most - 1)));
        if queue.is_empty() {
            queues.remove(&key);
        }
        taken
    }

    fn waiting(&self) -> MutexGuard<'_, Queues> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
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
