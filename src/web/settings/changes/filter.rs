//! Which of the changes somebody looks for, as the address says it.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use url::form_urlencoded;

use crate::domain::names;
use crate::domain::setup::Setup;
use crate::store::changes::Sought;
use crate::store::lists::if_ours;

/// What a change may be about: what the kinds of lines begin with.
pub const THINGS: [&str; 20] = [
    "workspace",
    "security",
    "member",
    "invitation",
    "role",
    "team",
    "queue",
    "canned_reply",
    "tag",
    "field",
    "entry_rule",
    "skill",
    "sla_policy",
    "flow",
    "inbox",
    "password",
    "second_factor",
    "access_token",
    "signed_in",
    "exported",
];

/// Who changes things without being a person.
pub const OTHERS: [&str; 2] = ["command_line", "system"];

/// Longest words that are looked for, in characters.
const LONGEST: usize = 100;

/// Fields of the form; empty ones mean nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Filter {
    pub who: String,
    pub thing: String,
    pub from: String,
    pub to: String,
    pub words: String,
    before: String,
}

impl Filter {
    /// What it comes to. Days are those of the workspace, and the last one counts whole.
    #[must_use]
    pub fn sought(&self, setup: &Setup) -> Sought {
        let time_zone =
            setup.workspaces.values().next().and_then(|workspace| TimeZone::get(&workspace.time_zone).ok()).unwrap_or(TimeZone::UTC);
        let begins = |day: Date| if_ours(day.to_zoned(time_zone.clone()).ok()?.timestamp());
        let day = |text: &str| text.parse::<Date>().ok();
        let next = |day: Date| day.checked_add(1.day()).ok();
        let given = |text: &str| Some(text.trim().chars().take(LONGEST).collect::<String>()).filter(|text| !text.is_empty());
        let from: Option<Timestamp> = day(&self.from).and_then(begins);
        Sought {
            who: given(&self.who),
            thing: given(&self.thing).filter(|thing| THINGS.contains(&thing.as_str())),
            from,
            to: day(&self.to).and_then(next).and_then(begins),
            words: given(&self.words),
        }
    }

    /// The line before which the page begins.
    #[must_use]
    pub fn before(&self) -> i64 {
        self.before.parse().unwrap_or(i64::MAX)
    }

    /// Whether it seeks anything.
    #[must_use]
    pub fn is_set(&self) -> bool {
        [&self.who, &self.thing, &self.from, &self.to, &self.words].iter().any(|field| !field.is_empty())
    }

    /// The address of the page that goes on before a line.
    #[must_use]
    pub fn at(&self, before: i64) -> String {
        format!("/settings/changes?{}&before={before}", self.query())
    }

    /// The address of the same as a table.
    #[must_use]
    pub fn table(&self) -> String {
        format!("/settings/changes.csv?{}", self.query())
    }

    fn query(&self) -> String {
        let fields = [("who", &self.who), ("thing", &self.thing), ("from", &self.from), ("to", &self.to), ("words", &self.words)];
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty())).finish()
    }
}

/// Everybody who may have changed something, by name.
#[must_use]
pub fn people(setup: &Setup) -> Vec<(String, String)> {
    let mut people: Vec<(String, String)> = setup.members.iter().map(|(id, member)| (id.to_string(), member.name.clone())).collect();
    people.sort_by_cached_key(|(_, name)| names::order(name));
    people
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_workspace_and_the_last_one_counts_whole() {
        let filter = Filter { from: "2026-03-28".to_owned(), to: "2026-03-29".to_owned(), words: " 50% ".to_owned(), ..Filter::default() };
        let sought = filter.sought(&Setup::default());
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!((sought.from, sought.to), (at("2026-03-28T00:00:00Z"), at("2026-03-30T00:00:00Z")));
        assert_eq!(sought.words.as_deref(), Some("50%"));
        assert_eq!(filter.at(7), "/settings/changes?from=2026-03-28&to=2026-03-29&words=+50%25+&before=7");
        let strange = Filter { thing: "lamp".to_owned(), from: "soon".to_owned(), ..Filter::default() };
        assert_eq!(strange.sought(&Setup::default()), Sought::default());
    }
}
