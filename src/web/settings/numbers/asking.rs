//! What WhatsApp says of apps, tokens and numbers, and its refusals in words that say what to do.

use jiff::Timestamp;
use url::Url;

use crate::channels::whatsapp::Client;
use crate::channels::whatsapp::client::{Error, NumberNode, Token};
use crate::domain::ids::InboxId;
use crate::store::apps::App;
use crate::store::connection_drafts::{DraftAccount, DraftNumber};
use crate::store::inboxes::Connection;
use crate::store::numbers::Health;
use crate::web::layouts::html::Html;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// What a token has to allow: sending, and looking after the account.
const PERMISSIONS: [&str; 2] = ["whatsapp_business_messaging", "whatsapp_business_management"];

/// The connection of a number that speaks.
pub async fn connection(state: &State, signed: &Signed, id: InboxId) -> crate::web::edge::error::Result<Connection> {
    let all = state.store.connections_of(signed.workspace).await?;
    let connection = all.into_iter().find(|connection| connection.inbox.id == id && !connection.address.is_empty());
    connection.ok_or(crate::web::edge::error::Error::NotFound)
}

/// Where Meta brings what customers write to the numbers of an app.
pub fn webhook_address(public_url: &Url, app_id: &str) -> String {
    public_url.join(&format!("webhooks/whatsapp/{app_id}")).map(String::from).unwrap_or_default()
}

/// Whether a token is of this app, lasts, and may do what it is for.
pub async fn is_good(graph: &Client, app: &App, token: &str, locale: Locale) -> Result<Token, Html> {
    let told = graph.token(&app.app_id, &app.app_secret, token).await.map_err(|error| words(locale, &error))?;
    if !told.is_valid {
        return Err(sentence(&locale, "numbers.refused.token", &[]));
    }
    if told.app_id != app.app_id {
        return Err(sentence(&locale, "numbers.token_of_another_app", &[("app", &told.app_id)]));
    }
    let missing: Vec<&str> = PERMISSIONS.into_iter().filter(|wanted| !told.scopes.iter().any(|scope| scope == wanted)).collect();
    if missing.is_empty() { Ok(told) } else { Err(sentence(&locale, "numbers.token_lacks", &[("permissions", &missing.join(", "))])) }
}

/// A business account with its numbers.
pub async fn account(graph: &Client, waba_id: &str, token: &str) -> Result<DraftAccount, Error> {
    let (name, numbers) = tokio::try_join!(graph.account_name(waba_id, token), graph.numbers_of(waba_id, token))?;
    let numbers = numbers.into_iter().map(|node| number(node, waba_id)).collect();
    Ok(DraftAccount { id: waba_id.to_owned(), name, numbers })
}

fn number(node: NumberNode, waba_id: &str) -> DraftNumber {
    DraftNumber {
        is_registered: node.is_registered(),
        id: node.id,
        waba_id: waba_id.to_owned(),
        display: node.display_phone_number.unwrap_or_default(),
        verified_name: node.verified_name.unwrap_or_default(),
    }
}

/// How a number is, as it is kept.
#[must_use]
pub fn health(node: NumberNode, looked_at: Timestamp) -> Health {
    Health {
        verified_name: node.verified_name.unwrap_or_default(),
        quality: node.quality_rating.unwrap_or_default(),
        messaging_limit: node.messaging_limit.unwrap_or_default(),
        status: node.status.unwrap_or_default(),
        looked_at,
    }
}

/// Why WhatsApp said no, and what to do (Meta, "Error Codes").
#[must_use]
pub fn words(locale: Locale, error: &Error) -> Html {
    let Error::Refused { failure, .. } = error else {
        let key = if matches!(error, Error::Unreachable { .. }) { "numbers.refused.unreachable" } else { "numbers.refused.unexpected" };
        return sentence(&locale, key, &[]);
    };
    refusal(locale, failure.code, &failure.title)
}

/// As [`words`], of one of Meta's codes.
#[must_use]
pub fn refusal(locale: Locale, code: i64, title: &str) -> Html {
    let key = match code {
        0 | 190 => "numbers.refused.token",
        10 | 200..=299 => "numbers.refused.permission",
        33 | 100 | 803 => "numbers.refused.unknown",
        4 | 80_007 | 80_008 | 130_429 | 131_056 => "numbers.refused.often",
        101 => "numbers.refused.app",
        131_026 => "numbers.refused.unreachable_phone",
        131_030 => "numbers.refused.not_allowed_phone",
        131_031 | 368 => "numbers.refused.locked",
        131_042 => "numbers.refused.payment",
        131_047 => "numbers.refused.window",
        132_001 => "numbers.refused.template",
        133_005 => "numbers.refused.pin",
        133_008 | 133_009 | 133_016 => "numbers.refused.tries",
        133_010 => "numbers.refused.unregistered",
        _ => return sentence(&locale, "numbers.refused.other", &[("code", &code.to_string()), ("title", title)]),
    };
    sentence(&locale, key, &[])
}
