//! What numbers may send, and whether they may send at all just now.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::reading::if_known;
use super::statement::Step;
use super::{Result, Store};
use crate::domain::ids::{InboxId, WorkspaceId};
use crate::domain::message::Failure;

crate::statements! {
    /// A short wait does not hide what a person has to see to.
    PAUSE = "
        UPDATE allowances
        SET paused_until = greatest(paused_until, $3), pause_reason = coalesce($4, CASE WHEN paused_until > now() THEN pause_reason END),
            last_refusal = coalesce($4, last_refusal), refused_at = CASE WHEN $4::jsonb IS NULL THEN refused_at ELSE now() END
        WHERE workspace_id = $1 AND inbox_id = $2";
    /// Numbers that send nothing until a person has seen to it. The next attempt ends that, or finds the same reason again.
    PAUSED = "
        SELECT inbox.workspace_id, inbox.id, inbox.name, allowance.pause_reason
        FROM allowances AS allowance
        JOIN inboxes AS inbox ON inbox.workspace_id = allowance.workspace_id AND inbox.id = allowance.inbox_id
        WHERE allowance.workspace_id = $1 AND allowance.pause_reason IS NOT NULL
        ORDER BY inbox.id
        LIMIT 100";
    ALL_PAUSED = "
        SELECT inbox.workspace_id, inbox.id, inbox.name, allowance.pause_reason
        FROM allowances AS allowance
        JOIN inboxes AS inbox ON inbox.workspace_id = allowance.workspace_id AND inbox.id = allowance.inbox_id
        WHERE allowance.pause_reason IS NOT NULL
        ORDER BY inbox.id
        LIMIT 1000";
}

/// A number that sends nothing until a person has seen to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Paused {
    pub workspace: WorkspaceId,
    pub inbox: InboxId,
    /// What its people call it.
    pub name: String,
    pub reason: Failure,
}

impl Store {
    /// The numbers of a workspace that wait for a person; a hundred of them at most.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn paused_numbers(&self, workspace: WorkspaceId) -> Result<Vec<Paused>> {
        self.query(&PAUSED, &[&workspace.0]).await?.iter().map(paused).collect()
    }

    /// Those of the installation; a thousand of them at most.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn all_paused_numbers(&self) -> Result<Vec<Paused>> {
        self.query(&ALL_PAUSED, &[]).await?.iter().map(paused).collect()
    }
}

fn paused(row: &Row) -> Result<Paused> {
    let (workspace, inbox) = (WorkspaceId(row.try_get(0)?), InboxId(row.try_get(1)?));
    // That it is paused is shown, whether or not this version understands why.
    let reason = if_known(row, 3).unwrap_or(Failure { code: 0, title: String::new() });
    Ok(Paused { workspace, inbox, name: row.try_get(2)?, reason })
}

/// Stops a number's sending until a time; `failure` when a person has to see to it.
pub(super) fn pause(workspace: WorkspaceId, inbox: InboxId, until: Timestamp, failure: Option<&Failure>) -> Result<Step> {
    let reason = failure.map(serde_json::to_value).transpose()?;
    Ok(Step::of(PAUSE).with(workspace.0).with(inbox.0).with(until).with(reason))
}
