//! The engine: a message, a pause or a passed deadline in, a list of steps out. It never panics; a fault ends in a hand-off to people.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::definition::Definition;
use super::nodes::Ask;
use super::run::Run;
use super::session::{FlowSession, Given, When};
use super::text;
use super::turn::Bubble;
use crate::domain::brief::{Answer, Brief, HandOffReason};
use crate::domain::channel::Rules;
use crate::domain::contact::Contact;
use crate::domain::ids::{FlowId, MessageId, QueueId};
use crate::domain::message::{Choice, Content};
use crate::domain::queue::Queue;
use crate::domain::routing::{Bound, Entry};

/// What a flow may know about the world.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub contact: &'a Contact,
    /// Every queue of the workspace.
    pub queues: &'a [Queue],
    /// What the channel allows.
    pub rules: &'a Rules,
    pub now: Timestamp,
    /// Whether the customer may be written to: otherwise nothing is said, and a question hands off.
    pub may_speak: bool,
    /// What says where conversations go that the flow names no queue for; without it, its own default queue has them.
    pub entry: Option<Entry<'a>>,
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
    pub kind: Kind,
}

impl<'a> Incoming<'a> {
    /// What it says: its words, or the title of what it taps.
    #[must_use]
    pub fn words(&self) -> Option<&'a str> {
        self.text.or(self.choice.map(|choice| choice.title.as_str()))
    }
}

/// What kind of thing came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Words,
    /// A tap on a button or row.
    Tap,
    /// A picture, a recording, a document: something to look at, with or without a caption.
    Attachment,
    /// Something that nobody can read.
    Unreadable,
}

/// One thing a flow wants done, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Send this to the customer.
    Say(Content),
    /// Note that a question was answered.
    Answered(Answer),
    /// Put a tag on the conversation, by its name.
    AddTag { tag: String },
    /// Note a field, on the contact unless it was defined as one of conversations.
    SetField { field: String, value: String },
    /// Give the conversation to people. Always the last step.
    HandOff { queue: QueueId, brief: Brief, bound: Bound },
    /// Call [`timed_out`] at this time; replaces an earlier wait of the same conversation.
    WaitUntil(Timestamp),
    /// Call [`paused`] at this time; replaces an earlier one of the same conversation.
    PauseAt(Timestamp),
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
    run.session.previous_agent = context.entry.and_then(|entry| entry.facts.previous_agent);
    match given(definition, incoming) {
        Some(option) => run.session.given = Some(Box::new(Given { option: option.to_owned(), tap: Bubble::of(incoming) })),
        None => run.session.quote(Bubble::of(incoming), When::Opening),
    }
    if asks_for_a_person(definition, incoming) {
        return run.hand_off_early(HandOffReason::CustomerAsked);
    }
    run.go(&definition.start)
}

/// Goes on with a customer's further message. What plainly answers the question is taken at once; everything else is kept until
/// they pause.
#[must_use]
pub fn resume(session: FlowSession, definition: &Definition, context: &Context<'_>, incoming: &Incoming<'_>) -> Outcome {
    let mut run = Run::new(session, definition, context);
    let is_early = run.session.is_early(incoming.at);
    if asks_for_a_person(definition, incoming) {
        if is_early && run.session.is_opening() {
            run.session.release(&[]);
            run.session.quote(Bubble::of(incoming), When::Opening);
        }
        return run.hand_off_early(HandOffReason::CustomerAsked);
    }
    let ask = match run.question() {
        Ok((_, ask)) => ask,
        Err(reason) => return run.fault(reason),
    };
    if let Some(reading) = ask.read_at_once(&run, incoming, is_early) {
        return ask.accept(run, reading);
    }
    match tapped_before(&run, ask, incoming) {
        Some(Tap::Again) => run.keep(),
        Some(Tap::Changed(earlier)) => {
            run.session.release(&[]);
            run.session.rewind_to(&earlier.field);
            match earlier.read_at_once(&run, incoming, false) {
                Some(reading) => earlier.accept(run, reading),
                None => run.keep(),
            }
        }
        None => run.hear(incoming, is_early),
    }
}

/// The customer has paused: reads what they said. Called too early, it only says when to come again.
#[must_use]
pub fn paused(session: FlowSession, definition: &Definition, context: &Context<'_>) -> Outcome {
    let mut run = Run::new(session, definition, context);
    match run.session.turn.as_ref().map(|turn| turn.ends_at) {
        None => run.keep(),
        Some(end) if end > context.now => {
            run.steps.push(Step::PauseAt(end));
            run.keep()
        }
        Some(_) => run.settle(),
    }
}

