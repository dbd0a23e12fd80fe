//! What has to be right around a number before it can speak: app, token, business account, registration, subscription. Each call says one
//! thing, and may be repeated.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Client, Error};

/// Pages of a list that are read at most, and how long each is.
const MOST_PAGES: usize = 10;
const PAGE: &str = "100";

/// What is told of a number.
const FIELDS: &str = "display_phone_number,verified_name,quality_rating,status,platform_type,whatsapp_business_manager_messaging_limit";

/// What Meta says of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub is_valid: bool,
    /// Whose it is.
    pub app_id: String,
    /// Nothing when it lasts.
    pub expires_at: Option<Timestamp>,
    pub scopes: Vec<String>,
    /// The business accounts that it is for; none where it is for all of them.
    pub accounts: Vec<String>,
}

/// A number of a business account, or by itself; each part may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NumberNode {
    pub id: String,
    pub display_phone_number: Option<String>,
    pub verified_name: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
    pub quality_rating: Option<String>,
    /// `CONNECTED` when all is well.
    pub status: Option<String>,
    /// `CLOUD_API` once it is registered.
    pub platform_type: Option<String>,
    /// `TIER_250` and so on: people it may write to first in a day.
    #[serde(rename = "whatsapp_business_manager_messaging_limit")]
    pub messaging_limit: Option<String>,
}

impl NumberNode {
    /// Whether it can send and is heard: registered for the Cloud API.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        let is = |told: &Option<String>, wanted: &str| told.as_deref().is_some_and(|told| told == wanted);
        is(&self.platform_type, "CLOUD_API") && !is(&self.status, "PENDING") && !is(&self.status, "DISCONNECTED")
    }
}

impl Client {
    /// The name of an app, which proves that id and secret belong together.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn app_name(&self, app_id: &str, app_secret: &str) -> Result<String, Error> {
        let mut address = self.address(&[app_id]);
        address.query_pairs_mut().append_pair("fields", "name");
        let answer = self.ask(self.http.get(address).bearer_auth(app_token(app_id, app_secret))).await?;
        Ok(answer.get("name").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// What a token is good for.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn token(&self, app_id: &str, app_secret: &str, token: &str) -> Result<Token, Error> {
        let mut address = self.address(&["debug_token"]);
        address.query_pairs_mut().append_pair("input_token", token);
        let answer = self.ask(self.http.get(address).bearer_auth(app_token(app_id, app_secret))).await?;
        let data: TokenData = serde_json::from_value(answer.get("data").cloned().unwrap_or_default())
            .map_err(|error| Error::Unexpected { reason: error.to_string() })?;
        let mut accounts: Vec<String> =
            data.granular_scopes.into_iter().filter(is_of_whatsapp).flat_map(|scope| scope.target_ids).collect();
        accounts.sort_unstable();
        accounts.dedup();
        Ok(Token {
            is_valid: data.is_valid,
            app_id: text(&data.app_id),
            expires_at: Timestamp::from_second(data.expires_at).ok().filter(|_| data.expires_at > 0),
            scopes: data.scopes,
            accounts,
        })
    }

    /// The name of a business account.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn account_name(&self, waba_id: &str, token: &str) -> Result<String, Error> {
        let mut address = self.address(&[waba_id]);
        address.query_pairs_mut().append_pair("fields", "name");
        let answer = self.ask(self.http.get(address).bearer_auth(token)).await?;
        Ok(answer.get("name").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// The numbers of a business account; a thousand of them at most.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn numbers_of(&self, waba_id: &str, token: &str) -> Result<Vec<NumberNode>, Error> {
        let (mut all, mut after) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut address = self.address(&[waba_id, "phone_numbers"]);
            address.query_pairs_mut().append_pair("fields", FIELDS).append_pair("limit", PAGE);
            if let Some(after) = &after {
                address.query_pairs_mut().append_pair("after", after);
            }
            let answer = self.ask(self.http.get(address).bearer_auth(token)).await?;
            let page: Page = serde_json::from_value(answer).map_err(|error| Error::Unexpected { reason: error.to_string() })?;
            all.extend(page.data);
            after = page.paging.filter(|paging| paging.next.is_some()).and_then(|paging| paging.cursors?.after);
            if after.is_none() {
                break;
            }
        }
        Ok(all)
    }

    /// How a number is.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn number(&self, phone_number_id: &str, token: &str) -> Result<NumberNode, Error> {
        let mut address = self.address(&[phone_number_id]);
        address.query_pairs_mut().append_pair("fields", FIELDS);
        let answer = self.ask(self.http.get(address).bearer_auth(token)).await?;
        serde_json::from_value(answer).map_err(|error| Error::Unexpected { reason: error.to_string() })
    }

    /// Registers a number for the Cloud API. A number without a PIN gets this one.
    ///
    /// # Errors
    /// [`Error`]; ten tries within 72 hours are allowed.
    pub async fn register(&self, phone_number_id: &str, token: &str, pin: &str) -> Result<(), Error> {
        let body = json!({ "messaging_product": "whatsapp", "pin": pin });
        self.ask(self.http.post(self.address(&[phone_number_id, "register"])).bearer_auth(token).json(&body)).await.map(drop)
    }

    /// Whether an app hears of a business account.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn is_subscribed(&self, waba_id: &str, token: &str, app_id: &str) -> Result<bool, Error> {
        let answer = self.ask(self.http.get(self.address(&[waba_id, "subscribed_apps"])).bearer_auth(token)).await?;
        let apps = answer.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Ok(apps.iter().any(|app| app.pointer("/whatsapp_business_api_data/id").map(text).is_some_and(|id| id == app_id)))
    }

    /// The token's app hears of a business account from now on.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn subscribe(&self, waba_id: &str, token: &str) -> Result<(), Error> {
        self.ask(self.http.post(self.address(&[waba_id, "subscribed_apps"])).bearer_auth(token)).await.map(drop)
    }
}

/// What an app proves itself by (Meta, "Access Tokens").
fn app_token(app_id: &str, app_secret: &str) -> String {
    format!("{app_id}|{app_secret}")
}

#[derive(Deserialize)]
struct TokenData {
    #[serde(default)]
    is_valid: bool,
    #[serde(default)]
    app_id: Value,
    /// 0 for one that lasts.
    #[serde(default)]
    expires_at: i64,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    granular_scopes: Vec<GranularScope>,
}

#[derive(Deserialize)]
struct GranularScope {
    #[serde(default)]
    scope: String,
    #[serde(default)]
    target_ids: Vec<String>,
}

fn is_of_whatsapp(scope: &GranularScope) -> bool {
    scope.scope.starts_with("whatsapp_business_")
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    data: Vec<NumberNode>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    cursors: Option<Cursors>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Cursors {
    after: Option<String>,
}

/// An id, which Meta writes as text or as a number.
fn text(id: &Value) -> String {
    match id {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => String::new(),
    }
}
