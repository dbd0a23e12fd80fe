//! Waiting for something that is bound to happen.

use std::time::{Duration, Instant};

/// How often a condition that gives no sign is looked at.
const GLANCE: Duration = Duration::from_millis(25);

/// Waits until `found` finds what is looked for, and answers it.
///
/// # Panics
/// With `what`, when it was not there after `limit`.
pub async fn found<T>(what: &str, limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(it) = look().await {
            return it;
        }
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        tokio::time::sleep(GLANCE).await;
    }
}

/// Waits until `is_so` says so.
///
/// # Panics
/// With `what`, when it did not come to be within `limit`.
pub async fn eventually(what: &str, limit: Duration, mut is_so: impl AsyncFnMut() -> bool) {
    found(what, limit, async || is_so().await.then_some(())).await;
}
