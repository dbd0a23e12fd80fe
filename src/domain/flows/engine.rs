//! The engine: a message or a passed deadline in, a list of steps out. It never panics; a fault ends in a hand-off to people.

use jiff::Timestamp;

use super::definition::Definition;
use super::nodes::Ask;
use super::run::Run;
use super::session::FlowSession;
use super::text;
use crate::domain::brief::{Answer, Brief, HandOffReason};
use crate::domain::contact::Contact;
use crate::domain::ids::{FlowId, MessageId, QueueId};
use crate::domain::message::{Choice, Content};
use crate::domain::queue::Queue;

/// What a flow may know about the world.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub contact: &'a Contact,
    /// Every queue of the workspace.
    pub queues: &'a [Queue],
    pub now: Timestamp,
}

/// A message from the customer.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    pub message: MessageId,
    /// When we received it; WhatsApp's own clock has whole seconds, too coarse to settle a turn by.
    pub at: Timestamp,
    /// Its words, or its caption.
    pub text: Option<&'a str>,
    /// The option it taps.
    pub choice: Option<&'a Choice>,
    pub is_media: bool,
}

/// One thing a flow wants done, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Send this to the customer.
    Say(Content),
    /// Note that a question was answered.
    Answered(Answer),
    /// Note a field on the contact.
    SetField { field: String, value: String },
    /// Give the conversation to people. Always the last step.
    HandOff { queue: QueueId, brief: Brief },
    /// Call [`timed_out`] at this time; replaces an earlier wait of the same conversation.
    WaitUntil(Timestamp),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// `None`: the flow is over. The last step is then a hand-off, unless the workspace has no queue at all.
    pub session: Option<FlowSession>,
    pub steps: Vec<Step>,
}

/// Begins a flow with the customer's first message, which is answered at once.
#[must_use]
pub fn start(flow: FlowId, version: i32, definition: &Definition, context: &Context<'_>, incoming: &Incoming<'_>) -> Outcome {
    let mut run = Run::new(FlowSession::new(flow, version, incoming.at), definition, context);
    run.quote(incoming);
    if asks_for_a_person(definition, incoming) {
        return run.hand_off_early(HandOffReason::CustomerAsked);
    }
    run.open_turn(incoming.at);
    run.go(&definition.start)
}

/// Goes on with a customer's further message.
#[must_use]
pub fn resume(session: FlowSession, definition: &Definition, context: &Context<'_>, incoming: &Incoming<'_>) -> Outcome {
    let mut run = Run::new(session, definition, context);
    let is_opening = run.session.is_in_opening_turn(incoming.at);
    if asks_for_a_person(definition, incoming) {
        if is_opening {
            run.quote(incoming);
        }
        return run.hand_off_early(HandOffReason::CustomerAsked);
    }
    let (key, ask) = match run.question() {
        Ok(question) => question,
        Err(reason) => return run.fault(reason),
    };
    if is_opening && !ask.is_plainly_answered_by(incoming) {
        run.quote(incoming);
        return run.keep();
    }
    match tapped_before(&run, ask, incoming) {
        Some(Tap::Again) => run.keep(),
        Some(Tap::Changed(earlier_key, earlier)) => {
            run.session.rewind_to(&earlier.field);
            earlier.take(earlier_key, run, incoming)
        }
        None => ask.take(key, run, incoming),
    }
}

/// Ends the wait for an answer. Called too early, it only says when to come again.
#[must_use]
pub fn timed_out(session: FlowSession, definition: &Definition, context: &Context<'_>) -> Outcome {
    let mut run = Run::new(session, definition, context);
    if let Some(due) = run.session.gives_up_at.filter(|due| *due > context.now) {
        run.steps.push(Step::WaitUntil(due));
        return run.keep();
    }
    match run.question() {
        Ok((_, ask)) => run.hand_off_early(HandOffReason::TimedOut { question: ask.label.clone() }),
        Err(reason) => run.fault(reason),
    }
}

/// Whether the whole message is one of the words that mean "I want a person".
fn asks_for_a_person(definition: &Definition, incoming: &Incoming<'_>) -> bool {
    if incoming.choice.is_some() {
        return false;
    }
    let said = text::normalise(incoming.text.unwrap_or(""));
    !said.is_empty() && definition.hand_off_words.iter().any(|word| text::normalise(word) == said)
}

/// A tap on a question that was answered before: its buttons stay on the customer's screen.
enum Tap<'a> {
    /// The same answer once more.
    Again,
    /// Another answer: the flow goes back there.
    Changed(&'a str, &'a Ask),
}

fn tapped_before<'a>(run: &Run<'a>, current: &Ask, incoming: &Incoming<'_>) -> Option<Tap<'a>> {
    let choice = incoming.choice?;
    if current.option(&choice.id).is_some() {
        return None;
    }
    let asks = run.definition.nodes.iter().filter_map(|(key, node)| Some((key.as_str(), node.as_ask()?)));
    let mut earlier = asks.filter(|(_, ask)| ask.option(&choice.id).is_some() && run.session.answer(&ask.field).is_some());
    let ((key, ask), another) = (earlier.next()?, earlier.next());
    if another.is_some() {
        return None;
    }
    let is_same = run.session.answer(&ask.field).is_some_and(|answer| answer.value == choice.id);
    Some(if is_same { Tap::Again } else { Tap::Changed(key, ask) })
}
