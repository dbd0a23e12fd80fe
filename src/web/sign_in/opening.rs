//! What every way of signing in ends with: a session, in a browser that is known from then on.

use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::domain::ids::{UserId, WorkspaceId};
use crate::web::edge::client_address::{client_address, network_of};
use crate::web::edge::error::{Error, Result};
use crate::web::sessions;
use crate::web::sessions::devices;
use crate::web::state::State;

#[derive(Deserialize)]
pub(in crate::web) struct Question {
    #[serde(default)]
    pub(super) next: String,
}

/// Opens a session, and makes the browser one that has signed in before; nothing when the password that was proved is another one by now.
pub(super) async fn begin(
    state: &State,
    request: &HttpRequest,
    (workspace, user): (WorkspaceId, UserId),
    (email, password_hash): (&str, &str),
    now: Timestamp,
) -> Result<Option<Vec<Cookie<'static>>>> {
    let account = digest(&email.to_lowercase());
    let marks = marks(state, request);
    let known_by = devices::known_by(&state.tokens, &marks, &account, now).await?;
    let mut cookies = match sessions::begin(state, (workspace, user), password_hash, request, now).await {
        Ok(cookies) => cookies,
        Err(Error::Unsigned) => return Ok(None),
        Err(error) => return Err(error),
    };
    let marks = devices::renewed(&state.tokens, &marks, known_by.as_deref(), &account, now).await?;
    cookies.push(state.cookies().device_cookie(marks));
    tracing::info!(%workspace, %user, "signed in");
    Ok(Some(cookies))
}

/// What this browser is known by.
pub(super) fn marks(state: &State, request: &HttpRequest) -> String {
    request.cookie(state.cookies().device_name()).map_or_else(String::new, |cookie| cookie.value().to_owned())
}

/// Where a request comes from, as counts are kept under it.
pub(in crate::web) fn network_digest(state: &State, request: &HttpRequest) -> String {
    digest(&network_of(client_address(request, &state.config.trusted_proxies)).to_string())
}

/// What counts are kept under: neither addresses nor accounts are readable in Redis.
pub(in crate::web) fn digest(subject: &str) -> String {
    hex::encode(&Sha256::digest(subject)[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_counted_without_being_named() {
        assert_eq!(digest("ana@example.com").len(), 32);
        assert_ne!(digest("ana@example.com"), digest("ben@example.com"));
    }
}
