//! How far the set-up of each workspace has come, as far as this node heard.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::domain::ids::WorkspaceId;

/// The newest versions, of every workspace of which any was heard.
#[derive(Debug, Default)]
pub struct SetupVersions {
    newest: Mutex<HashMap<WorkspaceId, i64>>,
    heard: AtomicU64,
    in_doubt: Notify,
}

impl SetupVersions {
    /// There is this version; older ones are out of date from now on.
    pub fn note(&self, workspace: WorkspaceId, version: i64) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let known = newest.entry(workspace).or_insert(0);
        if *known < version {
            *known = version;
            self.heard.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The newest version that was heard of; 0 when none was.
    #[must_use]
    pub fn newest(&self, workspace: WorkspaceId) -> i64 {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).get(&workspace).copied().unwrap_or(0)
    }

    /// How often something new was heard.
    #[must_use]
    pub fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Something may have been missed.
    pub(super) fn doubt(&self) {
        self.in_doubt.notify_one();
    }

    /// Waits until something may have been missed.
    pub async fn doubted(&self) {
        self.in_doubt.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_comes_late_takes_nothing_back() {
        let (shop, other) = (WorkspaceId(Uuid::from_u128(1)), WorkspaceId(Uuid::from_u128(2)));
        let versions = SetupVersions::default();
        versions.note(shop, 7);
        versions.note(shop, 5);
        assert_eq!((versions.newest(shop), versions.newest(other), versions.heard()), (7, 0, 1));
    }
}
