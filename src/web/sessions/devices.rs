//! Browsers that have signed in before.
//!
//! Each account that signed in leaves a mark in a cookie that outlives its session. A mark proves nothing about who sits there; it only
//! says that this browser is not one of the strangers who guess, so what they do is not held against it.

use hmac::Mac;
use jiff::{SignedDuration, Timestamp};

use super::stamp;
use super::tokens::{self, Tokens};
use crate::store;
use crate::store::signing_keys::{KEPT_FOR, SIGNS_FOR, SigningKey};

/// What for its stamp is.
const FOR: &str = "device";

/// A browser that nobody signed in with for this many days is a stranger again.
pub const KNOWN_DAYS: i64 = 91;

/// How long a mark counts.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * KNOWN_DAYS);

/// The key of a mark is kept as long as the mark counts.
const _: () = assert!(KEPT_FOR.as_secs() >= SIGNS_FOR.as_secs() + LIFE.as_secs());

/// People who share a browser, as at a desk with shifts; the one who has not been there longest is forgotten.
const MOST_ACCOUNTS: usize = 4;

/// A mark is some 90 characters; what is longer was not written by us.
const LONGEST_MARK: usize = 128;

/// Between marks; it stands in none.
const BETWEEN: char = '~';

/// The mark in `cookie` that makes this browser known to `account`, if one still counts.
///
/// # Errors
/// When its key must be looked up and the database is away.
pub async fn known_by(tokens: &Tokens, cookie: &str, account: &str, now: Timestamp) -> Result<Option<String>, store::Error> {
    for mark in marks(cookie) {
        let Some((kid, _)) = mark.split_once('.') else { continue };
        if tokens.key(kid, now).await?.is_some_and(|key| counts(mark, account, &key, now)) {
            return Ok(Some(mark.to_owned()));
        }
    }
    Ok(None)
}

/// What the cookie holds once `account` has signed in: a new mark in place of its `old` one, and those of others who use this browser.
///
/// # Errors
/// When a key is due and the database is away.
pub async fn renewed(tokens: &Tokens, cookie: &str, old: Option<&str>, account: &str, now: Timestamp) -> Result<String, tokens::Error> {
    let new = mark(account, rand::random(), &tokens.signing_key(now).await?, now);
    let others = marks(cookie).filter(|mark| Some(*mark) != old).take(MOST_ACCOUNTS - 1);
    Ok(others.fold(new.clone(), |cookie, mark| format!("{cookie}{BETWEEN}{mark}")))
}

fn marks(cookie: &str) -> impl Iterator<Item = &str> {
    cookie.split(BETWEEN).filter(|mark| !mark.is_empty() && mark.len() <= LONGEST_MARK).take(MOST_ACCOUNTS)
}

/// `<key>.<when>.<nonce>.<proof>`; whose mark it is, is in the proof alone.
fn mark(account: &str, nonce: u128, key: &SigningKey, now: Timestamp) -> String {
    let said = format!("{}.{}.{nonce:032x}", key.kid, now.as_second());
    let proof = hex::encode(stamp::of([FOR, account, &said], key).finalize().into_bytes());
    format!("{said}.{proof}")
}

fn counts(mark: &str, account: &str, key: &SigningKey, now: Timestamp) -> bool {
    let Some((said, proof_sent)) = mark.rsplit_once('.') else { return false };
    let made = said.split('.').nth(1).and_then(|made| Timestamp::from_second(made.parse().ok()?).ok());
    let is_ours = hex::decode(proof_sent).is_ok_and(|sent| stamp::of([FOR, account, said], key).verify_slice(&sent).is_ok());
    is_ours && made.is_some_and(|made| now.duration_since(made) < LIFE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sessions::tokens::tests::{now, tokens_without_database};

    #[tokio::test]
    async fn a_browser_is_known_to_its_account_for_three_months() {
        let tokens = tokens_without_database(now());
        let cookie = renewed(&tokens, "", None, "ana", now()).await.unwrap();
        assert_eq!(known_by(&tokens, &cookie, "ana", now()).await.unwrap().as_deref(), Some(cookie.as_str()));
        assert_eq!(known_by(&tokens, &cookie, "ben", now()).await.unwrap(), None);
        let last = now() + LIFE - SignedDuration::from_secs(1);
        assert!(known_by(&tokens, &cookie, "ana", last).await.unwrap().is_some());
        assert!(known_by(&tokens, &cookie, "ana", now() + LIFE).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_mark_changed_in_any_place_is_none() {
        let tokens = tokens_without_database(now());
        let cookie = renewed(&tokens, "", None, "ana", now()).await.unwrap();
        for place in 0..cookie.len() {
            let mut changed = cookie.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(known_by(&tokens, &changed, "ana", now()).await.unwrap(), None, "{changed}");
        }
    }

    #[tokio::test]
    async fn a_session_token_is_no_mark() {
        let tokens = tokens_without_database(now());
        let token = tokens.sign(&crate::web::sessions::tokens::tests::ana(crate::domain::access::Role::Admin), now()).await.unwrap();
        assert_eq!(known_by(&tokens, &token, "ana", now()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn those_who_share_a_browser_are_all_known_up_to_a_bound() {
        let tokens = tokens_without_database(now());
        let mut cookie = String::new();
        for account in ["ana", "ben", "ana", "cem", "dee", "eve"] {
            let old = known_by(&tokens, &cookie, account, now()).await.unwrap();
            cookie = renewed(&tokens, &cookie, old.as_deref(), account, now()).await.unwrap();
        }
        for (account, is_known) in [("ana", true), ("ben", false), ("cem", true), ("dee", true), ("eve", true)] {
            assert_eq!(known_by(&tokens, &cookie, account, now()).await.unwrap().is_some(), is_known, "{account}");
        }
        assert_eq!(cookie.split(BETWEEN).count(), MOST_ACCOUNTS);
    }
}
