//! What numbers may send, and whether they may send at all just now.

use jiff::Timestamp;

use super::{Result, Transaction, prepare};
use crate::domain::ids::{InboxId, WorkspaceId};
use crate::domain::message::Failure;

crate::statements! {
    /// A short wait does not hide what a person has to see to.
    PAUSE = "
        UPDATE allowances
        SET paused_until = greatest(paused_until, $3), pause_reason = coalesce($4, CASE WHEN paused_until > now() THEN pause_reason END)
        WHERE workspace_id = $1 AND inbox_id = $2";
}

/// Stops a number's sending until a time; `failure` when a person has to see to it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn pause(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    inbox: InboxId,
    until: Timestamp,
    failure: Option<&Failure>,
) -> Result<()> {
    let statement = prepare(transaction, &PAUSE).await?;
    let reason = failure.map(serde_json::to_value).transpose()?;
    transaction.execute(&statement, &[&workspace.0, &inbox.0, &until, &reason]).await?;
    Ok(())
}
