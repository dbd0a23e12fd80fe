//! Taking bodies in: several requests share one commit, because a disk can commit far fewer times a second than webhooks come.
//! A request is answered only after its body is committed. One that tells nothing but ticks is done with in that commit, if that can be
//! had at once, and is not stored; such bodies have a way of their own, so that no customer's message waits behind them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::guard::kept_up;
use super::sorting::Understand;
use super::{crowd, ticks};
use crate::domain::ids::WorkspaceId;
use crate::domain::tick::Climbed;
use crate::live::Live;
use crate::live::change::{Change, TicksChange};
use crate::live::trouble::Trouble;
use crate::store::payloads::NewPayload;
use crate::store::ticks::Appended;
use crate::store::{Result, Store};

/// Bodies that wait for a commit at most; beyond it Meta is asked to come again.
const WAITING: usize = 4096;

/// Kibibytes of bodies that wait for a commit at most, whether or not their requests wait still.
const WAITING_KIB: usize = 64 * 1024;

/// Bodies, and bytes of them, that share a commit at most.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// Commits of bodies under way at once, beside one of ticks: the fewer, the more share one.
const WRITERS: usize = 2;

/// Requests that wait for their answer when this process is flooded. At some hundred a second hardly more than one does; this many
/// do when they come as fast as they are answered.
const FLOOD: usize = 32;

/// How long a body may wait for its commit before Meta is asked to come again.
const PATIENCE: Duration = Duration::from_secs(8);

static NOT_STORED: Trouble = Trouble::new("webhook bodies could not be stored");

/// Why a body was not taken in; Meta sends it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    #[error("too many bodies wait")]
    Overloaded,
    #[error("the body could not be stored")]
    NotStored,
}

/// What became of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It waits to be sorted.
    Stored,
    /// Nothing is left to do about it.
    Settled,
}

struct Waiting {
    payload: NewPayload,
    request: Request,
}

/// Who waits for a body's commit.
struct Request {
    since: Instant,
    answer: oneshot::Sender<Option<Accepted>>,
    /// The body's share of [`WAITING_KIB`].
    _share: OwnedSemaphorePermit,
}

/// Bodies that share a commit.
#[derive(Default)]
struct Batch {
    payloads: Vec<NewPayload>,
    requests: Vec<Request>,
}

/// The way in. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    bodies: Queue,
    ticks: Queue,
    /// Whether a body may say nothing but ticks, at a glance.
    may_be_ticks: Arc<dyn Fn(&NewPayload) -> bool + Send + Sync>,
}

/// Those who wait for one kind of commit.
#[derive(Clone)]
struct Queue {
    waiting: mpsc::Sender<Waiting>,
    /// One for each request that may wait for its answer.
    places: Arc<Semaphore>,
    kibibytes: Arc<Semaphore>,
}

impl Queue {
    fn of(waiting: mpsc::Sender<Waiting>) -> Self {
        Self { waiting, places: Arc::new(Semaphore::new(WAITING)), kibibytes: Arc::new(Semaphore::new(WAITING_KIB)) }
    }

    fn waits(&self) -> usize {
        WAITING - self.places.available_permits()
    }
}

impl Intake {
    /// Starts the writers; they end when the last clone is gone. `understand` turns a body into what it says.
    #[must_use]
    pub fn start(store: &Store, live: &Arc<Live>, understand: impl Understand) -> Self {
        let (bodies, waiting) = mpsc::channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..WRITERS {
            let (store, waiting) = (store.clone(), waiting.clone());
            keep_up("intake", move || write(store.clone(), waiting.clone()));
        }
        let (ticks, waiting) = mpsc::channel(WAITING);
        let (store, live, waiting, how) = (store.clone(), live.clone(), Arc::new(Mutex::new(waiting)), understand.clone());
        keep_up("ticks", move || write_ticks(store.clone(), live.clone(), waiting.clone(), how.clone()));
        Self::of(bodies, ticks, move |payload| understand.may_be_ticks(&payload.source, &payload.body))
    }

    fn of(
        bodies: mpsc::Sender<Waiting>,
        ticks: mpsc::Sender<Waiting>,
        may_be_ticks: impl Fn(&NewPayload) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { bodies: Queue::of(bodies), ticks: Queue::of(ticks), may_be_ticks: Arc::new(may_be_ticks) }
    }

