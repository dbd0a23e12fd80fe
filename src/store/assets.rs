//! The files that pages ask for, of every build that serves: behind one balancer they are asked of any node. They belong to the
//! installation, not to a workspace.

use super::{Result, Store};

crate::statements! {
    KEEP = "
        INSERT INTO assets (version, path, content_type, content, served_at)
        SELECT $1, *, now()
        FROM UNNEST($2::text[], $3::text[], $4::bytea[])
        ON CONFLICT (version, path) DO UPDATE
        SET served_at = now()";
    /// A page that has been open for longer than this loads nothing more.
    FORGET = "
        DELETE FROM assets
        WHERE served_at < now() - interval '30 days'";
    VERSIONS = "
        SELECT DISTINCT version
        FROM assets
        ORDER BY version
        LIMIT 1000";
    OF_VERSION = "
        SELECT path, content_type, content
        FROM assets
        WHERE version = $1
        ORDER BY path
        LIMIT 1000";
}

/// A file of some build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    pub path: String,
    pub content_type: String,
    pub content: Vec<u8>,
}

impl Store {
    /// Lets other nodes serve the files of this version; forgets versions that nobody has served for a month.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_assets(&self, version: &str, assets: &[Asset]) -> Result<()> {
        let paths: Vec<&str> = assets.iter().map(|asset| asset.path.as_str()).collect();
        let types: Vec<&str> = assets.iter().map(|asset| asset.content_type.as_str()).collect();
        let contents: Vec<&[u8]> = assets.iter().map(|asset| asset.content.as_slice()).collect();
        self.execute(&KEEP, &[&version, &paths, &types, &contents]).await?;
        self.execute(&FORGET, &[]).await?;
        Ok(())
    }

    /// The versions whose files are kept.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn asset_versions(&self) -> Result<Vec<String>> {
        Ok(self.query(&VERSIONS, &[]).await?.iter().map(|row| row.get(0)).collect())
    }

    /// The files of a version.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn assets_of(&self, version: &str) -> Result<Vec<Asset>> {
        let rows = self.query(&OF_VERSION, &[&version]).await?;
        Ok(rows.iter().map(|row| Asset { path: row.get(0), content_type: row.get(1), content: row.get(2) }).collect())
    }
}
