//! What every page of the inbox has around its parts: who looks, in which language, the counts, and the rail.

use jiff::Timestamp;

use super::script_words::ScriptWords;
use crate::domain::access::{AssignedRole, Permission, Role};
use crate::domain::agent::Availability;
use crate::domain::ids::{MediaId, QueueId, UserId};
use crate::domain::looks::Looks;
use crate::web::inbox::tabs::Counts;
use crate::web::locale::Locale;

/// A person as pages name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: UserId,
    pub name: String,
}

/// A queue as pages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueName {
    pub id: QueueId,
    pub name: String,
}

/// Who looks.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub id: UserId,
    pub name: String,
    pub role: AssignedRole,
    pub availability: Availability,
    /// Their account is somebody in another workspace too.
    pub works_elsewhere: bool,
    /// They look after the whole installation.
    pub is_owner: bool,
    pub looks: Looks,
    pub picture: Option<MediaId>,
}

impl Viewer {
    /// Up to two letters for the round badge.
    #[must_use]
    pub fn initials(&self) -> String {
        initials(&self.name)
    }

    pub(in crate::web) fn sees_admin(&self) -> bool {
        self.role.may(Permission::SeeAdmin)
    }

    pub(in crate::web) fn may_set_up(&self) -> bool {
        self.role.may(Permission::SetUp)
    }

    pub(in crate::web) fn may_supervise(&self) -> bool {
        self.role.may(Permission::Supervise)
    }

    pub(in crate::web) fn may_reply(&self) -> bool {
        self.role.may(Permission::Reply)
    }

    pub(in crate::web) fn may_take_over(&self) -> bool {
        self.role.may(Permission::TakeOver)
    }

    pub(in crate::web) fn is_online(&self) -> bool {
        self.availability == Availability::Online
    }
}

/// The first letters of the first and last word of a name.
#[must_use]
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

/// What surrounds the parts of a page.
#[derive(Debug, Clone)]
pub struct Chrome {
    pub locale: Locale,
    pub csrf: String,
    pub viewer: Viewer,
    pub counts: Counts,
    /// When the page was made.
    pub now: Timestamp,
}

impl Chrome {
    /// Where this person takes back what was set up: whoever sets up nothing still keeps texts of their own.
    #[must_use]
    pub fn undo_address(&self) -> &'static str {
        if self.viewer.may_set_up() { "/settings/changes" } else { "/settings/canned-replies/undo" }
    }

    pub(in crate::web) fn words(&self) -> ScriptWords {
        ScriptWords { locale: self.locale }
    }

    /// What the viewer's role is called in this language, or what the workspace calls it.
    pub(in crate::web) fn role_name(&self) -> String {
        let role = &self.viewer.role;
        let key = match role.role {
            Role::Agent => "role.agent",
            Role::Supervisor => "role.supervisor",
            Role::Admin => "role.admin",
            Role::Own(_) | Role::Strange => "role.other",
        };
        role.name.clone().unwrap_or_else(|| self.locale.t(key).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_last_word() {
        assert_eq!(initials("Ana María López"), "AL");
        assert_eq!(initials("  élodie "), "É");
        assert_eq!(initials("<b>"), "B");
        assert_eq!(initials("🙂"), "");
    }
}
