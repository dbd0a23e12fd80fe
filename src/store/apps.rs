//! Meta apps: whose webhooks we take, and the secrets they are signed with.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tokio_postgres::Row;

use super::sealed::{Keys, Place};
use super::{Result, Store, Transaction, prepare};

crate::statements! {
    FIND = "SELECT app_secret, verify_token, challenged_at FROM apps WHERE app_id = $1";
    /// Of some ids those that are known.
    KNOWN = "SELECT app_id FROM apps WHERE app_id = ANY($1)";
    SAVE = "
        INSERT INTO apps (app_id, app_secret, verify_token)
        VALUES ($1, $2, $3)
        ON CONFLICT (app_id) DO UPDATE SET app_secret = excluded.app_secret, verify_token = excluded.verify_token";
    /// As [`SAVE`], unless the app is known.
    ADD = "
        INSERT INTO apps (app_id, app_secret, verify_token)
        VALUES ($1, $2, $3)
        ON CONFLICT (app_id) DO NOTHING";
    CHALLENGED = "UPDATE apps SET challenged_at = $2 WHERE app_id = $1";
    /// As [`FIND`], and nobody changes it until the transaction ends.
    FIND_AND_HOLD = "SELECT app_secret, verify_token FROM apps WHERE app_id = $1 FOR SHARE";
}

/// A Meta app.
#[derive(Clone, PartialEq, Eq)]
pub struct App {
    pub app_id: String,
    pub app_secret: String,
    pub verify_token: String,
}

impl Store {
    /// The app with this id.
    ///
    /// # Errors
    /// As PostgreSQL answers, and when a secret cannot be opened.
    pub async fn app(&self, app_id: &str) -> Result<Option<App>> {
        let Some(row) = self.query_opt(&FIND, &[&app_id]).await? else { return Ok(None) };
        Ok(Some(opened(self.keys(), app_id, &row)?))
    }

    /// An app, and when Meta last asked whether our address is ours.
    ///
    /// # Errors
    /// As PostgreSQL answers, and when a secret cannot be opened.
    pub async fn app_with_challenge(&self, app_id: &str) -> Result<Option<(App, Option<Timestamp>)>> {
        let Some(row) = self.query_opt(&FIND, &[&app_id]).await? else { return Ok(None) };
        Ok(Some((opened(self.keys(), app_id, &row)?, row.get(2))))
    }

    /// Keeps that Meta asked whether our address is ours, and was answered.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_challenged(&self, app_id: &str, at: Timestamp) -> Result<()> {
        self.execute(&CHALLENGED, &[&app_id, &at]).await?;
        Ok(())
    }

    /// Of some apps those that are known here.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn known_apps(&self, app_ids: &[String]) -> Result<BTreeSet<String>> {
        Ok(self.query(&KNOWN, &[&app_ids]).await?.iter().map(|row| row.get(0)).collect())
    }

    /// Adds an app, or changes its secrets.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn save_app(&self, app: &App) -> Result<()> {
        let [app_secret, verify_token] = sealed(self.keys(), app)?;
        self.execute(&SAVE, &[&app.app_id, &app_secret, &verify_token]).await?;
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
/// As PostgreSQL answers, and when a secret cannot be opened.
pub async fn save(transaction: &Transaction<'_>, keys: &Keys, app: &App, known: IfKnown) -> Result<bool> {
    let statement = prepare(transaction, if known == IfKnown::Replace { &SAVE } else { &ADD }).await?;
    let [app_secret, verify_token] = sealed(keys, app)?;
    if transaction.execute(&statement, &[&app.app_id, &app_secret, &verify_token]).await? == 1 {
        return Ok(true);
    }
    let statement = prepare(transaction, &FIND_AND_HOLD).await?;
    let row = transaction.query_one(&statement, &[&app.app_id]).await?;
    Ok(opened(keys, &app.app_id, &row)? == *app)
}

pub(super) fn app_secret_place(app_id: &str) -> Place<'_> {
    Place { table: "apps", row: app_id, column: "app_secret" }
}

pub(super) fn verify_token_place(app_id: &str) -> Place<'_> {
    Place { table: "apps", row: app_id, column: "verify_token" }
}

fn opened(keys: &Keys, app_id: &str, row: &Row) -> Result<App> {
    let (app_secret, verify_token) =
        (keys.open_text(app_secret_place(app_id), row.get(0))?, keys.open_text(verify_token_place(app_id), row.get(1))?);
    Ok(App { app_id: app_id.to_owned(), app_secret, verify_token })
}

fn sealed(keys: &Keys, app: &App) -> Result<[String; 2]> {
    let app_secret = keys.seal(app_secret_place(&app.app_id), app.app_secret.as_bytes())?;
    Ok([app_secret, keys.seal(verify_token_place(&app.app_id), app.verify_token.as_bytes())?])
}
