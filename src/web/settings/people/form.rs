//! What somebody is here, as a form says it.

use std::collections::BTreeSet;

use crate::domain::access::Role;
use crate::domain::ids::{TeamId, UserId};
use crate::domain::routing::Levels;
use crate::store::people::Listed;

/// Names and values of a form, of which some stand more than once.
pub(in crate::web) type Fields = Vec<(String, String)>;

/// The first value of this name, or nothing.
pub(in crate::web) fn one_value<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

/// What stands in a form about a person, or about one who is asked to work here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// Somebody sent it.
    pub is_of_form: bool,
    pub name: String,
    pub email: String,
    pub role: Option<Role>,
    /// Nothing of what is no number.
    pub capacity: Option<i32>,
    pub teams: BTreeSet<TeamId>,
    pub languages: BTreeSet<String>,
    /// Nothing where the form does not ask for them.
    pub skills: Option<Levels>,
}

/// Where what somebody holds goes when they leave, as a form says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Goes {
    /// To one person, and not to the queues.
    pub to_person: bool,
    /// Whom; nothing where that cannot be read.
    pub to: Option<UserId>,
}

impl Goes {
    pub(in crate::web) fn read(fields: &Fields) -> Self {
        Self { to_person: one_value(fields, "goes") == "person", to: one_value(fields, "to").parse().ok() }
    }
}

impl Typed {
    #[must_use]
    pub fn of(person: &Listed) -> Self {
        Self {
            is_of_form: false,
            name: person.name.clone(),
            email: person.email.clone(),
            role: Some(person.role),
            capacity: Some(person.capacity),
            teams: person.teams.iter().copied().collect(),
            languages: person.languages.iter().cloned().collect(),
            skills: Some(person.skills.clone()),
        }
    }

    pub(in crate::web) fn read(fields: &Fields) -> Self {
        let values = |name: &'static str| fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim());
        let more = values("more_languages").flat_map(|codes| codes.split([',', ' ', ';'])).filter(|code| !code.is_empty());
        Self {
            is_of_form: true,
            name: one_value(fields, "name").trim().to_owned(),
            email: one_value(fields, "email").trim().to_owned(),
            role: one_value(fields, "role").parse().ok(),
            capacity: one_value(fields, "capacity").trim().parse().ok(),
            teams: values("team").filter_map(|id| id.parse().ok()).collect(),
            languages: values("language").chain(more).map(str::to_owned).collect(),
            skills: (!one_value(fields, "skills").is_empty()).then(|| levels(fields)),
        }
    }
}

/// `skill_<id>`: the level, or nothing. A level that there is not is refused with the others.
fn levels(fields: &Fields) -> Levels {
    let level = |(key, value): &(String, String)| Some((key.strip_prefix("skill_")?.parse().ok()?, value.trim().parse().ok()?));
    fields.iter().filter_map(level).collect()
}
