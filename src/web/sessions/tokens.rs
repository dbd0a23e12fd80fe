//! Short-lived signed tokens: who a request comes from, without asking the database. And the keys behind them.
//!
//! A token is a JWT (HS256) that names its key by `kid`. Keys are shared by all nodes through the database and change once a week.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::signed::Signed;
use crate::domain::access::{AssignedRole, Permissions, Rights, Role, Visibility};
use crate::domain::ids::{MediaId, SessionId, UserId, WorkspaceId};
use crate::domain::looks::Looks;
use crate::live::endings::{Endings, REMEMBERED};
use crate::store::signing_keys::{SIGNS_FOR, SigningKey};
use crate::store::{self, Store};
use crate::web::locale::Locale;

/// How long a token counts. What changed about the person counts at once where it is heard of, and at the latest after this.
pub const LIFE: SignedDuration = SignedDuration::from_mins(1);

/// An ending that is forgotten before the tokens it ended would bring them back to life.
const _: () = assert!(REMEMBERED.as_secs() > LIFE.as_secs() + 30);

/// What an older key signed has long run out; it is kept for other ends.
const VERIFIES_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Forged `kid`s must not become a query each.
const READ_KEYS_AGAIN: SignedDuration = SignedDuration::from_secs(3);

const ISSUER: &str = "baton";

/// Why no token could be signed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("there is no signing key, though one was just made")]
    NoKey,
    #[error("a token cannot be signed: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

impl From<Error> for crate::web::edge::error::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::NoKey | Error::Sign(_) => Self::fault(error),
        }
    }
}

/// Signs and reads tokens. One for the whole process.
pub struct Tokens {
    store: Store,
    keys: RwLock<SigningKeys>,
    endings: Arc<Endings>,
}

/// The keys as last read, newest first.
#[derive(Default)]
struct SigningKeys {
    keys: Vec<SigningKey>,
    read_at: Option<Timestamp>,
}

/// What a token says.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    workspace: WorkspaceId,
    sub: UserId,
    sid: SessionId,
    role: Role,
    /// Of the workspace's own roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role_name: Option<String>,
    permissions: u64,
    visibility: Visibility,
    name: String,
    locale: String,
    #[serde(default)]
    works_elsewhere: bool,
    #[serde(default)]
    is_owner: bool,
    looks: Looks,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture: Option<MediaId>,
    #[serde(default)]
    owes_second_factor: bool,
    csrf: String,
    iat: i64,
    exp: i64,
}

impl Tokens {
    /// Tokens that do not outlive `endings`.
    #[must_use]
    pub fn new(store: Store, endings: Arc<Endings>) -> Self {
        Self { store, keys: RwLock::default(), endings }
    }

    /// A token for this person, good for [`LIFE`].
    ///
    /// # Errors
    /// When a key is due and the database is away.
    pub async fn sign(&self, signed: &Signed, now: Timestamp) -> Result<String, Error> {
        sign(signed, &self.signing_key(now).await?, now)
    }

    /// The person of a token that is ours and still counts.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn read(&self, token: &str, now: Timestamp) -> Result<Option<Signed>, store::Error> {
        let Some(kid) = kid(token) else { return Ok(None) };
        let key = self.key(&kid, now).await?.filter(|key| now.duration_since(key.created_at) < VERIFIES_FOR);
        let read = key.and_then(|key| read(token, &key, now));
        let counts = |(signed, made): &(Signed, Timestamp)| !self.endings.is_over(signed.workspace, signed.user, signed.session, *made);
        Ok(read.filter(counts).map(|(signed, _)| signed))
    }

    /// The key that signs now; a new one is made when it is due.
    ///
    /// # Errors
    /// When a key is due and the database is away.
    pub async fn signing_key(&self, now: Timestamp) -> Result<SigningKey, Error> {
        if !self.known_keys(|keys| may_sign(keys, now)) {
            self.rotate(now).await?;
        }
        self.known_keys(|keys| keys.first().cloned()).ok_or(Error::NoKey)
    }

    /// The key of this name. One this node does not know yet is looked up, at most every few seconds.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn key(&self, kid: &str, now: Timestamp) -> Result<Option<SigningKey>, store::Error> {
        let known = || self.known_keys(|keys| keys.iter().find(|key| key.kid == kid).cloned());
        let key = known();
        if key.is_none() && self.may_read_again(now) {
            self.read_keys(now).await?;
            return Ok(known());
        }
        Ok(key)
    }

    /// From now on no token of this session counts on this node.
    pub fn end(&self, session: SessionId, now: Timestamp) {
        self.endings.end_session(session, now);
    }

    async fn rotate(&self, now: Timestamp) -> Result<(), store::Error> {
        self.store.rotate_signing_key(&rand::random(), now).await?;
        self.read_keys(now).await
    }

    async fn read_keys(&self, now: Timestamp) -> Result<(), store::Error> {
        let keys = self.store.signing_keys(now).await?;
        self.know(keys, now);
        Ok(())
    }

    fn know(&self, keys: Vec<SigningKey>, now: Timestamp) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = SigningKeys { keys, read_at: Some(now) };
    }

    fn known_keys<T>(&self, ask: impl FnOnce(&[SigningKey]) -> T) -> T {
        ask(&self.keys.read().unwrap_or_else(PoisonError::into_inner).keys)
    }

    fn may_read_again(&self, now: Timestamp) -> bool {
        let read_at = self.keys.read().unwrap_or_else(PoisonError::into_inner).read_at;
        read_at.is_none_or(|read_at| now.duration_since(read_at) >= READ_KEYS_AGAIN)
    }
}

