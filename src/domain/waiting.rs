//! What becomes of somebody who waits, step by step and by one timer: less is wanted of whoever is to have them, and they go to another
//! queue or are told what to expect. The place in line stays.

use jiff::{SignedDuration, Timestamp};

use super::conversation::{Controller, State};
use super::decision::Decision;
use super::event::Event;
use super::ids::QueueId;
use super::overflow;
use super::refusal::Refusal;
use super::routing::skills::{Levels, Named, Widening, WideningStep, next_step};
use super::snapshot::Snapshot;
use super::timer::Timer;

/// How long a node waits that has not heard of a set-up by which a step is due.
const HEARS_OF_IT: SignedDuration = SignedDuration::from_secs(1);

/// The next step of a conversation that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    Widens { queue: QueueId, does: Widening, due_at: Timestamp },
    Overflows(overflow::Pending),
}

impl Pending {
    fn due_at(&self) -> Timestamp {
        match self {
            Pending::Widens { due_at, .. } | Pending::Overflows(overflow::Pending { due_at, .. }) => *due_at,
        }
    }
}

/// The next step that changes anything, if it waits in a queue that has one. Of two that are due at once, less is wanted first.
pub(super) fn pending(snapshot: &Snapshot, now: Timestamp) -> Option<Pending> {
    let overflows = overflow::pending(snapshot, now).map(Pending::Overflows);
    widens(snapshot).into_iter().chain(overflows).min_by_key(Pending::due_at)
}

fn widens(snapshot: &Snapshot) -> Option<Pending> {
    let conversation = snapshot.conversation.as_ref()?;
    if conversation.state == State::Resolved || conversation.controller != Controller::Queue {
        return None;
    }
    let (queue, wants) = (conversation.queue?, conversation.skills.as_ref()?);
    let (step, does, _) = next_step(steps(snapshot, queue), wants, &snapshot.workplace.skills)?;
    let due_at = wants.since.saturating_add(SignedDuration::from_secs(step.after.into())).unwrap_or(Timestamp::MAX);
    Some(Pending::Widens { queue, does, due_at })
}

fn steps(snapshot: &Snapshot, queue: QueueId) -> &[WideningStep] {
    snapshot.workplace.widening.get(&queue).map_or(&[], Vec::as_slice)
}

/// After a command: whoever has come to wait for a step has a timer, and whoever waits for none any more has none.
pub(super) fn follow(it: &mut Decision, before: Option<Pending>) {
    let version = it.snapshot.workplace.version;
    match pending(&it.snapshot, it.now) {
        now if now == before => {}
        Some(pending) => it.emit(Event::TimerSet { timer: Timer::Waiting { version }, due_at: pending.due_at() }),
        None => it.emit(Event::TimerCancelled { timer: Timer::Waiting { version } }),
    }
}

/// What is set up is another. `known` is when its timer rings.
pub(super) fn recount(it: &mut Decision, known: Option<Timestamp>) {
    let version = it.snapshot.workplace.version;
    match pending(&it.snapshot, it.now).map(|pending| pending.due_at()) {
        due_at if due_at == known => {}
        Some(due_at) => it.emit(Event::TimerSet { timer: Timer::Waiting { version }, due_at }),
        None => it.emit(Event::TimerCancelled { timer: Timer::Waiting { version } }),
    }
}

/// A step is due, or it is to be looked whether one is.
pub(super) fn due(it: &mut Decision, version: i64) -> Result<(), Refusal> {
    if it.snapshot.workplace.version < version {
        let due_at = it.now.saturating_add(HEARS_OF_IT).unwrap_or(Timestamp::MAX);
        it.emit(Event::TimerSet { timer: Timer::Waiting { version }, due_at });
        return Ok(());
    }
    let pending = pending(&it.snapshot, it.now).ok_or(Refusal::Duplicate)?;
    if it.now < pending.due_at() {
        it.emit(Event::TimerSet { timer: Timer::Waiting { version }, due_at: pending.due_at() });
        return Ok(());
    }
    match pending {
        Pending::Widens { queue, .. } => widen(it, queue),
        Pending::Overflows(overflow::Pending { why, .. }) => overflow::overflow(it, why),
    }
}

fn widen(it: &mut Decision, queue: QueueId) -> Result<(), Refusal> {
    let wants = it.conversation()?.skills.clone().unwrap_or_default();
    let (_, does, is) = next_step(steps(&it.snapshot, queue), &wants, &it.snapshot.workplace.skills).ok_or(Refusal::Duplicate)?;
    let was = &wants.asked;
    let named = |levels: &Levels| Named::all(levels, &it.snapshot.workplace.skills);
    let less = if does == Widening::DropPreferred { &was.preferred } else { &was.required };
    let event = Event::SkillsWidened {
        does,
        seconds: it.now.duration_since(wants.since).as_secs(),
        was: named(less),
        required: named(&is.required),
        preferred: named(&is.preferred),
    };
    it.emit(event);
    Ok(())
}
