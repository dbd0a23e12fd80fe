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
}

impl Contact {
    /// A contact of whom nothing but a name is known.
    #[must_use]
    pub fn named(id: ContactId, name: String) -> Self {
        Self { id, name, language: None, fields: BTreeMap::new(), address: None, addressed_at: None, username: None }
    }

    /// Answers go there from now on.
    pub(super) fn is_at(&mut self, address: &Identity, at: Timestamp) {
        self.address = Some(address.clone());
        self.addressed_at = Some(at);
    }
}

/// What WhatsApp calls a person by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Identity {
    /// Digits without `+` (WhatsApp's `wa_id`).
    Phone(String),
    /// A business-scoped user id, e.g. `US.13491208655302741918`.
    UserId(String),
}

impl Identity {
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Identity::Phone(_) => "phone",
            Identity::UserId(_) => "user_id",
        }
    }

    #[must_use]
    pub fn value(&self) -> &str {
        match self {
            Identity::Phone(value) | Identity::UserId(value) => value,
        }
    }
}
