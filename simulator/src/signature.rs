//! The signature of a webhook: HMAC-SHA256 of the raw bytes under the app secret (fact sheet 1.2).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Value of `X-Hub-Signature-256` for `body`.
pub fn header(app_secret: &str, body: &[u8]) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_known_signature() {
        let expected = "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        assert_eq!(super::header("key", b"The quick brown fox jumps over the lazy dog"), expected);
    }
}
