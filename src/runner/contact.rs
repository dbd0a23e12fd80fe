//! The door for one contact: what waits in its lane, or a single command about one of its conversations.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::concerns::{agents_of, messages_of, patience};
use super::guard::guarded;
use super::load::{Reading, know_messages, snapshot};
use super::turns::Patience;
use super::write::{store_media, write};
use super::{Error, Runner, fresh_ids, now, reuse};
use crate::domain::event::Recorded;
use crate::domain::ids::{ConversationId, MediaId, WorkspaceId};
use crate::domain::inbound::InboundItem;
use crate::domain::{Command, Refusal, Snapshot, handle};
use crate::live::change::Change;
use crate::store::contacts::Taken;
use crate::store::inbound_items::{Lane, WaitingItem};
use crate::store::media::StoredMedia;
use crate::store::quarantine::NewQuarantined;
use crate::store::timers::DueTimer;
use crate::store::users::is_taken;
use crate::store::{self, Transaction};

/// Items that one transaction takes from a lane.
const LANE_LIMIT: i64 = 50;

/// How long an item that this version does not understand is left to the others.
const STRANGE_FOR: SignedDuration = SignedDuration::from_mins(5);

/// How long a command may take: the database's own time-outs are shorter, but one that is frozen hears of none.
const LONGEST: Duration = Duration::from_secs(30);

/// How often a command that lost a deadlock, or a race for an id, is run again.
const MAX_TRIES: usize = 4;

/// What a command did.
#[derive(Debug)]
pub struct Done {
    pub conversation: ConversationId,
    pub contact_name: String,
    pub events: Vec<Recorded>,
    pub last_seq: i64,
}

/// How much of a lane was worked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneProgress {
    Empty,
    MoreMayWait,
}

/// What a command brings along that only its own transaction may write or check.
#[derive(Debug, Default)]
pub struct Alongside {
    /// The timer it comes from; when another node took it, the command is dropped.
    pub timer: Option<DueTimer>,
    /// The picture it reports.
    pub media: Option<(MediaId, StoredMedia)>,
}

impl Runner {
    /// Runs a command about a conversation.
    ///
    /// # Errors
    /// A refusal, [`Error::NotFound`], or a fault.
    pub async fn run(&self, workspace: WorkspaceId, conversation: ConversationId, command: Command) -> Result<Done, Error> {
        self.run_alongside(workspace, conversation, command, &Alongside::default()).await
    }

