//! The form of a rule: its conditions are rows, each with how deep it stands.

use std::collections::BTreeSet;

use crate::domain::conditions::rows::{self, Row, What};
use crate::domain::conditions::{Comparison, Condition, Fault, Group, Leaf, Subject, stored};
use crate::domain::details::Vocabulary;
use crate::domain::ids::{QueueId, SkillId, TagId};
use crate::domain::routing::skills::{Level, Levels, RuleLanguage, RuleSkills};
use crate::domain::setup::Setup;
use crate::domain::setup::rules::condition_faults;
use crate::domain::setup::value::EntryRule;

/// Rows that are read at most: more than there may be, so that it is said.
const MOST_ROWS: usize = 120;

/// What a form of a rule says.
#[derive(Debug, Clone)]
pub struct Typed {
    /// Read from a form.
    pub is_of_form: bool,
    pub name: String,
    pub enabled: bool,
    pub rows: Vec<Row>,
    /// Its conditions are of a newer version, and are not shown.
    pub is_strange: bool,
    pub queue: Option<QueueId>,
    pub priority: Option<String>,
    pub tags: BTreeSet<TagId>,
    pub skills: Vec<Want>,
    /// Up to where its author had seen the journal.
    pub seen: Option<i64>,
    /// A colleague changed it meanwhile.
    pub is_late: bool,
}

/// A row of what a rule asks for of whoever is to have a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The id of a skill, or [`Want::LANGUAGE`].
    pub skill: String,
    pub level: Level,
    pub is_required: bool,
}

impl Want {
    /// Whatever the customer speaks.
    pub const LANGUAGE: &'static str = "language";
}

impl Default for Typed {
    /// One comparison that says nothing yet.
    fn default() -> Self {
        let mut rows = rows::of(&Condition::always());
        rows::grow(&mut rows, 0, None);
        Self {
            is_of_form: false,
            name: String::new(),
            enabled: true,
            rows,
            is_strange: false,
            queue: None,
            priority: None,
            tags: BTreeSet::new(),
            skills: Vec::new(),
            seen: None,
            is_late: false,
        }
    }
}

impl Typed {
    #[must_use]
    pub fn of(rule: &EntryRule) -> Self {
        let is_known = |condition: &Condition| condition.leaves().iter().all(|leaf| Subject::read(&leaf.subject).is_some());
        let read = stored::read(&rule.conditions).ok().filter(is_known);
        Self {
            is_of_form: false,
            name: rule.name.clone(),
            enabled: rule.enabled,
            is_strange: read.is_none(),
            rows: rows::of(&read.unwrap_or_else(Condition::always)),
            queue: rule.queue,
            priority: rule.priority.clone(),
            tags: rule.tags.clone(),
            skills: wants_of(&rule.skills),
            seen: None,
            is_late: false,
        }
    }

    /// What a form says.
    pub(super) fn read(fields: &[(String, String)]) -> Self {
        let value = |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
        Self {
            is_of_form: true,
            name: value("name").to_owned(),
            enabled: !value("enabled").is_empty(),
            is_strange: !value("strange").is_empty(),
            rows: read_rows(fields),
            queue: value("queue").parse().ok(),
            priority: Some(value("priority").to_owned()).filter(|word| !word.is_empty()),
            tags: fields.iter().filter(|(key, _)| key == "tag").filter_map(|(_, value)| value.parse().ok()).collect(),
            skills: read_wants(fields),
            seen: value("seen").parse().ok(),
            is_late: false,
        }
    }

    /// The rule that it says.
    #[must_use]
    pub fn rule(&self) -> EntryRule {
        EntryRule {
            name: self.name.clone(),
            enabled: self.enabled,
            conditions: stored::write(&rows::read(&self.rows)),
            queue: self.queue,
            priority: self.priority.clone(),
            tags: self.tags.clone(),
            skills: self.rule_skills(),
            position: 0,
        }
    }

    fn rule_skills(&self) -> RuleSkills {
        let mut skills = RuleSkills::default();
        for Want { skill, level, is_required } in &self.skills {
            match skill.parse() {
                Ok(id) if *is_required => _ = skills.asked.required.insert(id, *level),
                Ok(id) => _ = skills.asked.preferred.insert(id, *level),
                Err(_) => skills.language = Some(RuleLanguage { is_required: *is_required, level: *level }),
            }
        }
        skills
    }

    /// What is wrong with its conditions, by their rows.
    pub(super) fn faults(&self, setup: &Setup) -> Vec<Fault> {
        condition_faults(setup, &self.rule())
    }

    /// The same with comparisons that fit what is compared, as the next choice is made from.
    pub(super) fn fit(&mut self, words: &Vocabulary) {
        for row in &mut self.rows {
            let What::Leaf(leaf) = &mut row.what else { continue };
            let Some((subject, kind)) = Subject::read(&leaf.subject).and_then(|it| it.kind(words).map(|kind| (it, kind))) else { continue };
            let fitting = subject.comparisons(kind);
            if !fitting.contains(&leaf.comparison) {
                leaf.comparison = fitting.first().copied().unwrap_or(Comparison::Is);
                leaf.values.clear();
            }
        }
    }
}

