//! Messages out: claimed per number, sent, and their answers recorded. What is claimed is committed as `dispatching` before the
//! first byte leaves; what is not provably unsent or refused is never sent again by itself.

mod recorder;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use self::recorder::Recorder;
use super::Workers;
use super::keyed::{Keyed, Next};
use crate::channels::{Adapter, Files, LONGEST_SEND, Letter, Line, MayLeave};
use crate::domain::Refusal;
use crate::domain::channel::{Rules, Thread};
use crate::domain::contact::Identity;
use crate::domain::delivery::{Backoff, Outcome, Reaction};
use crate::domain::ids::{InboxId, MediaId, WorkspaceId};
use crate::domain::message::{Content, Failure, Message};
use crate::live::trouble::Trouble;
use crate::live::wakes::Wake;
use crate::runner::outbox::{Lease, Sender, Slot};
use crate::runner::{Error, crowd};
use crate::store;
use crate::store::dispatches::{Claim, Dispatch};
use crate::store::inboxes::Connection;

/// Sends of one number under way at once on this node.
const AT_ONCE: usize = 128;

/// Numbers this node claims for at once; the sweep finds the others.
const MOST_NUMBERS: usize = 10_000;

/// How often due messages are looked for that nobody was woken for (postponed ones, and those of a node that stopped).
const SWEEP: Duration = Duration::from_secs(1);

/// When a number that spent its allowance, or whose allowance another node is spending, is looked at again; and how often in a row.
const ALLOWANCE: Duration = Duration::from_millis(15);
const LOOKS: u32 = 100;

/// How long a picture may take to be read, and then to be brought to the provider: together less than the lease, which is begun anew after.
const READ_PICTURE: Duration = Duration::from_secs(8);
const UPLOAD_PICTURE: Duration = Duration::from_secs(25);

/// What has to be left of a lease beyond the longest call, so that whoever takes over finds nothing under way.
const MARGIN: Duration = Duration::from_secs(1);

/// Pause between attempts to record an answer while the database is away, and how many: what WhatsApp said is worth waiting for.
const RECORD_RETRY: Duration = Duration::from_millis(250);
const RECORD_TRIES: usize = 1_200;

static NOT_LOOKED: Trouble = Trouble::new("due messages could not be looked for");
static NOT_CLAIMED: Trouble = Trouble::new("messages could not be claimed");
static NOT_READ: Trouble = Trouble::new("messages to send could not be read; they are left to a node that understands them");

/// How long every message is to be understood before that is over: other numbers' are in between all the time.
const CALM: Duration = Duration::from_secs(60);

type Number = (WorkspaceId, InboxId);

/// Runs until `stop`; then waits for the answers of what is under way.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let pulse = workers.runner.vitals().pulse("outbox");
    let outbox = Outbox::new(workers, &stop);
    let sender: Arc<dyn Sender> = Arc::new(outbox.clone());
    outbox.workers.runner.sends_by(&sender);
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pulse.beat();
        tokio::select! {
            () = stop.cancelled() => break,
            numbers = outbox.workers.live.wakes.outbox.next() => numbers.into_iter().for_each(|number| outbox.pump(number)),
            _ = sweep.tick() => outbox.look_around().await,
        }
    }
    drop(sender);
    outbox.numbers.finish().await;
    outbox.sends.close();
    outbox.sends.wait().await;
}

/// This node's side of the outbox. Cheap to clone.
#[derive(Clone)]
struct Outbox {
    workers: Workers,
    numbers: Keyed<Number>,
    /// What each number with any sends under way has of room.
    rooms: Arc<Mutex<HashMap<Number, Weak<Room>>>>,
    sends: TaskTracker,
    recorder: Recorder,
    /// Up to which number the last sweep looked.
    swept: Arc<Mutex<Number>>,
}

impl Outbox {
    fn new(workers: Workers, stop: &CancellationToken) -> Self {
        let numbers = Keyed::new("outbox", MOST_NUMBERS, stop);
        let nobody = (WorkspaceId(Uuid::nil()), InboxId(Uuid::nil()));
        let (sends, recorder) = (TaskTracker::new(), Recorder::of(&workers.runner));
        Self { workers, numbers, rooms: Arc::default(), sends, recorder, swept: Arc::new(Mutex::new(nobody)) }
    }

