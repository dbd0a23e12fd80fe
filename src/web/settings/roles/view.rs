//! The pages of roles.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::access::{Permission, Permissions, Rights, Role, Visibility};
use crate::store::roles::{Holders, OwnRole};
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::locale::Locale;
use crate::web::settings::changes::view::Act;
use crate::web::settings::people::form::{Fields, one_value};
use crate::web::settings::people::view::role_words;
use crate::web::settings::view::Shell;

/// Permissions that a role is given or not, in groups, each with the key of its words.
const GROUPS: [(&str, &[Permission]); 4] = [
    ("see", &[Permission::SeeInbox, Permission::SeePhones]),
    ("write", &[Permission::Reply, Permission::WriteNotes]),
    ("move", &[Permission::Take, Permission::TakeOver, Permission::Transfer, Permission::TransferAny, Permission::Resolve]),
    ("administer", &[Permission::Supervise, Permission::SeeAdmin, Permission::SetUp]),
];

/// What a permission allows, in words.
#[must_use]
pub fn permission_words(locale: Locale, permission: Permission) -> String {
    locale.t(&format!("permission.{}", permission.as_str().replace(':', "_"))).into_owned()
}

/// What a visibility shows, in words.
#[must_use]
pub fn visibility_words(locale: Locale, visibility: Visibility) -> String {
    locale.t(&format!("visibility.{}", visibility.as_str())).into_owned()
}

/// A column of the matrix.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub rights: Rights,
    /// Of the workspace's own: where it is changed.
    pub path: Option<String>,
    /// How many who work here have it.
    pub people: i64,
}

impl Column {
    fn may(&self, permission: &Permission) -> bool {
        self.rights.may(*permission)
    }
}

/// A group of permissions: what it is called, and each with its words.
#[derive(Debug, Clone)]
pub struct Group {
    pub words: String,
    pub permissions: Vec<(Permission, String)>,
}

fn groups(locale: Locale) -> Vec<Group> {
    let group = |(key, permissions): &(&str, &[Permission])| Group {
        words: locale.t(&format!("permission.group.{key}")).into_owned(),
        permissions: permissions.iter().map(|permission| (*permission, permission_words(locale, *permission))).collect(),
    };
    GROUPS.iter().map(group).collect()
}

/// `GET /settings/roles`
#[derive(Template, WebTemplate)]
#[template(path = "settings/roles.html")]
pub struct RolesPage {
    pub chrome: Chrome,
    pub shell: Shell,
    /// Those of the workspace's own.
    pub own: Vec<OwnRole>,
    /// How many who work here have which role.
    pub counts: Vec<(Role, i64)>,
    /// The one that was not added.
    pub typed: New,
}

/// What the form of a new role says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct New {
    pub name: String,
    /// The role that it begins as.
    pub from: String,
}

impl RolesPage {
    fn columns(&self) -> Vec<Column> {
        let people = |role: Role| self.counts.iter().find(|(known, _)| *known == role).map_or(0, |(_, count)| *count);
        let built_in = Role::BUILT_IN.into_iter().map(|role| Column {
            name: role_words(self.chrome.locale, role, None),
            rights: role.rights().unwrap_or_default(),
            path: None,
            people: people(role),
        });
        let own = self.own.iter().map(|it| Column {
            name: it.name.clone(),
            rights: it.rights,
            path: Some(format!("/settings/roles/{}", it.id)),
            people: people(Role::Own(it.id)),
        });
        built_in.chain(own).collect()
    }

    fn groups(&self) -> Vec<Group> {
        groups(self.chrome.locale)
    }

    fn visibility(&self, column: &Column) -> String {
        visibility_words(self.chrome.locale, column.rights.visibility)
    }

    fn people(&self, column: &Column) -> String {
        self.chrome.locale.count("settings.people", column.people)
    }

    /// What a new one may begin as: its value and its name.
    fn models(&self) -> Vec<(String, String)> {
        let built_in = Role::BUILT_IN.into_iter().map(|role| (role.to_string(), role_words(self.chrome.locale, role, None)));
        built_in.chain(self.own.iter().map(|it| (it.id.to_string(), it.name.clone()))).collect()
    }
}

/// What stands in the form of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    pub name: String,
    pub rights: Rights,
}

impl Typed {
    pub(in crate::web) fn read(fields: &Fields) -> Self {
        let ticked = fields.iter().filter(|(name, _)| name == "permission").map(|(_, word)| word.as_str());
        let rights = Rights { permissions: Permissions::read(ticked), visibility: Visibility::read(one_value(fields, "visibility")) };
        Self { name: one_value(fields, "name").trim().to_owned(), rights }
    }
}

/// `GET /settings/roles/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "settings/role.html")]
pub struct RolePage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub role: OwnRole,
    pub holders: Holders,
    pub typed: Typed,
    /// What became of it.
    pub acts: Vec<Act>,
}

impl RolePage {
    fn groups(&self) -> Vec<Group> {
        groups(self.chrome.locale)
    }

    fn visibilities(&self) -> Vec<(Visibility, String)> {
        Visibility::ALL.into_iter().map(|visibility| (visibility, visibility_words(self.chrome.locale, visibility))).collect()
    }

    fn may(&self, permission: &Permission) -> bool {
        self.typed.rights.may(*permission)
    }

    /// It is another now than what was typed of it.
    fn is_another(&self, permission: &Permission) -> bool {
        self.typed.rights.may(*permission) != self.role.rights.may(*permission)
    }

    fn is_seen(&self, visibility: &Visibility) -> bool {
        self.typed.rights.visibility == *visibility
    }

    fn is_free(&self) -> bool {
        self.holders.people.is_empty() && self.holders.invited == 0
    }

    fn invited(&self) -> String {
        self.chrome.locale.count("settings.role_invited", self.holders.invited)
    }

    fn copy_name(&self) -> String {
        self.chrome.locale.t1("settings.role_copy_of", "name", &self.role.name)
    }
}
