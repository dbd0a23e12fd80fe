//! Who works here, known by their e-mail addresses. Whoever is new begins without a password that anybody knows.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::{Ids, Names, Reach};
use super::skills::{self, WrittenLevel};
use super::{Found, Wrong, no_twins, roles, teams, yaml};
use crate::domain::access;
use crate::domain::agent::Availability;
use crate::domain::ids::UserId;
use crate::domain::setup::check;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::refusal::SetupRefusal;
use crate::domain::setup::value::{Member, Setup};
use crate::domain::user::EmailAddress;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenPerson {
    pub(super) email: String,
    #[schemars(length(min = 1, max = 80))]
    name: String,
    /// agent, supervisor, admin, or a role of the workspace's own.
    role: String,
    locale: String,
    /// Conversations at once.
    #[schemars(range(min = 0, max = 1000))]
    capacity: i32,
    /// Whoever has left keeps their name in old threads.
    active: bool,
    #[serde(serialize_with = "yaml::in_a_line")]
    teams: Vec<String>,
    /// What they speak with customers, such as es or pt-BR.
    #[serde(default, serialize_with = "yaml::in_a_line")]
    languages: Vec<String>,
    /// What they are good at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    skills: Vec<WrittenLevel>,
}

impl WrittenPerson {
    pub(super) fn of(setup: &Setup, member: &Member) -> Self {
        // Whether they are away just now is theirs; who took over from whoever left is past.
        let Member { name, email, role, active, locale, availability: _, capacity, teams, languages, skills, successor: _ } =
            member.clone();
        let mut teams: Vec<String> = teams.into_iter().map(|team| teams::name(setup, team)).collect();
        teams.sort();
        let own = role.id().and_then(|id| setup.roles.get(&id)).map(|role| role.name.clone());
        Self {
            email,
            name,
            role: own.unwrap_or_else(|| role.word().to_owned()),
            locale,
            capacity,
            active,
            teams,
            languages: languages.into_iter().collect(),
            skills: skills::levels(setup, &skills),
        }
    }

    /// Their name, e-mail address and role.
    pub(super) fn in_short(&self) -> (&str, &str, &str) {
        (&self.name, &self.email, &self.role)
    }

    /// As people are signed in.
    pub(super) fn address(&self) -> Option<EmailAddress> {
        self.email.parse().ok()
    }
}

pub(super) fn check(people: &[WrittenPerson], names: &Names, found: &mut Found) {
    no_twins("people", "email", people.iter().map(|person| person.email.as_str()), found);
    for (place, person) in people.iter().enumerate() {
        let path = |field: &str| format!("people[{place}].{field}");
        if person.address().is_none() {
            found.push((path("email"), Wrong::Refused(SetupRefusal::EmailUnfit)));
        }
        if !names.roles.contains(&person.role) && !access::Role::BUILT_IN.iter().any(|role| role.word() == person.role) {
            found.push((path("role"), Wrong::NoSuch(person.role.clone())));
        }
        found.extend(check::locale_fault(&person.locale).map(|refusal| (path("locale"), Wrong::Refused(refusal))));
        found.extend(
            check::languages_fault(&person.languages.iter().cloned().collect()).map(|refusal| (path("languages"), Wrong::Refused(refusal))),
        );
        skills::check_levels(&path("skills"), &person.skills, names, found);
        for (team, name) in person.teams.iter().enumerate().filter(|(_, name)| !names.teams.contains(*name)) {
            found.push((path(&format!("teams[{team}]")), Wrong::NoSuch(name.clone())));
        }
    }
}

/// Answers who is to be invited.
pub(super) fn bring_in(people: &[WrittenPerson], reach: &Reach, ids: &mut Ids, draft: &mut Draft) -> Found {
    let mut left_out = Vec::new();
    for (place, person) in people.iter().enumerate() {
        let Some(email) = person.address() else { continue };
        let setup = &mut draft.setup;
        let teams = person.teams.iter().filter_map(|name| teams::named(setup, name)).collect();
        let role = roles::named(setup, &person.role).unwrap_or(access::Role::Agent);
        let known = setup.members.iter().find(|(_, member)| member.email == email.as_str());
        let known = known.map(|(id, member)| (*id, member.availability, member.successor));
        if known.is_none() && reach.has_to_ask(&email) {
            left_out.push((format!("people[{place}]"), Wrong::PersonToInvite(email.to_string())));
            continue;
        }
        let (id, availability, successor) = known.unwrap_or_else(|| (UserId(ids.next()), Availability::Online, None));
        let WrittenPerson { name, locale, capacity, active, languages, .. } = person.clone();
        let languages = languages.into_iter().collect();
        let skills = skills::read_levels(setup, &person.skills);
        let successor = successor.filter(|_| !active);
        let email = email.as_str().to_owned();
        setup.members.insert(
            id,
            Member {
                name: name.trim().to_owned(),
                email,
                role,
                active,
                locale,
                availability,
                capacity,
                teams,
                languages,
                skills,
                successor,
            },
        );
    }
    left_out
}

/// Whoever the file does not name works here no more.
pub(super) fn prune(people: &[WrittenPerson], draft: &mut Draft) {
    let kept: BTreeSet<String> = people.iter().filter_map(WrittenPerson::address).map(|email| email.as_str().to_owned()).collect();
    for member in draft.setup.members.values_mut().filter(|member| !kept.contains(&member.email)) {
        member.active = false;
        member.teams.clear();
    }
}
