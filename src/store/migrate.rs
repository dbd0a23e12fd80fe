//! The schema, from `migrations/`, built into the program.

use std::iter::successors;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::{Error, Result, Store};

crate::statements! {
    /// Two programs may start at once: the second waits here until the first is done.
    LOCK_MIGRATIONS = "SELECT pg_advisory_lock($1)";
    UNLOCK_MIGRATIONS = "SELECT pg_advisory_unlock($1)";
    FIND_MIGRATIONS_TABLE = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
}

/// The advisory lock's number: "baton" in ASCII.
const LOCK: i64 = 0x62_6174_6f6e;

/// A change of the schema waits no longer than this for a table that somebody has in hand: whoever comes after it waits behind it, and
/// gives up after two seconds in all.
const PATIENCE: &str = "SET lock_timeout = '500ms'";

/// How often it is tried, and how long the others have the table to themselves in between.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_secs(1);

mod embedded {
    refinery::embed_migrations!("migrations");
}

impl Store {
    /// Brings the schema up to date and answers the names of the migrations that ran. Nodes may be at work meanwhile.
    ///
    /// # Errors
    /// When a migration fails, or one that has run was changed since.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        let mut client = self.unhurried().await?;
        client.query_one(LOCK_MIGRATIONS.sql, &[&LOCK]).await?;
        client.batch_execute(PATIENCE).await?;
        let mut tries = 1;
        let outcome = loop {
            match embedded::migrations::runner().run_async(&mut *client).await {
                Err(error) if is_held_up(&error) && tries < TRIES => {
                    tries += 1;
                    tracing::info!(tries, "somebody has a table in hand that a migration is to change; it is tried again");
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => break outcome,
            }
        };
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

fn is_held_up(error: &refinery::Error) -> bool {
    let mut causes = successors(std::error::Error::source(error), |cause| cause.source());
    let said = causes.find_map(|cause| cause.downcast_ref::<tokio_postgres::Error>());
    said.and_then(tokio_postgres::Error::code) == Some(&SqlState::LOCK_NOT_AVAILABLE)
}

/// The fault with what PostgreSQL said of it, which refinery keeps one level down.
fn cause(error: refinery::Error) -> Error {
    let reason = std::error::Error::source(&error).map(|source| match source.source() {
        Some(deeper) => format!("{source}: {deeper}"),
        None => source.to_string(),
    });
    Error::Unreadable(reason.map_or_else(|| error.to_string(), |reason| format!("{error}: {reason}")))
}
