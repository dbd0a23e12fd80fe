//! To which workspaces this node listens: those of its pages, from before the first page is told that it is connected until a while
//! after the last one went.

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::domain::ids::WorkspaceId;

/// How long a page waits for its workspace to be heard; after it, the page is told to look for itself once that is so.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a workspace without pages is listened to: a reload takes less.
const LINGER: Duration = Duration::from_secs(30);

/// The workspaces that are listened to, or are to be.
#[derive(Debug, Default)]
pub struct Subscriptions {
    known: Mutex<HashMap<WorkspaceId, Subscription>>,
    is_connected: AtomicBool,
    wanted: Notify,
    settled: Notify,
}

#[derive(Debug)]
struct Subscription {
    /// Redis has said that what is published from now on comes.
    is_acknowledged: bool,
    used: Instant,
}

impl Subscriptions {
    /// Waits until everything that is published in a workspace from now on is heard; not while Redis is away, nor for long.
    pub async fn listen_to(&self, workspace: WorkspaceId) {
        let acknowledged = async {
            loop {
                let mut settled = pin!(self.settled.notified());
                settled.as_mut().enable();
                if self.want(workspace) {
                    return;
                }
                // Also while Redis is away: it may be just about to be back, and have been told of all others already.
                self.wanted.notify_one();
                if !self.is_connected.load(Ordering::Relaxed) {
                    return;
                }
                settled.await;
            }
        };
        // A late one tells the pages of the workspace to look for themselves.
        _ = tokio::time::timeout(PATIENCE, acknowledged).await;
    }

    fn want(&self, workspace: WorkspaceId) -> bool {
        let used = Instant::now();
        let mut known = self.lock();
        let subscription = known.entry(workspace).or_insert(Subscription { is_acknowledged: false, used });
        subscription.used = used;
        subscription.is_acknowledged
    }

    /// Waits until a workspace is to be listened to that is not yet.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Those that are to be listened to and are not yet.
    pub(super) fn outstanding(&self) -> Vec<WorkspaceId> {
        self.lock().iter().filter(|(_, subscription)| !subscription.is_acknowledged).map(|(workspace, _)| *workspace).collect()
    }

    /// These are heard from now on.
    pub(super) fn acknowledge(&self, workspaces: &[WorkspaceId]) {
        let mut known = self.lock();
        for workspace in workspaces {
            if let Some(subscription) = known.get_mut(workspace) {
                subscription.is_acknowledged = true;
            }
        }
        drop(known);
        self.settled.notify_waiters();
    }

    /// Forgets those that have had no pages for a while, and answers them. `with_pages` are those that have.
    pub(super) fn take_idle(&self, with_pages: &HashSet<WorkspaceId>) -> Vec<WorkspaceId> {
        let now = Instant::now();
        let mut known = self.lock();
        known
            .extract_if(|workspace, it| !with_pages.contains(workspace) && now - it.used > LINGER)
            .map(|(workspace, _)| workspace)
            .collect()
    }

    pub(super) fn connected(&self) {
        self.is_connected.store(true, Ordering::Relaxed);
    }

    /// Nothing is heard any more until all of them are acknowledged anew.
    pub(super) fn disconnected(&self) {
        self.is_connected.store(false, Ordering::Relaxed);
        self.lock().values_mut().for_each(|subscription| subscription.is_acknowledged = false);
        self.settled.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Subscription>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const SHOP: WorkspaceId = WorkspaceId(Uuid::from_u128(1));

    #[tokio::test(start_paused = true)]
    async fn a_page_waits_for_the_word_of_redis() {
        let subscriptions = Subscriptions::default();
        subscriptions.connected();
        let begun = Instant::now();
        let redis = async {
            subscriptions.wanted().await;
            assert_eq!(subscriptions.outstanding(), [SHOP]);
            tokio::time::advance(Duration::from_millis(300)).await;
            subscriptions.acknowledge(&[SHOP]);
        };
        tokio::join!(subscriptions.listen_to(SHOP), redis);
        assert_eq!(begun.elapsed(), Duration::from_millis(300));
        subscriptions.listen_to(SHOP).await;
        assert_eq!((begun.elapsed(), subscriptions.outstanding().len()), (Duration::from_millis(300), 0), "it is heard already");
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_does_not_wait_for_a_redis_that_is_away_or_silent() {
        let subscriptions = Subscriptions::default();
        let begun = Instant::now();
        subscriptions.listen_to(SHOP).await;
        assert_eq!(begun.elapsed(), Duration::ZERO, "away");
        subscriptions.wanted().await;
        subscriptions.connected();
        subscriptions.listen_to(SHOP).await;
        assert_eq!(begun.elapsed(), PATIENCE, "silent");
        tokio::join!(subscriptions.listen_to(SHOP), async { subscriptions.disconnected() });
        assert_eq!(begun.elapsed(), PATIENCE, "away again");
    }

    #[tokio::test(start_paused = true)]
    async fn all_are_outstanding_anew_after_redis_was_away() {
        let subscriptions = Subscriptions::default();
        subscriptions.listen_to(SHOP).await;
        subscriptions.acknowledge(&[SHOP]);
        assert!(subscriptions.outstanding().is_empty());
        subscriptions.disconnected();
        assert_eq!(subscriptions.outstanding(), [SHOP]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_workspace_is_left_a_while_after_its_last_page() {
        let subscriptions = Subscriptions::default();
        subscriptions.listen_to(SHOP).await;
        let (nobody, somebody) = (HashSet::new(), HashSet::from([SHOP]));
        assert!(subscriptions.take_idle(&nobody).is_empty(), "the page is about to come");
        tokio::time::advance(LINGER * 2).await;
        assert!(subscriptions.take_idle(&somebody).is_empty(), "it is there");
        assert_eq!(subscriptions.take_idle(&nobody), [SHOP]);
        assert!(subscriptions.outstanding().is_empty());
    }
}
