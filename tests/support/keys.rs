//! What secrets are sealed with in every test: a key that everybody knows, as `BATON_SECRET_KEYS` and as a store takes it.

use baton::store::sealed::Keys;

pub const SECRET_KEYS: &str = "for-tests:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub fn keys() -> Keys {
    Keys::new(&[("for-tests".to_owned(), [0; 32])]).unwrap()
}
