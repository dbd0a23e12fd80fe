//! Secrets as they lie in the database: sealed with keys that are not in it (AES-256-GCM, NIST SP 800-38D). Each is bound to its table,
//! row and column, so that a sealed text that is moved to another place opens nowhere.
//!
//! A sealed text is `sealed:1:<name of the key>:<base64 of nonce, ciphertext and tag>`.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use super::{Error, Result};

/// What a sealed text begins with; the number is that of its form.
const MARK: &str = "sealed:1:";

/// A key's name and its 32 bytes.
pub type NamedKey = (String, [u8; 32]);

/// The keys of this installation: the first seals, all of them open. Cheap to clone.
#[derive(Clone, Default)]
pub struct Keys(Arc<Vec<(String, RandomizedNonceKey)>>);

/// Where a secret lies.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub table: &'static str,
    /// The row's key, as text.
    pub row: &'a str,
    pub column: &'static str,
}

impl Place<'_> {
    fn bound(&self) -> Aad<String> {
        Aad::from(format!("{}/{}/{}", self.table, self.row, self.column))
    }
}

impl Keys {
    /// Keys in the order of their standing: the first seals.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when one is no key.
    pub fn new(keys: &[NamedKey]) -> Result<Self> {
        let opened = keys.iter().map(|(name, bytes)| {
            let key = RandomizedNonceKey::new(&AES_256_GCM, bytes).map_err(|_| unreadable(format!("{name} is no key")))?;
            Ok((name.clone(), key))
        });
        Ok(Self(Arc::new(opened.collect::<Result<_>>()?)))
    }

    /// A secret as it is stored.
    ///
    /// # Errors
    /// [`Error::Unreadable`] without a key.
    pub fn seal(&self, place: Place<'_>, secret: &[u8]) -> Result<String> {
        let (name, key) = self.0.first().ok_or_else(|| unreadable("there is no key to seal a secret with".to_owned()))?;
        let mut sealed = secret.to_vec();
        let nonce =
            key.seal_in_place_append_tag(place.bound(), &mut sealed).map_err(|_| unreadable("a secret cannot be sealed".to_owned()))?;
        Ok(format!("{MARK}{name}:{}", BASE64.encode([nonce.as_ref().as_slice(), &sealed].concat())))
    }

    /// A stored secret.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when it is not sealed, when its key is missing, and when it was sealed for another place.
    pub fn open(&self, place: Place<'_>, stored: &str) -> Result<Vec<u8>> {
        let here = || format!("the secret {}.{}", place.table, place.column);
        let (name, sealed) = parts(stored).ok_or_else(|| unreadable(format!("{} is not sealed", here())))?;
        let key = self.0.iter().find(|(known, _)| known == name);
        let (_, key) = key.ok_or_else(|| unreadable(format!("{} is sealed with the key `{name}`, which is not here", here())))?;
        let mut bytes = BASE64.decode(sealed).map_err(|_| unreadable(format!("{} is damaged", here())))?;
        let damaged = || unreadable(format!("{} does not open with the key `{name}`", here()));
        if bytes.len() < NONCE_LEN {
            return Err(damaged());
        }
        let mut text = bytes.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&bytes).map_err(|_| damaged())?;
        let length = key.open_in_place(nonce, place.bound(), &mut text).map_err(|_| damaged())?.len();
        text.truncate(length);
        Ok(text)
    }

    /// As [`Keys::open`], for a secret that is text.
    ///
    /// # Errors
    /// As [`Keys::open`].
    pub fn open_text(&self, place: Place<'_>, stored: &str) -> Result<String> {
        String::from_utf8(self.open(place, stored)?)
            .map_err(|_| unreadable(format!("the secret {}.{} is no text", place.table, place.column)))
    }

    /// The name of the key that seals now.
    #[must_use]
    pub fn current(&self) -> Option<&str> {
        self.0.first().map(|(name, _)| name.as_str())
    }

    /// Whether a stored secret is sealed with the key that seals now.
    #[must_use]
    pub fn is_current(&self, stored: &str) -> bool {
        parts(stored).is_some_and(|(name, _)| self.0.first().is_some_and(|(current, _)| current == name))
    }
}

/// The names of keys; never the keys.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// The name of the key, and what it sealed.
fn parts(stored: &str) -> Option<(&str, &str)> {
    stored.strip_prefix(MARK)?.split_once(':')
}

fn unreadable(reason: String) -> Error {
    Error::Unreadable(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Place<'_> = Place { table: "whatsapp_numbers", row: "7", column: "access_token" };

    fn keys(names: &[&str]) -> Keys {
        let named = |name: &&str| ((*name).to_owned(), [name.len() as u8; 32]);
        Keys::new(&names.iter().map(named).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_secret_opens_where_it_was_sealed_and_nowhere_else() {
        let keys = keys(&["a"]);
        let sealed = keys.seal(TOKEN, b"EAAG").unwrap();
        assert!(sealed.starts_with("sealed:1:a:") && !sealed.contains("EAAG"), "{sealed}");
        assert_eq!(keys.open_text(TOKEN, &sealed).unwrap(), "EAAG");
        assert_ne!(keys.seal(TOKEN, b"EAAG").unwrap(), sealed, "two that are equal do not look it");
        for elsewhere in [Place { table: "apps", ..TOKEN }, Place { row: "8", ..TOKEN }, Place { column: "app_secret", ..TOKEN }] {
            assert!(keys.open(elsewhere, &sealed).is_err(), "{elsewhere:?}");
        }
    }

    #[test]
    fn the_first_key_seals_and_all_of_them_open() {
        let (old, both) = (keys(&["old"]), keys(&["newer", "old"]));
        let sealed = old.seal(TOKEN, b"EAAG").unwrap();
        assert_eq!(both.open_text(TOKEN, &sealed).unwrap(), "EAAG");
        assert!(old.is_current(&sealed) && !both.is_current(&sealed));
        let again = both.seal(TOKEN, b"EAAG").unwrap();
        let missing = old.open(TOKEN, &again).unwrap_err().to_string();
        assert!(missing.contains("`newer`, which is not here"), "{missing}");
    }

    #[test]
    fn what_is_damaged_or_was_never_sealed_opens_nowhere() {
        let keys = keys(&["a"]);
        let sealed = keys.seal(TOKEN, b"EAAG").unwrap();
        let mut cut = sealed.clone();
        cut.pop();
        for stored in ["EAAG", "", "sealed:1:a:", "sealed:1:a:AAAA", "sealed:2:a:AAAA", &cut, &format!("{sealed}A")] {
            assert!(keys.open(TOKEN, stored).is_err(), "{stored}");
        }
        assert!(Keys::default().seal(TOKEN, b"EAAG").is_err());
    }
}
