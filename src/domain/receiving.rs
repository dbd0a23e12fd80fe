//! A customer writes: known already? → said? → a mere thank-you? → open or reopen → renamed? → the message → the flow, or a queue.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::assigning::stop_flow;
use super::conversation::{Controller, Conversation, State};
use super::courtesy;
use super::decision::Decision;
use super::details::FieldOf;
use super::entering::{self, enter, hand_off};
use super::event::{Actor, Event, QueuedBecause};
use super::flows::definition::Definition;
use super::flows::engine::{self, Context, Incoming, Kind, Outcome, Step};
use super::flows::language;
use super::flows::session::FlowSession;
use super::ids::{FlowId, MediaId, MessageId, QueueId};
use super::inbound::{InboundContent, InboundMessage, Sender};
use super::message::{Author, Content, MediaState, Message, Speech, Status};
use super::refusal::Refusal;
use super::routing::Entry;
use super::timer::Timer;
use super::whose;
use super::workplace::Workplace;

pub(super) fn receive(it: &mut Decision, message: InboundMessage, received_at: Timestamp) -> Result<(), Refusal> {
    if it.snapshot.message_by_wamid(&message.wamid).is_some() {
        return Err(Refusal::Duplicate);
    }
    let sender = message.sender.clone();
    let message = inbound(it, message);
    if message.content.speech() == Speech::Unspoken {
        return note(it, &sender, message);
    }
    if asks_for_nothing(it, &message) {
        whose::recognise(it, &sender, &message);
        return hear(it, &message, Began::Before);
    }
    let began = open_or_reopen(it)?;
    whose::recognise(it, &sender, &message);
    learn_language(it, &message, received_at);
    hear(it, &message, began)?;
    match began {
        Began::Anew => greet(it, &message, received_at),
        Began::Again => welcome_back(it, &message, received_at),
        Began::Before if it.conversation()?.controller == Controller::Flow => answer_flow(it, &message, received_at),
        Began::Before => Ok(()),
    }
}

/// A thank-you right after their matter was resolved: it stands in the thread, and nobody need answer it.
fn asks_for_nothing(it: &Decision, message: &Message) -> bool {
    let (Some(conversation), Content::Text { body }) = (&it.snapshot.conversation, &message.content) else { return false };
    let names = it.snapshot.workplace.people.values().map(String::as_str);
    conversation.last_message.is_some() && may_reopen(it, conversation) && courtesy::asks_for_nothing(body, names)
}

/// Whether a conversation was resolved so recently that what the customer writes belongs to it.
fn may_reopen(it: &Decision, conversation: &Conversation) -> bool {
    let hours = SignedDuration::from_hours(i64::from(it.snapshot.inbox.reopen_hours));
    let is_in_time = conversation.resolved_at.is_some_and(|at| it.now.duration_since(at) < hours);
    conversation.state == State::Resolved && is_in_time && !it.snapshot.another_under_way
}

/// From what they write and choose; the flow speaks it from its next message on, the answer to this one.
fn learn_language(it: &mut Decision, message: &Message, received_at: Timestamp) {
    let workplace = it.snapshot.workplace.clone();
    let session = it.snapshot.session.as_ref().map(|session| (session.flow, session.version));
    let definition = session.and_then(|key| workplace.definitions.get(&key)).or_else(|| published(it, &workplace).map(|(_, found)| found));
    let known = it.snapshot.contact.language.as_deref();
    let learned =
        definition.and_then(|definition| language::learned(definition, it.snapshot.rules, known, &incoming(message, received_at)));
    if let Some(language) = learned.map(str::to_owned) {
        it.emit(Event::LanguageLearned { language });
    }
}

/// Takes the message in; where somebody looks at a closed window, the thread says that it is open again.
fn hear(it: &mut Decision, message: &Message, began: Began) -> Result<(), Refusal> {
    let was_open = it.snapshot.rules.may_write(it.conversation()?.window_expires_at, it.now);
    it.emit(Event::MessageReceived { message: message.clone() });
    let expires_at = it.conversation()?.window_expires_at;
    match (was_open, began, expires_at) {
        (false, Began::Again | Began::Before, Some(expires_at)) if it.snapshot.rules.may_write(Some(expires_at), it.now) => {
            it.emit(Event::WindowOpened { expires_at });
        }
        _ => {}
    }
    Ok(())
}

