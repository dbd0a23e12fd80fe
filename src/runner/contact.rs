//! The door for one contact: a single command about one of its conversations.

use std::time::Duration;

use jiff::Timestamp;
use tracing::Instrument;
use uuid::Uuid;

use super::effects::effects;
use super::guard::guarded;
use super::lanes::is_young;
use super::load::{Place, Reading, know_messages, snapshot};
use super::outbox::{OnItsWay, Slot};
use super::turns::Patience;
use super::{Error, Runner, now};
use crate::domain::contact::Contact;
use crate::domain::event::Recorded;
use crate::domain::ids::{ConversationId, MediaId, WorkspaceId};
use crate::domain::journal::Subject;
use crate::domain::{Command, Refusal, Snapshot, handle};
use crate::live::change::ConversationChange;
use crate::store::contacts::Taken;
use crate::store::inbound_items::Lane;
use crate::store::loading::{Found, Wanted};
use crate::store::media::StoredMedia;
use crate::store::rows::Rows;
use crate::store::timers::DueTimer;
use crate::store::users::is_taken;
use crate::store::{self, Transaction};

/// How long a command may take: the database's own time-outs are shorter, but one that is frozen hears of none.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// How often a command that lost a deadlock, or a race for an id, is run again.
const MAX_TRIES: usize = 4;

/// What a command did.
#[derive(Debug)]
pub struct Done {
    pub conversation: ConversationId,
    pub contact: Contact,
    pub events: Vec<Recorded>,
    pub last_seq: i64,
}

impl Done {
    pub(super) fn of(change: &ConversationChange) -> Self {
        Self {
            conversation: change.conversation.id,
            contact: change.contact.clone(),
            events: change.events.clone(),
            last_seq: change.conversation.last_seq,
        }
    }
}

/// What a command brings along that only its own transaction may write or check.
#[derive(Debug, Clone, Default)]
pub struct Alongside {
    /// The timer it comes from; when another node took it, the command is dropped.
    pub timer: Option<DueTimer>,
    /// The picture it reports.
    pub media: Option<(MediaId, StoredMedia)>,
    /// Since when it is to be run: for a while, a node that understands more may do it better.
    pub since: Option<Timestamp>,
}

