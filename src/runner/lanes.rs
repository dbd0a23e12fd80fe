//! The door for lanes: what waits for contacts, in order for each, and for many contacts of an inbox in one transaction.

mod opened;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use self::opened::{Opened, look_around};
use super::effects::effects;
use super::guard::guarded;
use super::load::Reading;
use super::turns::{Patience, Turn};
use super::{Error, Runner, fresh_ids, now};
use crate::domain::ids::{ContactId, InboxId, WorkspaceId};
use crate::domain::inbound::InboundItem;
use crate::domain::{Command, Refusal, Snapshot, handle};
use crate::live::change::ConversationChange;
use crate::store::inbound_items::{Lane, WaitingItem};
use crate::store::quarantine::NewQuarantined;
use crate::store::rows::Rows;
use crate::store::{self, Transaction};

/// Items that one transaction takes from a lane, in all from several, and from each of them at least.
const LANE_LIMIT: i64 = 50;
const LIMIT_IN_ALL: i64 = 200;
const FEWEST: i64 = 4;

/// How long an item that this version does not understand is left to the others.
const STRANGE_FOR: SignedDuration = SignedDuration::from_mins(5);

/// How much of a lane was worked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneProgress {
    Empty,
    MoreMayWait,
}

/// How far each contact's lane came; one that is missing is somebody else's.
type Outcomes = HashMap<ContactId, Result<LaneProgress, Error>>;

impl Runner {
    /// Runs the commands that wait in a lane, in the order they were stored, and commits them together.
    ///
    /// # Errors
    /// A fault; then all of it waits still.
    pub async fn run_lane(&self, lane: Lane) -> Result<LaneProgress, Error> {
        match self.run_one(lane, LANE_LIMIT, Reading::Strict).await {
            Err(error) if is_of_an_item(&error) => {
                tracing::warn!(%error, contact = %lane.contact, "a lane could not be run together; its items are tried one by one");
                self.run_first_of(lane).await
            }
            other => other,
        }
    }

    /// Runs lanes of one inbox and commits them together; where that is not possible, one after the other. Answers for each of
    /// `contacts`, in their order.
    pub async fn run_lanes(&self, workspace: WorkspaceId, inbox: InboxId, contacts: &[ContactId]) -> Vec<Result<LaneProgress, Error>> {
        let lane = |contact: ContactId| Lane { workspace, contact, inbox };
        if let [contact] = contacts {
            return vec![self.run_lane(lane(*contact)).await];
        }
        let mut outcomes = match guarded(self.try_lanes(workspace, inbox, contacts, limit(contacts.len()), Reading::Strict)).await {
            Ok(outcomes) => outcomes,
            Err(error) if is_of_an_item(&error) || matches!(&error, Error::Store(error) if error.is_busy() || error.is_retryable()) => {
                tracing::debug!(%error, lanes = contacts.len(), "lanes could not be run together; they are run one by one");
                metrics::counter!("baton_lane_batches_failed_total").increment(1);
                return self.run_one_by_one(contacts.iter().map(|contact| lane(*contact))).await;
            }
            // It says nothing of the lanes: one tells of it, and all come again.
            Err(error) => return std::iter::once(Err(error)).chain(contacts.iter().skip(1).map(|_| Err(Error::Busy))).collect(),
        };
        let mut all = Vec::with_capacity(contacts.len());
        for contact in contacts {
            all.push(match outcomes.remove(contact) {
                Some(Err(error)) if is_of_an_item(&error) => self.run_first_of(lane(*contact)).await,
                Some(outcome) => outcome,
                None => Err(Error::Busy),
            });
        }
        all
    }

    /// Runs lanes by themselves; where one finds that nothing can be had, the others come again.
    async fn run_one_by_one(&self, lanes: impl Iterator<Item = Lane>) -> Vec<Result<LaneProgress, Error>> {
        let (mut all, mut is_away) = (Vec::new(), false);
        for lane in lanes {
            let outcome = if is_away { Err(Error::Busy) } else { self.run_lane(lane).await };
            is_away |= matches!(&outcome, Err(Error::Store(error)) if error.is_passing() && !error.is_busy());
            all.push(outcome);
        }
        all
    }

    /// Runs one lane.
    async fn run_one(&self, lane: Lane, limit: i64, reading: Reading) -> Result<LaneProgress, Error> {
        let mut outcomes = guarded(self.try_lanes(lane.workspace, lane.inbox, &[lane.contact], limit, reading)).await?;
        outcomes.remove(&lane.contact).unwrap_or(Err(Error::Busy))
    }

