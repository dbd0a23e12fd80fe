//! What shows that a cookie was written by us.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::store::signing_keys::SigningKey;

/// The stamp of these parts. The key also signs tokens; those begin otherwise, and the first part says what for this is, so that none can
/// pass for another.
#[must_use]
pub fn of(parts: [&str; 3], key: &SigningKey) -> Hmac<Sha256> {
    let mut block = [0; 64];
    let length = key.secret.len().min(block.len());
    block[..length].copy_from_slice(&key.secret[..length]);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    mac
}
