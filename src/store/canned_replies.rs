//! Prepared texts.

use super::{Result, Store};
use crate::domain::ids::WorkspaceId;

crate::statements! {
    ALL = "SELECT shortcut, body FROM canned_replies WHERE workspace_id = $1 ORDER BY shortcut LIMIT 500";
}

impl Store {
    /// Shortcuts with their texts, by shortcut.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn canned_replies(&self, workspace: WorkspaceId) -> Result<Vec<(String, String)>> {
        Ok(self.query(&ALL, &[&workspace.0]).await?.iter().map(|row| (row.get(0), row.get(1))).collect())
    }
}