fn wants_of(skills: &RuleSkills) -> Vec<Want> {
    let language = skills.language.map(|it| Want { skill: Want::LANGUAGE.to_owned(), level: it.level, is_required: it.is_required });
    let of = |levels: &Levels, is_required| {
        let want = |(skill, level): (&SkillId, &Level)| Want { skill: skill.to_string(), level: *level, is_required };
        levels.iter().map(want).collect::<Vec<_>>()
    };
    language.into_iter().chain(of(&skills.asked.required, true)).chain(of(&skills.asked.preferred, false)).collect()
}

/// `want_skill`, `want_level` and `want_as` of each row, in the order of the form; those without a skill are none.
fn read_wants(fields: &[(String, String)]) -> Vec<Want> {
    let all = |name: &str| fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim()).collect::<Vec<_>>();
    let rows = all("want_skill").into_iter().zip(all("want_level")).zip(all("want_as"));
    let want = |((skill, level), how): ((&str, &str), &str)| {
        let is_skill = skill == Want::LANGUAGE || skill.parse::<SkillId>().is_ok();
        // A level that is none is refused as one that there is not.
        is_skill.then(|| Want { skill: skill.to_owned(), level: level.parse().unwrap_or(0), is_required: how == "required" })
    };
    rows.filter_map(want).take(MOST_ROWS).collect()
}

/// Rows in their order: `row` begins one, with its depth; what follows belongs to it.
fn read_rows(fields: &[(String, String)]) -> Vec<Row> {
    let mut all: Vec<Row> = Vec::new();
    for (name, value) in fields {
        if name == "row" && all.len() < MOST_ROWS {
            let leaf = Leaf { subject: String::new(), comparison: Comparison::Is, values: Vec::new() };
            all.push(Row { depth: value.trim().parse().unwrap_or(1), what: What::Leaf(leaf) });
        }
        let Some(row) = all.last_mut() else { continue };
        match (name.as_str(), &mut row.what) {
            ("group", what) => *what = What::Group(Group::read(value).unwrap_or(Group::All)),
            ("subject", What::Leaf(leaf)) => leaf.subject.clone_from(value),
            ("comparison", What::Leaf(leaf)) => leaf.comparison = Comparison::read(value).unwrap_or(Comparison::Is),
            ("value", What::Leaf(leaf)) => {
                let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
                leaf.values.extend(lines.map(str::to_owned));
            }
            _ => {}
        }
    }
    rows::of(&rows::read(&all))
}

/// What else is asked of the form than to keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Nothing,
    /// A comparison more in the group of that row.
    Condition(usize),
    /// A group more.
    Group(usize),
    /// That row, and what is in it, is gone.
    Removal(usize),
    /// What the rule would have done.
    Trial,
}

impl Asked {
    pub(super) fn read(fields: &[(String, String)]) -> Self {
        let act = fields.iter().rev().find(|(name, _)| name == "act").map_or("", |(_, value)| value);
        let (what, row) = act.split_once(':').unwrap_or((act, "0"));
        let row = row.parse().unwrap_or(usize::MAX);
        match what {
            "condition" => Self::Condition(row),
            "group" => Self::Group(row),
            "remove" => Self::Removal(row),
            "try" => Self::Trial,
            _ => Self::Nothing,
        }
    }

    pub(super) fn apply(self, typed: &mut Typed) {
        match self {
            Self::Condition(row) => rows::grow(&mut typed.rows, row, None),
            Self::Group(row) => rows::grow(&mut typed.rows, row, Some(Group::Any)),
            Self::Removal(row) => rows::remove(&mut typed.rows, row),
            Self::Nothing | Self::Trial => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn rows_of_a_form_are_conditions_and_what_is_odd_is_no_panic() {
        let sent = fields(&[
            ("name", " Refunds "),
            ("row", "0"),
            ("group", "any"),
            ("row", "1"),
            ("subject", "contact.language"),
            ("comparison", "one_of"),
            ("value", "es\r\n ca \r\n\r\n"),
            ("row", "1"),
            ("group", "not"),
            ("row", "2"),
            ("subject", "time.of_day"),
            ("comparison", "between"),
            ("value", "09:00"),
            ("value", "18:00"),
            ("act", "try"),
        ]);
        let typed = Typed::read(&sent);
        let expected = serde_json::json!({"any": [
            {"subject": "contact.language", "one_of": ["es", "ca"]},
            {"not": [{"subject": "time.of_day", "between": ["09:00", "18:00"]}]},
        ]});
        assert_eq!((typed.rule().conditions, typed.name.as_str(), Asked::read(&sent)), (expected, "Refunds", Asked::Trial));
        let odd = [("row", "x"), ("comparison", "?"), ("row", "-1"), ("group", "?"), ("act", "remove:99999999999999999999")];
        let mut typed = Typed::read(&fields(&odd));
        Asked::read(&fields(&odd)).apply(&mut typed);
        assert!(!typed.rows.is_empty());
    }
}
