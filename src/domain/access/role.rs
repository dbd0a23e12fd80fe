//! Roles: those that every workspace has, and those that it makes itself.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::{Permission, Permissions, Rights, Visibility};
use crate::domain::ids::RoleId;

/// The role that somebody has, with what it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignedRole {
    pub role: Role,
    /// What the workspace calls it, if it is its own.
    pub name: Option<String>,
    pub rights: Rights,
}

impl AssignedRole {
    /// Of what is stored; `own` is what the workspace's own role is called and allows.
    #[must_use]
    pub fn read(role: Role, own: Option<(String, Rights)>) -> Self {
        let built_in = role.rights();
        match own {
            Some((name, rights)) => Self { role, name: Some(name), rights: built_in.unwrap_or(rights) },
            None => Self { role, name: None, rights: built_in.unwrap_or_default() },
        }
    }

    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.rights.may(permission)
    }
}

impl From<Role> for AssignedRole {
    /// One that every workspace has; one of its own allows nothing until it is read.
    fn from(role: Role) -> Self {
        Self::read(role, None)
    }
}

/// What a role allows that nobody here knows.
const STRANGE: Permissions = Permissions::of(&[
    Permission::SeeInbox,
    Permission::Reply,
    Permission::WriteNotes,
    Permission::Take,
    Permission::Transfer,
    Permission::Resolve,
    Permission::ManageSelf,
]);
const AGENT: Permissions = STRANGE.and(&[Permission::SeePhones]);
const SUPERVISOR: Permissions = AGENT.and(&[Permission::TakeOver, Permission::TransferAny, Permission::Supervise]);
const ADMIN: Permissions = SUPERVISOR.and(&[Permission::SeeAdmin, Permission::SetUp]);

/// What somebody is in a workspace: one of the roles that every workspace has, or one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Agent,
    Supervisor,
    Admin,
    Own(RoleId),
    /// One that only a newer version knows.
    Strange,
}

impl Role {
    /// Those that every workspace has.
    pub const BUILT_IN: [Role; 3] = [Role::Agent, Role::Supervisor, Role::Admin];

    /// As it is stored beside the id of a workspace's own one.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Supervisor => "supervisor",
            Role::Admin => "admin",
            Role::Own(_) => "own",
            Role::Strange => "strange",
        }
    }

    #[must_use]
    pub fn id(self) -> Option<RoleId> {
        if let Role::Own(id) = self { Some(id) } else { None }
    }

    /// Of what is stored.
    #[must_use]
    pub fn read(word: &str, id: Option<RoleId>) -> Self {
        id.map(Role::Own).or_else(|| word.parse().ok()).unwrap_or(Role::Strange)
    }

    /// What it allows, if that does not depend on the workspace. A role that nobody here knows allows what every agent may but to read
    /// phone numbers, with what is theirs alone.
    #[must_use]
    pub fn rights(self) -> Option<Rights> {
        let (permissions, visibility) = match self {
            Role::Agent => (AGENT, Visibility::All),
            Role::Supervisor => (SUPERVISOR, Visibility::All),
            Role::Admin => (ADMIN, Visibility::All),
            Role::Strange => (STRANGE, Visibility::Mine),
            Role::Own(_) => return None,
        };
        Some(Rights { permissions, visibility })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Role::Own(id) => id.fmt(f),
            role => f.write_str(role.word()),
        }
    }
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role; roles are agent, supervisor and admin, and those of the workspace by their ids")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let built_in = Role::BUILT_IN.into_iter().find(|role| role.word() == text);
        let own = || text.parse::<Uuid>().ok().map(|id| Role::Own(RoleId(id)));
        built_in.or_else(own).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(String::deserialize(deserializer)?.parse().unwrap_or(Role::Strange))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_role_may_do_is_written_down() {
        let lacks = |role: Role| {
            let rights = role.rights().unwrap();
            Permission::ALL.into_iter().filter(move |permission| !rights.may(*permission)).collect::<Vec<_>>()
        };
        assert_eq!(
            lacks(Role::Agent),
            [Permission::TakeOver, Permission::TransferAny, Permission::SeeAdmin, Permission::SetUp, Permission::Supervise]
        );
        assert_eq!(lacks(Role::Supervisor), [Permission::SeeAdmin, Permission::SetUp]);
        assert_eq!(lacks(Role::Admin), []);
    }

    #[test]
    fn a_role_is_read_back_from_its_own_word_and_from_no_other() {
        for role in Role::BUILT_IN {
            assert_eq!((role.to_string().parse(), Role::read(role.word(), None)), (Ok(role), role));
        }
        let own = Role::Own(RoleId(Uuid::from_u128(7)));
        assert_eq!((own.to_string().parse(), Role::read("own", own.id())), (Ok(own), own));
        assert_eq!("owner".parse::<Role>(), Err(UnknownRole("owner".to_owned())));
        assert!("Admin".parse::<Role>().is_err());
        assert_eq!(Role::read("guest", None), Role::Strange);
    }
}
