//! Conditions in words.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use uuid::Uuid;

use super::words::plain;
use crate::domain::conditions::{Comparison, Condition, Group, Kind, Leaf, Subject, WEEKDAYS, stored};
use crate::domain::details::Vocabulary;
use crate::web::locale::Locale;

/// Values of one comparison that a sentence says.
const MOST_SAID: usize = 5;

/// What everything is called that conditions speak of.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    pub locale: Locale,
    /// Fields, by their labels.
    pub words: &'a Vocabulary,
    /// Of tags, numbers and people.
    pub names: &'a HashMap<Uuid, String>,
    /// What flows ask: the name of the answer, and what agents read in front of it.
    pub answers: &'a BTreeMap<String, String>,
}

impl Telling<'_> {
    fn t(&self, key: &str) -> String {
        self.locale.t(key).into_owned()
    }

    /// Stored conditions.
    #[must_use]
    pub fn stored(&self, conditions: &Value) -> String {
        stored::read(conditions).map_or_else(|_| self.t("rules.strange"), |condition| self.condition(&condition))
    }

    /// What is compared; a text where it is not known.
    #[must_use]
    pub fn kind(&self, subject: &str) -> Kind {
        Subject::read(subject).and_then(|subject| subject.kind(self.words)).unwrap_or(Kind::Text)
    }

    /// What a thing is called.
    #[must_use]
    pub fn name(&self, id: Uuid) -> String {
        self.names.get(&id).cloned().unwrap_or_else(|| self.t("change.gone"))
    }

    /// What a subject is called.
    #[must_use]
    pub fn subject(&self, word: &str) -> String {
        let field = |key: &str| self.words.field(key).map_or_else(|| key.to_owned(), |field| field.label.clone());
        match Subject::read(word) {
            Some(Subject::ContactField(key)) => plain(&self.locale, "rules.subject.contact_field", &[("field", &field(&key))]),
            Some(Subject::ConversationField(key)) => plain(&self.locale, "rules.subject.conversation_field", &[("field", &field(&key))]),
            Some(Subject::Answer(name)) => {
                let label = self.answers.get(&name).cloned().unwrap_or(name);
                plain(&self.locale, "rules.subject.answer", &[("name", &label)])
            }
            Some(fixed) => self.t(&format!("rules.subject.{}", fixed.to_string().replace('.', "_"))),
            None => word.to_owned(),
        }
    }

    /// What a comparison is called.
    #[must_use]
    pub fn comparison(&self, comparison: Comparison) -> String {
        self.t(&format!("rules.comparison.{}", comparison.as_str()))
    }

    /// A value as people read it.
    fn value(&self, kind: Kind, value: &str) -> String {
        match kind {
            Kind::Inbox | Kind::Person | Kind::Tags => value.parse().map_or_else(|_| value.to_owned(), |id| self.name(id)),
            Kind::YesNo => self.t(if matches!(value, "yes" | "true") { "change.yes" } else { "change.no" }),
            Kind::Weekday if WEEKDAYS.contains(&value) => self.t(&format!("hours.weekday.{value}")),
            Kind::Text | Kind::Any | Kind::Choice => format!("“{value}”"),
            Kind::Number | Kind::Date | Kind::TimeOfDay | Kind::Weekday => value.to_owned(),
        }
    }

    /// A comparison in words.
    #[must_use]
    pub fn leaf(&self, leaf: &Leaf) -> String {
        let kind = self.kind(&leaf.subject);
        if Subject::read(&leaf.subject) == Some(Subject::QueueOpen) {
            let is_open = matches!(leaf.values.first().map(String::as_str), Some("yes" | "true"));
            return self.t(if is_open { "rules.joint.open" } else { "rules.joint.closed" });
        }
        let mut values: Vec<String> = leaf.values.iter().take(MOST_SAID).map(|value| self.value(kind, value)).collect();
        if leaf.values.len() > MOST_SAID {
            values.push("…".to_owned());
        }
        let joint = if leaf.comparison == Comparison::Between { "rules.joint.and" } else { "rules.joint.or" };
        let values = values.join(&format!(" {} ", self.t(joint)));
        [self.subject(&leaf.subject), self.comparison(leaf.comparison), values]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// A condition in words.
    #[must_use]
    pub fn condition(&self, condition: &Condition) -> String {
        match condition {
            Condition::Leaf(leaf) => self.leaf(leaf),
            Condition::Group(Group::All, inner) if inner.is_empty() => self.t("rules.always"),
            Condition::Group(group, inner) => {
                let part = |one: &Condition| match one {
                    Condition::Group(group, inner) if inner.len() > 1 || *group == Group::Not => format!("({})", self.condition(one)),
                    _ => self.condition(one),
                };
                let (joint, before) = match group {
                    Group::All => ("rules.joint.and", None),
                    Group::Any => ("rules.joint.or", None),
                    Group::Not => ("rules.joint.nor", Some(self.t("rules.joint.neither"))),
                };
                let all = inner.iter().map(part).collect::<Vec<_>>().join(&format!(", {} ", self.t(joint)));
                before.map_or_else(|| all.clone(), |before| format!("{before} {all}"))
            }
        }
    }
}
