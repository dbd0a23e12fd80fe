//! Passwords: argon2id, away from the threads that answer, and a bounded number at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::password::{MOST, WeakPassword};
use crate::web::locale::Locale;

/// One takes 19 MiB and a core for some hundredths of a second; a flood of sign-ins must not take the machine.
const AT_A_TIME: usize = 2;

/// How long a sign-in waits for its turn.
const WAIT_FOR_TURN: Duration = Duration::from_secs(5);

/// Bytes of the longest password there can be; a longer one is refused unread.
const LONGEST: usize = 4 * MOST;

/// Why a password is not taken, for whoever chose it.
#[must_use]
pub fn words(locale: Locale, weak: WeakPassword) -> String {
    match weak {
        WeakPassword::TooShort { least } => locale.count(weak.key(), i64::try_from(least).unwrap_or(i64::MAX)),
        WeakPassword::TooLong | WeakPassword::Common | WeakPassword::OwnName => locale.t(weak.key()).into_owned(),
    }
}

/// Why a password could be neither made nor checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("too many passwords are being checked")]
    Busy,
    #[error("a password cannot be hashed: {0}")]
    Hash(String),
}

impl From<Error> for crate::web::edge::error::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Busy => Self::Away(error.to_string()),
            Error::Hash(_) => Self::fault(error),
        }
    }
}

/// Makes and checks password hashes; cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// The hash of nobody's password: checking it takes as long as checking a real one.
    nobody: Arc<str>,
    wait: Duration,
}

impl Passwords {
    /// # Errors
    /// When the system gives no random salt.
    pub fn new() -> Result<Self, Error> {
        let nobody = hash(&format!("{:x}{:x}", rand::random::<u128>(), rand::random::<u128>()))?;
        Ok(Self { turns: Arc::new(Semaphore::new(AT_A_TIME)), nobody: nobody.into(), wait: WAIT_FOR_TURN })
    }

    /// The hash of a new password, in PHC form.
    ///
    /// # Errors
    /// When the machine is busy with others.
    pub async fn hash(&self, password: String) -> Result<String, Error> {
        let turn = self.turn().await?;
        blocking(turn, move || hash(&password)).await?
    }

    /// Whether `password` is the one of `stored`. Without a stored one the answer is no, after the same time.
    ///
    /// # Errors
    /// When the machine is busy with others.
    pub async fn is_right(&self, password: String, stored: Option<String>) -> Result<bool, Error> {
        let turn = self.turn().await?;
        let is_somebody = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        let fits = blocking(turn, move || password.len() <= LONGEST && fits(&password, &stored)).await?;
        Ok(fits && is_somebody)
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        match tokio::time::timeout(self.wait, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(Error::Busy),
        }
    }
}

/// Runs `work` on a thread that may block; the turn ends with it, even when nobody waits for it any more.
async fn blocking<T: Send + 'static>(turn: OwnedSemaphorePermit, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    done.await.map_err(|error| Error::Hash(error.to_string()))
}

fn hash(password: &str) -> Result<String, Error> {
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).map_err(|error| Error::Hash(error.to_string()))?;
    Ok(hash.to_string())
}

fn fits(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|stored| Argon2::default().verify_password(password.as_bytes(), &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_is_right() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.is_right("correct horse".to_owned(), Some(stored.clone())).await.unwrap());
        assert!(!passwords.is_right("correct horsf".to_owned(), Some(stored.clone())).await.unwrap());
        assert!(!passwords.is_right("x".repeat(LONGEST + 1), Some(stored)).await.unwrap());
        assert!(!passwords.is_right("correct horse".to_owned(), Some("not a hash".to_owned())).await.unwrap());
        assert!(!passwords.is_right("correct horse".to_owned(), None).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_is_checked_as_hard_as_somebody() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash("correct horse".to_owned()).await.unwrap();
        let cost = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(&passwords.nobody), cost(&stored));
    }

    #[tokio::test]
    async fn two_passwords_that_are_the_same_have_different_hashes() {
        let passwords = Passwords::new().unwrap();
        let first = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert_ne!(first, passwords.hash("correct horse".to_owned()).await.unwrap());
    }

    #[tokio::test]
    async fn a_sign_in_does_not_wait_for_ever() {
        let passwords = Passwords { wait: Duration::ZERO, ..Passwords::new().unwrap() };
        let _all = Arc::clone(&passwords.turns).acquire_many_owned(2).await.unwrap();
        assert!(matches!(passwords.is_right("correct horse".to_owned(), None).await, Err(Error::Busy)));
    }
}