    /// Whether so many bodies wait, or more of ticks than one commit takes, that whoever works for this process is to leave them the
    /// processor and the disk: Meta comes again when it is not answered, and what is stored is worked off later.
    #[must_use]
    pub fn is_flooded(&self) -> bool {
        self.bodies.waits() >= FLOOD || self.ticks.waits() > BATCH
    }

    /// Takes a body in; returns once that is committed.
    ///
    /// # Errors
    /// [`Rejected`]: nothing is promised, and Meta has to send it again.
    pub async fn take(&self, payload: NewPayload) -> Result<Accepted, Rejected> {
        let queue = if (self.may_be_ticks)(&payload) { &self.ticks } else { &self.bodies };
        let _place = queue.places.try_acquire().map_err(|_| Rejected::Overloaded)?;
        let share = u32::try_from(payload.body.len() / 1024 + 1).map_err(|_| Rejected::Overloaded)?;
        let share_of_memory = queue.kibibytes.clone().try_acquire_many_owned(share).map_err(|_| Rejected::Overloaded)?;
        let (answer, committed) = oneshot::channel();
        queue
            .waiting
            .try_send(Waiting { payload, request: Request { since: Instant::now(), answer, _share: share_of_memory } })
            .map_err(|_| Rejected::Overloaded)?;
        match tokio::time::timeout(PATIENCE, committed).await {
            Ok(Ok(Some(taken))) => Ok(taken),
            Ok(_) | Err(_) => Err(Rejected::NotStored),
        }
    }
}

/// Runs a writer for as long as there is anything to write, whatever becomes of it; what it had in hand is to come again.
fn keep_up<F: Future<Output = ()> + Send>(name: &'static str, write: impl Fn() -> F + Send + Sync + 'static) {
    tokio::spawn(async move { kept_up(name, &CancellationToken::new(), write).await });
}

/// One writer: whatever waits when it is free goes into one commit.
async fn write(store: Store, waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    while let Some(Batch { payloads, requests }) = gather(&waiting).await {
        answer(requests, store.append_payloads(&payloads).await.map(|()| Vec::new()));
    }
}

/// The writer of ticks.
async fn write_ticks(store: Store, live: Arc<Live>, waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>, understand: impl Understand) {
    while let Some(Batch { payloads, requests }) = gather(&waiting).await {
        let came = requests.len();
        let taken = append(&store, &payloads, &understand).await;
        answer(
            requests,
            taken.map(|Appended { settled, climbed }| {
                show(&live, climbed);
                settled
            }),
        );
        crowd::gather_after(came, BATCH).await;
    }
}

/// Tells what became of bodies, of which those at the places `settled` were not stored.
fn answer(requests: Vec<Request>, taken: Result<Vec<usize>>) {
    let settled: Option<HashSet<usize>> = match taken {
        Ok(settled) => {
            NOT_STORED.is_over();
            Some(settled.into_iter().collect())
        }
        Err(error) => {
            NOT_STORED.failed(&error);
            None
        }
    };
    for (place, request) in requests.into_iter().enumerate() {
        metrics::histogram!("baton_webhook_commit_seconds").record(request.since.elapsed().as_secs_f64());
        let taken = settled.as_ref().map(|settled| if settled.contains(&place) { Accepted::Settled } else { Accepted::Stored });
        // A request that gave up waiting has nobody to answer.
        request.answer.send(taken).ok();
    }
}

/// Bodies over whose ticks the database stumbles are stored like any other.
async fn append(store: &Store, payloads: &[NewPayload], understand: &impl Understand) -> Result<Appended> {
    let ticks = ticks::read(payloads, understand);
    if !ticks.is_empty() {
        match store.append_payloads_with_ticks(payloads, &ticks).await {
            Err(error) if !error.is_away() => tracing::warn!(%error, "ticks could not be taken in at once; they are sorted"),
            other => return other,
        }
    }
    store.append_payloads(payloads).await.map(|()| Appended::default())
}

