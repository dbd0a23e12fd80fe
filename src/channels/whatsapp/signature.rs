//! Meta's signature of a webhook body: `X-Hub-Signature-256`.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

const PREFIX: &str = "sha256=";

/// Whether `header` is Meta's signature of `body`: exactly `sha256=` and the 64 lowercase hex digits of the HMAC-SHA256 of the raw
/// bytes under the app's secret. Compared in constant time; any other form is false. (Meta, "Create a webhook endpoint".)
///
/// It covers the bytes as they came: Meta escapes non-ASCII text, and a body written anew would not match.
#[must_use]
pub fn verify(secret: &str, header: Option<&str>, body: &[u8]) -> bool {
    let Some(given) = header.and_then(|header| header.strip_prefix(PREFIX)) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(body);
    let expected = hex::encode(mac.finalize().into_bytes());
    // Slices of different length are unequal here, and a length is no secret.
    expected.as_bytes().ct_eq(given.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "key";
    const BODY: &[u8] = b"The quick brown fox jumps over the lazy dog";
    const SIGNATURE: &str = "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";

    #[test]
    fn metas_own_form_is_accepted() {
        assert!(verify(SECRET, Some(SIGNATURE), BODY));
    }

    #[test]
    fn every_other_form_is_not() {
        let digits = &SIGNATURE[PREFIX.len()..];
        let short = &SIGNATURE[..SIGNATURE.len() - 1];
        let long = format!("{SIGNATURE}0");
        let upper = format!("{PREFIX}{}", digits.to_uppercase());
        let prefix = format!("SHA256={digits}");
        let spaced = format!(" {SIGNATURE}");
        for header in ["", "sha256=", "sha1=", digits, short, &long, &upper, &prefix, &spaced] {
            assert!(!verify(SECRET, Some(header), BODY), "{header}");
        }
        assert!(!verify(SECRET, None, BODY));
    }

    #[test]
    fn another_secret_or_body_is_not() {
        assert!(!verify("kez", Some(SIGNATURE), BODY));
        assert!(!verify(SECRET, Some(SIGNATURE), &BODY[1..]));
        assert!(!verify(SECRET, Some(SIGNATURE), b""));
    }
}
