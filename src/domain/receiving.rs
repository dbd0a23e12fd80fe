//! A customer writes: known already? → open or reopen → renamed? → the message → the flow, or a queue.

use jiff::{SignedDuration, Timestamp};

use super::assigning::stop_flow;
use super::conversation::{Controller, State};
use super::decision::Decision;
use super::event::{Actor, Event, QueuedBecause};
use super::flows::engine::{self, Context, Incoming, Outcome, Step};
use super::ids::{MediaId, MessageId, QueueId};
use super::inbound::{InboundContent, InboundMessage};
use super::message::{Author, Content, MediaState, Message, Status};
use super::refusal::Refusal;
use super::timer::Timer;
use super::window;

pub(super) fn receive(it: &mut Decision, message: InboundMessage, received_at: Timestamp) -> Result<(), Refusal> {
    if it.snapshot.message_by_wamid(&message.wamid).is_some() {
        return Err(Refusal::Duplicate);
    }
    let name = message.sender.name.clone();
    let message = inbound(it, message);
    if !message.content.opens_window() {
        return append_quietly(it, name, message);
    }
    let began = open_or_reopen(it)?;
    rename_contact(it, name);
    let was_open = window::is_open(it.conversation()?.window_expires_at, it.now);
    it.emit(Event::MessageReceived { message: message.clone() });
    if let (false, Began::Again | Began::Before, Some(expires_at)) = (was_open, &began, it.conversation()?.window_expires_at) {
        it.emit(Event::WindowOpened { expires_at });
    }
    match began {
        Began::Anew => greet(it, &message, received_at),
        Began::Again => queue_again(it),
        Began::Before if it.conversation()?.controller == Controller::Flow && message.content.is_spoken() => {
            answer_flow(it, &message, received_at)
        }
        Began::Before => Ok(()),
    }
}

/// Whether this message began something.
enum Began {
    Anew,
    Again,
    Before,
}

/// Stands in the conversation that is open by now, so that the flow greets them by the new name.
fn rename_contact(it: &mut Decision, name: Option<String>) {
    if let Some(name) = name.filter(|name| !name.is_empty() && *name != it.snapshot.contact.name) {
        it.emit(Event::ContactRenamed { name });
    }
}

fn inbound(it: &Decision, message: InboundMessage) -> Message {
    let content = match message.content {
        InboundContent::Text { body } => Content::Text { body },
        InboundContent::Reply { choice } => Content::Reply { choice },
        InboundContent::Image { mime_type, caption, .. } => {
            Content::Image { media: MediaId(it.fresh_id()), mime_type, caption, size: None, state: MediaState::Pending }
        }
        InboundContent::Unsupported { of } => Content::Unsupported { of },
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
        raw: Some(message.raw),
    }
}

/// WhatsApp's own words about a contact ("changed their number") belong to the thread but are not the customer speaking.
fn append_quietly(it: &mut Decision, name: Option<String>, message: Message) -> Result<(), Refusal> {
    if it.snapshot.conversation.is_none() {
        open(it);
        rename_contact(it, name);
        it.emit(Event::MessageReceived { message });
        return queue(it, it.snapshot.inbox.default_queue, QueuedBecause::NoFlow);
    }
    rename_contact(it, name);
    it.emit(Event::MessageReceived { message });
    Ok(())
}

fn open_or_reopen(it: &mut Decision) -> Result<Began, Refusal> {
    let Some(conversation) = &it.snapshot.conversation else {
        open(it);
        return Ok(Began::Anew);
    };
    match (conversation.state, conversation.resolved_at) {
        (State::Open, _) => Ok(Began::Before),
        (State::Snoozed, _) => {
            it.emit(Event::ConversationReopened { by: Actor::Customer });
            Ok(Began::Before)
        }
        (State::Resolved, resolved_at) => {
            let hours = SignedDuration::from_hours(i64::from(it.snapshot.inbox.reopen_hours));
            if resolved_at.is_some_and(|at| it.now.duration_since(at) < hours) && !it.snapshot.another_under_way {
                it.emit(Event::ConversationReopened { by: Actor::Customer });
                Ok(Began::Again)
            } else {
                open(it);
                Ok(Began::Anew)
            }
        }
    }
}

fn open(it: &mut Decision) {
    let conversation = it.fresh_id().into();
    let (contact, inbox) = (it.snapshot.contact.id, it.snapshot.inbox.id);
    it.emit(Event::ConversationOpened { conversation, contact, inbox });
}

