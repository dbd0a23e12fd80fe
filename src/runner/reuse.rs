//! Ids that browsers make: the same one twice is a double click, or somebody else's.

use super::Error;
use crate::domain::ids::{ConversationId, UserId, WorkspaceId};
use crate::domain::{Command, Refusal};
use crate::store::{self, Transaction};

/// Where something with an id of a browser stands, and who made it.
type Made = (ConversationId, Option<UserId>);

/// Lets a command through whose id is new.
///
/// # Errors
/// [`Refusal::Duplicate`] when this person did the same here before; [`Refusal::UsedElsewhere`] when the id is of anything else.
pub(super) async fn check(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    conversation: ConversationId,
    command: &Command,
) -> Result<(), Error> {
    let (made, by): (Option<Made>, _) = match command {
        Command::Reply { message, by, .. } => (store::messages::made(transaction, workspace, *message).await?, by),
        Command::AddNote { note, by, .. } => (store::notes::made(transaction, workspace, *note).await?, by),
        _ => return Ok(()),
    };
    match made {
        None => Ok(()),
        Some(made) if made == (conversation, Some(by.user)) => Err(Refusal::Duplicate.into()),
        Some(_) => Err(Refusal::UsedElsewhere.into()),
    }
}
