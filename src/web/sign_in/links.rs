//! The secret in a link of a mail.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

/// Links that are written at once, and those that wait for it; more are not written at all.
const AT_ONCE: usize = 4;
const WAITING: usize = 200;

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(30);

static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(AT_ONCE));
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(AT_ONCE + WAITING));

/// A new secret, as it stands in the link, and what is stored of it. A plain hash suffices: there are 256 random bits to guess.
#[must_use]
pub fn made() -> (String, [u8; 32]) {
    let secret: [u8; 32] = rand::random();
    (URL_SAFE_NO_PAD.encode(secret), Sha256::digest(secret).into())
}

/// What is stored of a secret that came back; nothing of what cannot be one.
#[must_use]
pub fn hash(token: &str) -> Option<[u8; 32]> {
    let secret = URL_SAFE_NO_PAD.decode(token).ok().filter(|secret| secret.len() == 32)?;
    Some(Sha256::digest(secret).into())
}

/// Does something that nobody waits for: what it is about shows neither in an answer nor in how long that takes.
pub fn aside(work: impl Future<Output = ()> + 'static) {
    let Ok(place) = PLACES.try_acquire() else { return };
    actix_web::rt::spawn(async move {
        let _place = place;
        if let Ok(Ok(_turn)) = tokio::time::timeout(PATIENCE, TURNS.acquire()).await
            && tokio::time::timeout(PATIENCE, work).await.is_err()
        {
            tracing::warn!("a link was not written in time");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_again_and_what_is_none_is_not() {
        let (token, stored) = made();
        assert_eq!((token.len(), hash(&token)), (43, Some(stored)));
        assert_ne!(made().0, token);
        for wrong in ["", "x", &token[1..], &format!("{token}A"), &format!("{token}="), "ñ"] {
            assert_eq!(hash(wrong), None, "{wrong}");
        }
    }
}
