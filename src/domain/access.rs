//! What somebody may do, and which conversations they see: the one table of permissions, and what a visibility admits.

mod role;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::conversation::{Controller, Listing, State};
use super::ids::{QueueId, UserId};
pub use role::{AssignedRole, Role, UnknownRole};

/// An act that not everybody may do. Routes and rules ask for these, never for a role.
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
    /// Everything that is set up: people, roles, teams, queues, flows, texts and numbers.
    SetUp,
    /// Read the phone numbers of customers; to everybody else all but a few digits of them are hidden.
    SeePhones,
    /// See the floor, live, and act there: move what waits, return or hand over what a colleague holds, set whether they are given work, and
    /// how much.
    Supervise,
}

impl Permission {
    /// Every permission, in the order of its bit. One that goes leaves its place and its word empty: tokens and rows name it.
    pub const ALL: [Permission; 13] = [
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
        Permission::SeePhones,
        Permission::Supervise,
    ];

    /// As it is stored: a noun and a verb.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Permission::SeeInbox => "conversations:read",
            Permission::Reply => "messages:send",
            Permission::WriteNotes => "notes:write",
            Permission::Take => "conversations:take",
            Permission::TakeOver => "conversations:take_over",
            Permission::Transfer => "conversations:transfer",
            Permission::TransferAny => "conversations:transfer_any",
            Permission::Resolve => "conversations:resolve",
            Permission::ManageSelf => "self:manage",
            Permission::SeeAdmin => "operations:read",
            Permission::SetUp => "setup:write",
            Permission::SeePhones => "contacts:phones",
            Permission::Supervise => "floor:supervise",
        }
    }

    const fn bit(self) -> u64 {
        1 << self as u64
    }
}

/// A set of permissions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(u64);

impl Permissions {
    pub const NONE: Self = Self(0);

    #[must_use]
    pub const fn of(permissions: &[Permission]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < permissions.len() {
            bits |= permissions[at].bit();
            at += 1;
        }
        Self(bits)
    }

    /// Those that this version knows of the stored words of a role, with what every role allows; what it does not know, it does not allow.
    pub fn read<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let known = |word| Permission::ALL.into_iter().find(|permission| permission.as_str() == word);
        words.into_iter().filter_map(known).collect::<Self>().of_role()
    }

    /// With what every role allows: whoever could not decide what is their own could neither sign out nor set up what shows codes.
    #[must_use]
    pub const fn of_role(self) -> Self {
        self.and(&[Permission::ManageSelf])
    }

    /// Those that the other set lacks.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// As a number, for what lives shorter than a version; unknown bits stay and mean nothing.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    #[must_use]
    const fn and(self, permissions: &[Permission]) -> Self {
        Self(self.0 | Self::of(permissions).0)
    }

    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.contains(*permission))
    }

    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        self.iter().map(Permission::as_str).collect()
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        permissions.into_iter().fold(Self::NONE, |set, permission| set.and(&[permission]))
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.words())
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        Ok(Self::read(words.iter().map(String::as_str)))
    }
}

/// Which conversations somebody sees: in lists and threads, with their pictures, live, and to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub enum Visibility {
    /// What they hold, and what they held last when it was resolved.
    #[default]
    Mine,
    /// That, and what waits in a queue of their teams.
    MineAndUnassigned,
    /// That, and all else whose queue is one of their teams.
    OwnTeams,
    All,
}

impl Visibility {
    /// Each, the narrowest first: a later one shows all that an earlier one shows.
    pub const ALL: [Visibility; 4] = [Visibility::Mine, Visibility::MineAndUnassigned, Visibility::OwnTeams, Visibility::All];

    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Visibility::Mine => "mine",
            Visibility::MineAndUnassigned => "mine_and_unassigned",
            Visibility::OwnTeams => "own_teams",
            Visibility::All => "all",
        }
    }

    /// Of a stored word. What only a newer version knows shows the least.
    #[must_use]
    pub fn read(word: &str) -> Self {
        Self::ALL.into_iter().find(|visibility| visibility.as_str() == word).unwrap_or_default()
    }
}

impl Serialize for Visibility {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Visibility {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::read(&String::deserialize(deserializer)?))
    }
}

/// What somebody may do, and to which conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Rights {
    pub permissions: Permissions,
    pub visibility: Visibility,
}

