//! PostgreSQL: reachable, new enough, safe, and with our schema.

use crate::config::{Config, Durability};
use crate::store::doctor::ServerSettings;
use crate::store::{Error, Store};

use super::Finding;

const OLDEST_VERSION: i32 = 14;

/// Connections that PostgreSQL keeps for its administrator, and a person with `psql`.
const CONNECTIONS_OF_OTHERS: i32 = 5;

pub(super) fn away(error: &Error) -> Finding {
    Finding::wrong(format!("PostgreSQL does not answer ({error}); start it, or correct BATON_DATABASE_URL."))
}

pub(super) fn examine(settings: &ServerSettings, config: &Config) -> Vec<Finding> {
    vec![version(settings), durability(settings, config.durability), connections(settings, config.database_pool)]
}

pub(super) fn version(settings: &ServerSettings) -> Finding {
    let (major, minor) = (settings.version / 10_000, settings.version % 10_000);
    if major < OLDEST_VERSION {
        return Finding::wrong(format!("PostgreSQL is version {major}.{minor}; move to {OLDEST_VERSION} or newer."));
    }
    Finding::fine(format!("PostgreSQL {major}.{minor} answers."))
}

pub(super) fn durability(settings: &ServerSettings, wanted: Durability) -> Finding {
    let off = settings.unsafe_settings().join(", ");
    match (off.is_empty(), wanted) {
        (true, _) => Finding::fine("What PostgreSQL commits is on disk."),
        (false, Durability::Unchecked) => {
            Finding::doubtful(format!("PostgreSQL may lose what it committed ({off} off), as BATON_SKIP_DURABILITY_CHECK allows."))
        }
        (false, Durability::Required) => Finding::wrong(format!(
            "PostgreSQL may lose what it committed: {off} is off. Turn it on in postgresql.conf and reload, \
             or set BATON_SKIP_DURABILITY_CHECK=true where messages may be lost."
        )),
    }
}

fn connections(settings: &ServerSettings, pool: usize) -> Finding {
    let most = settings.max_connections;
    let left = usize::try_from(most - CONNECTIONS_OF_OTHERS).unwrap_or(0);
    if pool > left {
        return Finding::wrong(format!(
            "This node may open {pool} connections, but PostgreSQL allows {most} in all; lower BATON_DATABASE_POOL or raise max_connections."
        ));
    }
    Finding::fine(format!("PostgreSQL allows {most} connections; each node opens up to {pool}."))
}

pub(super) async fn migrations(store: &Store) -> Finding {
    match store.pending_migrations().await {
        Ok(pending) if pending.is_empty() => Finding::fine("The schema is up to date."),
        Ok(pending) => Finding::wrong(format!("The schema lacks {}; run `baton migrate`.", pending.join(", "))),
        Err(error) => {
            Finding::wrong(format!("The schema cannot be looked at ({error}); give the account of BATON_DATABASE_URL its own schema."))
        }
    }
}

/// Whether what administrators set up is understood.
pub(super) async fn set_up(store: &Store) -> Vec<Finding> {
    match store.misread_set_up().await {
        Ok(misread) => misread.into_iter().map(Finding::wrong).collect(),
        Err(error) => vec![Finding::wrong(format!("Queues and flows cannot be read ({error}); look at PostgreSQL's log."))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    fn settings() -> ServerSettings {
        ServerSettings {
            version: 150_018,
            fsync: true,
            full_page_writes: true,
            synchronous_commit: true,
            max_connections: 100,
            now: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_server_that_may_lose_commits_is_wrong_unless_told() {
        let unsafe_server = ServerSettings { fsync: false, synchronous_commit: false, ..settings() };
        let finding = durability(&unsafe_server, Durability::Required);
        assert_eq!(finding.health, Health::Wrong);
        assert!(finding.words.contains("fsync, synchronous_commit"), "{}", finding.words);
        assert_eq!(durability(&unsafe_server, Durability::Unchecked).health, Health::Doubtful);
        assert_eq!(durability(&settings(), Durability::Required).health, Health::Fine);
    }

    #[test]
    fn a_server_that_is_too_old_is_wrong() {
        assert_eq!(version(&ServerSettings { version: 130_011, ..settings() }).health, Health::Wrong);
        assert_eq!(version(&settings()).words, "PostgreSQL 15.18 answers.");
    }

    #[test]
    fn a_pool_that_the_server_cannot_hold_is_wrong() {
        assert_eq!(connections(&settings(), 96).health, Health::Wrong);
        assert_eq!(connections(&settings(), 95).health, Health::Fine);
    }
}