    /// A thousand numbers at a time, in a circle.
    async fn look_around(&self) {
        let seen = *self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers = match self.workers.runner.store().inboxes_due(seen).await {
            Ok(numbers) => numbers,
            Err(error) => return NOT_LOOKED.failed(&error),
        };
        NOT_LOOKED.is_over();
        let last = numbers.last().copied().unwrap_or((WorkspaceId(Uuid::nil()), InboxId(Uuid::nil())));
        *self.swept.lock().unwrap_or_else(PoisonError::into_inner) = last;
        numbers.into_iter().for_each(|number| self.pump(number));
    }

    /// Claims and sends what a number may send now, in a task of its own.
    fn pump(&self, number: Number) {
        let (outbox, looks) = (self.clone(), Arc::new(AtomicU32::new(0)));
        self.numbers.run(number, move |number| {
            let (outbox, looks) = (outbox.clone(), looks.clone());
            async move { outbox.claim(number, &looks).await }
        });
    }

    async fn claim(&self, number: Number, looks: &AtomicU32) -> Next {
        let room = self.room_of(number);
        let free = room.free();
        if free == 0 {
            // The next answer wakes this number again.
            return Next::Done;
        }
        // Without its secret, or its channel, another node is to send.
        let connection = self.workers.runner.workplaces().connection(number.0, number.1).await;
        if let Ok(Some(connection)) = connection
            && let Err(error) = line_of(&self.workers, &connection)
        {
            NOT_CLAIMED.failed(&error);
            return Next::Done;
        }
        let claimed = self.workers.runner.claim_outbox(number.0, number.1, free).await;
        match claimed {
            Ok((Claim::Taken { dispatches, strange, is_spent }, lease)) => {
                NOT_CLAIMED.is_over();
                match strange.len() {
                    0 => NOT_READ.is_over_after(CALM),
                    count => NOT_READ.failed(&format_args!("{count} of them")),
                }
                looks.store(0, Ordering::Relaxed);
                let count = dispatches.len() + strange.len();
                for dispatch in dispatches {
                    let Ok(permit) = room.permits.clone().try_acquire_owned() else { break };
                    self.sends.spawn(self.clone().deliver(dispatch, lease, room.clone(), permit));
                }
                match (count == free, is_spent) {
                    (true, _) => Next::Again,
                    (false, true) => Next::Later(ALLOWANCE),
                    (false, false) => {
                        crowd::gather_after(count, free).await;
                        Next::Done
                    }
                }
            }
            Ok((Claim::OutOfAllowance, _)) if looks.fetch_add(1, Ordering::Relaxed) < LOOKS => Next::Later(ALLOWANCE),
            Ok((Claim::OutOfAllowance | Claim::PausedUntil(_), _)) => Next::Done,
            Err(error) => {
                NOT_CLAIMED.failed(&error);
                Next::Done
            }
        }
    }

    fn room_of(&self, number: Number) -> Arc<Room> {
        let mut all = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = all.get(&number).and_then(Weak::upgrade) {
            return room;
        }
        all.retain(|_, room| room.strong_count() > 0);
        let room = Arc::new(Room::new());
        all.insert(number, Arc::downgrade(&room));
        room
    }

    /// Sends one message and records what came of it.
    async fn deliver(self, dispatch: Dispatch, lease: Lease, room: Arc<Room>, permit: OwnedSemaphorePermit) {
        let age = crate::runner::now().duration_since(dispatch.queued_at).as_secs_f64();
        metrics::histogram!("baton_outbox_seconds").record(age.max(0.0));
        let outcome = send(&self.workers, &dispatch, lease).await;
        // Free before the answer is recorded, which lets the contact's next message go: it is to find room.
        drop(permit);
        if room.is_wanted.swap(false, Ordering::SeqCst) {
            self.workers.live.wakes.wake(Wake::Outbox(dispatch.workspace, dispatch.inbox));
        }
        let Some(outcome) = outcome else {
            return tracing::warn!(message = %dispatch.id, "a claim was over before its message could be sent");
        };
        metrics::counter!("baton_sends_total", "outcome" => outcome_name(&outcome)).increment(1);
        if let Outcome::Unknown { reason } | Outcome::Unsent { reason, .. } = &outcome {
            tracing::warn!(message = %dispatch.id, reason, "a send has no answer");
        }
        self.record(&Arc::new(dispatch), &outcome).await;
    }

