//! Webhook bodies as they came: the first thing stored, before anything is understood.

use jiff::Timestamp;

use super::{Result, Store};

crate::statements! {
    /// Many bodies in one commit.
    APPEND = "
        INSERT INTO payloads (source, received_at, body)
        SELECT * FROM UNNEST($1::text[], $2::timestamptz[], $3::bytea[])";
    /// One node at a time sorts the bodies of a source, so that items keep the order of storage.
    LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('payloads of ' || $1, 0))";
    /// The oldest bodies, at most so many and, but for the first, so many bytes of them.
    UNSORTED = "
        SELECT seq, received_at, body
        FROM (
            SELECT seq, received_at, body, sum(octet_length(body)) OVER (ORDER BY seq) - octet_length(body) AS bytes_before
            FROM (
                SELECT seq, received_at, body
                FROM payloads
                WHERE source = $1 AND sorted_at IS NULL
                ORDER BY seq
                LIMIT $2) AS oldest) AS measured
        WHERE bytes_before < $3
        ORDER BY seq";
    /// [Overtaken](super::Error::is_overtaken) when one of the bodies was sorted meanwhile. Said so that no plan goes through all that wait.
    MARK_SORTED = "
        WITH marked AS (
            UPDATE payloads
            SET sorted_at = $2
            WHERE seq = ANY($1) AND num_nulls(sorted_at) = 1
            RETURNING 1)
        SELECT 1 / (count(*) = cardinality($1))::integer FROM marked";
    /// One step through the index for each.
    SOURCES_WITH_UNSORTED = "
        WITH RECURSIVE waiting AS (
            (SELECT source FROM payloads WHERE sorted_at IS NULL ORDER BY source LIMIT 1)
            UNION ALL
            SELECT (SELECT source FROM payloads WHERE sorted_at IS NULL AND payloads.source > waiting.source ORDER BY source LIMIT 1)
            FROM waiting
            WHERE waiting.source IS NOT NULL)
        SELECT source
        FROM waiting
        WHERE source IS NOT NULL
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
#[derive(Debug, Clone)]
pub struct Payload {
    pub seq: i64,
    pub received_at: Timestamp,
    pub body: Vec<u8>,
}

/// A body on its way into the table.
#[derive(Debug)]
pub struct NewPayload {
    /// Whose it is; see [`source`](crate::domain::channel::source).
    pub source: String,
    pub received_at: Timestamp,
    pub body: bytes::Bytes,
}

impl Store {
    /// Stores bodies in one commit.
    ///
    /// # Errors
    /// As PostgreSQL answers; then none is stored.
    pub async fn append_payloads(&self, payloads: &[NewPayload]) -> Result<()> {
        let sources: Vec<&str> = payloads.iter().map(|payload| payload.source.as_str()).collect();
        let times: Vec<Timestamp> = payloads.iter().map(|payload| payload.received_at).collect();
        let bodies: Vec<&[u8]> = payloads.iter().map(|payload| payload.body.as_ref()).collect();
        self.execute(&APPEND, &[&sources, &times, &bodies]).await?;
        Ok(())
    }

    /// The oldest waiting bodies of a source, in the order they were stored: at most `limit`, and not many more bytes than `bytes`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn unsorted_payloads(&self, source: &str, limit: i64, bytes: i64) -> Result<Vec<Payload>> {
        let rows = self.query(&UNSORTED, &[&source, &limit, &bytes]).await?;
        Ok(rows.iter().map(|row| Payload { seq: row.get(0), received_at: row.get(1), body: row.get(2) }).collect())
    }

    /// Sources that have bodies waiting.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn sources_with_unsorted_payloads(&self) -> Result<Vec<String>> {
        let rows = self.query(&SOURCES_WITH_UNSORTED, &[]).await?;
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
