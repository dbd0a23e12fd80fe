//! Roles that the workspace made for itself, known by their names.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::Ids;
use super::{Found, Wrong, no_twins, yaml};
use crate::domain::access::{self, Permission, Permissions, Rights, Visibility};

use crate::domain::ids::RoleId;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::refusal::SetupRefusal;
use crate::domain::setup::value::{Role, Setup};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenRole {
    #[schemars(length(min = 1, max = 80))]
    pub(super) name: String,
    /// Which conversations are seen.
    #[schemars(extend("enum" = visibilities()))]
    visibility: String,
    #[serde(serialize_with = "yaml::in_a_line")]
    #[schemars(extend("items" = permissions()))]
    permissions: Vec<String>,
}

fn visibilities() -> Vec<&'static str> {
    Visibility::ALL.iter().map(|visibility| visibility.as_str()).collect()
}

fn permissions() -> serde_json::Value {
    serde_json::json!({ "enum": Permission::ALL.map(Permission::as_str) })
}

impl WrittenRole {
    pub(super) fn of(role: &Role) -> Self {
        let Role { name, rights: Rights { permissions, visibility } } = role.clone();
        Self {
            name,
            visibility: visibility.as_str().to_owned(),
            permissions: permissions.words().into_iter().map(ToOwned::to_owned).collect(),
        }
    }
}

/// The role of that name: one that every workspace has, or its own.
pub(super) fn named(setup: &Setup, name: &str) -> Option<access::Role> {
    let built_in = access::Role::BUILT_IN.into_iter().find(|role| role.word() == name);
    let own = || setup.roles.iter().find(|(_, role)| role.name == name).map(|(id, _)| access::Role::Own(*id));
    built_in.or_else(own)
}

pub(super) fn check(roles: &[WrittenRole], found: &mut Found) {
    no_twins("roles", "name", roles.iter().map(|role| role.name.as_str()), found);
    for (place, role) in roles.iter().enumerate() {
        if access::Role::BUILT_IN.iter().any(|known| known.word() == role.name.to_lowercase()) {
            let refusal = SetupRefusal::RoleNameTaken { name: role.name.clone() };
            found.push((format!("roles[{place}].name"), Wrong::Refused(refusal)));
        }
    }
}

pub(super) fn bring_in(roles: &[WrittenRole], ids: &mut Ids, draft: &mut Draft) {
    for WrittenRole { name, visibility, permissions } in roles {
        let rights =
            Rights { permissions: Permissions::read(permissions.iter().map(String::as_str)), visibility: Visibility::read(visibility) };
        let known = draft.setup.roles.iter().find(|(_, role)| role.name == *name).map(|(id, _)| *id);
        draft.setup.roles.insert(known.unwrap_or_else(|| RoleId(ids.next())), Role { name: name.clone(), rights });
    }
}

/// Removes those that the file does not name; answers those that are still needed.
pub(super) fn prune(roles: &[WrittenRole], draft: &mut Draft) -> Found {
    let kept: BTreeSet<&str> = roles.iter().map(|role| role.name.as_str()).collect();
    let gone: Vec<RoleId> = draft.setup.roles.iter().filter(|(_, role)| !kept.contains(&*role.name)).map(|(id, _)| *id).collect();
    let needed = |role| draft.remove_role(role).err();
    gone.into_iter().filter_map(needed).map(|refusal| ("roles".to_owned(), Wrong::Refused(refusal))).collect()
}
