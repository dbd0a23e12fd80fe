//! People who sign in, and the one table of what each role may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{UserId, WorkspaceId};

/// What a person is in the workspace. Ordered: a later role may do everything an earlier one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Agent,
    Supervisor,
    Admin,
}

impl Role {
    /// Every role, least first.
    pub const ALL: [Role; 3] = [Role::Agent, Role::Supervisor, Role::Admin];

    /// As it is stored and logged.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Supervisor => "supervisor",
            Role::Admin => "admin",
        }
    }

    /// Whether this role may do that.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self >= permission.least_role()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role; roles are agent, supervisor and admin")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Role::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// An act that depends on the role. Routes and rules ask for these, never for a role by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Read lists, threads, contacts and media, and follow them live.
    SeeInbox,
    /// Send messages, keep drafts, decide what becomes of a send whose answer was lost.
    Reply,
    WriteNotes,
    /// Take a conversation that nobody holds.
    Take,
    /// Take a conversation that a colleague holds.
    TakeOver,
    /// Hand on a conversation that one holds, or that waits in a queue.
    Transfer,
    /// Hand on a conversation that a colleague holds.
    TransferAny,
    Resolve,
    /// One's own availability, language and session.
    ManageSelf,
    /// What could not be understood, account notices, and the figures of the machine.
    SeeAdmin,
    /// Everything that is set up: people, teams, queues, flows, texts and numbers.
    SetUp,
}

impl Permission {
    /// Every permission, for tests and for the page that explains roles.
    pub const ALL: [Permission; 11] = [
        Permission::SeeInbox,
        Permission::Reply,
        Permission::WriteNotes,
        Permission::Take,
        Permission::TakeOver,
        Permission::Transfer,
        Permission::TransferAny,
        Permission::Resolve,
        Permission::ManageSelf,
        Permission::SeeAdmin,
        Permission::SetUp,
    ];

    /// The least role that has it.
    fn least_role(self) -> Role {
        match self {
            Permission::SeeInbox
            | Permission::Reply
            | Permission::WriteNotes
            | Permission::Take
            | Permission::Transfer
            | Permission::Resolve
            | Permission::ManageSelf => Role::Agent,
            Permission::TakeOver | Permission::TransferAny => Role::Supervisor,
            Permission::SeeAdmin | Permission::SetUp => Role::Admin,
        }
    }
}

/// An e-mail address as a person signs in with it: trimmed, lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
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
    fn a_later_role_may_do_everything_an_earlier_one_may() {
        for permission in Permission::ALL {
            let answers = Role::ALL.map(|role| role.may(permission));
            assert!(answers.is_sorted(), "{permission:?} is lost on the way up: {answers:?}");
            assert!(answers[2], "{permission:?} is beyond an admin");
        }
    }

    #[test]
    fn what_each_role_may_do_is_written_down() {
        let only_above = |role: Role| Permission::ALL.into_iter().filter(move |permission| !role.may(*permission)).collect::<Vec<_>>();
        assert_eq!(only_above(Role::Agent), [Permission::TakeOver, Permission::TransferAny, Permission::SeeAdmin, Permission::SetUp]);
        assert_eq!(only_above(Role::Supervisor), [Permission::SeeAdmin, Permission::SetUp]);
        assert_eq!(only_above(Role::Admin), []);
    }

    #[test]
    fn a_role_is_read_back_from_its_own_word_and_from_no_other() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert_eq!("owner".parse::<Role>(), Err(UnknownRole("owner".to_owned())));
        assert!("Admin".parse::<Role>().is_err());
    }

    #[test]
    fn an_email_address_is_trimmed_and_lower_case() {
        assert_eq!(" Ana@Example.COM ".parse::<EmailAddress>().unwrap().as_str(), "ana@example.com");
        let too_long = format!("{}@example.com", "a".repeat(LONGEST_EMAIL_ADDRESS));
        for wrong in ["", "ana", "@example.com", "ana@", "a b@example.com", "ana@exam\u{0}ple.com", &too_long] {
            assert_eq!(wrong.parse::<EmailAddress>(), Err(NotAnEmailAddress), "{wrong:?}");
        }
    }
}
