//! What `baton doctor` and the start of `baton serve` ask the database about itself.

use jiff::Timestamp;

use super::{Result, Store};

crate::statements! {
    DESCRIBE_SERVER = "SELECT
        current_setting('server_version_num')::integer AS version,
        current_setting('fsync') = 'on' AS fsync,
        current_setting('full_page_writes') = 'on' AS full_page_writes,
        current_setting('synchronous_commit') <> 'off' AS synchronous_commit,
        current_setting('max_connections')::integer AS max_connections,
        clock_timestamp() AS now";
    CLOCK = "SELECT clock_timestamp()";
}

/// The server's own account of itself.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// As PostgreSQL counts: 150004 is 15.4.
    pub version: i32,
    pub fsync: bool,
    pub full_page_writes: bool,
    pub synchronous_commit: bool,
    pub max_connections: i32,
    pub now: Timestamp,
}

impl ServerSettings {
    /// The settings with which an acknowledged message can be lost when the machine fails.
    #[must_use]
    pub fn unsafe_settings(&self) -> Vec<&'static str> {
        let settings =
            [("fsync", self.fsync), ("full_page_writes", self.full_page_writes), ("synchronous_commit", self.synchronous_commit)];
        settings.into_iter().filter(|(_, is_on)| !is_on).map(|(name, _)| name).collect()
    }
}

impl Store {
    /// What time it is for the database.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn clock(&self) -> Result<Timestamp> {
        Ok(self.client().await?.query_one(CLOCK.sql, &[]).await?.try_get(0)?)
    }

    /// Version, durability and clock of the server.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn server_settings(&self) -> Result<ServerSettings> {
        let client = self.client().await?;
        let row = client.query_one(DESCRIBE_SERVER.sql, &[]).await?;
        Ok(ServerSettings {
            version: row.try_get("version")?,
            fsync: row.try_get("fsync")?,
            full_page_writes: row.try_get("full_page_writes")?,
            synchronous_commit: row.try_get("synchronous_commit")?,
            max_connections: row.try_get("max_connections")?,
            now: row.try_get("now")?,
        })
    }
}
