//! The door for lanes: what waits for contacts, in order for each, and for many contacts of an inbox in one transaction.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::contact::{asked, shift_loads};
use super::effects::{Effects, effects};
use super::guard::guarded;
use super::load::{Place, Reading, snapshot};
use super::turns::{Patience, Turn};
use super::{Error, Runner, fresh_ids, now};
use crate::domain::ids::{ContactId, ConversationId, InboxId, WorkspaceId};
use crate::domain::inbound::InboundItem;
use crate::domain::snapshot::KnownMessage;
use crate::domain::{Command, Refusal, Snapshot, handle};
use crate::live::change::Change;
use crate::store::inbound_items::{Lane, WaitingItem};
use crate::store::lanes::OpenLane;
use crate::store::quarantine::NewQuarantined;
use crate::store::rows::Rows;
use crate::store::{self, Transaction};

/// Items that one transaction takes from a lane.
const LANE_LIMIT: i64 = 50;

/// How long an item that this version does not understand is left to the others.
const STRANGE_FOR: SignedDuration = SignedDuration::from_mins(5);

/// How much of a lane was worked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneProgress {
    Empty,
    MoreMayWait,
}

/// A lane whose contact is locked, with what its items speak of.
struct Opened {
    snapshot: Snapshot,
    items: Vec<WaitingItem>,
    /// Whose each of the snapshot's messages is.
    conversations: Vec<ConversationId>,
}

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
        if contacts.len() > 1
            && let Ok(progress) = guarded(self.try_lanes(workspace, inbox, contacts, LANE_LIMIT, Reading::Strict)).await
        {
            return contacts.iter().map(|contact| progress.get(contact).copied().ok_or(Error::Busy)).collect();
        }
        let mut all = Vec::with_capacity(contacts.len());
        for contact in contacts {
            all.push(self.run_lane(Lane { workspace, contact: *contact, inbox }).await);
        }
        all
    }

    /// Runs one lane.
    async fn run_one(&self, lane: Lane, limit: i64, reading: Reading) -> Result<LaneProgress, Error> {
        let progress = guarded(self.try_lanes(lane.workspace, lane.inbox, &[lane.contact], limit, reading)).await?;
        progress.get(&lane.contact).copied().ok_or(Error::Busy)
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
        let transaction = connection.client.transaction().await?;
        let Some(item) = store::lanes::first(&transaction, lane).await? else { return Ok(LaneProgress::Empty) };
        if item.seq != failed {
            return Ok(LaneProgress::MoreMayWait);
        }
        if matches!(error, Error::Panicked | Error::Store(store::Error::Unreadable(_))) && is_young(item.received_at, now()) {
            return Err(error);
        }
        let mut rows = Rows::of(lane.workspace);
        set_aside(&mut rows, &item, &error.to_string(), now())?;
        rows.done.push((lane.contact, item.seq));
        rows.write(&transaction).await?;
        transaction.commit().await?;
        Ok(LaneProgress::MoreMayWait)
    }

    /// Runs what waits for those contacts that nobody else has; answers how far each of these came.
    async fn try_lanes(
        &self,
        workspace: WorkspaceId,
        inbox: InboxId,
        contacts: &[ContactId],
        limit: i64,
        reading: Reading,
    ) -> Result<HashMap<ContactId, LaneProgress>, Error> {
        self.check_clock()?;
        let place = self.place(workspace, inbox).await?;
        let turns: Vec<(ContactId, Turn)> =
            contacts.iter().filter_map(|contact| Some((*contact, self.turns.take_at_once(workspace, *contact)?))).collect();
        let free: Vec<ContactId> = turns.iter().map(|(contact, _)| *contact).collect();
        if free.is_empty() {
            return Ok(HashMap::new());
        }
        let mut connection = self.enter().await?;
        let transaction = connection.client.transaction().await?;
        let lanes = store::lanes::open(&transaction, workspace, inbox, &free, limit).await?;
        let mut progress: HashMap<ContactId, LaneProgress> = lanes.iter().map(|lane| (lane.contact.id, LaneProgress::Empty)).collect();
        let mut opened = look_around(&transaction, &place, lanes, reading).await?;
        let (mut rows, mut changes, now) = (Rows::of(workspace), Vec::new(), now());
        for lane in &mut opened {
            let done = decide_all(&transaction, &mut rows, &mut changes, lane, now).await?;
            if i64::try_from(done).is_ok_and(|done| done >= limit) {
                progress.insert(lane.snapshot.contact.id, LaneProgress::MoreMayWait);
            }
        }
        rows.write(&transaction).await?;
        transaction.commit().await?;
        changes.into_iter().for_each(|change| self.publish(change));
        Ok(progress)
    }
}

