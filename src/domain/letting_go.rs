//! A flow that cannot speak lets go: its question failed, nobody knows whether it arrived, or the window has closed. People have the
//! customer at once, with the reason, and what must fail is not sent.

use super::brief::HandOffReason;
use super::conversation::Controller;
use super::decision::Decision;
use super::delivering::settle;
use super::delivery::Reaction;
use super::event::Event;
use super::flows::engine;
use super::ids::MessageId;
use super::message::{Failure, Status};
use super::receiving::run_flow;
use super::refusal::Refusal;
use super::snapshot::{InOutbox, KnownMessage};

/// What it means that `message` failed or is uncertain, after it was noted: for the window, and for a flow that waits.
pub(super) fn after(it: &mut Decision, message: MessageId, failure: Option<&Failure>, reaction: Option<Reaction>) -> Result<(), Refusal> {
    if reaction == Some(Reaction::CloseWindow) && it.snapshot.rules.may_write(it.conversation()?.window_expires_at, it.now) {
        it.emit(Event::WindowClosed);
    }
    match reason(it, message, reaction) {
        Some(reason) => let_go(it, reason, failure),
        None => Ok(()),
    }
}

/// The wait for an answer is over, but the question never left: it is not the customer who is silent.
pub(super) fn unsent(it: &Decision) -> Option<HandOffReason> {
    let session = it.snapshot.session.as_ref()?;
    let question = it.snapshot.message(*session.asked.last()?)?;
    let is_over = session.gives_up_at.is_none_or(|due| due <= it.now);
    (is_over && session.turn.is_none() && waits(question)).then_some(HandOffReason::NotDelivered)
}

/// Ends the flow, and withdraws what of it still waits to be sent: `failure` says why it will not arrive.
pub(super) fn let_go(it: &mut Decision, reason: HandOffReason, failure: Option<&Failure>) -> Result<(), Refusal> {
    let asked = it.snapshot.session.as_ref().map(|session| session.asked.clone()).unwrap_or_default();
    let queued: Vec<KnownMessage> = asked.iter().filter_map(|id| it.snapshot.message(*id)).filter(|known| waits(known)).cloned().collect();
    for known in queued {
        let failure = failure.cloned().unwrap_or_else(|| Failure { code: 0, title: "the flow let go".to_owned() });
        settle(it, &known, Status::Failed, Some(failure), None);
    }
    let is_unheard = it.snapshot.session.as_ref().is_some_and(|session| session.answers.is_empty() && has_all_failed(it, &session.asked));
    run_flow(it, |mut session, definition, context| {
        // A promise that did not reach them either is none.
        session.promised = session.promised.filter(|_| !is_unheard);
        engine::let_go(session, definition, context, reason)
    })
}

/// Whether a message still waits to be sent, and no node has it in hand.
fn waits(known: &KnownMessage) -> bool {
    known.status == Status::Queued && known.outbox == Some(InOutbox::Queued)
}

fn has_all_failed(it: &Decision, messages: &[MessageId]) -> bool {
    messages.iter().all(|id| it.snapshot.message(*id).is_some_and(|known| known.status == Status::Failed))
}

/// Why the flow cannot go on, if it cannot. A failed greeting alone is none, as long as the question may still arrive.
fn reason(it: &Decision, message: MessageId, reaction: Option<Reaction>) -> Option<HandOffReason> {
    if it.snapshot.conversation.as_ref()?.controller != Controller::Flow {
        return None;
    }
    let asked = &it.snapshot.session.as_ref()?.asked;
    let known = it.snapshot.message(*asked.iter().find(|asked| **asked == message)?)?;
    let question = it.snapshot.message(*asked.last()?)?;
    let is_question = question.id == message;
    let nothing_arrives = matches!(reaction, Some(Reaction::CloseWindow | Reaction::Unreachable));
    let is_unheard = is_question || (nothing_arrives && waits(question));
    match known.status {
        Status::Failed if is_unheard && reaction == Some(Reaction::CloseWindow) => Some(HandOffReason::WindowClosed),
        Status::Failed if is_unheard => Some(HandOffReason::NotDelivered),
        Status::Unknown if is_question && known.is_asked => Some(HandOffReason::Uncertain),
        _ => None,
    }
}
