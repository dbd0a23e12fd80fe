//! Floors that are to be looked at anew, because something happened on them.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::domain::ids::WorkspaceId;

/// Each at most once, however much happens on it.
#[derive(Debug, Default)]
pub struct FloorMarks {
    marked: Mutex<HashSet<WorkspaceId>>,
    notify: Notify,
}

impl FloorMarks {
    pub fn mark(&self, workspace: WorkspaceId) {
        self.marked.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace);
        self.notify.notify_one();
    }

    /// Those marked since this was last asked.
    #[must_use]
    pub fn take(&self) -> HashSet<WorkspaceId> {
        std::mem::take(&mut *self.marked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until one is.
    pub async fn marked(&self) {
        self.notify.notified().await;
    }
}
