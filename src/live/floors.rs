//! Floors that are to be looked at anew, because something happened on them, and how fast their queues usually go.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::domain::floor::wait::Habits;
use crate::domain::ids::{QueueId, WorkspaceId};

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

/// The habits of a workspace's queues.
type OfQueues = Arc<HashMap<QueueId, Habits>>;

/// What is usual, as it was reckoned in this quarter of an hour: of floors that are looked at.
#[derive(Debug, Default)]
pub struct KnownHabits(Mutex<HashMap<WorkspaceId, (Timestamp, OfQueues)>>);

impl KnownHabits {
    /// What was reckoned in this quarter.
    #[must_use]
    pub fn of(&self, workspace: WorkspaceId, quarter: Timestamp) -> Option<OfQueues> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&workspace).filter(|(at, _)| *at == quarter).map(|(_, habits)| habits.clone())
    }

    /// Keeps it, and forgets what is of other quarters.
    pub fn keep(&self, workspace: WorkspaceId, quarter: Timestamp, habits: OfQueues) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (at, _)| *at == quarter);
        known.insert(workspace, (quarter, habits));
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_usual_is_known_for_a_quarter_of_an_hour_and_then_of_nobody() {
        let (known, now) = (KnownHabits::default(), Timestamp::UNIX_EPOCH);
        let (one, other) = (WorkspaceId(Uuid::from_u128(1)), WorkspaceId(Uuid::from_u128(2)));
        known.keep(one, now, Arc::default());
        assert!(known.of(one, now).is_some() && known.of(other, now).is_none());
        let next = now + SignedDuration::from_mins(15);
        assert!(known.of(one, next).is_none());
        known.keep(other, next, Arc::default());
        assert!(known.of(one, now).is_none(), "it is forgotten");
    }
}
