//! What is reported of our messages, of pictures, and of deadlines.

use super::conversation::Controller;
use super::decision::Decision;
use super::delivering::settle_as_told;
use super::event::Event;
use super::flows::engine;
use super::ids::{MediaId, MessageId};
use super::inbound::StatusReport;
use super::message::{Failure, MediaState, Status};
use super::receiving::run_flow;
use super::refusal::Refusal;
use super::timer::Timer;
use super::{letting_go, overdue, waiting};

pub(super) fn record_status(it: &mut Decision, report: StatusReport) -> Result<(), Refusal> {
    let by_id = report.message.and_then(|id| it.snapshot.message(id));
    let known = by_id.or_else(|| it.snapshot.message_by_wamid(&report.wamid)).ok_or(Refusal::NothingToSettle)?;
    if !known.status.climbs_to(report.status) {
        return Err(Refusal::Duplicate);
    }
    let known = known.clone();
    let StatusReport { status, failure, wamid, reaction, at, .. } = report;
    settle_as_told(it, &known, status, failure.clone(), Some(wamid), Some(at));
    letting_go::after(it, known.id, failure.as_ref(), reaction)
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
        Timer::FlowWait | Timer::FlowTurn if it.conversation()?.controller != Controller::Flow => Err(Refusal::Duplicate),
        Timer::FlowWait => match letting_go::unsent(it) {
            Some(reason) => letting_go::let_go(it, reason, None),
            None => run_flow(it, engine::timed_out),
        },
        Timer::FlowTurn => run_flow(it, engine::paused),
        Timer::UnknownSend { message } => ask_about(it, message),
        Timer::Overdue { step } => overdue::due(it, step),
        Timer::Waiting { version } => waiting::due(it, version),
        // Clocks are reckoned after every command.
        Timer::SlaWarning | Timer::SlaBreach => it.conversation().map(drop),
    }
}

/// Nobody knows whether it was sent: from now on a person is asked.
fn ask_about(it: &mut Decision, message: MessageId) -> Result<(), Refusal> {
    let known = it.snapshot.message(message).ok_or(Refusal::NothingToSettle)?;
    if known.status != Status::Unknown || known.is_asked {
        return Err(Refusal::Duplicate);
    }
    let failure = Some(Failure { code: 0, title: Failure::UNANSWERED.to_owned() });
    it.emit(Event::MessageStatusChanged { message, status: Status::Unknown, failure, wamid: None, told_at: None });
    letting_go::after(it, message, None, None)
}