/// Snapshots of lanes in which something waits, with the messages that their items speak of.
async fn look_around(transaction: &Transaction<'_>, place: &Place, lanes: Vec<OpenLane>, reading: Reading) -> Result<Vec<Opened>, Error> {
    let mut opened = Vec::with_capacity(lanes.len());
    for OpenLane { contact, latest, items } in lanes.into_iter().filter(|lane| !lane.items.is_empty()) {
        let snapshot = snapshot(transaction, place, contact, latest, reading).await?;
        opened.push(Opened { snapshot, items, conversations: Vec::new() });
    }
    let spoken: Vec<(Vec<&str>, Vec<Uuid>)> = opened.iter().map(|lane| spoken_of(&lane.items, &lane.snapshot)).collect();
    let wamids: Vec<&str> = spoken.iter().flat_map(|(wamids, _)| wamids).copied().collect();
    let ids: Vec<Uuid> = spoken.iter().flat_map(|(_, ids)| ids).copied().collect();
    if wamids.is_empty() && ids.is_empty() {
        return Ok(opened);
    }
    let known = store::messages::known(transaction, place.workspace, place.inbox.id, &wamids, &ids).await?;
    let theirs: Vec<Vec<(KnownMessage, ConversationId)>> = spoken
        .iter()
        .map(|(wamids, ids)| {
            let is_theirs = |message: &KnownMessage| {
                ids.contains(&message.id.0) || message.wamid.as_deref().is_some_and(|wamid| wamids.contains(&wamid))
            };
            known.iter().filter(|(message, _)| is_theirs(message)).cloned().collect()
        })
        .collect();
    for (lane, theirs) in opened.iter_mut().zip(theirs) {
        (lane.snapshot.messages, lane.conversations) = theirs.into_iter().unzip();
    }
    Ok(opened)
}

/// Decides the items of a lane, one after the other, and answers how many; one that another version may understand, and what stands
/// behind it, waits.
async fn decide_all(
    transaction: &Transaction<'_>,
    rows: &mut Rows,
    changes: &mut Vec<Change>,
    lane: &mut Opened,
    now: Timestamp,
) -> Result<usize, Error> {
    let contact = lane.snapshot.contact.id;
    let mut done = 0;
    for item in std::mem::take(&mut lane.items) {
        let told = match &item.item {
            Ok(told) => told,
            Err(_) if is_young(item.received_at, now) => return Ok(done),
            Err(strange) => {
                tracing::warn!(%contact, "an item that no version of Baton here understands is set aside");
                set_aside(rows, &item, &strange.reason, now)?;
                rows.done.push((contact, item.seq));
                done += 1;
                continue;
            }
        };
        let decided = match lane.elsewhere(told) {
            None => decide(rows, &mut lane.snapshot, told, item.received_at, now)?,
            Some(id) => {
                // It may be one that items before this one were about: it is read as they left it.
                std::mem::replace(rows, Rows::of(rows.workspace())).write(transaction).await?;
                let loaded = store::conversations::load(transaction, rows.workspace(), id).await?;
                let conversation = loaded.map(|loaded| loaded.conversation);
                let mut other = Snapshot { session: None, conversation, ..lane.snapshot.clone() };
                let decided = decide(rows, &mut other, told, item.received_at, now)?;
                (lane.snapshot.messages, lane.snapshot.contact) = (other.messages, other.contact);
                decided
            }
        };
        match decided {
            Ok(Effects { change, shift }) => {
                shift_loads(transaction, &lane.snapshot, shift, now).await?;
                changes.push(change);
            }
            Err(Refusal::Duplicate) => {}
            Err(refusal) => set_aside(rows, &item, &refusal.to_string(), now)?,
        }
        rows.done.push((contact, item.seq));
        done += 1;
    }
    Ok(done)
}

impl Opened {
    /// The conversation that an item is about, when it is not the one under way.
    fn elsewhere(&self, told: &InboundItem) -> Option<ConversationId> {
        let under_way = self.snapshot.conversation.as_ref().map(|conversation| conversation.id);
        conversation_of(told, &self.snapshot, &self.conversations).filter(|id| Some(*id) != under_way)
    }
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
) -> Result<Result<Effects, Refusal>, Error> {
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
    metrics::counter!("baton_quarantined_total").increment(1);
    let body = match &item.item {
        Ok(told) => serde_json::to_vec(told),
        Err(strange) => Ok(strange.raw.clone().into_bytes()),
    };
    let quarantined = NewQuarantined {
        id: Uuid::now_v7(),
        workspace: Some(rows.workspace()),
        app_id: String::new(),
        payload_seq: item.payload_seq,
        reason: reason.to_owned(),
        item: body.map_err(store::Error::from)?,
        at,
    };
    rows.set_aside.push(quarantined);
    Ok(())
}

/// The WhatsApp ids and our ids that items speak of, and what the flow asked.
fn spoken_of<'a>(items: &'a [WaitingItem], snapshot: &Snapshot) -> (Vec<&'a str>, Vec<Uuid>) {
    let told = || items.iter().filter_map(|item| item.item.as_ref().ok());
    let wamids = told().filter_map(|told| match told {
        InboundItem::Message(message) => Some(message.wamid.as_str()),
        InboundItem::Status(report) => Some(report.wamid.as_str()),
        InboundItem::MovedOn { .. } => None,
    });
    let ids = told().filter_map(|told| match told {
        InboundItem::Status(report) => report.message.map(|message| message.0),
        InboundItem::Message(_) | InboundItem::MovedOn { .. } => None,
    });
    (wamids.collect(), ids.chain(asked(snapshot)).collect())
}

/// The conversation that a status belongs to.
fn conversation_of(told: &InboundItem, snapshot: &Snapshot, conversations: &[ConversationId]) -> Option<ConversationId> {
    let InboundItem::Status(report) = told else { return None };
    let position = snapshot
        .messages
        .iter()
        .take(conversations.len())
        .position(|message| Some(message.id) == report.message || message.wamid.as_deref() == Some(report.wamid.as_str()))?;
    conversations.get(position).copied()
}