    /// Runs the first item alone; one that the database cannot keep, or over which the program fails, is set aside so that the rest
    /// can go on. Any other fault is not the item's: it waits until that is mended.
    async fn run_first_of(&self, lane: Lane) -> Result<LaneProgress, Error> {
        let Some((first, received_at)) = self.store.first_of_lane(lane).await? else { return Ok(LaneProgress::Empty) };
        let reading = if is_young(received_at, now()) { Reading::Strict } else { Reading::Tolerant };
        match self.run_one(lane, 1, reading).await {
            Err(error) if is_of_an_item(&error) => self.set_aside_alone(lane, first, error).await,
            Ok(_) => Ok(LaneProgress::MoreMayWait),
            other => other,
        }
    }

    /// Over a panic, or what it does not understand, an item waits a while: it may be about something else that is being mended, or
    /// another version knows better. `failed` was tried alone, if it stands first still: else another node was quicker, and what is
    /// first now was not tried at all.
    async fn set_aside_alone(&self, lane: Lane, failed: i64, error: Error) -> Result<LaneProgress, Error> {
        let _turn = self.turns.take(lane.workspace, lane.contact, Patience::Pass).await?;
        let mut connection = self.enter().await?;
        let transaction = Transaction::begin(&mut connection.client);
        let Some(item) = store::lanes::first(&transaction, lane).await? else { return Ok(LaneProgress::Empty) };
        if item.seq != failed {
            return Ok(LaneProgress::MoreMayWait);
        }
        if matches!(error, Error::Panicked | Error::Store(store::Error::Unreadable(_))) && is_young(item.received_at, now()) {
            return Err(error);
        }
        let mut rows = Rows::of(lane.workspace);
        set_aside(&mut rows, &item, &error.to_string(), now())?;
        rows.done.push((lane.contact, lane.inbox, item.seq));
        rows.commit(transaction).await?;
        metrics::counter!("baton_items_total").increment(1);
        metrics::counter!("baton_quarantined_total").increment(1);
        Ok(LaneProgress::MoreMayWait)
    }

    /// Runs what waits for those contacts that nobody else has; answers how far each of these came. One at which something cannot be
    /// read, or over which the program fails, costs the others nothing.
    async fn try_lanes(
        &self,
        workspace: WorkspaceId,
        inbox: InboxId,
        contacts: &[ContactId],
        limit: i64,
        reading: Reading,
    ) -> Result<Outcomes, Error> {
        self.check_clock()?;
        let place = self.place(workspace, inbox).await?;
        let mut connection = self.enter().await?;
        let turns: Vec<(ContactId, Turn)> =
            contacts.iter().filter_map(|contact| Some((*contact, self.turns.take_at_once(workspace, *contact)?))).collect();
        let free: Vec<ContactId> = turns.iter().map(|(contact, _)| *contact).collect();
        if free.is_empty() {
            return Ok(Outcomes::new());
        }
        let transaction = Transaction::begin(&mut connection.client);
        let lanes = store::lanes::open(&transaction, workspace, inbox, &free, limit).await?;
        let mut outcomes: Outcomes = lanes.iter().map(|lane| (lane.contact.id, Ok(LaneProgress::Empty))).collect();
        let opened = look_around(&transaction, &place, lanes, reading, &mut outcomes).await?;
        let (mut rows, mut changes, now) = (Rows::of(workspace), Vec::new(), now());
        let (mut worked_off, mut quarantined) = (0, 0);
        for mut lane in opened {
            let contact = lane.snapshot.contact.id;
            match guarded(decide_all(&transaction, &mut lane, reading, now)).await {
                Ok(done) => {
                    let is_full = i64::try_from(lane.done).is_ok_and(|done| done >= limit);
                    outcomes.insert(contact, Ok(if is_full { LaneProgress::MoreMayWait } else { LaneProgress::Empty }));
                    rows.append(done.rows);
                    changes.extend(done.changes);
                    worked_off += lane.done as u64;
                    quarantined += done.quarantined;
                }
                Err(error @ Error::Panicked) if !lane.has_written => _ = outcomes.insert(contact, Err(error)),
                Err(error) => return Err(error),
            }
            // Under other people's feet for no longer than a moment at a time.
            tokio::task::yield_now().await;
        }
        for (moved, ..) in &rows.items {
            // Its turn in this transaction may be over.
            if let Some(Ok(progress)) = outcomes.get_mut(moved) {
                *progress = LaneProgress::MoreMayWait;
            }
        }
        rows.commit(transaction).await?;
        drop(connection);
        metrics::counter!("baton_items_total").increment(worked_off);
        metrics::counter!("baton_quarantined_total").increment(quarantined);
        self.publish(changes);
        Ok(outcomes)
    }
}

