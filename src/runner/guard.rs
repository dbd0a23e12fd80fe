//! What a panic may take down: the one thing that was being done, and nothing that waits behind it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;

use super::Error;

/// Does `work`; a panic in it is an error like another. What it held is let go, and its transaction is rolled back.
///
/// # Errors
/// As `work` does, and [`Error::Panicked`].
pub(super) async fn guarded<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or(Err(Error::Panicked))
}

/// What `read` makes of something; `None` when it panicked over it.
pub(super) fn guarded_reading<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}
