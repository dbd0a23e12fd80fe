//! Codes of an authenticator app: six digits that change every thirty seconds (RFC 6238, over HOTP of RFC 4226).

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha1::Sha1;

/// How long a code is shown.
const STEP_SECONDS: i64 = 30;

/// Digits of a code.
const DIGITS: u32 = 6;

/// Steps by which the clock of a telephone may be off, and by which somebody types slowly.
const DRIFT: i64 = 1;

/// Bytes of a secret: as many as the hash has (RFC 4226, 4).
pub const SECRET_BYTES: usize = 20;

/// What an authenticator app and we know, and nobody else.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; SECRET_BYTES]);

/// Never what it is.
impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl TotpSecret {
    /// `random` is random.
    #[must_use]
    pub fn new(random: [u8; SECRET_BYTES]) -> Self {
        Self(random)
    }

    /// A stored one.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As somebody types it into an app: capitals and digits, in groups of four.
    #[must_use]
    pub fn in_words(&self) -> String {
        let letters: Vec<char> = BASE32_NOPAD.encode(&self.0).chars().collect();
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }

    /// What a QR code holds: an address that authenticator apps understand. `issuer` and `account` are shown in the app.
    #[must_use]
    pub fn address(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (escaped(issuer), escaped(account));
        format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", BASE32_NOPAD.encode(&self.0))
    }

    /// The step whose code this is, if it is one that counts at `now` and comes after `last`: no code counts twice.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp, last: i64) -> Option<i64> {
        let wanted: u32 = digits(code)?.parse().ok()?;
        let here = now.as_second().div_euclid(STEP_SECONDS);
        // All of them are looked at, whichever fits: how long it takes says nothing.
        let fitting = (here - DRIFT..=here + DRIFT).filter(|step| self.number(*step, DIGITS) ^ wanted == 0);
        fitting.fold(None, |found, step| if step > last { Some(step) } else { found })
    }

    /// Whether this is written as a code is: no password is as short.
    #[must_use]
    pub fn may_be_code(typed: &str) -> bool {
        digits(typed).is_some()
    }

    /// The code that an app shows at `now`.
    #[must_use]
    pub fn code(&self, now: Timestamp) -> String {
        format!("{:06}", self.number(now.as_second().div_euclid(STEP_SECONDS), DIGITS))
    }

    /// RFC 4226, 5.3.
    fn number(&self, step: i64, digits: u32) -> u32 {
        // HMAC fills a shorter key up with zeros to one block; done here, it cannot fail.
        let mut key = [0; 64];
        key[..SECRET_BYTES].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha1>::new(&key.into());
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let offset = usize::from(hash[hash.len() - 1] & 0x0f);
        let mut part = [0; 4];
        part.copy_from_slice(&hash[offset..offset + 4]);
        (u32::from_be_bytes(part) & 0x7fff_ffff) % 10_u32.pow(digits)
    }
}

/// Percent-encoded, but for what is plain everywhere.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The digits of what is written as a code is, without spaces.
fn digits(code: &str) -> Option<String> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == DIGITS as usize && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn secret() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    /// RFC 6238, appendix B, with SHA-1.
    #[test]
    fn the_numbers_are_those_of_the_standard() {
        let vectors = [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ];
        for (second, number) in vectors {
            assert_eq!(secret().number(second / STEP_SECONDS, 8), number, "{second}");
        }
        assert_eq!(secret().code(at(59)), "287082");
        assert_eq!(secret().code(at(1_111_111_109)), "081804", "leading zeros are shown");
    }

    /// RFC 4226, appendix D.
    #[test]
    fn so_are_those_that_count_up() {
        let numbers = [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
        for (step, number) in (0..).zip(numbers) {
            assert_eq!(secret().number(step, 6), number, "{step}");
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_and_no_more() {
        let now = at(2_000_000_010);
        for (seconds, counts) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let code = secret().code(at(2_000_000_010 + seconds));
            assert_eq!(secret().step_of(&code, now, 0).is_some(), counts, "{seconds}");
        }
    }

    #[test]
    fn no_code_counts_twice_nor_one_from_before() {
        let now = at(2_000_000_010);
        let (code, before) = (secret().code(now), secret().code(at(2_000_000_010 - 30)));
        let step = secret().step_of(&code, now, 0).unwrap();
        assert_eq!(secret().step_of(&code, now, step), None);
        assert_eq!(secret().step_of(&before, now, step), None);
        let after = secret().code(at(2_000_000_010 + 30));
        assert_eq!(secret().step_of(&after, now, step), Some(step + 1));
    }

    #[test]
    fn spaces_are_no_matter_and_what_is_no_code_is_none() {
        let now = at(59);
        assert!(secret().step_of(" 287 082 ", now, -1).is_some());
        for wrong in ["", "28708", "2870822", "28708a", "٢٨٧٠٨٢", "+87082", "000000"] {
            assert_eq!(secret().step_of(wrong, now, -1), None, "{wrong}");
        }
    }

    #[test]
    fn apps_are_told_what_to_call_it() {
        assert_eq!(secret().in_words(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            secret().address("Casa & Mar", "ana+1@example.com"),
            "otpauth://totp/Casa%20%26%20Mar:ana%2B1@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Casa%20%26%20Mar"
        );
        assert_eq!(format!("{:?}", secret()), "…");
        assert_eq!(TotpSecret::of(secret().bytes()), Some(secret()));
        assert_eq!(TotpSecret::of(b"short"), None);
    }
}
