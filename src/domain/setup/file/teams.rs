//! Teams, known by their names.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::Ids;
use super::{Found, Wrong, no_twins};
use crate::domain::ids::TeamId;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::value::{Setup, Team};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenTeam {
    #[schemars(length(min = 1, max = 80))]
    pub(super) name: String,
}

impl WrittenTeam {
    pub(super) fn of(team: &Team) -> Self {
        let Team { name } = team.clone();
        Self { name }
    }
}

pub(super) fn named(setup: &Setup, name: &str) -> Option<TeamId> {
    setup.teams.iter().find(|(_, team)| team.name == name).map(|(id, _)| *id)
}

/// What a team is called.
pub(super) fn name(setup: &Setup, team: TeamId) -> String {
    setup.teams.get(&team).map(|team| team.name.clone()).unwrap_or_default()
}

pub(super) fn check(teams: &[WrittenTeam], found: &mut Found) {
    no_twins("teams", "name", teams.iter().map(|team| team.name.as_str()), found);
}

pub(super) fn bring_in(teams: &[WrittenTeam], ids: &mut Ids, draft: &mut Draft) {
    for WrittenTeam { name } in teams {
        let known = named(&draft.setup, name);
        draft.setup.teams.insert(known.unwrap_or_else(|| TeamId(ids.next())), Team { name: name.clone() });
    }
}

/// Removes those that the file does not name; answers those that are still needed.
pub(super) fn prune(teams: &[WrittenTeam], draft: &mut Draft) -> Found {
    let kept: BTreeSet<&str> = teams.iter().map(|team| team.name.as_str()).collect();
    let gone: Vec<TeamId> = draft.setup.teams.iter().filter(|(_, team)| !kept.contains(&*team.name)).map(|(id, _)| *id).collect();
    let needed = |team| draft.remove_team(team).err();
    gone.into_iter().filter_map(needed).map(|refusal| ("teams".to_owned(), Wrong::Refused(refusal))).collect()
}