/// Nothing was said: it stands in the thread, and nobody is bothered. A contact we do not know yet gets a conversation that is
/// resolved from its beginning: it is found under Resolved and with the contact, and nobody waits in it.
fn note(it: &mut Decision, sender: &Sender, message: Message) -> Result<(), Refusal> {
    let is_unknown = it.snapshot.conversation.is_none();
    if is_unknown {
        open(it);
    }
    whose::recognise(it, sender, &message);
    hear(it, &message, if is_unknown { Began::Anew } else { Began::Before })?;
    if is_unknown {
        it.emit(Event::ConversationResolved { by: Actor::System, before: None });
    }
    Ok(())
}

/// Whether this message began something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Began {
    Anew,
    Again,
    Before,
}

fn inbound(it: &Decision, message: InboundMessage) -> Message {
    let content = match message.content {
        InboundContent::Text { body } => Content::Text { body },
        InboundContent::Reply { choice } => Content::Reply { choice },
        InboundContent::Image { mime_type, caption, .. } => {
            Content::Image { media: MediaId(it.fresh_id()), mime_type, caption, size: None, state: MediaState::Pending }
        }
        InboundContent::Unsupported { of } => Content::Unsupported { of },
        InboundContent::Unreadable { of } => Content::Unreadable { of },
        InboundContent::Unspoken(unspoken) => Content::Unspoken(unspoken),
    };
    Message {
        id: MessageId(it.fresh_id()),
        author: Author::Contact,
        content,
        status: Status::Received,
        failure: None,
        wamid: Some(message.wamid),
        reply_to: message.reply_to,
        at: message.at,
        raw: Some(message.raw).filter(|raw| !raw.is_null()),
    }
}

fn open_or_reopen(it: &mut Decision) -> Result<Began, Refusal> {
    let Some(conversation) = &it.snapshot.conversation else {
        open(it);
        return Ok(Began::Anew);
    };
    match conversation.state {
        State::Open => Ok(Began::Before),
        State::Snoozed => {
            it.emit(Event::ConversationReopened { by: Actor::Customer });
            Ok(Began::Before)
        }
        State::Resolved if may_reopen(it, conversation) => {
            // Where nobody spoke yet, nobody comes back: it begins with this.
            let began = if conversation.last_message.is_some() { Began::Again } else { Began::Anew };
            it.emit(Event::ConversationReopened { by: Actor::Customer });
            Ok(began)
        }
        State::Resolved => {
            open(it);
            Ok(Began::Anew)
        }
    }
}

fn open(it: &mut Decision) {
    it.previous_agent = it.snapshot.conversation.as_ref().and_then(|before| before.last_agent);
    it.previous_at = it.snapshot.conversation.as_ref().and_then(|before| before.resolved_at);
    let conversation = it.fresh_id().into();
    let (contact, inbox) = (it.snapshot.contact.id, it.snapshot.inbox.id);
    it.emit(Event::ConversationOpened { conversation, contact, inbox });
}

/// The version of the inbox's flow that greets.
fn published<'a>(it: &Decision, workplace: &'a Workplace) -> Option<((FlowId, i32), &'a Arc<Definition>)> {
    let flow = it.snapshot.inbox.flow?;
    let key = (flow, *workplace.published.get(&flow)?);
    Some((key, workplace.definitions.get(&key)?))
}

/// What a flow may know, as things stand.
fn context<'a>(it: &'a Decision, workplace: &'a Workplace) -> Context<'a> {
    let window = it.snapshot.conversation.as_ref().and_then(|conversation| conversation.window_expires_at);
    let rules = it.snapshot.rules;
    let may_speak = rules.may_write(window, it.now);
    let (facts, today) = (entering::facts(it, workplace), today(it, workplace));
    let entry = Entry { rules: &workplace.entry, facts, today, landing: entering::landing(it, workplace) };
    Context { contact: &it.snapshot.contact, queues: &workplace.queues, rules, now: it.now, may_speak, entry: Some(entry) }
}