    /// As [`Runner::run`], with rows that belong to the same transaction.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn run_alongside(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        command: Command,
        alongside: &Alongside,
    ) -> Result<Done, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let attempt = guarded(self.try_run(workspace, conversation, command.clone(), alongside));
            match tokio::time::timeout(LONGEST, attempt).await.unwrap_or(Err(Error::Busy)) {
                // Where the same id of a browser was quicker, the next look finds it.
                Err(Error::Store(error)) if (error.is_retryable() || is_taken(&error)) && tries < MAX_TRIES => {}
                other => return other,
            }
        }
    }

    async fn try_run(&self, workspace: WorkspaceId, id: ConversationId, command: Command, alongside: &Alongside) -> Result<Done, Error> {
        self.check_clock()?;
        let (contact, inbox) = self.store.contact_of(workspace, id).await?.ok_or(Error::NotFound)?;
        let place = self.place(workspace, inbox).await?;
        let patience = patience(&command);
        let _turn = self.turns.take(workspace, contact, patience).await?;
        let mut connection = self.enter().await?;
        let transaction = connection.client.transaction().await?;
        let taken = if patience == Patience::Wait { Taken::Wait } else { Taken::Refuse };
        let contact = store::contacts::lock(&transaction, workspace, contact, taken).await?.ok_or(Error::NotFound)?;
        if let Some(timer) = &alongside.timer
            && !store::timers::take(&transaction, timer).await?
        {
            return Err(Refusal::Duplicate.into());
        }
        let loaded = store::conversations::load(&transaction, workspace, id).await?.ok_or(Error::NotFound)?;
        let mut snapshot = snapshot(&transaction, &place, contact, Some(loaded), reading_for(alongside, now())).await?;
        if let Command::Undo { seq, .. } = &command {
            snapshot.acts = store::events::of_control(&transaction, workspace, id, *seq).await?;
        }
        let ids = [messages_of(&command), asked(&snapshot)].concat();
        know_messages(&transaction, &mut snapshot, &[], &ids).await?;
        reuse::check(&transaction, workspace, id, &command).await?;
        is_to_part(&transaction, &snapshot, &command).await?;
        snapshot.agents = store::agents::lock(&transaction, workspace, &agents_of(&command, &snapshot)).await?;
        let now = now();
        let events = match handle(&snapshot, command, now) {
            Ok(events) => events,
            Err(refusal) if alongside.timer.is_some() => {
                transaction.commit().await?;
                return Err(refusal.into());
            }
            Err(refusal) => return Err(refusal.into()),
        };
        if let Some((media, stored)) = &alongside.media {
            store_media(&transaction, &snapshot, *media, stored).await?;
        }
        let change = write(&transaction, &mut snapshot, events, now).await?;
        transaction.commit().await?;
        let done = Done {
            conversation: change.conversation.id,
            contact_name: change.contact.name.clone(),
            events: change.events.clone(),
            last_seq: change.conversation.last_seq,
        };
        self.publish(change);
        Ok(done)
    }

    /// Runs the commands that wait in a lane, in the order they were stored, and commits them together.
    ///
    /// # Errors
    /// A fault; then all of it waits still.
    pub async fn run_lane(&self, lane: Lane) -> Result<LaneProgress, Error> {
        match guarded(self.try_lane(lane, LANE_LIMIT, Reading::Strict)).await {
            Err(error) if is_of_an_item(&error) => {
                tracing::warn!(%error, contact = %lane.contact, "a lane could not be run together; its items are tried one by one");
                self.run_first_of(lane).await
            }
            other => other,
        }
    }

    /// Runs the first item alone; one that the database cannot keep, or over which the program fails, is set aside so that the rest
    /// can go on. Any other fault is not the item's: it waits until that is mended.
    async fn run_first_of(&self, lane: Lane) -> Result<LaneProgress, Error> {
        let Some((first, received_at)) = self.store.first_of_lane(lane).await? else { return Ok(LaneProgress::Empty) };
        let reading = if is_young(received_at, now()) { Reading::Strict } else { Reading::Tolerant };
        match guarded(self.try_lane(lane, 1, reading)).await {
            Err(error) if is_of_an_item(&error) => self.set_aside_alone(lane, first, error).await,
            Ok(_) => Ok(LaneProgress::MoreMayWait),
            other => other,
        }
    }

    /// Over a panic, or what it does not understand, an item waits a while: it may be about something else that is being mended, or another version knows better.
    /// `failed` was tried alone, if it stands first still: else another node was quicker, and what is first now was not tried at all.
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
        set_aside(&transaction, lane, &item, &error.to_string(), now()).await?;
        store::inbound_items::delete(&transaction, lane, &[item.seq]).await?;
        transaction.commit().await?;
        Ok(LaneProgress::MoreMayWait)
    }

    async fn try_lane(&self, lane: Lane, limit: i64, reading: Reading) -> Result<LaneProgress, Error> {
        self.check_clock()?;
        let place = self.place(lane.workspace, lane.inbox).await?;
        let _turn = self.turns.take(lane.workspace, lane.contact, Patience::Pass).await?;
        let mut connection = self.enter().await?;
        let transaction = connection.client.transaction().await?;
        let Some(open) = store::lanes::open(&transaction, lane, limit).await? else { return Ok(LaneProgress::Empty) };
        if open.items.is_empty() {
            return Ok(LaneProgress::Empty);
        }
        let mut snapshot = snapshot(&transaction, &place, open.contact, open.latest, reading).await?;
        let (wamids, mut ids) = spoken_of(&open.items);
        ids.extend(asked(&snapshot));
        let conversations = know_messages(&transaction, &mut snapshot, &wamids, &ids).await?;
        let now = now();
        let mut changes: Vec<Change> = Vec::with_capacity(open.items.len());
        let mut done = Vec::with_capacity(open.items.len());
        for item in &open.items {
            let told = match &item.item {
                Ok(told) => told,
                Err(_) if is_young(item.received_at, now) => break,
                Err(strange) => {
                    tracing::warn!(contact = %lane.contact, "an item that no version of Baton here understands is set aside");
                    set_aside(&transaction, lane, item, &strange.reason, now).await?;
                    done.push(item.seq);
                    continue;
                }
            };
            let elsewhere = conversation_of(told, &snapshot, &conversations)
                .filter(|id| Some(*id) != snapshot.conversation.as_ref().map(|conversation| conversation.id));
            let decided = match elsewhere {
                None => decide(&transaction, &mut snapshot, told, item.received_at, now).await?,
                Some(id) => {
                    let loaded = store::conversations::load(&transaction, lane.workspace, id).await?;
                    let mut other = Snapshot { session: None, conversation: None, ..snapshot.clone() };
                    other.conversation = loaded.map(|loaded| loaded.conversation);
                    let decided = decide(&transaction, &mut other, told, item.received_at, now).await?;
                    snapshot.messages = other.messages;
                    decided
                }
            };
            match decided {
                Ok(change) => changes.push(change),
                Err(Refusal::Duplicate) => {}
                Err(refusal) => set_aside(&transaction, lane, item, &refusal.to_string(), now).await?,
            }
            done.push(item.seq);
        }
        store::inbound_items::delete(&transaction, lane, &done).await?;
        transaction.commit().await?;
        for change in changes {
            self.publish(change);
        }
        Ok(if done.len() < usize::try_from(limit).unwrap_or(usize::MAX) { LaneProgress::Empty } else { LaneProgress::MoreMayWait })
    }
}

