//! Whether somebody is who they say: by their password, by the code that their app shows, by a code to be used once.

use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::signed::Signed;
use crate::domain::totp::TotpSecret;
use crate::live::rate_limits::{Limit, Verdict};
use crate::store::second_factors::Credentials;
use crate::web::edge::error::{Error, Result};
use crate::web::state::State;

/// How long a proof counts for what is sensitive; signing in is one.
pub const COUNTS_FOR: SignedDuration = SignedDuration::from_mins(10);

/// Wrong proofs of somebody who is signed in.
const PROOFS: Limit = Limit { name: "proof", attempts: 10, window: Duration::from_secs(900) };

/// Wrong codes of somebody whose password was right: three of a million count at a time.
const CODES: Limit = Limit { name: "second-step", attempts: 5, window: Duration::from_secs(300) };
const CODES_IN_A_DAY: Limit = Limit { name: "second-step-day", attempts: 50, window: Duration::from_secs(24 * 3600) };

/// Codes to be used once that somebody gets.
const RECOVERY_CODES: usize = 10;

/// Bytes of one: 16 letters and digits, 80 bits.
const RECOVERY_BYTES: usize = 10;

/// What came of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    Right,
    Wrong,
    /// Too many were wrong; after this they may try again.
    TooMany(Duration),
}

/// What somebody who is signed in proves with who they are.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn credentials(state: &State, signed: &Signed) -> Result<Credentials> {
    state.store.credentials(signed.workspace, signed.user).await?.ok_or(Error::Unsigned)
}

/// Whether the last proof of this session is recent enough for what is sensitive.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn is_fresh(state: &State, signed: &Signed, now: Timestamp) -> Result<bool> {
    let proven_at = state.store.proven_at(signed.workspace, signed.session).await?;
    Ok(proven_at.is_some_and(|proven_at| now.duration_since(proven_at) < COUNTS_FOR))
}

/// Whether that is their password.
///
/// # Errors
/// As PostgreSQL answers, and when the machine is busy with others.
pub async fn by_password(state: &State, credentials: &Credentials, typed: &str) -> Result<Proof> {
    let subject = credentials.account.to_string();
    if let Verdict::Refused { wait } = state.rate_limits.take(&PROOFS, &subject).await {
        return Ok(Proof::TooMany(wait));
    }
    if !state.passwords.is_right(typed.to_owned(), Some(credentials.password_hash.clone())).await? {
        return Ok(Proof::Wrong);
    }
    state.rate_limits.give_back(&PROOFS, &subject).await;
    Ok(Proof::Right)
}

/// Whether that is their password, or what their app shows.
///
/// # Errors
/// As [`by_password`].
pub async fn by_either(state: &State, credentials: &Credentials, typed: &str, now: Timestamp) -> Result<Proof> {
    if TotpSecret::may_be_code(typed) && credentials.totp.is_some() {
        // Whoever guesses at a sign-in is not held against whoever is in.
        by_code(state, credentials, &format!("{}-inside", credentials.account), typed, now).await
    } else {
        by_password(state, credentials, typed).await
    }
}

/// Whether that is what their app shows, or one of the codes that they have left. Neither counts twice. `from` is whose guesses are counted
/// together.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn by_code(state: &State, credentials: &Credentials, from: &str, typed: &str, now: Timestamp) -> Result<Proof> {
    for limit in [&CODES, &CODES_IN_A_DAY] {
        if let Verdict::Refused { wait } = state.rate_limits.take(limit, from).await {
            return Ok(Proof::TooMany(wait));
        }
    }
    if !code_is_right(state, credentials, typed, now).await? {
        return Ok(Proof::Wrong);
    }
    for limit in [&CODES, &CODES_IN_A_DAY] {
        state.rate_limits.give_back(limit, from).await;
    }
    Ok(Proof::Right)
}

async fn code_is_right(state: &State, credentials: &Credentials, typed: &str, now: Timestamp) -> Result<bool> {
    let Some(secret) = &credentials.totp else { return Ok(false) };
    if let Some(step) = secret.step_of(typed, now, credentials.totp_step) {
        return Ok(state.store.take_totp_step(credentials.account, step).await?);
    }
    match recovery_hash(credentials.account, typed) {
        Some(hash) => Ok(state.store.use_recovery_code(credentials.account, &hash).await?),
        None => Ok(false),
    }
}

/// Codes to be used once, as they are shown: small letters and digits in groups of four.
#[must_use]
pub fn recovery_codes() -> Vec<String> {
    let code = || {
        let letters: Vec<char> = BASE32_NOPAD.encode(&rand::random::<[u8; RECOVERY_BYTES]>()).to_lowercase().chars().collect();
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    };
    std::iter::repeat_with(code).take(RECOVERY_CODES).collect()
}

/// What is stored of a code, however it is typed; nothing of what cannot be one. A plain hash suffices: there are 80 random bits to guess.
#[must_use]
pub fn recovery_hash(account: Uuid, typed: &str) -> Option<[u8; 32]> {
    let letters: String = typed.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_uppercase();
    let bytes = BASE32_NOPAD.decode(letters.as_bytes()).ok().filter(|bytes| bytes.len() == RECOVERY_BYTES)?;
    Some(Sha256::new().chain_update(account.as_bytes()).chain_update(&bytes).finalize().into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_to_be_used_once_are_ten_and_read_back_however_they_are_typed() {
        let (codes, account) = (recovery_codes(), Uuid::from_u128(7));
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 10);
        for code in &codes {
            let groups: Vec<usize> = code.split('-').map(str::len).collect();
            assert_eq!(groups, [4, 4, 4, 4], "{code}");
            let hash = recovery_hash(account, code);
            assert!(hash.is_some(), "{code}");
            assert_eq!(recovery_hash(account, &format!(" {} ", code.replace('-', " ").to_uppercase())), hash);
            assert_ne!(recovery_hash(Uuid::from_u128(8), code), hash, "it is of one account");
        }
        for wrong in ["", "287082", "abcd-efgh-ijkl-mno", "abcd-efgh-ijkl-mno1", "ñandú"] {
            assert_eq!(recovery_hash(account, wrong), None, "{wrong}");
        }
    }
}