fn may_sign(keys: &[SigningKey], now: Timestamp) -> bool {
    keys.first().is_some_and(|newest| now.duration_since(newest.created_at) < SIGNS_FOR)
}

fn kid(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).ok()?.kid
}

fn sign(signed: &Signed, key: &SigningKey, now: Timestamp) -> Result<String, Error> {
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::HS256) };
    let AssignedRole { role, name: role_name, rights: Rights { permissions, visibility } } = signed.role.clone();
    let claims = Claims {
        iss: ISSUER.to_owned(),
        workspace: signed.workspace,
        sub: signed.user,
        sid: signed.session,
        role,
        role_name,
        permissions: permissions.bits(),
        visibility,
        name: signed.name.clone(),
        locale: signed.locale.as_str().to_owned(),
        works_elsewhere: signed.works_elsewhere,
        is_owner: signed.is_owner,
        looks: signed.looks,
        picture: signed.picture,
        owes_second_factor: signed.owes_second_factor,
        csrf: signed.csrf.clone(),
        iat: now.as_second(),
        exp: (now + LIFE).as_second(),
    };
    Ok(jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&key.secret))?)
}

/// What a token says, and when it was made.
fn read(token: &str, key: &SigningKey, now: Timestamp) -> Option<(Signed, Timestamp)> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["iss", "exp"]);
    // Compared below, with the clock that was handed in.
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(&key.secret), &validation).ok()?.claims;
    let rights = Rights { permissions: Permissions::from_bits(claims.permissions), visibility: claims.visibility };
    let made = Timestamp::from_second(claims.iat).ok()?;
    let signed = Signed {
        workspace: claims.workspace,
        user: claims.sub,
        session: claims.sid,
        role: AssignedRole { role: claims.role, name: claims.role_name, rights },
        name: claims.name,
        locale: Locale::of(&claims.locale).unwrap_or_default(),
        works_elsewhere: claims.works_elsewhere,
        is_owner: claims.is_owner,
        looks: claims.looks,
        picture: claims.picture,
        owes_second_factor: claims.owes_second_factor,
        csrf: claims.csrf,
    }
    .reading();
    (now.as_second() < claims.exp).then_some((signed, made))
}

