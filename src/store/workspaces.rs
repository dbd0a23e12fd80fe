//! Workspaces, as the command line looks for them.

use super::{Result, Store};
use crate::domain::ids::WorkspaceId;

crate::statements! {
    FIND_WORKSPACES = "SELECT id AS workspace_id
        FROM workspaces
        WHERE id::text = $1 OR name = $1
        ORDER BY id
        LIMIT 10";
    FIRST_WORKSPACES = "SELECT id AS workspace_id FROM workspaces ORDER BY id LIMIT 2";
    HAS_WORKSPACES = "SELECT EXISTS (SELECT id AS workspace_id FROM workspaces)";
}

impl Store {
    /// The workspaces with this id or name, at most ten.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn find_workspaces(&self, wanted: &str) -> Result<Vec<WorkspaceId>> {
        let rows = self.query(&FIND_WORKSPACES, &[&wanted]).await?;
        rows.iter().map(|row| Ok(WorkspaceId(row.try_get(0)?))).collect()
    }

    /// The workspace, where the installation has only one.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn only_workspace(&self) -> Result<Option<WorkspaceId>> {
        let rows = self.query(&FIRST_WORKSPACES, &[]).await?;
        Ok(if let [only] = rows.as_slice() { Some(WorkspaceId(only.try_get(0)?)) } else { None })
    }

    /// Whether this installation has any workspace.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn has_workspaces(&self) -> Result<bool> {
        let client = self.client().await?;
        Ok(client.query_one(HAS_WORKSPACES.sql, &[]).await?.try_get(0)?)
    }
}
