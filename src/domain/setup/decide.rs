//! What a command changes of a set-up.

use super::check;
use super::command::{By, Needs, SetupCommand};
use super::draft::Draft;
use super::event::SetupEvent;
use super::value::Setup;
use crate::domain::refusal::Refusal;
use crate::domain::user::Permission;

/// Decides what a command changes: nothing, where everything is so already. A whole set-up may have been wrong before; a command makes
/// none worse.
///
/// # Errors
/// A [`Refusal`] in words; then nothing changes.
pub fn decide(setup: &Setup, command: SetupCommand, by: &By) -> Result<Vec<SetupEvent>, Refusal> {
    is_allowed(by, &command)?;
    let needs = command.needs();
    let mut draft = Draft::of(setup);
    draft.apply(command)?;
    let (after, events) = draft.finish(setup);
    if needs == Needs::Whole {
        check::makes_nothing_worse(setup, &after, &events)?;
    }
    Ok(events)
}

/// People decide what is their own, and administrators everything.
fn is_allowed(by: &By, command: &SetupCommand) -> Result<(), Refusal> {
    let By::Person(person) = by else { return Ok(()) };
    let is_own = command.needs() == Needs::Member(person.user) && person.role.may(Permission::ManageSelf);
    if is_own || person.role.may(Permission::SetUp) { Ok(()) } else { Err(Refusal::NotAllowed) }
}
