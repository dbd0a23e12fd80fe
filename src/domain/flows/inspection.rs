//! The text of a definition as an author types it: everything that is wrong with it, each with its place.

use serde_json::Value;

use super::definition::Definition;
use super::places::{self, Position};
use super::validation::{self, Fault};
use crate::domain::channel::Rules;
use crate::domain::details::Vocabulary;

/// Bytes of a definition as text at most.
pub const LONGEST: usize = 262_144;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub at: Position,
    pub node: Option<String>,
    /// What is wrong with it, as [`Fault`] says it: the node and the field apart from it.
    pub field: Option<String>,
    pub what: String,
}

/// What was found in a text.
#[derive(Debug)]
pub struct Inspection {
    /// The text as JSON, if it is any.
    pub json: Option<Value>,
    /// The flow, if nothing is wrong with it.
    pub definition: Option<Definition>,
    /// By their places.
    pub problems: Vec<Problem>,
}

/// Reads a text, for a channel of these rules. `queues` are the keys of the workspace's queues, `words` its tags and fields, if they are known.
#[must_use]
pub fn inspect(text: &str, queues: &[&str], words: Option<&Vocabulary>, rules: &Rules) -> Inspection {
    if text.len() > LONGEST {
        let at = Position { line: 1, column: 1 };
        let what = format!("has {} bytes, {LONGEST} are allowed", text.len());
        return Inspection { json: None, definition: None, problems: vec![Problem { at, node: None, field: None, what }] };
    }
    let (json, places) = match places::read(text) {
        Ok(read) => read,
        Err(wrong) => {
            let problem = Problem { at: wrong.at, node: None, field: None, what: wrong.what };
            return Inspection { json: None, definition: None, problems: vec![problem] };
        }
    };
    let checked = validation::check_with(&json, queues, words, rules);
    let (definition, faults) = match checked {
        Ok(definition) => (Some(definition), Vec::new()),
        Err(faults) => (None, faults),
    };
    let of_fault = |Fault { node, field, what, path }: Fault| {
        let at = places::position(text, places.offset(&path));
        Problem { at, node, field, what }
    };
    let mut problems: Vec<Problem> = faults.into_iter().map(of_fault).collect();
    problems.extend(places.twins().into_iter().map(|(path, key, at)| Problem {
        at: places::position(text, at),
        node: path.iter().skip_while(|step| *step != "nodes").nth(1).cloned(),
        field: None,
        what: format!("the key “{key}” stands twice"),
    }));
    problems.sort_by_key(|problem| problem.at);
    let definition = definition.filter(|_| problems.is_empty());
    Inspection { json: Some(json), definition, problems }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.node, &self.field) {
            (Some(node), Some(field)) => write!(f, "Node “{node}”, {field}: {}.", self.what),
            (Some(node), None) => write!(f, "Node “{node}”: {}.", self.what),
            (None, Some(field)) => write!(f, "The flow's {field}: {}.", self.what),
            (None, None) => write!(f, "The flow: {}.", self.what),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::channel::WHATSAPP;
    use crate::domain::details::{Field, FieldKind, FieldOf, Tag};
    use crate::domain::ids::TagId;

    const TEXT: &str = r#"{
  "format": 1, "name": "Welcome", "start": "topic", "default_queue": "support",
  "nodes": {
    "topic": { "kind": "ask", "as": "buttons", "prompt": "What is it about?", "field": "topic", "label": "Topic",
      "options": [
        { "id": "a", "title": "My order", "queue": "orders" },
        { "id": "b", "title": "A title that is far too long for it" }
      ],
      "next": "way" },
    "way": { "kind": "branch", "on": { "field": "topic" }, "cases": [
        { "equals": "a", "next": "over" },
        { "in": ["b", "c"], "next": "nowhere" }
      ], "otherwise": "over" },
    "over": { "kind": "hand_off", "text": { "en": "Bye", "es": "" }, "colour": 1 }
  }
}"#;

    #[test]
    fn every_problem_has_its_place() {
        let found = inspect(TEXT, &["support"], None, &WHATSAPP);
        let told: Vec<_> = found.problems.iter().map(|problem| (problem.at.line, problem.at.column, problem.what.as_str())).collect();
        assert_eq!(
            told,
            [
                (6, 43, "there is no queue “orders”"),
                (7, 22, "has 35 characters, 20 are allowed"),
                (12, 23, "the value “c” never comes up"),
                (12, 29, "there is no node “nowhere”"),
                (14, 58, "is empty"),
                (14, 70, "unknown field “colour”, expected “queue” or “text”"),
            ]
        );
        assert!(found.definition.is_none() && found.json.is_some());
    }

    #[test]
    fn tags_and_fields_that_nobody_defined_have_their_places() {
        let node = r#""note": { "kind": "set_field", "field": "plan", "value": "{contact.level} {contact.name}", "next": "tag" },
    "tag": { "kind": "add_tag", "tag": "VIP", "next": "over" },
    "where": { "kind": "branch", "on": { "field": "city" }, "cases": [{ "equals": "a", "next": "note" }], "otherwise": "note" },
    "over": {"#;
        let text = TEXT
            .replace("\"over\": {", node)
            .replace("\"next\": \"over\" },\n        { \"in\"", "\"next\": \"where\" },\n        { \"in\"");
        let told = |words: Option<&Vocabulary>| -> Vec<(usize, String)> {
            let found = inspect(&text, &["support", "orders"], words, &WHATSAPP).problems.into_iter();
            found
                .filter(|problem| problem.what.starts_with("there is no ") && problem.at.line > 13)
                .map(|problem| (problem.at.line, problem.what))
                .collect()
        };
        assert_eq!(told(None), []);
        let missing = ["field “plan”", "field “level”", "tag “VIP”", "field “city”"].map(|what| format!("there is no {what}"));
        assert_eq!(told(Some(&Vocabulary::default())), [14, 14, 15, 16].into_iter().zip(missing).collect::<Vec<_>>());
        let (of, kind) = (FieldOf::Contact, FieldKind::Text);
        let field = |key: &str| Field { key: key.to_owned(), label: String::new(), of, kind, choices: Vec::new(), shown: true };
        let tag = |archived| Tag { id: TagId(Uuid::nil()), name: "vip".to_owned(), colour: "red".to_owned(), archived, merged_into: None };
        let fields = ["plan", "level", "city"].map(field).to_vec();
        assert_eq!(told(Some(&Vocabulary { tags: vec![tag(false)], fields: fields.clone() })), []);
        assert_eq!(told(Some(&Vocabulary { tags: vec![tag(true)], fields })), [(15, "there is no tag “VIP”".to_owned())]);
    }

    #[test]
    fn what_is_no_json_or_too_long_is_one_problem() {
        let broken = inspect(&TEXT.replace("\"way\": {", "\"way\" {"), &["support"], None, &WHATSAPP);
        assert_eq!((broken.problems.len(), broken.problems[0].at.line), (1, 10));
        assert_eq!(inspect(&" ".repeat(LONGEST + 1), &[], None, &WHATSAPP).problems.len(), 1);
    }

    #[test]
    fn what_stands_twice_is_told() {
        let twice = TEXT.replace("\"format\": 1,", "\"format\": 1, \"format\": 1,");
        assert!(
            inspect(&twice, &["support"], None, &WHATSAPP).problems.iter().any(|problem| problem.what == "the key “format” stands twice")
        );
    }
}
