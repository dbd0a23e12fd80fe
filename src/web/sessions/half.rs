//! Somebody whose password was right and whose code is still asked for.
//!
//! It is no session: it opens nothing but the page that asks for the code. Another password ends it.

use hmac::Mac;
use jiff::{SignedDuration, Timestamp};

use super::stamp;
use super::tokens::{self, Tokens};
use crate::domain::ids::{UserId, WorkspaceId};
use crate::store::second_factors::Credentials;
use crate::store::signing_keys::SigningKey;
use crate::store::{self, Store};

/// What for its stamp is.
const FOR: &str = "half";

/// How long somebody may look for their telephone.
pub const HALF_MINUTES: i64 = 10;

const LIFE: SignedDuration = SignedDuration::from_mins(HALF_MINUTES);

/// Ours has some 180 characters; what is longer was not written by us.
const LONGEST: usize = 320;

/// Who it is, if the code is right too.
pub struct Half {
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub credentials: Credentials,
}

/// What the cookie of somebody holds whose password was right: `<key>.<when>.<workspace>.<user>.<nonce>.<proof>`.
///
/// # Errors
/// When a key is due and the database is away.
pub async fn written(
    tokens: &Tokens,
    workspace: WorkspaceId,
    user: UserId,
    password_hash: &str,
    now: Timestamp,
) -> Result<String, tokens::Error> {
    let key = tokens.signing_key(now).await?;
    let nonce: u128 = rand::random();
    let said = format!("{}.{}.{workspace}.{user}.{nonce:032x}", key.kid, now.as_second());
    let proof = hex::encode(stamp::of([FOR, password_hash, &said], &key).finalize().into_bytes());
    Ok(format!("{said}.{proof}"))
}

/// Whose cookie this is, while it counts.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn read(tokens: &Tokens, store: &Store, cookie: &str, now: Timestamp) -> Result<Option<Half>, store::Error> {
    let Some((kid, made, workspace, user)) = parts(cookie) else { return Ok(None) };
    let age = now.duration_since(made);
    if age >= LIFE || age < -LIFE {
        return Ok(None);
    }
    let Some(key) = tokens.key(kid, now).await? else { return Ok(None) };
    let Some(credentials) = store.credentials(workspace, user).await? else { return Ok(None) };
    let is_ours = counts(cookie, &credentials.password_hash, &key);
    Ok((is_ours && credentials.active).then_some(Half { workspace, user, credentials }))
}

fn parts(cookie: &str) -> Option<(&str, Timestamp, WorkspaceId, UserId)> {
    if cookie.len() > LONGEST {
        return None;
    }
    let mut parts = cookie.split('.');
    let (kid, made) = (parts.next()?, parts.next()?.parse().ok()?);
    let (workspace, user) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((kid, Timestamp::from_second(made).ok()?, workspace, user))
}

fn counts(cookie: &str, password_hash: &str, key: &SigningKey) -> bool {
    let Some((said, sent)) = cookie.rsplit_once('.') else { return false };
    hex::decode(sent).is_ok_and(|sent| stamp::of([FOR, password_hash, said], key).verify_slice(&sent).is_ok())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::web::sessions::tokens::tests::{now, tokens_without_database};

    #[tokio::test]
    async fn it_belongs_to_one_person_one_password_and_one_key() {
        let tokens = tokens_without_database(now());
        let key = tokens.signing_key(now()).await.unwrap();
        let (workspace, user) = (WorkspaceId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let cookie = written(&tokens, workspace, user, "hash", now()).await.unwrap();
        assert!(cookie.len() <= LONGEST, "{}", cookie.len());
        assert_eq!(parts(&cookie).map(|(_, _, workspace, user)| (workspace, user)), Some((workspace, user)));
        assert!(counts(&cookie, "hash", &key));
        assert!(!counts(&cookie, "another hash", &key), "another password does not end it");
        let of_another = cookie.replace(&user.to_string(), &UserId(Uuid::from_u128(3)).to_string());
        assert!(!counts(&of_another, "hash", &key));
        assert!(parts("").is_none() && parts("a.b.c.d.e.f").is_none());
    }
}
