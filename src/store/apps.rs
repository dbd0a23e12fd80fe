//! Meta apps: whose webhooks we take, and the secrets they are signed with.

use super::{Result, Store, Transaction, prepare};

crate::statements! {
    FIND = "SELECT app_secret, verify_token FROM apps WHERE app_id = $1";
    SAVE = "
        INSERT INTO apps (app_id, app_secret, verify_token)
        VALUES ($1, $2, $3)
        ON CONFLICT (app_id) DO UPDATE SET app_secret = excluded.app_secret, verify_token = excluded.verify_token";
    /// Keeps what is known of an app, unless it is new or says the same; a row, then.
    SAVE_UNLESS_OTHERWISE = "
        INSERT INTO apps (app_id, app_secret, verify_token)
        VALUES ($1, $2, $3)
        ON CONFLICT (app_id) DO UPDATE SET app_secret = excluded.app_secret
        WHERE apps.app_secret = excluded.app_secret AND apps.verify_token = excluded.verify_token";
}

/// A Meta app.
#[derive(Clone)]
pub struct App {
    pub app_id: String,
    pub app_secret: String,
    pub verify_token: String,
}

impl Store {
    /// The app with this id.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn app(&self, app_id: &str) -> Result<Option<App>> {
        let row = self.query_opt(&FIND, &[&app_id]).await?;
        Ok(row.map(|row| App { app_id: app_id.to_owned(), app_secret: row.get(0), verify_token: row.get(1) }))
    }

    /// Adds an app, or changes its secrets.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn save_app(&self, app: &App) -> Result<()> {
        self.execute(&SAVE, &[&app.app_id, &app.app_secret, &app.verify_token]).await?;
        Ok(())
    }
}

/// What becomes of an app's secrets when it is known under others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfKnown {
    Replace,
    /// Whoever was first is right.
    Keep,
}

/// As [`Store::save_app`], in a transaction with what needs it; false when it is known under other secrets, which are kept.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn save(transaction: &Transaction<'_>, app: &App, known: IfKnown) -> Result<bool> {
    let statement = prepare(transaction, if known == IfKnown::Replace { &SAVE } else { &SAVE_UNLESS_OTHERWISE }).await?;
    Ok(transaction.execute(&statement, &[&app.app_id, &app.app_secret, &app.verify_token]).await? == 1)
}
