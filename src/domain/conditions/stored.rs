//! A condition as JSON: what is stored, and what the workspace file says with names in place of ids.
//!
//! `{"all": […]}`, `{"any": […]}`, `{"not": […]}`, or a comparison: `{"subject": "contact.language", "one_of": ["es", "ca"]}`,
//! `{"subject": "previous_agent", "present": true}`.

use serde_json::{Map, Value};

use super::fault::{Fault, Wrong};
use super::tree::{Comparison, Condition, Group, Leaf, Takes};
use super::{DEEPEST, MOST_GROUPS, MOST_LEAVES};

/// Reads a condition. Nothing is read beyond the first thing that is wrong, nor deeper or more than there may be.
///
/// # Errors
/// What is wrong with its form, with its row.
pub fn read(value: &Value) -> Result<Condition, Fault> {
    Reading { row: 0, leaves: 0, groups: 0 }.condition(value, 1)
}

struct Reading {
    row: usize,
    leaves: usize,
    groups: usize,
}

impl Reading {
    fn wrong<T>(&self, wrong: Wrong) -> Result<T, Fault> {
        Err(Fault { row: self.row, wrong })
    }

    fn condition(&mut self, value: &Value, depth: usize) -> Result<Condition, Fault> {
        self.row += 1;
        let Value::Object(parts) = value else { return self.wrong(Wrong::Shape) };
        if parts.contains_key("subject") {
            self.leaves += 1;
            if self.leaves > MOST_LEAVES {
                return self.wrong(Wrong::TooMany);
            }
            return self.leaf(parts).map(Condition::Leaf);
        }
        let mut named = parts.iter();
        let (Some((word, inner)), None) = (named.next(), named.next()) else { return self.wrong(Wrong::Shape) };
        let Some(group) = Group::read(word) else { return self.wrong(Wrong::Shape) };
        self.groups += 1;
        if depth > DEEPEST {
            return self.wrong(Wrong::TooDeep);
        }
        if self.groups > MOST_GROUPS {
            return self.wrong(Wrong::TooMany);
        }
        let inner = match inner {
            Value::Array(all) => all.iter().map(|one| self.condition(one, depth + 1)).collect::<Result<_, _>>()?,
            // Of one alone no list need be made.
            Value::Object(_) => vec![self.condition(inner, depth + 1)?],
            _ => return self.wrong(Wrong::Shape),
        };
        Ok(Condition::Group(group, inner))
    }

    fn leaf(&self, parts: &Map<String, Value>) -> Result<Leaf, Fault> {
        let mut others = parts.iter().filter(|(name, _)| *name != "subject");
        let (Some(Value::String(subject)), Some((word, given)), None) = (parts.get("subject"), others.next(), others.next()) else {
            return self.wrong(Wrong::Shape);
        };
        let Some(comparison) = Comparison::read(word) else { return self.wrong(Wrong::UnknownComparison(word.clone())) };
        let leaf = |comparison, values| Ok(Leaf { subject: subject.clone(), comparison, values });
        match (comparison.takes(), given) {
            (Takes::None, Value::Bool(is_so)) => {
                let is_present = (comparison == Comparison::Present) == *is_so;
                leaf(if is_present { Comparison::Present } else { Comparison::Absent }, Vec::new())
            }
            (Takes::One, one) => match text(one) {
                Some(value) => leaf(comparison, vec![value]),
                None => self.wrong(Wrong::Shape),
            },
            (Takes::Some | Takes::Two, Value::Array(all)) => match all.iter().map(text).collect::<Option<Vec<String>>>() {
                Some(values) => leaf(comparison, values),
                None => self.wrong(Wrong::Shape),
            },
            (Takes::Some, one) => match text(one) {
                Some(value) => leaf(comparison, vec![value]),
                None => self.wrong(Wrong::Shape),
            },
            (Takes::None | Takes::Two, _) => self.wrong(Wrong::Shape),
        }
    }
}

/// A value as it is compared.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is_so) => Some(if *is_so { "yes" } else { "no" }.to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Writes a condition down; [`read`] gives the same back.
#[must_use]
pub fn write(condition: &Condition) -> Value {
    let one = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
    Value::Object(match condition {
        Condition::Group(group, inner) => one(group.as_str(), Value::Array(inner.iter().map(write).collect())),
        Condition::Leaf(Leaf { subject, comparison, values }) => {
            let value = match comparison.takes() {
                Takes::None => Value::Bool(true),
                Takes::One => Value::String(values.first().cloned().unwrap_or_default()),
                Takes::Two | Takes::Some => values.iter().cloned().map(Value::String).collect(),
            };
            let mut parts = one("subject", Value::String(subject.clone()));
            parts.insert(comparison.as_str().to_owned(), value);
            parts
        }
    })
}
