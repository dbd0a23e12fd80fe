//! People who sign in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::access::Role;
use super::ids::{UserId, WorkspaceId};

/// The languages there are words for, best known first.
pub const LOCALES: [&str; 2] = ["en", "es"];

/// An e-mail address as a person signs in with it: trimmed, lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// Longer ones cannot be delivered to (RFC 5321, 4.5.3.1.3, less the angle brackets).
const LONGEST_EMAIL_ADDRESS: usize = 254;

/// A text that cannot be an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("that is not an e-mail address")]
pub struct NotAnEmailAddress;

impl EmailAddress {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailAddress {
    type Err = NotAnEmailAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (name, host) = text.rsplit_once('@').ok_or(NotAnEmailAddress)?;
        let strange = |c: char| c.is_whitespace() || c.is_control();
        if name.is_empty() || host.is_empty() || text.len() > LONGEST_EMAIL_ADDRESS || text.contains(strange) {
            return Err(NotAnEmailAddress);
        }
        Ok(Self(text.to_lowercase()))
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = NotAnEmailAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub workspace: WorkspaceId,
    pub id: UserId,
    pub email: EmailAddress,
    pub name: String,
    pub role: Role,
    /// The language of the interface, such as `en`.
    pub locale: String,
    /// A person who left keeps their name in old threads but can no longer sign in.
    pub active: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_address_is_trimmed_and_lower_case() {
        assert_eq!(" Ana@Example.COM ".parse::<EmailAddress>().unwrap().as_str(), "ana@example.com");
        let too_long = format!("{}@example.com", "a".repeat(LONGEST_EMAIL_ADDRESS));
        for wrong in ["", "ana", "@example.com", "ana@", "a b@example.com", "ana@exam\u{0}ple.com", &too_long] {
            assert_eq!(wrong.parse::<EmailAddress>(), Err(NotAnEmailAddress), "{wrong:?}");
        }
    }
}