/// Ends the wait for an answer. Called too early, it only says when to come again; what was said by then is read first.
#[must_use]
pub fn timed_out(session: FlowSession, definition: &Definition, context: &Context<'_>) -> Outcome {
    let mut run = Run::new(session, definition, context);
    if let Some(due) = run.session.gives_up_at.filter(|due| *due > context.now) {
        run.steps.push(Step::WaitUntil(due));
        return run.keep();
    }
    if run.session.turn.is_some() {
        return run.settle().or_hand_off(definition, context);
    }
    run.give_up()
}

/// Ends a flow that cannot speak: nothing more is said.
#[must_use]
pub fn let_go(session: FlowSession, definition: &Definition, context: &Context<'_>, reason: HandOffReason) -> Outcome {
    Run::new(session, definition, &Context { may_speak: false, ..*context }).hand_off_early(reason)
}

/// What is said to a customer who comes back to a matter that was resolved, with the promise of the queue that `queue` is the key of.
#[must_use]
pub fn welcome_back(definition: &Definition, context: &Context<'_>, queue: &str) -> Option<Content> {
    let nobody = FlowSession::new(FlowId(uuid::Uuid::nil()), 0, context.now);
    let mut run = Run::new(nobody, definition, context);
    let words = definition.welcome_back(run.language());
    run.say_text(&words, Some(queue));
    run.steps.pop().and_then(|step| match step {
        Step::Say(content) => Some(content),
        _ => None,
    })
}

/// The key of the queue whose topic a message plainly names.
#[must_use]
pub fn topic_queue<'a>(definition: &'a Definition, incoming: &Incoming<'_>) -> Option<&'a str> {
    let asks = definition.nodes.values().filter_map(|node| node.as_ask());
    let mut named = asks.filter_map(|ask| ask.plain_option(incoming)?.queue.as_deref());
    let queue = named.next()?;
    named.all(|another| another == queue).then_some(queue)
}

/// The id of the option that a first message chooses: one that it taps, or a topic whose very words it is.
fn given<'a>(definition: &'a Definition, incoming: &Incoming<'_>) -> Option<&'a str> {
    let mut asks = definition.nodes.values().filter_map(|node| node.as_ask());
    let option = asks.find_map(|ask| ask.plain_option(incoming))?;
    (incoming.choice.is_some() || option.queue.is_some()).then_some(option.id.as_str())
}

impl Outcome {
    /// Hands off where the flow would wait in silence, although its time is up.
    fn or_hand_off(self, definition: &Definition, context: &Context<'_>) -> Outcome {
        match self.session {
            Some(session) if self.steps.is_empty() => Run::new(session, definition, context).give_up(),
            session => Outcome { session, steps: self.steps },
        }
    }
}

/// Whether the whole message is one of the words that mean "I want a person".
fn asks_for_a_person(definition: &Definition, incoming: &Incoming<'_>) -> bool {
    incoming.choice.is_none() && is_hand_off_word(definition, incoming.text.unwrap_or(""))
}

pub(super) fn is_hand_off_word(definition: &Definition, said: &str) -> bool {
    let said = text::normalise(said);
    !said.is_empty() && definition.hand_off_words.iter().any(|word| text::normalise(word) == said)
}

/// A tap on a question that was answered before: its buttons stay on the customer's screen.
enum Tap<'a> {
    /// The same answer once more.
    Again,
    /// Another answer: the flow goes back there.
    Changed(&'a Ask),
}

fn tapped_before<'a>(run: &Run<'a>, current: &Ask, incoming: &Incoming<'_>) -> Option<Tap<'a>> {
    let choice = incoming.choice?;
    if current.option(&choice.id).is_some() {
        return None;
    }
    let asks = run.definition.nodes.values().filter_map(|node| node.as_ask());
    let mut earlier = asks.filter(|ask| ask.option(&choice.id).is_some() && run.session.answer(&ask.field).is_some());
    let (ask, another) = (earlier.next()?, earlier.next());
    if another.is_some() {
        return None;
    }
    let is_same = run.session.answer(&ask.field).is_some_and(|answer| answer.value == choice.id);
    Some(if is_same { Tap::Again } else { Tap::Changed(ask) })
}
