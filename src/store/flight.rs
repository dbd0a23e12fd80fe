//! A transaction that is sent at once: nothing of it waits for an answer, so the server goes through it without us, and a node that
//! stops in the middle holds nobody up.

use std::future::Future;
use std::pin::Pin;

use deadpool_postgres::ClientWrapper;
use futures_util::future::join_all;
use tokio_postgres::error::SqlState;

use super::{Error, Result};

/// One statement of a flight, with its parameters. It must be prepared before: preparing waits for an answer.
pub type Step<'a> = Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>>;

/// Steps that [`join_all`] begins in their order; more of them it would begin in any.
const MOST_STEPS: usize = 25;

/// Runs steps in their order as one transaction.
///
/// # Errors
/// What the first step that failed was answered; then nothing was written.
pub async fn in_one_flight<'a>(client: &'a ClientWrapper, steps: Vec<Step<'a>>) -> Result<()> {
    if steps.len() > MOST_STEPS {
        return Err(Error::Unreadable(format!("{} steps are too many for one flight", steps.len())));
    }
    let word = |word: &'static str| -> Step<'a> { Box::pin(async move { client.batch_execute(word).await.map(|()| 0) }) };
    let all: Vec<Step<'a>> = std::iter::once(word("BEGIN")).chain(steps).chain([word("COMMIT")]).collect();
    let mut failed = join_all(all).await.into_iter().filter_map(Result::err);
    match failed.next() {
        None => Ok(()),
        // Whatever follows a failed step is answered that the transaction is over.
        Some(error) if error.code() != Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => Err(error.into()),
        Some(error) => Err(failed.next().unwrap_or(error).into()),
    }
}
