//! What a command changes of a set-up.

use std::collections::BTreeSet;

use super::check;
use super::command::{By, Needs, SetupCommand};
use super::draft::Draft;
use super::event::SetupEvent;
use super::file::Reach;
use super::refusal::SetupRefusal;
use super::rights;
use super::value::Setup;
use super::words;
use crate::domain::access::Permission;
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;

/// What a command comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Nothing, where everything is so already.
    pub events: Vec<SetupEvent>,
    /// Who may do or see something else than before.
    pub rights: BTreeSet<UserId>,
}

/// Decides what a command changes: nothing, where everything is so already. A whole set-up may have been wrong before; a command makes
/// none worse.
///
/// # Errors
/// A [`Refusal`] in words; then nothing changes.
pub fn decide(setup: &Setup, command: SetupCommand, by: &By) -> Result<Decision, Refusal> {
    let (is_allowed, needs) = (may(by, &command), command.needs());
    if !is_allowed && !is_about_own(setup, by, &command) {
        return Err(Refusal::NotAllowed);
    }
    let mut draft = Draft::of(setup);
    draft.apply(command)?;
    let (after, events) = draft.finish(setup);
    if !is_allowed && !is_own(by, &events) {
        return Err(Refusal::NotAllowed);
    }
    if let By::Person(person) = by
        && rights::gives_more_than(person, setup, &after, &events)
    {
        return Err(SetupRefusal::GivesMore.into());
    }
    if needs == Needs::Whole {
        check::makes_nothing_worse(setup, &after, &events)?;
    }
    if let Some(refusal) = words::unkept(&events) {
        return Err(refusal.into());
    }
    Ok(Decision { events, rights: rights::changed(setup, &after) })
}

/// People decide what is their own, supervisors who is given how much, and administrators everything.
fn may(by: &By, command: &SetupCommand) -> bool {
    let comes = matches!(command, SetupCommand::AcceptInvitation { .. });
    let person = match by {
        By::Person(person) => person,
        By::Newcomer { .. } => return comes,
        By::CommandLine | By::System => return true,
    };
    let is_own = command.is_own_of(person.user) && person.rights.may(Permission::ManageSelf);
    let is_the_operators = matches!(command, SetupCommand::Import(import) if import.reach == Reach::Installation);
    let is_the_floors = command.is_of_the_floor() && person.rights.may(Permission::Supervise);
    is_own || is_the_floors || (person.rights.may(Permission::SetUp) && !is_the_operators)
}

/// Whether it speaks of prepared texts of this person's own and of nothing else.
fn is_about_own(setup: &Setup, by: &By, command: &SetupCommand) -> bool {
    let By::Person(person) = by else { return false };
    let is_own = |reply| setup.canned_replies.get(reply).is_some_and(|reply| reply.owner == Some(person.user));
    match command {
        SetupCommand::AddCannedReply { new, .. } => new.owner == Some(person.user),
        SetupCommand::ChangeCannedReply { reply, .. } | SetupCommand::RemoveCannedReply { reply } => is_own(reply),
        SetupCommand::Undo { act } => act.iter().all(|event| event.is_own_text_of(person.user)),
        _ => false,
    }
}

/// Whether nothing changes but prepared texts that are this person's own, before and after.
fn is_own(by: &By, events: &[SetupEvent]) -> bool {
    let By::Person(person) = by else { return false };
    person.rights.may(Permission::Reply) && events.iter().all(|event| event.is_own_text_of(person.user))
}
