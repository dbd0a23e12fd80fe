//! Bots: outside programs that speak with a customer as a flow does, until they hand over or a person takes the conversation.

use super::answering::{held_by, holds, is_new, speak};
use super::assigning::stop_flow;
use super::brief::Brief;
use super::command::ReplyContent;
use super::conversation::{Controller, State};
use super::decision::Decision;
use super::entering;
use super::event::{Actor, Event};
use super::ids::{BotId, MessageId};
use super::message::{Author, Wamid};
use super::refusal::Refusal;

/// Gives it what a flow, another bot or a queue has; never what a person holds.
pub(super) fn start(it: &mut Decision, bot: BotId) -> Result<(), Refusal> {
    let conversation = it.conversation()?;
    if conversation.state == State::Resolved {
        return Err(Refusal::Resolved);
    }
    match conversation.controller {
        Controller::Agent { user } => return Err(held_by(it, user)),
        Controller::Bot { bot: now } if now == bot => return Err(Refusal::Duplicate),
        Controller::Flow | Controller::Bot { .. } | Controller::Queue | Controller::Nobody => {}
    }
    stop_flow(it);
    it.emit(Event::BotStarted { bot });
    Ok(())
}

pub(super) fn reply(
    it: &mut Decision,
    bot: BotId,
    message: MessageId,
    content: ReplyContent,
    reply_to: Option<Wamid>,
    seen: Option<i64>,
) -> Result<(), Refusal> {
    let author = Author::Bot { bot };
    is_new(it, author)?;
    speak(it, author, message, content, reply_to, seen)
}

pub(super) fn hand_off(it: &mut Decision, bot: BotId, brief: Brief) -> Result<(), Refusal> {
    if it.conversation()?.state == State::Resolved {
        return Err(Refusal::Resolved);
    }
    holds(it, Author::Bot { bot })?;
    entering::hand_off_of_bot(it, Actor::Bot { bot }, brief)
}