impl Runner {
    /// Runs a command about a conversation in a transaction of its own, with rows that belong to it.
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
            let slot = if tries == 1 { self.slot_for(workspace, conversation, &command).await } else { None };
            let may_claim = slot.is_some();
            match self.see_to(workspace, conversation, command.clone(), alongside.clone(), slot).await {
                // The next look finds who was quicker; and that it could not be claimed as it was written is no fault of what was written.
                Err(Error::Store(error)) if (is_a_race(&error) || (may_claim && error.is_of_the_data())) && tries < MAX_TRIES => {}
                other => return other,
            }
        }
    }

    /// Runs what a timer comes back as. One of a subject that this version sets no timers of is refused, and left to who does.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn ring(&self, timer: &DueTimer) -> Result<Done, Error> {
        let Subject::Conversation(conversation) = timer.subject else { return Err(Error::NotFound) };
        let alongside = Alongside { timer: Some(timer.clone()), since: Some(timer.due_at), media: None };
        self.run_alongside(timer.workspace, conversation, Command::TimerDue { timer: timer.timer }, &alongside).await
    }

    /// In a task of its own: whoever asked for it may go away while it commits, and everybody else is told all the same.
    async fn see_to(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        command: Command,
        alongside: Alongside,
        slot: Option<Box<dyn Slot>>,
    ) -> Result<Done, Error> {
        let runner = self.clone();
        let attempt = async move {
            let attempt = guarded(runner.try_run(workspace, conversation, command, &alongside, slot));
            tokio::time::timeout(LONGEST, attempt).await.unwrap_or(Err(Error::Busy))
        };
        tokio::spawn(attempt.in_current_span()).await.unwrap_or(Err(Error::Busy))
    }

    async fn try_run(
        &self,
        workspace: WorkspaceId,
        id: ConversationId,
        command: Command,
        alongside: &Alongside,
        slot: Option<Box<dyn Slot>>,
    ) -> Result<Done, Error> {
        self.check_clock()?;
        let Lane { contact, inbox, .. } = self.lane_of(workspace, id).await?;
        let place = self.place(workspace, inbox).await?;
        let (patience, needs) = (Patience::of(&command), command.needs());
        let _turn = self.turns.take(workspace, contact, patience).await?;
        let mut connection = self.enter().await?;
        let transaction = Transaction::begin(&mut connection.client);
        let taken = if patience == Patience::Wait { Taken::Wait } else { Taken::Refuse };
        let timer = alongside.timer.as_ref();
        let wanted = Wanted { workspace, contact, inbox, conversation: id, taken, timer, needs: &needs };
        let found = store::loading::load(&transaction, &wanted).await?.ok_or(Error::NotFound)?;
        if !found.has_timer {
            return Err(Refusal::Duplicate.into());
        }
        let reading = reading_for(alongside, now());
        let mut snapshot = snapshot_of(&transaction, &place, found, reading).await?;
        if needs.asked {
            know_what_was_asked(&transaction, &mut snapshot, reading).await?;
        }
        let now = now();
        let events = match handle(&snapshot, command, now) {
            Ok(events) => events,
            Err(refusal) if alongside.timer.is_some() => {
                transaction.commit().await?;
                return Err(refusal.into());
            }
            Err(refusal) => return Err(refusal.into()),
        };
        let mut rows = Rows::of(workspace);
        rows.pictures_stored.extend(alongside.media.clone());
        let change = effects(&mut rows, &mut snapshot, events, now)?;
        let brought = rows.outgoing.first().map(|outgoing| outgoing.message);
        let on_its_way = self.commit(rows, transaction, &place, slot).await?;
        drop(connection);
        let done = Done::of(&change);
        let is_on_its_way = brought.is_some() && brought == on_its_way.as_ref().map(OnItsWay::message);
        self.publish(vec![ConversationChange { is_on_its_way, ..change }]);
        if let Some(on_its_way) = on_its_way {
            on_its_way.goes();
        }
        Ok(done)
    }
}

/// Whether somebody was quicker, which the next look finds.
fn is_a_race(error: &store::Error) -> bool {
    error.is_retryable() || error.is_overtaken() || is_taken(error)
}

/// The snapshot of what was found.
async fn snapshot_of(transaction: &Transaction<'_>, place: &Place, found: Found, reading: Reading) -> Result<Snapshot, Error> {
    let Found { contact, conversation, has_timer: _, messages, acts, used, is_joined, queues, agents } = found;
    let mut snapshot = snapshot(transaction, place, contact, Some(conversation), reading).await?;
    for found in messages {
        reading.accept(found.misread)?;
        snapshot.messages.push(found.message);
    }
    (snapshot.acts, snapshot.used, snapshot.is_joined, snapshot.agents) = (acts, used, is_joined, agents);
    snapshot.queues_of_viewer = queues;
    Ok(snapshot)
}

/// Adds what the flow asked last.
async fn know_what_was_asked(transaction: &Transaction<'_>, snapshot: &mut Snapshot, reading: Reading) -> Result<(), Error> {
    let asked: Vec<Uuid> = asked(snapshot).into_iter().filter(|id| snapshot.message((*id).into()).is_none()).collect();
    know_messages(transaction, snapshot, &asked, reading).await
}

/// A person's act does not wait for whoever understands more; a deadline and a send that lost its node do, for a while.
fn reading_for(alongside: &Alongside, now: Timestamp) -> Reading {
    match alongside.since {
        Some(since) if is_young(since, now) => Reading::Strict,
        Some(_) | None => Reading::Tolerant,
    }
}

/// What the flow said last, also the one that an act ended that may be undone: whether it arrives decides whether the flow goes on.
pub(super) fn asked(snapshot: &Snapshot) -> Vec<Uuid> {
    let ended = snapshot.acts.first().and_then(|first| first.act()?.2.session.as_ref());
    snapshot.session.iter().chain(ended).flat_map(|session| &session.asked).map(|message| message.0).collect()
}