/// A new conversation: the inbox's flow greets; without one it waits in the inbox's queue.
fn greet(it: &mut Decision, message: &Message, received_at: Timestamp) -> Result<(), Refusal> {
    let workplace = it.snapshot.workplace.clone();
    let published = it.snapshot.inbox.flow.and_then(|flow| workplace.published.get(&flow).map(|version| (flow, *version)));
    let Some(((flow, version), definition)) = published.and_then(|key| workplace.definitions.get(&key).map(|definition| (key, definition)))
    else {
        return queue(it, it.snapshot.inbox.default_queue, QueuedBecause::NoFlow);
    };
    it.emit(Event::FlowStarted { flow, version });
    let context = Context { contact: &it.snapshot.contact, queues: &workplace.queues, now: it.now };
    let outcome = engine::start(flow, version, definition, &context, &incoming(message, received_at));
    carry_out(it, outcome)
}

/// The customer answers the flow.
fn answer_flow(it: &mut Decision, message: &Message, received_at: Timestamp) -> Result<(), Refusal> {
    run_flow(it, |session, definition, context| engine::resume(session, definition, context, &incoming(message, received_at)))
}

/// Runs the waiting session through one step of the engine. A session or version that is gone never leaves a customer stuck.
pub(super) fn run_flow(
    it: &mut Decision,
    step: impl FnOnce(super::flows::session::FlowSession, &super::flows::definition::Definition, &Context) -> Outcome,
) -> Result<(), Refusal> {
    let workplace = it.snapshot.workplace.clone();
    let session = it.snapshot.session.clone();
    let found =
        session.and_then(|session| workplace.definitions.get(&(session.flow, session.version)).map(|definition| (session, definition)));
    let Some((session, definition)) = found else {
        stop_flow(it);
        return queue(it, it.snapshot.inbox.default_queue, QueuedBecause::HandedOff);
    };
    let context = Context { contact: &it.snapshot.contact, queues: &workplace.queues, now: it.now };
    let outcome = step(session, definition, &context);
    carry_out(it, outcome)
}

fn incoming(message: &Message, received_at: Timestamp) -> Incoming<'_> {
    let (text, choice, is_media) = match &message.content {
        Content::Text { body } => (Some(body.as_str()), None, false),
        Content::Reply { choice } => (None, Some(choice), false),
        Content::Image { caption, .. } => (caption.as_deref(), None, true),
        Content::Unsupported { .. } => (None, None, true),
        Content::Buttons { body, .. } | Content::List { body, .. } => (Some(body.as_str()), None, false),
    };
    Incoming { message: message.id, at: received_at, text, choice, is_media }
}

/// Turns what the engine said into events.
fn carry_out(it: &mut Decision, outcome: Outcome) -> Result<(), Refusal> {
    let is_over = outcome.session.is_none();
    it.emit(Event::FlowAdvanced { session: outcome.session });
    for step in outcome.steps {
        match step {
            Step::Say(content) => {
                let id = it.fresh_id();
                it.queue_message(id, Author::Flow, content, None);
            }
            Step::Answered(answer) => it.emit(Event::AnswerRecorded { answer }),
            Step::SetField { field, value } => it.emit(Event::FieldSet { field, value }),
            Step::WaitUntil(due_at) => it.emit(Event::TimerSet { timer: Timer::FlowWait, due_at }),
            Step::HandOff { queue: target, brief } => {
                it.emit(Event::HandedOff { brief });
                queue(it, target, QueuedBecause::HandedOff)?;
            }
        }
    }
    if is_over {
        it.emit(Event::TimerCancelled { timer: Timer::FlowWait });
        if it.conversation()?.controller == Controller::Flow {
            queue(it, it.snapshot.inbox.default_queue, QueuedBecause::HandedOff)?;
        }
    }
    Ok(())
}

/// The customer came back: to the queue it was in, where routing prefers whom they spoke with.
fn queue_again(it: &mut Decision) -> Result<(), Refusal> {
    let target = it.conversation()?.queue.unwrap_or(it.snapshot.inbox.default_queue);
    queue(it, target, QueuedBecause::Reopened)
}

/// Puts the conversation into a queue.
pub(super) fn queue(it: &mut Decision, queue: QueueId, because: QueuedBecause) -> Result<(), Refusal> {
    let name = it.snapshot.workplace.queue(queue).ok_or(Refusal::UnknownQueue)?.name.clone();
    it.emit(Event::ConversationQueued { queue, name, because });
    Ok(())
}
