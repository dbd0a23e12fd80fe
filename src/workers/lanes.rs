//! Lanes at work on this node: a contact's items in order, many contacts at once and together.

mod queues;

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::queues::{Inbox, Queues, Waiting};
use super::keyed::{Keyed, Next};
use crate::domain::ids::ContactId;
use crate::live::trouble::Trouble;
use crate::runner::intake::Intake;
use crate::runner::lanes::LaneProgress;
use crate::runner::{Error, Runner};
use crate::store::inbound_items::Lane;

/// Transactions at once; each holds a connection of the pool, and runs the lanes of an inbox that wait by then.
const AT_ONCE: usize = 8;

/// Transactions at once while bodies flood in, and how many times as long as each took nobody begins the next.
const AT_ONCE_IN_A_FLOOD: usize = 1;
const REST_IN_A_FLOOD: u32 = 1;

/// Lanes of a source, running and waiting, at which sorting its bodies pauses.
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

/// How many lanes each source has at work; one is counted for as long as its [`Counted`] lives.
#[derive(Debug, Default)]
struct Sources(Mutex<HashMap<String, usize>>);

#[derive(Debug)]
struct Counted {
    sources: Arc<Sources>,
    source: String,
}

impl Sources {
    fn count(self: &Arc<Self>, source: &str) -> Counted {
        *self.counts().entry(source.to_owned()).or_default() += 1;
        Counted { sources: self.clone(), source: source.to_owned() }
    }

    fn of(&self, source: &str) -> usize {
        self.counts().get(source).copied().unwrap_or(0)
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.sources.counts();
        match counts.get_mut(&self.source) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => _ = counts.remove(&self.source),
        }
    }
}