#[cfg(test)]
pub(in crate::web) mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::store::sealed::Keys;

    pub fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    pub fn ana(role: Role) -> Signed {
        Signed {
            workspace: WorkspaceId(Uuid::from_u128(1)),
            user: UserId(Uuid::from_u128(2)),
            session: SessionId(Uuid::from_u128(3)),
            role: role.into(),
            name: "Ana".to_owned(),
            locale: Locale::of("es").unwrap(),
            works_elsewhere: false,
            is_owner: false,
            looks: Looks::default(),
            picture: None,
            owes_second_factor: false,
            csrf: "token".to_owned(),
        }
        .reading()
    }

    fn key(kid: &str, secret: u8, created_at: Timestamp) -> SigningKey {
        SigningKey { kid: kid.to_owned(), secret: vec![secret; 32], created_at }
    }

    /// Tokens that know a fresh key and have no database behind them.
    pub fn tokens_without_database(now: Timestamp) -> Tokens {
        let tokens = Tokens::new(store_without_database(), Arc::default());
        tokens.know(vec![key("today", 1, now)], now);
        tokens
    }

    pub fn store_without_database() -> Store {
        Store::new("host=/nowhere user=nobody", 1, Keys::default()).unwrap()
    }

    #[tokio::test]
    async fn a_token_says_who_signed_in_until_it_runs_out() {
        let tokens = tokens_without_database(now());
        let token = tokens.sign(&ana(Role::Supervisor), now()).await.unwrap();
        let last_second = now() + LIFE - SignedDuration::from_secs(1);
        assert_eq!(tokens.read(&token, last_second).await.unwrap(), Some(ana(Role::Supervisor)));
        assert_eq!(tokens.read(&token, now() + LIFE).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_token_of_another_key_or_changed_by_hand_says_nothing() {
        let tokens = tokens_without_database(now());
        let token = tokens.sign(&ana(Role::Agent), now()).await.unwrap();
        let forged = sign(&ana(Role::Admin), &key("today", 2, now()), now()).unwrap();
        assert_eq!(tokens.read(&forged, now()).await.unwrap(), None);
        let (signed_part, signature) = token.rsplit_once('.').unwrap();
        let (_, other_signature) = forged.rsplit_once('.').unwrap();
        assert_ne!(signature, other_signature);
        assert_eq!(tokens.read(&format!("{signed_part}.{other_signature}"), now()).await.unwrap(), None);
        assert_eq!(tokens.read(&format!("{signed_part}."), now()).await.unwrap(), None);
        assert_eq!(tokens.read("", now()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_token_that_names_no_algorithm_says_nothing() {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let tokens = tokens_without_database(now());
        let token = tokens.sign(&ana(Role::Admin), now()).await.unwrap();
        let claims = token.split('.').nth(1).unwrap();
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"today"}"#);
        assert_eq!(tokens.read(&format!("{header}.{claims}."), now()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_newest_key_signs_and_an_older_one_still_verifies() {
        let tokens = tokens_without_database(now());
        let old = tokens.sign(&ana(Role::Agent), now()).await.unwrap();
        tokens.know(vec![key("tomorrow", 5, now()), key("today", 1, now())], now());
        let new = tokens.sign(&ana(Role::Agent), now()).await.unwrap();
        assert_eq!((kid(&old).as_deref(), kid(&new).as_deref()), (Some("today"), Some("tomorrow")));
        assert!(tokens.read(&old, now()).await.unwrap().is_some());
        assert!(tokens.read(&new, now()).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn an_unknown_key_is_looked_up_but_not_for_every_request() {
        let tokens = tokens_without_database(now());
        let token = sign(&ana(Role::Agent), &key("elsewhere", 7, now()), now()).unwrap();
        assert_eq!(tokens.read(&token, now()).await.unwrap(), None, "the keys were read this second");
        let looked_up = tokens.read(&token, now() + READ_KEYS_AGAIN).await;
        assert!(looked_up.unwrap_err().is_away(), "the database was not asked");
    }

    #[tokio::test]
    async fn a_key_verifies_tokens_for_two_weeks_though_it_is_kept_for_longer() {
        let tokens = tokens_without_database(now());
        let made_late = |age| sign(&ana(Role::Agent), &key("today", 1, now()), now() + age).unwrap();
        let (last, after) = (VERIFIES_FOR - SignedDuration::from_secs(1), VERIFIES_FOR);
        assert!(tokens.read(&made_late(last), now() + last).await.unwrap().is_some());
        assert_eq!(tokens.read(&made_late(after), now() + after).await.unwrap(), None);
    }

    #[test]
    fn a_key_signs_for_a_week() {
        let keys = [key("today", 1, now())];
        assert!(may_sign(&keys, now() + SIGNS_FOR - SignedDuration::from_secs(1)));
        assert!(!may_sign(&keys, now() + SIGNS_FOR));
        assert!(!may_sign(&[], now()));
    }

    #[tokio::test]
    async fn a_token_says_nothing_after_its_session_or_its_persons_rights_ended() {
        let tokens = tokens_without_database(now());
        let token = tokens.sign(&ana(Role::Agent), now()).await.unwrap();
        let ana = ana(Role::Agent);
        tokens.endings.end_person(ana.workspace, ana.user, now());
        assert_eq!(tokens.read(&token, now()).await.unwrap(), None);
        let later = now() + SignedDuration::from_secs(10);
        let token = tokens.sign(&ana, later).await.unwrap();
        assert_eq!(tokens.read(&token, later).await.unwrap().as_ref(), Some(&ana));
        tokens.end(ana.session, later);
        assert_eq!(tokens.read(&token, later).await.unwrap(), None);
    }
}
