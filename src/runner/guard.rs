//! What a panic may take down: the one thing that was being done, and nothing that waits behind it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::Error;

/// Does `work`; a panic in it is an error like another. What it held is let go, and its transaction is rolled back. Boxed: it is large,
/// and stands in the middle of larger ones.
///
/// # Errors
/// As `work` does, and [`Error::Panicked`].
pub(super) async fn guarded<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    AssertUnwindSafe(Box::pin(work)).catch_unwind().await.unwrap_or(Err(Error::Panicked))
}

/// What `read` makes of something; `None` when it panicked over it.
pub(super) fn guarded_reading<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}

/// How long a loop that ended in a panic rests before it begins anew.
const REST: Duration = Duration::from_secs(1);

/// Runs a loop until it ends by itself or at `stop`. One that ends in a panic begins anew, and is counted by its name.
pub async fn kept_up<F: Future<Output = ()>>(name: &'static str, stop: &CancellationToken, run: impl Fn() -> F) {
    while AssertUnwindSafe(async { run().await }).catch_unwind().await.is_err() {
        metrics::counter!("baton_loops_lost_total", "loop" => name).increment(1);
        if stop.run_until_cancelled(tokio::time::sleep(REST)).await.is_none() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_panics_begins_anew_until_it_ends_by_itself() {
        let rounds = AtomicUsize::new(0);
        let run = || async { assert!(rounds.fetch_add(1, Ordering::Relaxed) == 2, "planted") };
        kept_up("test", &CancellationToken::new(), run).await;
        assert_eq!(rounds.into_inner(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_only_panics_ends_when_the_node_stops() {
        let stop = CancellationToken::new();
        stop.cancel();
        kept_up("test", &stop, || async { panic!("planted") }).await;
    }
}
