//! What a command changes of a set-up.

use std::collections::BTreeSet;

use super::check;
use super::command::{By, Needs, SetupCommand};
use super::draft::Draft;
use super::event::SetupEvent;
use super::rights;
use super::value::Setup;
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
    is_allowed(by, &command)?;
    let needs = command.needs();
    let mut draft = Draft::of(setup);
    draft.apply(command)?;
    let (after, events) = draft.finish(setup);
    if needs == Needs::Whole {
        check::makes_nothing_worse(setup, &after, &events)?;
    }
    Ok(Decision { events, rights: rights::changed(setup, &after) })
}

/// People decide what is their own, and administrators everything.
fn is_allowed(by: &By, command: &SetupCommand) -> Result<(), Refusal> {
    let comes = matches!(command, SetupCommand::AcceptInvitation { .. });
    let person = match by {
        By::Person(person) => person,
        By::Newcomer { .. } if comes => return Ok(()),
        By::Newcomer { .. } => return Err(Refusal::NotAllowed),
        By::CommandLine | By::System => return Ok(()),
    };
    let is_own = command.is_own_of(person.user) && person.rights.may(Permission::ManageSelf);
    if is_own || person.rights.may(Permission::SetUp) { Ok(()) } else { Err(Refusal::NotAllowed) }
}