    async fn record(&self, dispatch: &Arc<Dispatch>, outcome: &Outcome) {
        for _ in 0..RECORD_TRIES {
            match self.recorder.record(dispatch, outcome.clone()).await {
                Ok(_) => return,
                // A status was quicker than the answer; the contact's next message may go.
                Err(Error::Refused(Refusal::Duplicate)) => {
                    return self.workers.live.wakes.wake(Wake::Outbox(dispatch.workspace, dispatch.inbox));
                }
                Err(error) if error.is_passing() => tokio::time::sleep(RECORD_RETRY).await,
                Err(error) => return tracing::error!(%error, message = %dispatch.id, "the answer to a send could not be recorded"),
            }
        }
        tracing::error!(message = %dispatch.id, "the answer to a send could not be recorded; its lease will lapse");
    }
}

impl Sender for Outbox {
    fn slot(&self, connection: &Connection) -> Option<Box<dyn Slot>> {
        let number = (connection.workspace, connection.inbox.id);
        let room = self.room_of(number);
        let permit = room.permits.clone().try_acquire_owned().ok()?;
        let is_idle = room.permits.available_permits() + 1 == AT_ONCE && !self.numbers.is_at_work(&number);
        // Held before it is looked, so that who stops waits for it.
        let token = self.sends.token();
        let can_send = is_idle && !self.sends.is_closed() && line_of(&self.workers, connection).is_ok();
        can_send.then(|| -> Box<dyn Slot> { Box::new(Idle { outbox: self.clone(), room, permit, _token: token }) })
    }
}

/// The right to a send where nothing is under way; who stops waits until it was used or given back.
struct Idle {
    outbox: Outbox,
    room: Arc<Room>,
    permit: OwnedSemaphorePermit,
    _token: TaskTrackerToken,
}

impl Slot for Idle {
    fn send(self: Box<Self>, dispatch: Dispatch, lease: Lease) {
        let Self { outbox, room, permit, _token } = *self;
        outbox.sends.clone().spawn(outbox.deliver(dispatch, lease, room, permit));
    }
}

/// How many sends of a number may begin.
struct Room {
    permits: Arc<Semaphore>,
    /// Somebody found none free: who leaves next says so.
    is_wanted: AtomicBool,
}

impl Room {
    fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)), is_wanted: AtomicBool::new(false) }
    }

    /// How many are free; where none is, the next that becomes free is wanted.
    fn free(&self) -> usize {
        // Said before it is looked, so that one that becomes free in between is seen or told of.
        self.is_wanted.store(true, Ordering::SeqCst);
        let free = self.permits.available_permits();
        if free > 0 {
            self.is_wanted.store(false, Ordering::SeqCst);
        }
        free
    }
}

/// Sends it while the claim lasts; nothing when it did not.
async fn send(workers: &Workers, dispatch: &Dispatch, mut lease: Lease) -> Option<Outcome> {
    let connection = match workers.runner.workplaces().connection(dispatch.workspace, dispatch.inbox).await {
        Ok(Some(connection)) if !connection.is_disconnected() => connection,
        Ok(_) => return Some(never("the number is not connected any more")),
        Err(error) => return Some(unprepared(&error)),
    };
    let (adapter, line) = match line_of(workers, &connection) {
        Ok(found) => found,
        Err(error) => return Some(unprepared(&error)),
    };
    let rules = adapter.rules();
    let Some(to) = recipient(dispatch, rules) else { return Some(never("the contact has no address on this channel")) };
    let message = match in_thread(workers, dispatch, rules, &dispatch.message).await {
        Ok(message) => message,
        Err(error) => return Some(unprepared(&error)),
    };
    let mut uploaded = None;
    if let Content::Image { media, mime_type, .. } = &message.content {
        let Some(files) = adapter.files() else { return Some(never("the channel takes no pictures")) };
        match upload(workers, dispatch, files, line, (*media, mime_type)).await {
            Ok(id) => uploaded = Some(id),
            Err(outcome) => return Some(outcome),
        }
        lease = workers.runner.renew_claim(dispatch).await.unwrap_or(Some(lease))?;
    }
    let latest = lease.latest_start(LONGEST_SEND + MARGIN);
    let may_leave: MayLeave = Arc::new(move || !latest.is_over());
    Some(match adapter.build(&Letter { message: &message, to, uploaded: uploaded.as_deref() }) {
        Ok(request) => adapter.outcome(adapter.send(line, &request, may_leave).await),
        Err(unfit) => never(&unfit.to_string()),
    })
}