/// A new conversation: the inbox's flow greets; without one it waits in the inbox's queue.
fn greet(it: &mut Decision, message: &Message, received_at: Timestamp) -> Result<(), Refusal> {
    let workplace = it.snapshot.workplace.clone();
    let Some(((flow, version), definition)) = published(it, &workplace) else {
        return enter(it, incoming(message, received_at).words(), QueuedBecause::NoFlow);
    };
    it.emit(Event::FlowStarted { flow, version });
    let mut outcome = engine::start(flow, version, definition, &context(it, &workplace), &incoming(message, received_at));
    if let Some(session) = &mut outcome.session {
        session.previous_at = it.previous_at;
    }
    carry_out(it, outcome)
}

/// The customer came back: to the queue it was in, where routing prefers whom they spoke with, or to that of the topic they name.
/// The flow tells them when they will hear from us, where it may speak.
fn welcome_back(it: &mut Decision, message: &Message, received_at: Timestamp) -> Result<(), Refusal> {
    let workplace = it.snapshot.workplace.clone();
    let before = it.conversation()?.queue.unwrap_or(it.snapshot.inbox.default_queue);
    let Some(((flow, version), definition)) = published(it, &workplace) else {
        return queue(it, before, QueuedBecause::Reopened);
    };
    let named = engine::topic_queue(definition, &incoming(message, received_at));
    let named = named.and_then(|key| workplace.queues.iter().find(|queue| queue.key == key)).map(|queue| queue.id);
    let target = named.unwrap_or(before);
    let key = workplace.queue(target).ok_or(Refusal::UnknownQueue)?.key.clone();
    if let Some(content) = engine::welcome_back(definition, &context(it, &workplace), &key) {
        it.emit(Event::FlowStarted { flow, version });
        let id = it.fresh_id();
        it.queue_message(id, Author::Flow, content, None);
    }
    queue(it, target, QueuedBecause::Reopened)
}

/// The customer answers the flow. A message that they changed in a way nobody can read is no answer.
fn answer_flow(it: &mut Decision, message: &Message, received_at: Timestamp) -> Result<(), Refusal> {
    if matches!(&message.content, Content::Unreadable { of: Some(of) } if of == Content::EDIT) {
        return Ok(());
    }
    run_flow(it, |session, definition, context| engine::resume(session, definition, context, &incoming(message, received_at)))
}

/// Runs the waiting session through one step of the engine. A session or version that is gone never leaves a customer stuck.
pub(super) fn run_flow(it: &mut Decision, step: impl FnOnce(FlowSession, &Definition, &Context) -> Outcome) -> Result<(), Refusal> {
    let workplace = it.snapshot.workplace.clone();
    let session = it.snapshot.session.clone();
    let found =
        session.and_then(|session| workplace.definitions.get(&(session.flow, session.version)).map(|definition| (session, definition)));
    let Some((session, definition)) = found else {
        stop_flow(it);
        return enter(it, None, QueuedBecause::HandedOff);
    };
    let outcome = step(session, definition, &context(it, &workplace));
    carry_out(it, outcome)
}

fn incoming(message: &Message, received_at: Timestamp) -> Incoming<'_> {
    let (text, choice, kind) = match &message.content {
        Content::Text { body } => (Some(body.as_str()), None, Kind::Words),
        Content::Reply { choice } => (None, Some(choice), Kind::Tap),
        Content::Image { caption, .. } => (caption.as_deref(), None, Kind::Attachment),
        Content::Unsupported { .. } => (None, None, Kind::Attachment),
        Content::Unreadable { .. } | Content::Unspoken(_) => (None, None, Kind::Unreadable),
        Content::Buttons { body, .. } | Content::List { body, .. } => (Some(body.as_str()), None, Kind::Words),
    };
    Incoming { message: message.id, at: received_at, text, choice, kind }
}

