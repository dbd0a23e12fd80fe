//! The nodes of an installation, as each says of itself.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::{Result, Store};

crate::statements! {
    /// Whoever was not heard of for a day is gone.
    CALL = "
        WITH gone AS (DELETE FROM nodes WHERE seen_at < $5::timestamptz - interval '1 day' AND name <> $1)
        INSERT INTO nodes (name, version, side, started_at, seen_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (name) DO UPDATE
        SET version = excluded.version, side = excluded.side, started_at = excluded.started_at, seen_at = excluded.seen_at";
    /// Those that have pages.
    PAGES_HEARD_AT = "SELECT max(seen_at) FROM nodes WHERE side <> 'workers'";
    ALL = "SELECT name, version, side, started_at, seen_at FROM nodes ORDER BY name LIMIT 1000";
}

/// A process that serves, or did lately.
#[derive(Debug, Clone)]
pub struct Node {
    pub name: String,
    pub version: String,
    /// `both`, `web` or `workers`.
    pub side: String,
    pub started_at: Timestamp,
    pub seen_at: Timestamp,
}

impl Store {
    /// A node says that it is there.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn call_node(&self, node: &Node) -> Result<()> {
        let Node { name, version, side, started_at, seen_at } = node;
        self.execute(&CALL, &[name, version, side, started_at, seen_at]).await?;
        Ok(())
    }

    /// When a node that has pages said last that it is there.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn pages_heard_at(&self) -> Result<Option<Timestamp>> {
        Ok(self.query_opt(&PAGES_HEARD_AT, &[]).await?.and_then(|row| row.get(0)))
    }

    /// The nodes that were heard of within a day.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn nodes(&self) -> Result<Vec<Node>> {
        let node =
            |row: &Row| Node { name: row.get(0), version: row.get(1), side: row.get(2), started_at: row.get(3), seen_at: row.get(4) };
        Ok(self.query(&ALL, &[]).await?.iter().map(node).collect())
    }
}