/// Who speaks for an inbox, and as whom.
///
/// # Errors
/// When this node cannot: another one may.
fn line_of<'a>(workers: &'a Workers, connection: &'a Connection) -> store::Result<(&'a dyn Adapter, Line<'a>)> {
    let channel = &connection.inbox.channel;
    let unknown = || store::Error::Unreadable(format!("this build does not know the channel `{}`", channel.as_str()));
    let adapter = workers.adapters.of(channel).ok_or_else(unknown)?;
    Ok((adapter, Line { address: &connection.address, secret: connection.secret()? }))
}

/// What the customer last wrote from, or else what reaches them on this channel.
fn recipient<'a>(dispatch: &'a Dispatch, rules: &Rules) -> Option<&'a Identity> {
    dispatch.identities.iter().find(|identity| rules.identities.contains(&identity.kind()))
}

/// The message as it is sent: where a thread is told by references, it answers the customer's last one.
async fn in_thread<'a>(workers: &Workers, dispatch: &Dispatch, rules: &Rules, message: &'a Message) -> store::Result<Cow<'a, Message>> {
    if rules.thread == Thread::Chat || message.reply_to.is_some() {
        return Ok(Cow::Borrowed(message));
    }
    let reply_to = workers.runner.store().last_of_customer(dispatch.workspace, dispatch.conversation).await?;
    Ok(Cow::Owned(Message { reply_to, ..message.clone() }))
}

fn never(reason: &str) -> Outcome {
    Outcome::Refused { failure: Failure { code: 0, title: reason.to_owned() }, reaction: Reaction::Never }
}

/// Brings a picture to the provider, once. Nothing was sent to the customer yet, so that every failure here is safe to repeat.
async fn upload(
    workers: &Workers,
    dispatch: &Dispatch,
    files: &dyn Files,
    line: Line<'_>,
    (media, mime_type): (MediaId, &str),
) -> Result<String, Outcome> {
    let store = workers.runner.store();
    if let Some(id) = store.uploaded_media(dispatch.workspace, media).await.map_err(|error| unprepared(&error))? {
        return Ok(id);
    }
    let bytes = read(workers, dispatch, media).await?;
    let upload = files.upload(line, bytes, mime_type);
    let id = tokio::time::timeout(UPLOAD_PICTURE, upload).await.map_err(|_| unprepared(&"the picture took too long to upload"))??;
    store.set_uploaded_media(dispatch.workspace, media, &id).await.map_err(|error| unprepared(&error))?;
    Ok(id)
}

async fn read(workers: &Workers, dispatch: &Dispatch, media: MediaId) -> Result<Bytes, Outcome> {
    match tokio::time::timeout(READ_PICTURE, workers.media.read(dispatch.workspace, media)).await {
        Ok(read) => read.map_err(|error| unprepared(&error)),
        Err(_) => Err(unprepared(&"the picture took too long to read")),
    }
}

/// What it needs is not there; not a byte of it has left.
fn unprepared(reason: &dyn std::fmt::Display) -> Outcome {
    Outcome::Unsent { reason: reason.to_string(), backoff: Backoff::Preparation }
}

fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Refused { .. } => "refused",
        Outcome::Unsent { .. } => "unsent",
        Outcome::Unknown { .. } => "unknown",
    }
}