fn show(live: &Live, climbed: Vec<(WorkspaceId, Climbed)>) {
    metrics::counter!("baton_ticks_at_once_total").increment(climbed.len() as u64);
    let mut of_workspaces: HashMap<WorkspaceId, Vec<Climbed>> = HashMap::new();
    climbed.into_iter().for_each(|(workspace, climbed)| of_workspaces.entry(workspace).or_default().push(climbed));
    for (workspace, climbed) in of_workspaces {
        live.publish(Change::Ticks(Arc::new(TicksChange { workspace, climbed })));
    }
}

/// Whatever waits, once something does. Whose request gave up, comes again.
async fn gather(waiting: &Mutex<mpsc::Receiver<Waiting>>) -> Option<Batch> {
    let mut waiting = waiting.lock().await;
    let (mut batch, mut bytes) = (Batch::default(), 0);
    while batch.payloads.len() < BATCH && bytes < BATCH_BYTES {
        let next = if batch.payloads.is_empty() { Some(waiting.recv().await?) } else { waiting.try_recv().ok() };
        let Some(Waiting { payload, request }) = next else { break };
        if !request.answer.is_closed() {
            bytes += payload.body.len();
            batch.payloads.push(payload);
            batch.requests.push(request);
        }
    }
    Some(batch)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tokio::task::JoinSet;

    use super::*;

    fn body(length: usize) -> NewPayload {
        NewPayload { source: "whatsapp:1001".to_owned(), received_at: Timestamp::now(), body: vec![b' '; length].into() }
    }

    /// An intake that takes nothing for ticks, and what its writers would take up.
    fn without_writers() -> (Intake, mpsc::Receiver<Waiting>) {
        let ((bodies, waiting), (ticks, _)) = (mpsc::channel(WAITING), mpsc::channel(WAITING));
        (Intake::of(bodies, ticks, |_| false), waiting)
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_whose_requests_gave_up_are_counted_while_they_are_held_and_then_dropped() {
        let (intake, waiting) = without_writers();
        let large = WAITING_KIB * 1024 / 2;
        assert_eq!(intake.take(body(large)).await, Err(Rejected::NotStored), "nobody writes");
        assert_eq!(intake.take(body(large)).await, Err(Rejected::Overloaded), "the first is held still");
        let request = tokio::spawn({
            let intake = intake.clone();
            async move { intake.take(body(1)).await }
        });
        let batch = gather(&Mutex::new(waiting)).await.unwrap();
        assert_eq!(batch.payloads.iter().map(|payload| payload.body.len()).collect::<Vec<_>>(), [1]);
        request.abort();
    }

    #[tokio::test]
    async fn many_requests_that_wait_are_a_flood_until_they_are_answered() {
        let (intake, mut waiting) = without_writers();
        let (mut requests, mut taken_up) = (JoinSet::new(), Vec::new());
        for _ in 0..FLOOD {
            assert!(!intake.is_flooded());
            let intake = intake.clone();
            requests.spawn(async move { intake.take(body(0)).await });
            taken_up.extend(waiting.recv().await);
        }
        assert!(intake.is_flooded());
        assert_eq!(intake.ticks.waits(), 0);
        let answered = taken_up.pop().map(|one| one.request.answer.send(Some(Accepted::Stored)));
        assert_eq!(answered, Some(Ok(())));
        assert!(matches!(requests.join_next().await, Some(Ok(Ok(Accepted::Stored)))));
        assert!(!intake.is_flooded());
    }

    #[tokio::test]
    async fn ticks_are_a_flood_where_more_wait_than_one_commit_takes() {
        let ((bodies, _others), (ticks, _waiting)) = (mpsc::channel(WAITING), mpsc::channel(WAITING));
        let intake = Intake::of(bodies, ticks, |_| true);
        let mut requests: Vec<_> = (0..=BATCH).map(|_| Box::pin(intake.take(body(0)))).collect();
        for request in &mut requests {
            assert!(!intake.is_flooded());
            assert!(futures_util::poll!(request).is_pending());
        }
        assert!(intake.is_flooded());
    }

    #[tokio::test(start_paused = true)]
    async fn a_writer_that_fell_over_begins_anew() {
        let (again, rounds) = (Arc::new(tokio::sync::Notify::new()), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
        let told = again.clone();
        keep_up("test", move || {
            let (told, rounds) = (told.clone(), rounds.clone());
            async move {
                assert!(rounds.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 0, "planted");
                told.notify_one();
            }
        });
        again.notified().await;
    }
}