/// The lanes of this node. Cheap to clone.
#[derive(Clone)]
pub(super) struct Lanes {
    runner: Runner,
    lanes: Keyed<Lane>,
    sources: Arc<Sources>,
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
            sources: Arc::default(),
            waiting: Arc::default(),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            intake,
            permits_in_a_flood: Arc::new(Semaphore::new(AT_ONCE_IN_A_FLOOD)),
        }
    }

    /// Waits until sorting more would give somebody something to do: bodies keep better than items.
    pub async fn have_room(&self, source: &str) {
        while self.sources.of(source) >= AHEAD {
            self.lanes.one_is_freed().await;
        }
    }

    /// Runs a lane into which a body of a source brought something, or notes that it has to be run once more.
    pub fn run(&self, lane: Lane, source: &str) {
        self.start(lane, Some(self.sources.count(source)));
    }

    /// Runs a lane that somebody left behind.
    pub fn take_up(&self, lane: Lane) {
        self.start(lane, None);
    }

    fn start(&self, lane: Lane, counted: Option<Counted>) {
        let (lanes, looks) = (self.clone(), Arc::new(AtomicU32::new(0)));
        self.lanes.run(lane, move |lane| {
            let _counted = &counted;
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

    /// Waits until somebody has run the lane. Whoever waits helps: with the right to a transaction it runs those of its inbox whose turn
    /// it is, its own or others. Nothing when the lane could not be run now.
    async fn run_among_others(&self, lane: Lane) -> Option<Answer> {
        let inbox = (lane.workspace, lane.inbox);
        let (answer, answered) = oneshot::channel();
        let is_taken = Arc::new(AtomicBool::new(false));
        let turns = self.waiting().join(inbox, Waiting { contact: lane.contact, is_taken: is_taken.clone(), answer });
        let stay = Stay { lanes: self, inbox, is_taken, turns: Some(turns) };
        // Those that were sorted together come together: most are in the queue when the first of them looks at it.
        if self.lanes.are_many() {
            tokio::task::yield_now().await;
        }
        self.help(&stay, answered).await
    }

    async fn help(&self, stay: &Stay<'_>, answered: oneshot::Receiver<Answer>) -> Option<Answer> {
        let Stay { inbox, ref is_taken, ref turns, .. } = *stay;
        let turns = turns.as_ref()?;
        let until = Instant::now() + TURN;
        let mut answered = pin!(answered);
        loop {
            let turn = tokio::select! {
                biased;
                answer = &mut answered => return answer.ok(),
                turn = tokio::time::timeout_at(until, self.turn(turns)) => turn.ok().flatten(),
            };
            match turn {
                Some(turn) if !is_taken.load(Ordering::Relaxed) => {
                    let began = Instant::now();
                    self.run_next(inbox).await;
                    turn.ends(began.elapsed());
                }
                // Somebody runs it.
                Some(_) => break,
                None if self.waiting().leave(inbox, is_taken) => return None,
                None => break,
            }
        }
        answered.await.ok()
    }

    async fn run_next(&self, inbox: Inbox) {
        let together = self.waiting().next(inbox);
        let contacts: Vec<ContactId> = together.iter().map(|waiting| waiting.contact).collect();
        let answers = self.runner.run_lanes(inbox.0, inbox.1, &contacts).await;
        for (waiting, answer) in together.into_iter().zip(answers) {
            // Who was given up meanwhile does not hear it.
            waiting.answer.send(answer).ok();
        }
    }

    /// The right to a transaction of an inbox. While bodies flood in there are few: acknowledging goes first.
    async fn turn(&self, turns: &Arc<Semaphore>) -> Option<Turn> {
        let of_inbox = turns.clone().acquire_owned().await.ok()?;
        let of_node = self.permits.clone().acquire_owned().await.ok()?;
        let in_a_flood = if self.intake.is_flooded() { self.permits_in_a_flood.clone().acquire_owned().await.ok() } else { None };
        Some(Turn { _of_inbox: of_inbox, _of_node: of_node, in_a_flood })
    }

    fn waiting(&self) -> MutexGuard<'_, Queues> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lane's stay in the queue of its inbox; whoever goes away leaves nothing there.
struct Stay<'a> {
    lanes: &'a Lanes,
    inbox: Inbox,
    is_taken: Arc<AtomicBool>,
    turns: Option<Arc<Semaphore>>,
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        let mut waiting = self.lanes.waiting();
        waiting.leave(self.inbox, &self.is_taken);
        self.turns = None;
        waiting.forget_unused(self.inbox);
    }
}

/// The right to a transaction.
struct Turn {
    _of_inbox: OwnedSemaphorePermit,
    _of_node: OwnedSemaphorePermit,
    in_a_flood: Option<OwnedSemaphorePermit>,
}

impl Turn {
    /// In a flood, its right is kept for a while; whoever comes when the flood is over does not ask for it.
    fn ends(self, took: Duration) {
        let Some(in_a_flood) = self.in_a_flood else { return };
        tokio::spawn(async move {
            tokio::time::sleep(took * REST_IN_A_FLOOD).await;
            drop(in_a_flood);
        });
    }
}

/// Somebody has the contact: most have it for milliseconds, some for seconds.
fn after_others(looks: &AtomicU32) -> Next {
    let doublings = looks.fetch_add(1, Ordering::Relaxed).min(10);
    Next::Later(AFTER_OTHERS.saturating_mul(1 << doublings).min(LONGEST_AFTER_OTHERS))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use uuid::Uuid;

    use super::queues::AT_ONCE_IN_AN_INBOX;
    use super::queues::tests::{inbox, waiting};
    use super::*;
    use crate::domain::channel::Rulebook;
    use crate::domain::ids::{InboxId, WorkspaceId};
    use crate::live::Live;
    use crate::live::bus::Bus;
    use crate::store::Store;
    use crate::store::sealed::Keys;

    /// Nothing can be run here.
    fn lanes(stop: &CancellationToken) -> Lanes {
        let store = Store::new("postgres://nobody@localhost/nowhere", 1, Keys::default()).unwrap();
        let (live, _) = Live::new(Bus::new("redis://localhost").unwrap().0);
        let intake = Intake::start(&store, &live, |_: &[u8]| Vec::new());
        Lanes::new(Runner::new(store, live, Rulebook::WHATSAPP), intake, stop)
    }

    #[tokio::test]
    async fn sorting_waits_while_enough_is_sorted_and_goes_on_when_a_lane_ends() {
        let stop = CancellationToken::new();
        let lanes = lanes(&stop);
        let lane =
            |number| Lane { workspace: WorkspaceId(Uuid::nil()), contact: ContactId(Uuid::from_u128(number)), inbox: InboxId(Uuid::nil()) };
        for number in 0..AHEAD as u128 {
            let counted = lanes.sources.count("1");
            lanes.lanes.run(lane(number), move |_| {
                let _counted = &counted;
                async { Next::Later(Duration::from_secs(3_600)) }
            });
        }
        let waiting = tokio::spawn({
            let lanes = lanes.clone();
            async move { lanes.have_room("1").await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        lanes.have_room("2").await;
        stop.cancel();
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_crowd_in_one_inbox_holds_up_nobody_in_another() {
        let lanes = lanes(&CancellationToken::new());
        let [large, small] = [1, 2].map(|number| lanes.waiting().join(inbox(number), waiting(number)));
        let mut crowd = Vec::new();
        while let Some(turn) = lanes.turn(&large).now_or_never().flatten() {
            crowd.push(turn);
        }
        assert_eq!(crowd.len(), AT_ONCE_IN_AN_INBOX);
        assert!(lanes.turn(&small).now_or_never().flatten().is_some());
    }

    #[tokio::test]
    async fn who_is_given_up_while_it_waits_leaves_nothing_behind() {
        let lanes = lanes(&CancellationToken::new());
        let lane = Lane { workspace: inbox(1).0, contact: ContactId(Uuid::from_u128(1)), inbox: inbox(1).1 };
        lanes.permits.forget_permits(AT_ONCE);
        let mut waiting = Box::pin(lanes.run_among_others(lane));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        assert!(!lanes.waiting().is_empty(), "it waits for a transaction, and holds the right of its inbox");
        drop(waiting);
        assert!(lanes.waiting().is_empty());
    }
}
