//! Identifiers that look like Meta's.

use base64::{Engine, engine::general_purpose::STANDARD};

/// How the business-scoped ids the simulator makes begin.
const OWN_USER_ID: &str = "US.134912";

/// Who a message id was made for: whose message it is changes one byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written by a person on a phone.
    User,
    /// Sent by the business through `/messages`.
    Business,
}

/// A new message id. Like Meta's it is `wamid.` and base64 of the peer's number and a random key
/// (fact sheet 1.6), so [`peer`] can read the number back.
pub fn wamid(peer: &str, origin: Origin) -> String {
    let (kind, key) = match origin {
        Origin::User => (0x12, format!("3A{:018X}", rand::random::<u128>() >> 56)),
        Origin::Business => (0x11, format!("{:018X}", rand::random::<u128>() >> 56)),
    };
    let peer = &peer.as_bytes()[..peer.len().min(usize::from(u8::MAX))];
    let mut bytes = vec![0x1c, 0x18, u8::try_from(peer.len()).unwrap_or(u8::MAX)];
    bytes.extend_from_slice(peer);
    bytes.extend_from_slice(&[0x15, 0x02, 0x00, kind, 0x18, u8::try_from(key.len()).unwrap_or(0)]);
    bytes.extend_from_slice(key.as_bytes());
    bytes.push(0);
    format!("wamid.{}", STANDARD.encode(bytes))
}

/// The peer's number inside a message id of ours.
pub fn peer(wamid: &str) -> Option<String> {
    let bytes = STANDARD.decode(wamid.strip_prefix("wamid.")?).ok()?;
    let length = usize::from(*bytes.get(2)?);
    String::from_utf8(bytes.get(3..3 + length)?.to_vec()).ok()
}

/// A 16-digit id as of media and accounts.
pub fn number() -> String {
    rand::random_range(1_000_000_000_000_000_u64..9_999_999_999_999_999).to_string()
}

/// A random key of 32 hexadecimal digits.
pub fn key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// Meta's id of one request, in error answers.
pub fn fbtrace() -> String {
    let bytes: [u8; 16] = rand::random();
    format!("A{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// The business-scoped user id a person has when none is given: stable per number (fact sheet 2.10).
pub fn user_id(wa_id: &str) -> String {
    format!("{OWN_USER_ID}{wa_id}")
}

/// The number behind an id made by [`user_id`].
pub fn wa_id_behind(user_id: &str) -> Option<&str> {
    user_id.strip_prefix(OWN_USER_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_carries_the_peer() {
        let id = wamid("16505551234", Origin::User);
        assert!(id.starts_with("wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQ"));
        assert_eq!(peer(&id).as_deref(), Some("16505551234"));
        assert_eq!(peer("wamid.!!"), None);
    }
}
