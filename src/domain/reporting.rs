//! WhatsApp reports: what became of our messages, of pictures, and of deadlines.

use std::time::Duration;

use jiff::SignedDuration;

use super::conversation::Controller;
use super::decision::Decision;
use super::delivery::{Backoff, Hold, Outcome, Reaction};
use super::event::Event;
use super::flows::engine;
use super::ids::{MediaId, MessageId};
use super::inbound::StatusReport;
use super::message::{Failure, MediaState, Status};
use super::receiving::run_flow;
use super::refusal::Refusal;
use super::timer::Timer;

/// How long a message of unknown fate waits for a status before a person is asked.
pub const UNKNOWN_WAIT: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn record_status(it: &mut Decision, report: StatusReport) -> Result<(), Refusal> {
    let by_id = report.message.and_then(|id| it.snapshot.message(id));
    let known = by_id.or_else(|| it.snapshot.message_by_wamid(&report.wamid)).ok_or(Refusal::NothingToSettle)?;
    if !known.status.climbs_to(report.status) {
        return Err(Refusal::Duplicate);
    }
    let (message, was_unknown) = (known.id, known.status == Status::Unknown);
    it.emit(Event::MessageStatusChanged { message, status: report.status, failure: report.failure, wamid: Some(report.wamid) });
    if was_unknown {
        it.emit(Event::TimerCancelled { timer: Timer::UnknownSend { message } });
    }
    Ok(())
}

pub(super) fn record_delivery(it: &mut Decision, message: MessageId, attempts: u32, outcome: Outcome) -> Result<(), Refusal> {
    let known = it.snapshot.message(message).ok_or(Refusal::NothingToSettle)?;
    let retry = |backoff: Backoff| backoff.delay(attempts, jitter(message)).map(|delay| (delay, backoff.holds() == Hold::Inbox));
    let (status, failure, wamid) = match outcome {
        Outcome::Accepted { wamid, .. } => (Status::Sending, None, Some(wamid)),
        Outcome::Unknown { .. } => (Status::Unknown, None, None),
        Outcome::Unsent { reason } => match retry(Backoff::Connection) {
            Some((delay, whole_inbox)) => return postpone(it, message, delay, whole_inbox),
            None => (Status::Failed, Some(Failure { code: 0, title: reason }), None),
        },
        Outcome::Refused { reaction: Reaction::PauseInbox { for_seconds }, .. } => {
            return postpone(it, message, Duration::from_secs(for_seconds), true);
        }
        Outcome::Refused { failure, reaction: Reaction::Retry { backoff } } => match retry(backoff) {
            Some((delay, whole_inbox)) => return postpone(it, message, delay, whole_inbox),
            None => (Status::Failed, Some(failure), None),
        },
        Outcome::Refused { failure, reaction: Reaction::Never | Reaction::CloseWindow } => (Status::Failed, Some(failure), None),
    };
    if !known.status.climbs_to(status) {
        return Err(Refusal::Duplicate);
    }
    it.emit(Event::MessageStatusChanged { message, status, failure, wamid });
    if status == Status::Unknown {
        let due_at = it.now.saturating_add(UNKNOWN_WAIT).unwrap_or(it.now);
        it.emit(Event::TimerSet { timer: Timer::UnknownSend { message }, due_at });
    }
    Ok(())
}

/// 0 to 1, by the message, so that what was refused together does not come back together.
fn jitter(message: MessageId) -> f64 {
    f64::from(message.0.as_bytes()[15]) / 255.0
}

fn postpone(it: &mut Decision, message: MessageId, delay: Duration, whole_inbox: bool) -> Result<(), Refusal> {
    let delay = SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX);
    let until = it.now.saturating_add(delay).unwrap_or(it.now);
    it.emit(Event::DeliveryPostponed { message, until, whole_inbox });
    Ok(())
}

pub(super) fn record_media(
    it: &mut Decision,
    message: MessageId,
    media: MediaId,
    state: MediaState,
    size: Option<(u32, u32)>,
) -> Result<(), Refusal> {
    it.emit(Event::MediaChanged { message, media, state, size });
    Ok(())
}

pub(super) fn timer_due(it: &mut Decision, timer: Timer) -> Result<(), Refusal> {
    match timer {
        Timer::FlowWait if it.conversation()?.controller == Controller::Flow => run_flow(it, engine::timed_out),
        Timer::FlowWait => Err(Refusal::Duplicate),
        Timer::UnknownSend { message } => ask_about(it, message),
    }
}

/// Nobody knows whether it was sent: from now on a person is asked.
fn ask_about(it: &mut Decision, message: MessageId) -> Result<(), Refusal> {
    let known = it.snapshot.message(message).ok_or(Refusal::NothingToSettle)?;
    if known.status != Status::Unknown || known.is_asked {
        return Err(Refusal::Duplicate);
    }
    let failure = Some(Failure { code: 0, title: Failure::UNANSWERED.to_owned() });
    it.emit(Event::MessageStatusChanged { message, status: Status::Unknown, failure, wamid: None });
    Ok(())
}
