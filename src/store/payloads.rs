//! Webhook bodies as they came: the first thing stored, before anything is understood.

use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use super::{Result, Store, Transaction, prepare};

crate::statements! {
    /// Many bodies in one commit.
    APPEND = "
        INSERT INTO payloads (app_id, received_at, body)
        SELECT * FROM UNNEST($1::text[], $2::timestamptz[], $3::bytea[])";
    /// One node at a time sorts the bodies of an app, so that items keep the order of storage.
    LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('payloads of ' || $1, 0))";
    UNSORTED = "
        SELECT seq, received_at, body
        FROM payloads
        WHERE app_id = $1 AND sorted_at IS NULL
        ORDER BY seq
        LIMIT $2";
    MARK_SORTED = "UPDATE payloads SET sorted_at = $2 WHERE seq = ANY($1)";
    APPS_WITH_UNSORTED = "
        SELECT app_id
        FROM apps
        WHERE EXISTS (SELECT FROM payloads WHERE payloads.app_id = apps.app_id AND payloads.sorted_at IS NULL)
        ORDER BY app_id
        LIMIT 1000";
    /// Looks at the oldest only, so that a table full of bodies that are still kept is not read.
    FORGET = "
        DELETE FROM payloads
        WHERE seq = ANY(ARRAY(
            SELECT seq
            FROM (SELECT seq, sorted_at FROM payloads ORDER BY seq LIMIT 1000) AS oldest
            WHERE sorted_at < $1))";
}

/// A stored body.
#[derive(Debug)]
pub struct Payload {
    pub seq: i64,
    pub received_at: Timestamp,
    pub body: Vec<u8>,
}

/// A body on its way into the table.
#[derive(Debug)]
pub struct NewPayload {
    pub app_id: String,
    pub received_at: Timestamp,
    pub body: bytes::Bytes,
}

impl Store {
    /// Stores bodies in one commit.
    ///
    /// # Errors
    /// As PostgreSQL answers; then none is stored.
    pub async fn append_payloads(&self, payloads: &[NewPayload]) -> Result<()> {
        let apps: Vec<&str> = payloads.iter().map(|payload| payload.app_id.as_str()).collect();
        let times: Vec<Timestamp> = payloads.iter().map(|payload| payload.received_at).collect();
        let bodies: Vec<&[u8]> = payloads.iter().map(|payload| payload.body.as_ref()).collect();
        self.execute(&APPEND, &[&apps, &times, &bodies]).await?;
        Ok(())
    }

    /// Apps that have bodies waiting.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn apps_with_unsorted_payloads(&self) -> Result<Vec<String>> {
        let rows = self.query(&APPS_WITH_UNSORTED, &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Forgets a batch of bodies that were sorted before `time`; answers how many.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn forget_payloads(&self, before: Timestamp) -> Result<u64> {
        self.execute(&FORGET, &[&before]).await
    }
}

/// Takes the lock of an app and up to `limit` of its waiting bodies, in the order they were stored.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn take_unsorted(transaction: &Transaction<'_>, app_id: &str, limit: i64) -> Result<Vec<Payload>> {
    let lock = prepare(transaction, &LOCK).await?;
    let unsorted = prepare(transaction, &UNSORTED).await?;
    let parameters: [&(dyn ToSql + Sync); 2] = [&app_id, &limit];
    let (locked, rows) = tokio::join!(transaction.execute(&lock, &parameters[..1]), transaction.query(&unsorted, &parameters));
    locked?;
    Ok(rows?.iter().map(|row| Payload { seq: row.get(0), received_at: row.get(1), body: row.get(2) }).collect())
}

/// Marks bodies as sorted.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn mark_sorted(transaction: &Transaction<'_>, seqs: &[i64], now: Timestamp) -> Result<()> {
    let statement = prepare(transaction, &MARK_SORTED).await?;
    transaction.execute(&statement, &[&seqs, &now]).await?;
    Ok(())
}
