//! Files of builds that other nodes serve or served, found in the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::store::assets::Asset;
use crate::store::{Result, Store};

/// Versions held in memory at most, half a megabyte each. A roll-out has two.
const HELD: usize = 8;

/// Versions that somebody made up must not become a query each.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long a file waits for what another request looks for.
const TURN: Duration = Duration::from_secs(5);

type Files = Arc<Vec<Asset>>;

/// What this node knows of other builds.
#[derive(Debug, Default)]
pub struct Others {
    known: Mutex<Known>,
    /// Held by whoever looks or loads: a page asks for all its files at once, and the others wait for what the first one finds.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    versions: Vec<String>,
    looked_at: Option<Instant>,
    held: HashMap<String, Files>,
}

impl Others {
    /// The files of a version, or nothing when nobody keeps it or the database takes its time. A version that this node has not heard of is looked for once a second at
    /// most; nodes keep theirs before they serve a page.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn find(&self, store: &Store, version: &str) -> Result<Option<Files>> {
        if let Some(files) = self.held(version) {
            return Ok(Some(files));
        }
        let Ok(_turn) = tokio::time::timeout(TURN, self.looking.lock()).await else { return Ok(None) };
        if let Some(files) = self.held(version) {
            return Ok(Some(files));
        }
        if !self.exists(version) && self.may_look(Instant::now()) {
            let versions = store.asset_versions().await?;
            self.known().versions = versions;
        }
        if !self.exists(version) {
            return Ok(None);
        }
        let files = Arc::new(store.assets_of(version).await?);
        self.hold(version, files.clone());
        Ok(Some(files))
    }

    fn held(&self, version: &str) -> Option<Files> {
        self.known().held.get(version).cloned()
    }

    fn exists(&self, version: &str) -> bool {
        self.known().versions.iter().any(|known| known == version)
    }

    fn may_look(&self, now: Instant) -> bool {
        let mut known = self.known();
        let may = known.looked_at.is_none_or(|looked_at| now.duration_since(looked_at) >= LOOK_AGAIN);
        if may {
            known.looked_at = Some(now);
        }
        may
    }

    fn hold(&self, version: &str, files: Files) {
        let mut known = self.known();
        if known.held.len() >= HELD {
            known.held.clear();
        }
        known.held.insert(version.to_owned(), files);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_versions_are_looked_for_once_a_second() {
        let (others, now) = (Others::default(), Instant::now());
        let after = |millis| others.may_look(now + Duration::from_millis(millis));
        assert_eq!([after(0), after(1), after(999), after(1_000), after(1_001)], [true, false, false, true, false]);
    }

    #[test]
    fn what_is_held_does_not_fill_the_memory() {
        let others = Others::default();
        for version in 0..100 {
            others.hold(&version.to_string(), Files::default());
        }
        assert!(others.known().held.len() <= HELD);
        assert!(others.known().held.contains_key("99"));
    }
}
