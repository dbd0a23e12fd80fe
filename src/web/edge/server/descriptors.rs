//! File descriptors: how many this process may have, and what is left of them for connections.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What a node has open beside its connections and its pool: standard streams, logs, listeners, threads' event queues, Redis, files
/// of pictures, and calls to the Graph API.
const OF_ITS_OWN: usize = 240;

/// More connections than this are for another node; each takes some ten kilobytes.
const MOST_CONNECTIONS: usize = 100_000;

/// How many descriptors this process may have open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptors(pub usize);

/// Raises the limit as far as the system lets us; what services start with is often meant for programs of forty years ago.
///
/// # Errors
/// When the system does not tell its limits.
pub fn raise() -> std::io::Result<Descriptors> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let raised = if soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() { hard } else { soft };
    Ok(Descriptors(usize::try_from(raised).unwrap_or(usize::MAX)))
}

impl Descriptors {
    /// How many connections there may be beside a pool of so many to the database. Where descriptors are few, half are ours.
    #[must_use]
    pub fn for_connections(self, database_pool: usize) -> usize {
        let kept = OF_ITS_OWN.saturating_add(database_pool).min(self.0 / 2);
        (self.0 - kept).clamp(1, MOST_CONNECTIONS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        assert_eq!(Descriptors(1_024).for_connections(24), 760);
        assert_eq!(Descriptors(300).for_connections(24), 150, "half at least");
        assert_eq!(Descriptors(1_048_576).for_connections(24), MOST_CONNECTIONS);
        assert_eq!(Descriptors(0).for_connections(24), 1);
    }

    #[test]
    fn the_limit_is_raised_to_what_the_system_allows() {
        let raised = raise().unwrap();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!((soft, raised.0), (hard, usize::try_from(hard).unwrap()));
    }
}
