//! How people sign in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::Names;
use super::{Found, Wrong, roles, yaml};
use crate::domain::access;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::value::{Security, Setup};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenSecurity {
    /// After how many minutes without a request a session is over.
    #[schemars(range(min = 15, max = 20160))]
    session_idle_minutes: i32,
    /// After how many minutes it is over in any case.
    #[schemars(range(min = 60, max = 129_600))]
    session_life_minutes: i32,
    /// Characters of a new password.
    #[schemars(range(min = 12, max = 64))]
    least_password: i32,
    /// Roles that are asked for a code at sign-in: agent, supervisor, admin, or one of the workspace's own.
    #[serde(default, serialize_with = "yaml::in_a_line")]
    second_factor_roles: Vec<String>,
}

impl WrittenSecurity {
    pub(super) fn of(setup: &Setup, security: &Security) -> Self {
        let Security { session_idle_minutes, session_life_minutes, least_password, second_factor_roles } = security.clone();
        let own = |word: &String| setup.roles.iter().find(|(id, _)| id.to_string() == *word).map(|(_, role)| role.name.clone());
        let mut names: Vec<String> = second_factor_roles.iter().map(|word| own(word).unwrap_or_else(|| word.clone())).collect();
        names.sort();
        Self { session_idle_minutes, session_life_minutes, least_password, second_factor_roles: names }
    }

    pub(super) fn check(&self, names: &Names, found: &mut Found) {
        for (place, name) in self.second_factor_roles.iter().enumerate() {
            if !names.roles.contains(name) && !access::Role::BUILT_IN.iter().any(|role| role.word() == name) {
                found.push((format!("security.second_factor_roles[{place}]"), Wrong::NoSuch(name.clone())));
            }
        }
    }

    /// After the roles that it names.
    pub(super) fn bring_in(&self, draft: &mut Draft) {
        let Self { session_idle_minutes, session_life_minutes, least_password, second_factor_roles } = self.clone();
        let named = second_factor_roles.iter().filter_map(|name| roles::named(&draft.setup, name)).map(Security::word_of);
        let after = Security { session_idle_minutes, session_life_minutes, least_password, second_factor_roles: named.collect() };
        for security in draft.setup.securities.values_mut() {
            security.clone_from(&after);
        }
    }
}
