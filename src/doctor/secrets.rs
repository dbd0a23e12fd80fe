//! Whether the keys are here that stored secrets are sealed with.

use super::Finding;
use super::database::away;
use crate::store::Store;

pub async fn examine(store: &Store) -> Finding {
    let needed = match store.needed_secret_keys().await {
        Ok(needed) => needed,
        Err(error) => return away(&error),
    };
    let missing: Vec<&str> = needed.iter().filter(|(_, opens)| !opens).map(|(name, _)| name.as_str()).collect();
    if missing.is_empty() {
        Finding::fine("Every secret in the database opens with a key of BATON_SECRET_KEYS.")
    } else {
        Finding::wrong(format!(
            "Secrets in the database are sealed with `{}`, which BATON_SECRET_KEYS does not hold; add it, and keep it until \
             `baton secrets rotate` is done.",
            missing.join("`, `")
        ))
    }
}
