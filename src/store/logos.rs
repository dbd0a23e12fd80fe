//! Logos of workspaces, by the hashes of their bytes. One that was set stays: whoever takes a change back finds it again.

use super::{Result, Store};
use crate::domain::ids::WorkspaceId;

crate::statements! {
    KEEP = "
        INSERT INTO logos (workspace_id, hash, png)
        VALUES ($1, $2, $3)
        ON CONFLICT (workspace_id, hash) DO NOTHING";
    /// Whoever knows the hash knows the picture.
    OF_HASH = "SELECT png FROM logos WHERE hash = $1 LIMIT 1";
}

impl Store {
    /// Keeps a logo.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_logo(&self, workspace: WorkspaceId, hash: &str, png: &[u8]) -> Result<()> {
        self.execute(&KEEP, &[&workspace.0, &hash, &png]).await?;
        Ok(())
    }

    /// A logo, as a PNG.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn logo(&self, hash: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.query_opt(&OF_HASH, &[&hash]).await?.map(|row| row.get(0)))
    }
}
