//! How far the installation is behind, and how large it has become.

use jiff::Timestamp;

use super::{Result, Store};

crate::statements! {
    /// Of what waits, the oldest, and how much there is; not more than is worth counting. What waits in lanes is looked at up to a limit: a
    /// crowd of it is not read.
    BEHIND = "
        SELECT
            (SELECT min(oldest.received_at) FROM (
                SELECT received_at FROM payloads WHERE sorted_at IS NULL ORDER BY source, seq LIMIT 1000) AS oldest),
            (SELECT count(*) FROM (SELECT FROM payloads WHERE sorted_at IS NULL LIMIT 10000) AS bodies),
            (SELECT min(items.received_at) FROM (SELECT received_at FROM inbound_items LIMIT 10000) AS items),
            (SELECT count(*) FROM (SELECT FROM inbound_items LIMIT 10000) AS items)";
    SIZE = "SELECT pg_database_size(current_database())";
    MEDIA = "SELECT count(*), coalesce(sum(byte_count), 0)::bigint FROM media WHERE state = 'stored'";
}

/// What waits, and since when.
#[derive(Debug, Clone, Copy, Default)]
pub struct Waiting {
    pub oldest: Option<Timestamp>,
    pub count: i64,
}

/// What came in and waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Behind {
    /// Bodies that nobody has sorted.
    pub payloads: Waiting,
    /// What they held, for each contact.
    pub lanes: Waiting,
}

/// How large it is, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Size {
    pub database: i64,
    pub pictures: i64,
    pub picture_bytes: i64,
}

impl Store {
    /// How far whoever works is behind.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn behind(&self) -> Result<Behind> {
        let row = self.query_opt(&BEHIND, &[]).await?;
        Ok(row.map_or_else(Behind::default, |row| Behind {
            payloads: Waiting { oldest: row.get(0), count: row.get(1) },
            lanes: Waiting { oldest: row.get(2), count: row.get(3) },
        }))
    }

    /// How large the database is, and what pictures come to.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn sizes(&self) -> Result<Size> {
        let database = self.query_opt(&SIZE, &[]).await?.map_or(0, |row| row.get(0));
        let (pictures, picture_bytes) = self.query_opt(&MEDIA, &[]).await?.map_or((0, 0), |row| (row.get(0), row.get(1)));
        Ok(Size { database, pictures, picture_bytes })
    }
}
