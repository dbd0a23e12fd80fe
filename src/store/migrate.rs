//! The schema, from `migrations/`, built into the program.

use super::{Error, Result, Store};

crate::statements! {
    /// Two programs may start at once: the second waits here until the first is done.
    LOCK_MIGRATIONS = "SELECT pg_advisory_lock($1)";
    UNLOCK_MIGRATIONS = "SELECT pg_advisory_unlock($1)";
    FIND_MIGRATIONS_TABLE = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
}

/// The advisory lock's number: "baton" in ASCII.
const LOCK: i64 = 0x62_6174_6f6e;

mod embedded {
    refinery::embed_migrations!("migrations");
}

impl Store {
    /// Brings the schema up to date and answers the names of the migrations that ran.
    ///
    /// # Errors
    /// When a migration fails, or one that has run was changed since.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        let mut client = self.unhurried().await?;
        client.query_one(LOCK_MIGRATIONS.sql, &[&LOCK]).await?;
        let outcome = embedded::migrations::runner().run_async(&mut *client).await;
        client.query_one(UNLOCK_MIGRATIONS.sql, &[&LOCK]).await?;
        let report = outcome.map_err(cause)?;
        Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
    }

    /// The names of the migrations that have not run on this database.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn pending_migrations(&self) -> Result<Vec<String>> {
        let mut client = self.client().await?;
        let runner = embedded::migrations::runner();
        let has_history: bool = client.query_one(FIND_MIGRATIONS_TABLE.sql, &[]).await?.try_get(0)?;
        let applied = if has_history { runner.get_applied_migrations_async(&mut **client).await.map_err(cause)? } else { Vec::new() };
        let has_run = |version| applied.iter().any(|migration| migration.version() == version);
        Ok(runner.get_migrations().iter().filter(|migration| !has_run(migration.version())).map(ToString::to_string).collect())
    }
}

/// The fault with what PostgreSQL said of it, which refinery keeps one level down.
fn cause(error: refinery::Error) -> Error {
    let reason = std::error::Error::source(&error).map(|source| match source.source() {
        Some(deeper) => format!("{source}: {deeper}"),
        None => source.to_string(),
    });
    Error::Unreadable(reason.map_or_else(|| error.to_string(), |reason| format!("{error}: {reason}")))
}