/// Items that are taken from each of so many lanes.
fn limit(lanes: usize) -> i64 {
    let lanes = i64::try_from(lanes).unwrap_or(i64::MAX).max(1);
    (LIMIT_IN_ALL / lanes).clamp(FEWEST, LANE_LIMIT)
}

/// What the items of a lane came to.
struct Decided {
    rows: Rows,
    changes: Vec<ConversationChange>,
    /// Items that were set aside.
    quarantined: u64,
}

/// Decides the items of a lane, one after the other; one that another version may understand, and what stands behind it, waits.
async fn decide_all(transaction: &Transaction<'_>, lane: &mut Opened, reading: Reading, now: Timestamp) -> Result<Decided, Error> {
    let contact = lane.snapshot.contact.id;
    let (workspace, inbox) = (lane.snapshot.workspace, lane.snapshot.inbox.id);
    let (mut rows, mut changes, mut quarantined) = (Rows::of(workspace), Vec::new(), 0);
    for item in std::mem::take(&mut lane.items) {
        let told = match &item.item {
            Ok(told) => told,
            Err(_) if is_young(item.received_at, now) => break,
            Err(strange) => {
                tracing::warn!(%contact, "an item that no version of Baton here understands is set aside");
                set_aside(&mut rows, &item, &strange.reason, now)?;
                rows.done.push((contact, inbox, item.seq));
                lane.done += 1;
                quarantined += 1;
                continue;
            }
        };
        let decided = match lane.elsewhere(told) {
            None => decide(&mut rows, &mut lane.snapshot, told, item.received_at, now)?,
            Some(id) => {
                // It may be one that items before this one were about: it is read as they left it.
                lane.has_written = true;
                std::mem::replace(&mut rows, Rows::of(workspace)).write(transaction).await?;
                let loaded = store::conversations::load(transaction, workspace, id).await?;
                let mut other = Snapshot { session: None, conversation: None, ..lane.snapshot.clone() };
                if let Some(loaded) = loaded {
                    reading.accept(loaded.misread)?;
                    other.conversation = Some(loaded.conversation);
                }
                let decided = decide(&mut rows, &mut other, told, item.received_at, now)?;
                (lane.snapshot.messages, lane.snapshot.contact) = (other.messages, other.contact);
                decided
            }
        };
        match decided {
            Ok(change) => changes.push(change),
            Err(Refusal::Duplicate) => {}
            Err(refusal) => {
                set_aside(&mut rows, &item, &refusal.to_string(), now)?;
                quarantined += 1;
            }
        }
        rows.done.push((contact, inbox, item.seq));
        lane.done += 1;
    }
    Ok(Decided { rows, changes, quarantined })
}

/// Whether a fault may be that of one item, and the others could be run.
fn is_of_an_item(error: &Error) -> bool {
    match error {
        Error::Store(error) => error.is_of_the_data() || matches!(error, store::Error::Unreadable(_)),
        Error::Panicked => true,
        Error::Refused(_) | Error::NotFound | Error::Busy | Error::ClockOff(_) => false,
    }
}

/// Whether something strange that is due since then, and what stands behind it, may still be run by another node: during an update, a
/// newer one.
pub(super) fn is_young(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) < STRANGE_FOR
}

/// Decides one item.
fn decide(
    rows: &mut Rows,
    snapshot: &mut Snapshot,
    told: &InboundItem,
    received_at: Timestamp,
    now: Timestamp,
) -> Result<Result<ConversationChange, Refusal>, Error> {
    let command = match told.clone() {
        InboundItem::Message(message) => Command::Receive { message, received_at },
        InboundItem::Status(report) => Command::RecordStatus(report),
        InboundItem::MovedOn { to } => Command::MoveOn { to },
    };
    // Every command counts from the beginning of its supply, so each of a batch gets one of its own.
    snapshot.ids = fresh_ids();
    match handle(snapshot, command, now) {
        Ok(events) => Ok(Ok(effects(rows, snapshot, events, now)?)),
        Err(refusal) => Ok(Err(refusal)),
    }
}

fn set_aside(rows: &mut Rows, item: &WaitingItem, reason: &str, at: Timestamp) -> Result<(), Error> {
    let body = match &item.item {
        Ok(told) => serde_json::to_vec(told),
        Err(strange) => Ok(strange.raw.clone().into_bytes()),
    };
    let quarantined = NewQuarantined {
        id: Uuid::now_v7(),
        workspace: Some(rows.workspace()),
        source: String::new(),
        payload_seq: item.payload_seq,
        reason: reason.to_owned(),
        item: body.map_err(store::Error::from)?,
        at,
    };
    rows.set_aside.push(quarantined);
    Ok(())
}
