//! Addresses at which somebody makes the first account and workspace of an installation.

use jiff::Timestamp;

use super::{Result, Store, Transaction, prepare};

crate::statements! {
    ADD = "INSERT INTO beginnings (secret_hash, made_at) VALUES ($1, $2)";
    IS_OPEN = "
        SELECT EXISTS (SELECT FROM beginnings WHERE secret_hash = $1 AND made_at > $2) AND NOT EXISTS (SELECT FROM workspaces)";
    /// Of several who begin at once, one is first.
    LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('the beginning', 0))";
    /// With this one all others are used up.
    USE = "
        DELETE FROM beginnings
        WHERE EXISTS (SELECT FROM beginnings AS this WHERE this.secret_hash = $1 AND this.made_at > $2)
          AND NOT EXISTS (SELECT FROM workspaces)";
}

impl Store {
    /// Keeps an address by the hash of its secret.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn add_beginning(&self, secret_hash: &[u8; 32], now: Timestamp) -> Result<()> {
        self.execute(&ADD, &[&secret_hash.as_slice(), &now]).await?;
        Ok(())
    }

    /// Whether nobody has begun, and this is the secret of an address that was made after `since`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn is_beginning_open(&self, secret_hash: &[u8; 32], since: Timestamp) -> Result<bool> {
        Ok(self.query_opt(&IS_OPEN, &[&secret_hash.as_slice(), &since]).await?.is_some_and(|row| row.get(0)))
    }
}

/// Uses up every address, in a transaction with what begins; false when this one was not open any more.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn use_up(transaction: &Transaction<'_>, secret_hash: &[u8; 32], since: Timestamp) -> Result<bool> {
    let lock = prepare(transaction, &LOCK).await?;
    transaction.query_one(&lock, &[]).await?;
    let statement = prepare(transaction, &USE).await?;
    Ok(transaction.execute(&statement, &[&secret_hash.as_slice(), &since]).await? > 0)
}
