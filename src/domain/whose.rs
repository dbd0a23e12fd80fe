//! Who writes: their name, what WhatsApp calls them by, and what that tells about contacts we knew before.

use super::command::Person;
use super::contact::Identity;
use super::decision::Decision;
use super::event::{Actor, Event};
use super::ids::ContactId;
use super::inbound::{Found, Sender};
use super::message::Content;
use super::refusal::Refusal;
use super::unspoken::Unspoken;

/// Stands in the conversation that is open by now, so that the flow greets them by the new name.
pub(super) fn recognise(it: &mut Decision, sender: &Sender, content: &Content) {
    match sender.found {
        Some(Found::NumberOfAnother) => {
            let number = sender.identities.iter().find(|identity| matches!(identity, Identity::Phone(_))).cloned();
            it.emit(Event::NumberTakenOver { number });
        }
        Some(Found::SamePerson { other }) => joined(it, other),
        None => {}
    }
    name(it, sender);
    if let Some(to) = answers_go_to(it, sender, content) {
        let from = it.snapshot.contact.address.clone();
        it.emit(Event::AddressChanged { from, to });
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
fn answers_go_to(it: &Decision, sender: &Sender, content: &Content) -> Option<Identity> {
    let known = it.snapshot.contact.address.as_ref();
    let to = match content {
        Content::Unspoken(told @ Unspoken::NumberChanged { .. }) => told.new_identity(),
        // Their number, if we write to that, is as before.
        Content::Unspoken(told @ Unspoken::UserIdChanged { .. }) => {
            told.new_identity().filter(|_| !matches!(known, Some(Identity::Phone(_))))
        }
        Content::Unspoken(Unspoken::SecurityCodeChanged | Unspoken::Notice { .. }) => None,
        _ => sender.identities.first().cloned(),
    };
    to.filter(|to| known != Some(to))
}

/// They are two after all: the names that were taken over from the other contact are that one's again, and stay so.
pub(super) fn part(it: &mut Decision, by: &Person, other: ContactId) -> Result<(), Refusal> {
    it.conversation()?;
    it.emit(Event::ContactsParted { other, by: Actor::Agent { user: by.user, name: by.name.clone() } });
    Ok(())
}
