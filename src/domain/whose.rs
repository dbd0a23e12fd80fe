//! Who writes: their name, what WhatsApp calls them by, and what that tells about contacts we knew before.

use super::access::Permission;
use super::answering::{allow, held_by};
use super::assigning::stop_flow;
use super::command::Person;
use super::contact::Identity;
use super::conversation::{Controller, State};
use super::decision::Decision;
use super::event::{Actor, Event};
use super::ids::{ContactId, ConversationId};
use super::inbound::{Found, Sender};
use super::message::{Content, Message};
use super::refusal::Refusal;
use super::unspoken::Unspoken;

/// Stands in the conversation that is open by now, so that the flow greets them by the new name.
pub(super) fn recognise(it: &mut Decision, sender: &Sender, message: &Message) {
    match sender.found {
        Some(Found::NumberOfAnother) => {
            let number = new_name(message).or_else(|| sender.identities.iter().find(|it| matches!(it, Identity::Phone(_))).cloned());
            it.emit(Event::NumberTakenOver { number });
        }
        Some(Found::SamePerson { other }) => joined(it, other),
        None => {}
    }
    name(it, sender);
    if let Some(to) = answers_go_to(it, sender, message) {
        let from = it.snapshot.contact.address.clone();
        it.emit(Event::AddressChanged { from, to, at: message.at.min(it.now) });
    }
}

fn new_name(message: &Message) -> Option<Identity> {
    match &message.content {
        Content::Unspoken(told) => told.new_identity(),
        _ => None,
    }
}

fn joined(it: &mut Decision, other: ContactId) {
    if let Some(conversation) = it.snapshot.conversation.as_ref().map(|conversation| conversation.id) {
        it.emit(Event::ContactsJoined { conversation, other });
    }
}

/// Whoever shows no name is called by the one they chose to be found by.
fn name(it: &mut Decision, sender: &Sender) {
    let username = sender.username.clone().filter(|username| it.snapshot.contact.username.as_ref() != Some(username));
    if let Some(username) = username {
        it.emit(Event::UsernameLearned { username });
    }
    let chosen = || sender.username.as_ref().filter(|_| it.snapshot.contact.name.is_empty()).map(|username| format!("@{username}"));
    let name = sender.name.clone().filter(|name| !name.is_empty()).or_else(chosen);
    if let Some(name) = name.filter(|name| *name != it.snapshot.contact.name) {
        it.emit(Event::ContactRenamed { name });
    }
}

/// Where answers go from now on, when that is elsewhere: to what they wrote from, or where WhatsApp says that they are now. What
/// WhatsApp tells about somebody is not written by them.
fn answers_go_to(it: &Decision, sender: &Sender, message: &Message) -> Option<Identity> {
    let known = it.snapshot.contact.address.as_ref();
    let to = match &message.content {
        Content::Unspoken(Unspoken::NumberChanged { .. }) => new_name(message),
        // Their number, if we write to that, is as before.
        Content::Unspoken(Unspoken::UserIdChanged { .. }) => new_name(message).filter(|_| !matches!(known, Some(Identity::Phone(_)))),
        Content::Unspoken(Unspoken::SecurityCodeChanged | Unspoken::Notice { .. }) => None,
        _ => sender.identities.first().cloned(),
    };
    to.filter(|to| known != Some(to) && (known.is_none() || !is_late(it, message)))
}

/// Whether they wrote something after it that was here before it. How long the window is open tells when they wrote last.
fn is_late(it: &Decision, message: &Message) -> bool {
    let wrote = it.snapshot.conversation.as_ref().and_then(|conversation| conversation.window_expires_at);
    it.snapshot.contact.addressed_at > Some(message.at) || wrote > it.snapshot.rules.window_after(message.at)
}

/// They are one with another contact: nobody is to wait here, and who looks sees where they are. A colleague who has it keeps it.
pub(super) fn move_on(it: &mut Decision, to: ConversationId) -> Result<(), Refusal> {
    let Some(conversation) = it.snapshot.conversation.as_ref() else { return Err(Refusal::Duplicate) };
    let (is_open, is_held) = (conversation.state != State::Resolved, conversation.controller.agent().is_some());
    it.emit(Event::CustomerMovedOn { to });
    if is_open && !is_held {
        stop_flow(it);
        it.emit(Event::ConversationResolved { by: Actor::System, before: None });
    }
    Ok(())
}

/// They are two after all: the names that were taken over from the other contact are that one's again, and stay so. For whoever holds
/// the conversation, or may hand on any. Two are parted once.
pub(super) fn part(it: &mut Decision, by: &Person, other: ContactId) -> Result<(), Refusal> {
    if !it.snapshot.is_joined {
        return Err(Refusal::Duplicate);
    }
    match it.conversation()?.controller {
        Controller::Agent { user } if user == by.user => {}
        Controller::Agent { user } if !by.rights.may(Permission::TransferAny) => return Err(held_by(it, user)),
        Controller::Agent { .. } | Controller::Flow | Controller::Bot { .. } | Controller::Queue | Controller::Nobody => {
            allow(by, Permission::TransferAny)?;
        }
    }
    it.emit(Event::ContactsParted { other, by: by.actor() });
    Ok(())
}
