//! Transactions that cost no round trip of their own: BEGIN travels with the first statement, COMMIT with the last.

use std::ops::Deref;

use deadpool_postgres::ClientWrapper;
use futures_util::FutureExt;

use super::Result;

/// A transaction that the runner opened; committed by it, rolled back when dropped.
pub struct Transaction<'a> {
    client: &'a ClientWrapper,
    is_over: bool,
}

impl<'a> Transaction<'a> {
    /// Begins one on a connection that nobody else uses meanwhile. Whether it began is told by the first statement.
    #[must_use]
    pub fn begin(client: &'a mut ClientWrapper) -> Self {
        let transaction = Self { client, is_over: false };
        transaction.say("BEGIN");
        transaction
    }

    /// The connection, for statements that travel with the commit.
    pub(super) fn client(&self) -> &'a ClientWrapper {
        self.client
    }

    /// # Errors
    /// As PostgreSQL answers; then whether it was committed is not known.
    pub async fn commit(mut self) -> Result<()> {
        self.is_over = true;
        Ok(self.client.batch_execute("COMMIT").await?)
    }

    /// The connection answers in the order it was asked, so that nobody has to wait for this one; the first poll sends it.
    fn say(&self, statement: &str) {
        _ = self.client.batch_execute(statement).now_or_never();
    }
}

impl Deref for Transaction<'_> {
    type Target = ClientWrapper;

    fn deref(&self) -> &Self::Target {
        self.client
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.say("ROLLBACK");
        }
    }
}