impl Rights {
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self.permissions.contains(permission)
    }

    /// Whether they are more than these.
    #[must_use]
    pub fn exceed(self, others: Self) -> bool {
        self.permissions.without(others.permissions).iter().next().is_some() || self.visibility > others.visibility
    }
}

impl Visibility {
    /// Whether it depends on teams: on the queues that are theirs.
    #[must_use]
    pub fn is_by_team(self) -> bool {
        matches!(self, Visibility::OwnTeams | Visibility::MineAndUnassigned)
    }
}

/// Whose eyes: a visibility with the person and the queues of their teams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub user: UserId,
    pub visibility: Visibility,
    /// The queues of their teams, where the visibility is [by team](Visibility::is_by_team).
    pub queues: Vec<QueueId>,
}

impl Access {
    /// Whether they see a conversation that stands like this. What `store/access.rs` asks of PostgreSQL is the same.
    #[must_use]
    pub fn admits(&self, it: &Listing) -> bool {
        let holder = if it.state == State::Resolved { it.last_agent } else { it.controller.agent() };
        let is_mine = holder == Some(self.user);
        let waits = it.state != State::Resolved && it.controller == Controller::Queue;
        let is_of_my_queues = || it.queue.is_some_and(|queue| self.queues.contains(&queue));
        match self.visibility {
            Visibility::All => true,
            Visibility::OwnTeams => is_mine || is_of_my_queues(),
            Visibility::MineAndUnassigned => is_mine || (waits && is_of_my_queues()),
            Visibility::Mine => is_mine,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::BotId;

    #[test]
    fn a_word_of_a_newer_version_allows_and_shows_nothing_more() {
        let stored = serde_json::json!({ "permissions": ["notes:write", "moon:walk"], "visibility": "neighbours" });
        let rights: Rights = serde_json::from_value(stored).unwrap();
        assert_eq!(rights, Rights { permissions: Permissions::of(&[Permission::WriteNotes]).of_role(), visibility: Visibility::Mine });
        assert_eq!(Role::Strange.rights().unwrap().visibility, Visibility::Mine);
    }

    #[test]
    fn whatever_a_role_allows_it_allows_what_is_ones_own() {
        for stored in [serde_json::json!([]), serde_json::json!(["setup:write"])] {
            let permissions: Permissions = serde_json::from_value(stored).unwrap();
            assert!(permissions.contains(Permission::ManageSelf), "{permissions:?}");
        }
    }

    #[test]
    fn a_permission_is_its_bit_and_its_word_and_no_others() {
        let all: Permissions = Permission::ALL.into_iter().collect();
        assert_eq!(all.iter().count(), Permission::ALL.len());
        assert_eq!(Permissions::read(all.words()), all);
        assert_eq!(Permissions::from_bits(all.bits()), all);
        for (place, permission) in Permission::ALL.into_iter().enumerate() {
            assert_eq!(Permissions::of(&[permission]).bits(), 1 << place, "{permission:?}");
        }
    }

    #[test]
    fn each_visibility_shows_what_the_narrower_one_shows_and_more() {
        let (ana, ben) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let (hers, another) = (QueueId(Uuid::from_u128(11)), QueueId(Uuid::from_u128(12)));
        let bot = Controller::Bot { bot: BotId(Uuid::from_u128(21)) };
        let mut shown = [0; 4];
        for state in [State::Open, State::Resolved] {
            for controller in [
                Controller::Nobody,
                Controller::Flow,
                bot,
                Controller::Queue,
                Controller::Agent { user: ana },
                Controller::Agent { user: ben },
            ] {
                for queue in [None, Some(hers), Some(another)] {
                    for last_agent in [None, Some(ana), Some(ben)] {
                        let it = Listing { state, controller, queue, last_agent };
                        let sees = Visibility::ALL.map(|visibility| Access { user: ana, visibility, queues: vec![hers] }.admits(&it));
                        assert!(sees.is_sorted(), "{it:?}: {sees:?}");
                        for (count, sees) in shown.iter_mut().zip(sees) {
                            *count += usize::from(sees);
                        }
                    }
                }
            }
        }
        assert!(shown.is_sorted_by(|narrower, wider| narrower < wider), "{shown:?}");
    }
}
