//! What came of a send. Only the claim that has a message in hand says so; but that WhatsApp took it counts whoever says it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::decision::Decision;
use super::delivery::{Backoff, Hold, Outcome, Reaction};
use super::event::Event;
use super::ids::{ClaimId, MessageId};
use super::letting_go;
use super::message::{Failure, Status, Wamid};
use super::refusal::Refusal;
use super::snapshot::{InOutbox, KnownMessage};
use super::timer::Timer;

/// How long a message of unknown fate waits for a status before a person is asked.
pub const UNKNOWN_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// How long a number is not sent from, and why, when a person has to see to it.
struct Pause {
    until: Duration,
    failure: Option<Failure>,
}

pub(super) fn record_delivery(
    it: &mut Decision,
    message: MessageId,
    claim: ClaimId,
    attempts: u32,
    outcome: Outcome,
) -> Result<(), Refusal> {
    let (failure, reaction) = outcome.refusal().unzip();
    note(it, message, claim, attempts, outcome)?;
    letting_go::after(it, message, failure.as_ref(), reaction)
}

fn note(it: &mut Decision, message: MessageId, claim: ClaimId, attempts: u32, outcome: Outcome) -> Result<(), Refusal> {
    let known = it.snapshot.message(message).ok_or(Refusal::NothingToSettle)?.clone();
    if let Outcome::Accepted { wamid, .. } = outcome {
        return accept(it, &known, claim, wamid);
    }
    if !known.is_claimed_by(claim) {
        return Err(Refusal::Duplicate);
    }
    // An earlier try was taken after all, or a status told: this one has nothing to add.
    if !known.status.climbs_to(Status::Sending) {
        it.emit(Event::LeftOutbox { message });
        return Ok(());
    }
    let retry = |backoff: Backoff| backoff.delay(attempts, jitter(message)).map(|delay| (delay, backoff.holds()));
    match outcome {
        Outcome::Accepted { .. } => {}
        Outcome::Unknown { .. } => lose_sight(it, &known),
        Outcome::Unsent { reason, backoff } => match retry(backoff) {
            Some((delay, hold)) => try_again(it, message, delay, hold),
            None => settle(it, &known, Status::Failed, Some(Failure { code: 0, title: reason }), None),
        },
        Outcome::Refused { failure, reaction: Reaction::PauseInbox { for_seconds } } => {
            let until = Duration::from_secs(for_seconds);
            postpone(it, message, until, Some(Pause { until, failure: Some(failure) }));
        }
        Outcome::Refused { failure, reaction: Reaction::Retry { backoff } } => match retry(backoff) {
            Some((delay, hold)) => try_again(it, message, delay, hold),
            None => settle(it, &known, Status::Failed, Some(failure), None),
        },
        Outcome::Refused { failure, reaction: Reaction::Never | Reaction::CloseWindow | Reaction::Unreachable } => {
            settle(it, &known, Status::Failed, Some(failure), None);
        }
    }
    Ok(())
}

/// A node stopped with the message in hand: nobody knows whether it was sent.
pub(super) fn record_lapse(it: &mut Decision, message: MessageId, claim: ClaimId) -> Result<(), Refusal> {
    let known = it.snapshot.message(message).ok_or(Refusal::NothingToSettle)?.clone();
    if known.outbox != Some(InOutbox::Claimed { claim, is_lapsed: true }) {
        return Err(Refusal::Duplicate);
    }
    if known.status.climbs_to(Status::Unknown) {
        lose_sight(it, &known);
    } else {
        it.emit(Event::LeftOutbox { message });
    }
    Ok(())
}

/// WhatsApp took it: of one that was queued, this is what it is, as its ticks are. That is known for good, also when it is told late: a second try is called off. One that somebody has taken up
/// already may still arrive; whoever sent it again was told so.
fn accept(it: &mut Decision, known: &KnownMessage, claim: ClaimId, wamid: Wamid) -> Result<(), Refusal> {
    if known.status == Status::Queued {
        it.emit(Event::MessageAccepted { message: known.id, wamid });
        if known.outbox.is_some() {
            it.emit(Event::LeftOutbox { message: known.id });
        }
    } else if known.status.climbs_to(Status::Sending) {
        settle(it, known, Status::Sending, None, Some(wamid));
    } else if known.is_claimed_by(claim) {
        it.emit(Event::LeftOutbox { message: known.id });
    } else {
        return Err(Refusal::Duplicate);
    }
    Ok(())
}

/// The answer was lost; a status may tell within a minute, or a person has to.
fn lose_sight(it: &mut Decision, known: &KnownMessage) {
    let message = known.id;
    settle(it, known, Status::Unknown, None, None);
    let due_at = it.now.saturating_add(UNKNOWN_WAIT).unwrap_or(it.now);
    it.emit(Event::TimerSet { timer: Timer::UnknownSend { message }, due_at });
}

/// What becomes of a message is known, or known to be unknown: it leaves the outbox.
pub(super) fn settle(it: &mut Decision, known: &KnownMessage, status: Status, failure: Option<Failure>, wamid: Option<Wamid>) {
    settle_as_told(it, known, status, failure, wamid, None);
}

/// As [`settle`], when WhatsApp told it.
pub(super) fn settle_as_told(
    it: &mut Decision,
    known: &KnownMessage,
    status: Status,
    failure: Option<Failure>,
    wamid: Option<Wamid>,
    told_at: Option<Timestamp>,
) {
    let message = known.id;
    it.emit(Event::MessageStatusChanged { message, status, failure, wamid, told_at });
    if known.outbox.is_some() {
        it.emit(Event::LeftOutbox { message });
    }
    if known.status == Status::Unknown {
        it.emit(Event::TimerCancelled { timer: Timer::UnknownSend { message } });
    }
}

/// 0 to 1, by the message, so that what was refused together does not come back together.
fn jitter(message: MessageId) -> f64 {
    f64::from(message.0.as_bytes()[15]) / 255.0
}

fn try_again(it: &mut Decision, message: MessageId, delay: Duration, hold: Hold) {
    postpone(it, message, delay, (hold == Hold::Inbox).then_some(Pause { until: delay, failure: None }));
}

fn postpone(it: &mut Decision, message: MessageId, delay: Duration, pause: Option<Pause>) {
    let now = it.now;
    let after = |delay: Duration| SignedDuration::try_from(delay).ok().and_then(|delay| now.checked_add(delay).ok()).unwrap_or(now);
    it.emit(Event::DeliveryPostponed { message, until: after(delay) });
    if let Some(Pause { until, failure }) = pause {
        it.emit(Event::InboxPaused { until: after(until), failure });
    }
}
