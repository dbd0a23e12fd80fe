//! Contacts: the people who write.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::ContactId;

/// A customer. The phone number may be unknown: identities are rows of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    /// The profile name as WhatsApp gave it; text from outside.
    pub name: String,
    pub language: Option<String>,
    /// What flows and people noted, by field name.
    pub fields: BTreeMap<String, String>,
    /// What the customer last wrote from: where an answer goes.
    #[serde(default)]
    pub address: Option<Identity>,
    /// Since when, by WhatsApp's clock: what was written before changes nothing.
    #[serde(default)]
    pub addressed_at: Option<Timestamp>,
    /// The name they chose on WhatsApp to be found by, without `@`; text from outside.
    #[serde(default)]
    pub username: Option<String>,
    /// The last line of their journal.
    #[serde(default)]
    pub last_seq: i64,
}

impl Contact {
    /// A contact of whom nothing but a name is known.
    #[must_use]
    pub fn named(id: ContactId, name: String) -> Self {
        Self { id, name, language: None, fields: BTreeMap::new(), address: None, addressed_at: None, username: None, last_seq: 0 }
    }

    /// Answers go there from now on.
    pub(super) fn is_at(&mut self, address: &Identity, at: Timestamp) {
        self.address = Some(address.clone());
        self.addressed_at = Some(at);
    }
}

/// What a channel calls a person by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Named", into = "Named")]
pub enum Identity {
    /// Digits without `+` (WhatsApp's `wa_id`).
    Phone(String),
    /// A business-scoped user id, e.g. `US.13491208655302741918`.
    UserId(String),
    /// Of a kind that only its channel knows.
    Other { kind: String, value: String },
}

/// An identity as it is written.
#[derive(Serialize, Deserialize)]
struct Named {
    kind: String,
    value: String,
}

impl From<Named> for Identity {
    fn from(named: Named) -> Self {
        Identity::of(&named.kind, named.value)
    }
}

impl From<Identity> for Named {
    fn from(identity: Identity) -> Self {
        Self { kind: identity.kind().to_owned(), value: identity.value().to_owned() }
    }
}

impl Identity {
    /// The identity of this kind.
    #[must_use]
    pub fn of(kind: &str, value: String) -> Self {
        match kind {
            "phone" => Identity::Phone(value),
            "user_id" => Identity::UserId(value),
            other => Identity::Other { kind: other.to_owned(), value },
        }
    }

    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Identity::Phone(_) => "phone",
            Identity::UserId(_) => "user_id",
            Identity::Other { kind, .. } => kind,
        }
    }

    #[must_use]
    pub fn value(&self) -> &str {
        match self {
            Identity::Phone(value) | Identity::UserId(value) | Identity::Other { value, .. } => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_of_every_kind_are_read_as_they_were_written() {
        let written = [
            (Identity::Phone("41".to_owned()), r#"{"kind":"phone","value":"41"}"#),
            (Identity::UserId("US.1".to_owned()), r#"{"kind":"user_id","value":"US.1"}"#),
            (Identity::Other { kind: "address".to_owned(), value: "a@b.c".to_owned() }, r#"{"kind":"address","value":"a@b.c"}"#),
        ];
        for (identity, json) in written {
            assert_eq!(serde_json::to_string(&identity).unwrap(), json);
            assert_eq!(serde_json::from_str::<Identity>(json).unwrap(), identity);
        }
    }
}