/// Two are parted once.
async fn is_to_part(transaction: &Transaction<'_>, snapshot: &Snapshot, command: &Command) -> Result<(), Error> {
    let Command::Part { other, .. } = command else { return Ok(()) };
    let is_joined = store::contacts::is_joined(transaction, snapshot.workspace, snapshot.contact.id, *other).await?;
    if is_joined { Ok(()) } else { Err(Refusal::Duplicate.into()) }
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
fn is_young(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) < STRANGE_FOR
}

/// A person's act does not wait for whoever understands a flow; a deadline of the flow does, for a while.
fn reading_for(alongside: &Alongside, now: Timestamp) -> Reading {
    match &alongside.timer {
        Some(timer) if is_young(timer.due_at, now) => Reading::Strict,
        Some(_) | None => Reading::Tolerant,
    }
}

/// Decides one item and writes it.
async fn decide(
    transaction: &Transaction<'_>,
    snapshot: &mut Snapshot,
    told: &InboundItem,
    received_at: Timestamp,
    now: Timestamp,
) -> Result<Result<Change, Refusal>, Error> {
    let command = match told.clone() {
        InboundItem::Message(message) => Command::Receive { message, received_at },
        InboundItem::Status(report) => Command::RecordStatus(report),
        InboundItem::MovedOn { to } => Command::MoveOn { to },
    };
    // Every command counts from the beginning of its supply, so each of a batch gets one of its own.
    snapshot.ids = fresh_ids();
    match handle(snapshot, command, now) {
        Ok(events) => Ok(Ok(write(transaction, snapshot, events, now).await?)),
        Err(refusal) => Ok(Err(refusal)),
    }
}

async fn set_aside(transaction: &Transaction<'_>, lane: Lane, item: &WaitingItem, reason: &str, at: Timestamp) -> Result<(), Error> {
    metrics::counter!("baton_quarantined_total").increment(1);
    let body = match &item.item {
        Ok(told) => serde_json::to_vec(told),
        Err(strange) => Ok(strange.raw.clone().into_bytes()),
    };
    let quarantined = NewQuarantined {
        id: Uuid::now_v7(),
        workspace: Some(lane.workspace),
        app_id: String::new(),
        payload_seq: item.payload_seq,
        reason: reason.to_owned(),
        item: body.map_err(store::Error::from)?,
        at,
    };
    Ok(store::quarantine::insert(transaction, &[quarantined]).await?)
}

/// The WhatsApp ids and our ids that items speak of.
fn spoken_of(items: &[WaitingItem]) -> (Vec<&str>, Vec<Uuid>) {
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
    (wamids.collect(), ids.collect())
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

/// What the flow said last, also the one that an act ended that may be undone: whether it arrives decides whether the flow goes on.
fn asked(snapshot: &Snapshot) -> Vec<Uuid> {
    let ended = snapshot.acts.first().and_then(|first| first.act()?.2.session.as_ref());
    snapshot.session.iter().chain(ended).flat_map(|session| &session.asked).map(|message| message.0).collect()
}
