//! All sealed secrets of the installation: which keys they need, and how they come under another one.

use tokio_postgres::Row;

use super::sealed::Place;
use super::{Result, Statement, Store, apps, connection_drafts, inboxes, mails, second_factors, signing_keys};

/// Every sealed secret there is: what kind it is, what it is found by, and itself. A mail and a draft are kept for days only.
macro_rules! secrets {
    () => {
        "
            SELECT 'app_secret' AS kind, app_id AS place, app_secret AS secret FROM apps
            UNION ALL SELECT 'verify_token', app_id, verify_token FROM apps
            UNION ALL SELECT 'access_token', inbox_id::text, access_token FROM whatsapp_numbers WHERE access_token <> ''
            UNION ALL SELECT 'mail', id::text, sealed FROM mails WHERE due_at IS NOT NULL
            UNION ALL SELECT 'connection_draft', user_id::text, sealed FROM connection_drafts
            UNION ALL SELECT 'totp_secret', id::text, totp_secret FROM accounts WHERE totp_secret IS NOT NULL
            UNION ALL SELECT 'signing_key', kid, secret FROM signing_keys"
    };
}

crate::statements! {
    /// A secret for each name of a key that secrets are sealed with. Few apps and numbers, and fewer keys.
    OF_KEYS = concat!("
        SELECT DISTINCT ON (name) split_part(secret, ':', 3) AS name, kind, place, secret
        FROM (", secrets!(), ") AS secrets
        ORDER BY name, kind, place
        LIMIT 100");
    /// How many are sealed with each key.
    COUNTS = concat!("
        SELECT split_part(secret, ':', 3) AS name, count(*)
        FROM (", secrets!(), ") AS secrets
        GROUP BY name
        ORDER BY name
        LIMIT 100");
    OF_APPS = "SELECT app_id, app_secret, verify_token FROM apps WHERE app_id > $1 ORDER BY app_id LIMIT 500";
    RESEAL_APP = "UPDATE apps SET app_secret = $2, verify_token = $3 WHERE app_id = $1 AND app_secret = $4 AND verify_token = $5";
    OF_NUMBERS = "SELECT inbox_id, access_token FROM whatsapp_numbers WHERE inbox_id > $1 AND access_token <> '' ORDER BY inbox_id LIMIT 500";
    RESEAL_NUMBER = "UPDATE whatsapp_numbers SET access_token = $2 WHERE inbox_id = $1 AND access_token = $3";
    OF_MAILS = "SELECT id, sealed FROM mails WHERE due_at IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
    RESEAL_MAIL = "UPDATE mails SET sealed = $2 WHERE id = $1 AND sealed = $3";
    OF_DRAFTS = "SELECT user_id, sealed FROM connection_drafts ORDER BY workspace_id, user_id LIMIT 10000";
    RESEAL_DRAFT = "UPDATE connection_drafts SET sealed = $2 WHERE user_id = $1 AND sealed = $3";
    OF_ACCOUNTS = "
        SELECT id, totp_secret
        FROM accounts
        WHERE id > $1 AND totp_secret IS NOT NULL
        ORDER BY id
        LIMIT 500";
    RESEAL_ACCOUNT = "UPDATE accounts SET totp_secret = $2 WHERE id = $1 AND totp_secret = $3";
    OF_SIGNING_KEYS = "SELECT kid, secret FROM signing_keys ORDER BY kid LIMIT 500";
    RESEAL_SIGNING_KEY = "UPDATE signing_keys SET secret = $2 WHERE kid = $1 AND secret = $3";
}

impl Store {
    /// The names of the keys that stored secrets need, and whether a key of that name opens one of them.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn needed_secret_keys(&self) -> Result<Vec<(String, bool)>> {
        let needed = |row: &Row| {
            let (kind, row_key, sealed): (&str, &str, &str) = (row.get(1), row.get(2), row.get(3));
            let place = match kind {
                "app_secret" => apps::app_secret_place(row_key),
                "verify_token" => apps::verify_token_place(row_key),
                "access_token" => inboxes::access_token_place(row_key),
                "connection_draft" => connection_drafts::place(row_key),
                "mail" => mails::place(row_key),
                "totp_secret" => second_factors::place(row_key),
                _ => signing_keys::place(row_key),
            };
            (row.get(0), self.keys().open(place, sealed).is_ok())
        };
        Ok(self.query(&OF_KEYS, &[]).await?.iter().map(needed).collect())
    }

    /// How many secrets are sealed with each key, by its name.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn secret_key_counts(&self) -> Result<Vec<(String, i64)>> {
        Ok(self.query(&COUNTS, &[]).await?.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Seals every secret with the first key that is not sealed with it already; answers how many. Nodes go on meanwhile, and a secret
    /// that is replaced at the same moment keeps its new value.
    ///
    /// # Errors
    /// As PostgreSQL answers, or when a secret cannot be opened; it may be repeated, and goes on where it stopped.
    pub async fn rotate_secrets(&self) -> Result<u64> {
        let of_rows = self.rotate_rows(&OF_NUMBERS, &RESEAL_NUMBER, inboxes::access_token_place).await?
            + self.rotate_rows(&OF_MAILS, &RESEAL_MAIL, mails::place).await?
            + self.rotate_rows(&OF_ACCOUNTS, &RESEAL_ACCOUNT, second_factors::place).await?;
        Ok(self.rotate_apps().await? + of_rows + self.rotate_drafts().await? + self.rotate_signing_keys().await?)
    }

    /// Of rows with an id and one secret each, `all` of those after an id, and how one is written.
    async fn rotate_rows(&self, all: &Statement, write: &Statement, place: fn(&str) -> Place<'_>) -> Result<u64> {
        let (mut after, mut count) = (uuid::Uuid::nil(), 0);
        loop {
            let rows = self.query(all, &[&after]).await?;
            let Some(last) = rows.last() else { return Ok(count) };
            after = last.get(0);
            for row in rows.iter().filter(|row| !self.is_current(row)) {
                let (id, sealed): (uuid::Uuid, &str) = (row.get(0), row.get(1));
                let new = self.reseal(place(&id.to_string()), sealed)?;
                count += self.execute(write, &[&id, &new, &sealed]).await?;
            }
        }
    }

    async fn rotate_apps(&self) -> Result<u64> {
        let (mut after, mut count) = (String::new(), 0);
        loop {
            let rows = self.query(&OF_APPS, &[&after]).await?;
            let Some(last) = rows.last() else { return Ok(count) };
            after = last.get(0);
            for row in &rows {
                let (id, secret, token): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
                if self.keys().is_current(secret) && self.keys().is_current(token) {
                    continue;
                }
                let (new_secret, new_token) =
                    (self.reseal(apps::app_secret_place(id), secret)?, self.reseal(apps::verify_token_place(id), token)?);
                count += self.execute(&RESEAL_APP, &[&id, &new_secret, &new_token, &secret, &token]).await?;
            }
        }
    }

    async fn rotate_drafts(&self) -> Result<u64> {
        let mut count = 0;
        for row in self.query(&OF_DRAFTS, &[]).await?.iter().filter(|row| !self.is_current(row)) {
            let (user, sealed): (uuid::Uuid, &str) = (row.get(0), row.get(1));
            let new = self.reseal(connection_drafts::place(&user.to_string()), sealed)?;
            count += self.execute(&RESEAL_DRAFT, &[&user, &new, &sealed]).await?;
        }
        Ok(count)
    }

    async fn rotate_signing_keys(&self) -> Result<u64> {
        let mut count = 0;
        for row in self.query(&OF_SIGNING_KEYS, &[]).await?.iter().filter(|row| !self.is_current(row)) {
            let (kid, sealed): (&str, &str) = (row.get(0), row.get(1));
            let new = self.reseal(signing_keys::place(kid), sealed)?;
            count += self.execute(&RESEAL_SIGNING_KEY, &[&kid, &new, &sealed]).await?;
        }
        Ok(count)
    }

    fn is_current(&self, row: &Row) -> bool {
        self.keys().is_current(row.get(1))
    }

    fn reseal(&self, place: Place<'_>, sealed: &str) -> Result<String> {
        self.keys().seal(place, &self.keys().open(place, sealed)?)
    }
}
