//! The keys that sign what browsers bring back: short-lived tokens, and the marks of browsers that have signed in before. They belong to
//! the installation, not to a workspace.

use jiff::{SignedDuration, Timestamp};

use super::sealed::Place;
use super::{Result, Store};

/// A key signs for this long; then a new one is made.
pub const SIGNS_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A key is kept for this long, counted from when it was made; what it signed must not count longer.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(14 * 7 * 24);

crate::statements! {
    /// Newest first: the first one signs. One a week for fourteen weeks is fewer than the limit.
    LIST = "
        SELECT kid, secret, created_at
        FROM signing_keys
        WHERE created_at > $1
        ORDER BY created_at DESC, kid
        LIMIT 20";

    /// Two nodes that rotate on the same day choose the same `kid`, and the second one changes nothing.
    INSERT = "
        INSERT INTO signing_keys (kid, secret, created_at)
        SELECT $1, $2, $3
        WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE created_at > $4)
        ON CONFLICT (kid) DO NOTHING";

    DELETE_SPENT = "
        DELETE FROM signing_keys
        WHERE created_at <= $1";
}

/// A key as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    pub kid: String,
    pub secret: Vec<u8>,
    pub created_at: Timestamp,
}

impl Store {
    /// The keys that are kept at `now`, newest first; without those that do not open here.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn signing_keys(&self, now: Timestamp) -> Result<Vec<SigningKey>> {
        let rows = self.query(&LIST, &[&(now - KEPT_FOR)]).await?;
        let opened = |row: &tokio_postgres::Row| {
            let (kid, sealed): (String, &str) = (row.get(0), row.get(1));
            let secret =
                self.keys().open(place(&kid), sealed).inspect_err(|error| tracing::warn!(%error, kid, "a signing key is left out")).ok()?;
            Some(SigningKey { kid, secret, created_at: row.get(2) })
        };
        Ok(rows.iter().filter_map(opened).collect())
    }

    /// Keeps `secret` as a new key, unless there is one that may still sign; drops the keys whose time is over.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn rotate_signing_key(&self, secret: &[u8; 32], now: Timestamp) -> Result<()> {
        let kid = now.strftime("%Y-%m-%d").to_string();
        let sealed = self.keys().seal(place(&kid), secret)?;
        self.execute(&INSERT, &[&kid, &sealed, &now, &(now - SIGNS_FOR)]).await?;
        self.execute(&DELETE_SPENT, &[&(now - KEPT_FOR)]).await?;
        Ok(())
    }
}

pub(super) fn place(kid: &str) -> Place<'_> {
    Place { table: "signing_keys", row: kid, column: "secret" }
}