/// Turns what the engine said into events. The session remembers what was said in this step, the question last, so that a question
/// that does not arrive is known as one.
fn carry_out(it: &mut Decision, outcome: Outcome) -> Result<(), Refusal> {
    let Outcome { mut session, steps } = outcome;
    let says = |step: &&Step| matches!(step, Step::Say(_));
    let mut ids: VecDeque<MessageId> = steps.iter().filter(says).map(|_| it.fresh_id().into()).collect();
    if let Some(session) = session.as_mut().filter(|_| !ids.is_empty()) {
        session.asked = ids.iter().copied().collect();
    }
    let (is_over, has_turn) = (session.is_none(), session.as_ref().is_some_and(|session| session.turn.is_some()));
    let had_turn = it.snapshot.session.as_ref().is_some_and(|session| session.turn.is_some());
    it.emit(Event::FlowAdvanced { session });
    for step in steps {
        match step {
            Step::Say(content) => {
                let id = ids.pop_front().map_or_else(|| it.fresh_id(), |id| id.0);
                it.queue_message(id, Author::Flow, content, None);
            }
            Step::Answered(answer) => it.emit(Event::AnswerRecorded { answer }),
            Step::AddTag { tag } => add_tag(it, &tag),
            Step::SetField { field, value } => set_field(it, field, &value),
            Step::WaitUntil(due_at) => it.emit(Event::TimerSet { timer: Timer::FlowWait, due_at }),
            Step::PauseAt(due_at) => it.emit(Event::TimerSet { timer: Timer::FlowTurn, due_at }),
            Step::HandOff { queue: target, brief, bound } => {
                hand_off(it, Actor::Flow, target, bound, brief)?;
            }
        }
    }
    if had_turn && !has_turn {
        it.emit(Event::TimerCancelled { timer: Timer::FlowTurn });
    }
    if is_over {
        it.emit(Event::TimerCancelled { timer: Timer::FlowWait });
        if it.conversation()?.controller == Controller::Flow {
            enter(it, None, QueuedBecause::HandedOff)?;
        }
    }
    Ok(())
}

/// A tag that is gone by now is none.
fn add_tag(it: &mut Decision, name: &str) {
    let workplace = it.snapshot.workplace.clone();
    let Some(tag) = workplace.vocabulary.tag_named(name) else { return };
    let has_it = it.snapshot.conversation.as_ref().and_then(|conversation| conversation.details.as_ref());
    if has_it.is_none_or(|details| !details.tags.contains(&tag.id)) {
        it.emit(Event::TagAdded { tag: tag.id, name: tag.name.clone() });
    }
}

/// The date by which what is noted is read.
fn today(it: &Decision, workplace: &Workplace) -> Date {
    let zone = workplace.queue(it.snapshot.inbox.default_queue).map_or(TimeZone::UTC, |queue| queue.hours.time_zone().clone());
    it.now.to_zoned(zone).date()
}

/// As the field was defined; what is no value for it is left out, and stands in the answers all the same.
fn set_field(it: &mut Decision, field: String, value: &str) {
    let workplace = it.snapshot.workplace.clone();
    let known = workplace.vocabulary.field(&field);
    let today = today(it, &workplace);
    let Some(value) = known.map_or_else(|| Some(value.to_owned()), |known| known.value(value, today)) else { return };
    match known.map(|known| known.of) {
        Some(FieldOf::Conversation) => it.emit(Event::DetailSet { field, value }),
        Some(FieldOf::Contact) | None => it.emit(Event::FieldSet { field, value }),
    }
}

/// Puts the conversation into a queue that somebody named, or that it was in.
pub(super) fn queue(it: &mut Decision, queue: QueueId, because: QueuedBecause) -> Result<(), Refusal> {
    let target = it.snapshot.workplace.queue(queue).ok_or(Refusal::UnknownQueue)?.id;
    entering::lands(it, target, because, None)
}
