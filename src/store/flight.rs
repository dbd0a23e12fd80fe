//! Statements that are sent at once: none waits for the answer of the one before. A whole transaction sent so is gone through by the
//! server without us, and a node that stops in the middle holds nobody up.

use deadpool_postgres::{ClientWrapper, Object};
use futures_util::future::join_all;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use super::statement::Step;
use super::{Error, Result, Transaction};

/// Steps that [`join_all`] begins in their order; more of them it would begin in any.
const MOST_STEPS: usize = 25;

const BEGIN: &str = "BEGIN; SET LOCAL synchronous_commit = off";

/// Runs steps in their order as one transaction, which is on disk with whatever is committed after it: a server that falls meanwhile has
/// forgotten it, and nothing that came of it is there either.
///
/// # Errors
/// What the first step that failed was answered; then nothing was written.
pub(super) async fn in_one_flight(client: &Object, steps: Vec<Step>) -> Result<()> {
    if steps.len() > MOST_STEPS {
        return Err(Error::Unreadable(format!("{} steps are too many for one flight", steps.len())));
    }
    let steps = prepared(client, steps).await?;
    // The first poll of each sends it.
    let (began, sent, committed) = tokio::join!(biased; client.batch_execute(BEGIN), send(client, &steps), client.batch_execute("COMMIT"));
    Ok(first_fault([began, sent, committed])?)
}

/// Runs steps in their order as part of a transaction.
///
/// # Errors
/// What the first step that failed was answered.
pub(super) async fn along(transaction: &Transaction<'_>, steps: Vec<Step>) -> Result<()> {
    for some in prepared(transaction, steps).await?.chunks(MOST_STEPS) {
        send(transaction, some).await?;
    }
    Ok(())
}

/// Runs the last steps of a transaction in their order, and commits it.
///
/// # Errors
/// What the first step that failed was answered; then nothing was written.
pub(super) async fn to_the_end(transaction: Transaction<'_>, steps: Vec<Step>) -> Result<()> {
    let steps = prepared(&transaction, steps).await?;
    let last = all_but_last(&transaction, &steps).await?;
    let client = transaction.client();
    let (sent, committed) = tokio::join!(biased; send(client, last), transaction.commit());
    sent?;
    committed
}

/// As [`to_the_end`], with a last step that is answered in rows.
///
/// # Errors
/// As [`to_the_end`].
pub(super) async fn to_the_answer(transaction: Transaction<'_>, steps: Vec<Step>, asking: Step) -> Result<Vec<Row>> {
    let client = transaction.client();
    let statement = client.prepare_cached(asking.statement.sql).await?;
    let steps = prepared(&transaction, steps).await?;
    let last = all_but_last(&transaction, &steps).await?;
    let parameters = parameters(&asking);
    let (sent, answer, committed) = tokio::join!(biased; send(client, last), client.query(&statement, &parameters), transaction.commit());
    sent?;
    let rows = answer?;
    committed?;
    Ok(rows)
}

type Answer<T> = Result<T, tokio_postgres::Error>;

type Prepared = (Step, tokio_postgres::Statement);

/// Preparing waits for an answer, so it comes first.
async fn prepared(client: &ClientWrapper, steps: Vec<Step>) -> Result<Vec<Prepared>> {
    let mut prepared = Vec::with_capacity(steps.len());
    for step in steps {
        let statement = client.prepare_cached(step.statement.sql).await?;
        prepared.push((step, statement));
    }
    Ok(prepared)
}

/// Sends the steps that do not fit into the last flight; answers those that do.
async fn all_but_last<'a>(client: &ClientWrapper, steps: &'a [Prepared]) -> Answer<&'a [Prepared]> {
    let (first, last) = steps.split_at(steps.len() - steps.len() % MOST_STEPS);
    for some in first.chunks(MOST_STEPS) {
        send(client, some).await?;
    }
    Ok(last)
}

async fn send(client: &ClientWrapper, steps: &[Prepared]) -> Answer<()> {
    let sent = steps.iter().map(|(step, statement)| async move { client.execute(statement, &parameters(step)).await });
    first_fault(join_all(sent).await)
}

fn parameters(step: &Step) -> Vec<&(dyn ToSql + Sync)> {
    step.parameters.iter().map(|one| -> &(dyn ToSql + Sync) { &**one }).collect()
}

/// What was answered first; whatever follows a failed step is answered that the transaction is over.
fn first_fault<T>(answers: impl IntoIterator<Item = Answer<T>>) -> Answer<()> {
    let is_aftermath = |error: &tokio_postgres::Error| error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION);
    let failed = answers.into_iter().filter_map(Result::err);
    failed.reduce(|first, next| if is_aftermath(&first) { next } else { first }).map_or(Ok(()), Err)
}
