//! A definition as text: in the order an author writes it, so that what is stored reads like what was typed.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// How long a line may be that holds a whole object or list.
const LINE: usize = 116;

/// Keys in the order they are written; the others come behind, by name.
const ORDER: [&str; 40] = [
    "format",
    "id",
    "kind",
    "name",
    "language",
    "start",
    "default_queue",
    "settle_seconds",
    "wait_minutes",
    "hand_off_words",
    "hand_off_text",
    "timed_out_text",
    "welcome_back_text",
    "words",
    "as",
    "on",
    "prompt",
    "text",
    "field",
    "label",
    "title",
    "description",
    "button",
    "value",
    "options",
    "accept",
    "retry",
    "attempts",
    "pictures",
    "hours",
    "equals",
    "in",
    "cases",
    "otherwise",
    "queue",
    "min",
    "max",
    "pattern",
    "next",
    "nodes",
];

/// The text of a definition. Nodes come in the order a customer meets them.
#[must_use]
pub fn written(definition: &Value) -> String {
    let mut text = String::new();
    write(definition, &Way::Whole, 0, definition, &mut text);
    text.push('\n');
    text
}

/// Where in a definition one is.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Whole,
    Nodes,
    Inside,
}

fn write(value: &Value, way: &Way, depth: usize, whole: &Value, text: &mut String) {
    let one_line = if *way == Way::Inside { in_one_line(value) } else { None };
    let indent = "  ".repeat(depth + 1);
    match (one_line, value) {
        (Some(line), _) if line.chars().count() + 2 * depth <= LINE => text.push_str(&line),
        (_, Value::Object(fields)) if !fields.is_empty() => {
            let keys = if *way == Way::Nodes { in_order_of_meeting(fields, whole) } else { in_order(fields) };
            for (place, key) in keys.iter().enumerate() {
                text.push_str(if place == 0 { "{\n" } else { ",\n" });
                text.push_str(&indent);
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push_str(": ");
                let inner = if *way == Way::Whole && key == "nodes" { Way::Nodes } else { Way::Inside };
                write(&fields[key], &inner, depth + 1, whole, text);
            }
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
            text.push('}');
        }
        // Words, as many as have room on a line.
        (_, Value::Array(items)) if !items.is_empty() && !items.iter().any(|item| item.is_object() || item.is_array()) => {
            let mut line = indent.clone();
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                let word = format!("{item}{}", if place + 1 < items.len() { "," } else { "" });
                if line.trim().is_empty() || line.chars().count() + word.chars().count() < LINE {
                    line.push_str(if line.trim().is_empty() { "" } else { " " });
                } else {
                    text.push('\n');
                    text.push_str(&line);
                    line.clone_from(&indent);
                }
                line.push_str(&word);
            }
            text.push('\n');
            text.push_str(&line);
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
            text.push(']');
        }
        (_, Value::Array(items)) if !items.is_empty() => {
            for (place, item) in items.iter().enumerate() {
                text.push_str(if place == 0 { "[\n" } else { ",\n" });
                text.push_str(&indent);
                write(item, &Way::Inside, depth + 1, whole, text);
            }
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
            text.push(']');
        }
        (_, other) => text.push_str(&other.to_string()),
    }
}

/// The value on one line, `{ "a": 1 }`; none of what holds more than two objects, which reads better as lines.
fn in_one_line(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) if fields.is_empty() => Some("{}".to_owned()),
        Value::Object(fields) => {
            let members =
                in_order(fields).into_iter().map(|key| Some(format!("{}: {}", Value::from(key.as_str()), in_one_line(&fields[&key])?)));
            Some(format!("{{ {} }}", members.collect::<Option<Vec<_>>>()?.join(", ")))
        }
        Value::Array(items) if items.iter().any(Value::is_object) => None,
        Value::Array(items) => Some(format!("[{}]", items.iter().map(in_one_line).collect::<Option<Vec<_>>>()?.join(", "))),
        other => Some(other.to_string()),
    }
}

fn in_order(fields: &Map<String, Value>) -> Vec<String> {
    let rank = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
    let mut keys: Vec<String> = fields.keys().cloned().collect();
    keys.sort_by_key(|key| rank(key));
    keys
}

/// The keys of nodes: each before what it leads to, as far as that can be; what nothing leads to comes last.
fn in_order_of_meeting(nodes: &Map<String, Value>, whole: &Value) -> Vec<String> {
    let mut met: Vec<String> = Vec::new();
    let mut known = BTreeSet::new();
    let start = whole.get("start").and_then(Value::as_str).unwrap_or_default();
    let mut waiting = vec![start.to_owned()];
    while let Some(key) = waiting.pop() {
        let Some(node) = nodes.get(&key).filter(|_| known.insert(key.clone())) else { continue };
        met.push(key);
        waiting.extend(targets(node).into_iter().rev().map(|(_, target)| target));
    }
    met.extend(nodes.keys().filter(|key| !known.contains(*key)).cloned());
    met
}

/// The nodes that one leads to, each with what leads there, as it is written: also of a node that nobody can read.
#[must_use]
pub fn targets(node: &Value) -> Vec<(Lead, String)> {
    let target = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let mut found = Vec::new();
    for case in node.get("cases").and_then(Value::as_array).into_iter().flatten() {
        let values = case.get("equals").into_iter().chain(case.get("in").and_then(Value::as_array).into_iter().flatten());
        let values = values.filter_map(Value::as_str).map(str::to_owned).collect();
        found.extend(target(case.get("next")).map(|next| (Lead::Case(values), next)));
    }
    found.extend(target(node.get("otherwise")).map(|next| (Lead::Otherwise, next)));
    found.extend(target(node.get("next")).map(|next| (Lead::Next, next)));
    found
}

/// What leads from one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lead {
    Next,
    /// The values of a case.
    Case(Vec<String>),
    Otherwise,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_written_as_it_is_read() {
        let text = include_str!("../../demo/flow.json");
        let json: Value = serde_json::from_str(text).unwrap();
        let again = written(&json);
        assert_eq!(serde_json::from_str::<Value>(&again).unwrap(), json);
        assert_eq!(written(&json), again);
        let nodes: Vec<usize> = ["welcome", "topic", "by_topic"].map(|key| again.find(&format!("    \"{key}\": {{")).unwrap()).to_vec();
        assert!(nodes.is_sorted(), "nodes come as customers meet them");
        assert!(again.starts_with("{\n  \"format\": 1,\n  \"name\":"), "{again}");
    }
}
