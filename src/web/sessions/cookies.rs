//! The cookies a browser is given, and how each is written.

use std::fmt;
use std::str::FromStr;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::devices::KNOWN_DAYS;
use super::half::HALF_MINUTES;
use crate::domain::ids::{SessionId, WorkspaceId};
use crate::web::locale::{self, Locale};

/// A session ends when it was not used for this many days.
pub const SESSION_DAYS: i64 = 14;

/// Whether cookies are bound to this host and to TLS: wherever the public address is https.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// `__Host-` names, `Secure`.
    Host,
    /// Plain http, as on one's own machine: browsers refuse the prefix there.
    Plain,
}

impl Binding {
    /// By the scheme of the public address.
    #[must_use]
    pub fn of(public_url: &url::Url) -> Self {
        if public_url.scheme() == "https" { Self::Host } else { Self::Plain }
    }

    /// The name of the cookie that holds the session.
    #[must_use]
    pub fn session_name(self) -> &'static str {
        match self {
            Self::Host => "__Host-baton",
            Self::Plain => "baton",
        }
    }

    /// The name of the cookie that holds the short-lived token.
    #[must_use]
    pub fn token_name(self) -> &'static str {
        match self {
            Self::Host => "__Host-baton-token",
            Self::Plain => "baton-token",
        }
    }

    /// The name of the cookie that says which accounts have signed in here before.
    #[must_use]
    pub fn device_name(self) -> &'static str {
        match self {
            Self::Host => "__Host-baton-device",
            Self::Plain => "baton-device",
        }
    }

    /// The name of the cookie of somebody whose code is still asked for.
    #[must_use]
    pub fn half_name(self) -> &'static str {
        match self {
            Self::Host => "__Host-baton-half",
            Self::Plain => "baton-half",
        }
    }

    /// The cookie of somebody whose password was right.
    #[must_use]
    pub fn half_cookie(self, half: String) -> Cookie<'static> {
        self.cookie(self.half_name(), half, Duration::minutes(HALF_MINUTES))
    }

    /// Makes the browser forget it.
    #[must_use]
    pub fn no_half_cookie(self) -> Cookie<'static> {
        self.cookie(self.half_name(), String::new(), Duration::ZERO)
    }

    /// The cookie that holds the session.
    #[must_use]
    pub fn session_cookie(self, session: &SessionCookie) -> Cookie<'static> {
        self.cookie(self.session_name(), session.to_string(), Duration::days(SESSION_DAYS))
    }

    /// The cookie that holds the token. It outlives the token on purpose: an expired one is renewed from the session.
    #[must_use]
    pub fn token_cookie(self, token: String) -> Cookie<'static> {
        self.cookie(self.token_name(), token, Duration::days(SESSION_DAYS))
    }

    /// Makes the browser drop the token, so that the next request reads the person afresh.
    #[must_use]
    pub fn no_token_cookie(self) -> Cookie<'static> {
        self.cookie(self.token_name(), String::new(), Duration::ZERO)
    }

    /// The cookie that makes this browser known; signing out leaves it.
    #[must_use]
    pub fn device_cookie(self, marks: String) -> Cookie<'static> {
        self.cookie(self.device_name(), marks, Duration::days(KNOWN_DAYS))
    }

    /// Makes the browser drop both.
    #[must_use]
    pub fn signed_out(self) -> [Cookie<'static>; 2] {
        [self.cookie(self.session_name(), String::new(), Duration::ZERO), self.no_token_cookie()]
    }

    /// The cookie that remembers the language on this machine.
    #[must_use]
    pub fn locale_cookie(self, locale: Locale) -> Cookie<'static> {
        self.cookie(locale::COOKIE, locale.as_str().to_owned(), Duration::days(365))
    }

    fn cookie(self, name: &'static str, value: String, life: Duration) -> Cookie<'static> {
        Cookie::build(name, value).path("/").http_only(true).same_site(SameSite::Lax).secure(self == Self::Host).max_age(life).finish()
    }
}

/// What the session cookie holds: `<workspace>.<session>.<secret>`. Whoever has it is that person, so it is never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionCookie {
    pub workspace: WorkspaceId,
    pub session: SessionId,
    secret: [u8; 32],
}

impl SessionCookie {
    /// `secret` is random.
    #[must_use]
    pub fn new(workspace: WorkspaceId, session: SessionId, secret: [u8; 32]) -> Self {
        Self { workspace, session, secret }
    }

    /// What is stored instead of the secret. A plain hash suffices: there are 256 random bits to guess.
    #[must_use]
    pub fn secret_hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }
}

impl fmt::Display for SessionCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.workspace, self.session, URL_SAFE_NO_PAD.encode(self.secret))
    }
}

/// A cookie that we did not write.
#[derive(Debug, PartialEq, Eq)]
pub struct NotASession;

impl FromStr for SessionCookie {
    type Err = NotASession;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.');
        let mut part = || parts.next().ok_or(NotASession);
        let workspace = part()?.parse().map_err(|_| NotASession)?;
        let session = part()?.parse().map_err(|_| NotASession)?;
        let secret = URL_SAFE_NO_PAD.decode(part()?).ok().and_then(|secret| secret.try_into().ok()).ok_or(NotASession)?;
        if parts.next().is_some() { Err(NotASession) } else { Ok(Self { workspace, session, secret }) }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn session() -> SessionCookie {
        SessionCookie::new(WorkspaceId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)), [7; 32])
    }

    #[test]
    fn a_session_cookie_is_read_back_as_it_was_written() {
        let read: SessionCookie = session().to_string().parse().unwrap_or_else(|_| panic!("not read"));
        assert!(read == session());
        assert_eq!(read.secret_hash(), session().secret_hash());
        assert_ne!(read.secret_hash(), [7; 32]);
    }

    #[test]
    fn a_cookie_with_a_part_missing_added_or_shortened_is_no_session() {
        let whole = session().to_string();
        let (ids, secret) = whole.rsplit_once('.').unwrap();
        let wrong = [
            String::new(),
            ids.to_owned(),
            format!("{whole}.x"),
            format!("{ids}.{}", &secret[..40]),
            format!("{ids}.{secret}AAAA"),
            format!("x{whole}"),
        ];
        for text in wrong {
            assert!(text.parse::<SessionCookie>() == Err(NotASession), "{text}");
        }
    }

    #[test]
    fn over_https_cookies_are_bound_to_the_host_and_to_tls() {
        let cookie = Binding::Host.session_cookie(&session());
        assert_eq!(cookie.name(), "__Host-baton");
        let written = cookie.to_string();
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=1209600"] {
            assert!(written.contains(part), "{part} is missing in {written}");
        }
        assert!(!written.contains("Domain"));
    }

    #[test]
    fn over_plain_http_cookies_have_neither_prefix_nor_secure() {
        let written = Binding::Plain.token_cookie("t".to_owned()).to_string();
        assert!(written.starts_with("baton-token=t;"));
        assert!(written.contains("HttpOnly") && !written.contains("Secure"));
    }

    #[test]
    fn signing_out_drops_both_cookies_at_once() {
        for cookie in Binding::Host.signed_out() {
            assert_eq!(cookie.value(), "");
            assert_eq!(cookie.max_age(), Some(Duration::ZERO));
        }
    }

    #[test]
    fn the_binding_follows_the_public_address() {
        assert_eq!(Binding::of(&"https://inbox.example".parse().unwrap()), Binding::Host);
        assert_eq!(Binding::of(&"http://127.0.0.1:8080".parse().unwrap()), Binding::Plain);
    }
}
