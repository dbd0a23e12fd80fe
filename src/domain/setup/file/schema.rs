//! The JSON Schema of a workspace file, and a file held against it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::fault::{Kind, Wrong};
use super::node::{Is, Node};
use super::{Document, Found};
use crate::domain::setup::refusal::SetupRefusal;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Document).to_value());

/// JSON Schema, draft 2020-12.
#[must_use]
pub fn schema() -> &'static Value {
    &SCHEMA
}

/// A file as its schema has it: what has another form is noted, and something else stands in for it, so that the rest can be looked at.
pub(super) struct Read {
    pub value: Value,
    pub found: Found,
    /// The paths of what stands in for something.
    pub mended: BTreeSet<String>,
}

pub(super) fn read(node: &Node) -> Read {
    let mut reading = Reading::default();
    let value = reading.against(&SCHEMA, node, "");
    let Reading { found, mended } = reading;
    Read { value, found, mended }
}

#[derive(Default)]
struct Reading {
    found: Found,
    mended: BTreeSet<String>,
}

impl Reading {
    /// Notes a fault; answers what stands in.
    fn wrong(&mut self, schema: &Value, path: &str, wrong: Wrong) -> Value {
        self.found.push((path.to_owned(), wrong));
        self.mended.insert(path.to_owned());
        stand_in(schema)
    }

    fn against(&mut self, schema: &Value, node: &Node, path: &str) -> Value {
        let schema = resolved(schema);
        if let Some(something) = or_nothing(schema) {
            return if matches!(node.is, Is::Nothing) { Value::Null } else { self.against(something, node, path) };
        }
        if let Some(known) = choices(schema) {
            if known.contains(&node.value()) {
                return node.value();
            }
            let words: Vec<String> = known.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), ToOwned::to_owned)).collect();
            return self.wrong(schema, path, Wrong::NotOneOf(words.join(", ")));
        }
        let kinds = kinds(schema);
        let limit = |name| schema.get(name).and_then(Value::as_i64);
        match &node.is {
            Is::Nothing if kinds.contains(&"null") => Value::Null,
            Is::YesOrNo(_) if kinds.contains(&"boolean") => node.value(),
            Is::Number(number) if kinds.contains(&"integer") => {
                let (least, most) = (limit("minimum").unwrap_or(0), limit("maximum").unwrap_or(i64::from(i32::MAX)));
                match number.as_i64() {
                    None => self.wrong(schema, path, Wrong::MustBe(Kind::Number)),
                    Some(value) if (least..=most).contains(&value) => node.value(),
                    Some(value) => {
                        let [value, least, most] = [value, least, most].map(fitting);
                        self.wrong(schema, path, Wrong::Refused(SetupRefusal::OutOfRange { value, least, most }))
                    }
                }
            }
            Is::Text(text) if kinds.contains(&"string") => {
                let limit = limit("maxLength").and_then(|limit| usize::try_from(limit).ok());
                if schema.get("minLength").is_some() && text.trim().is_empty() {
                    return self.wrong(schema, path, Wrong::Refused(SetupRefusal::TextMissing));
                }
                match limit.filter(|limit| text.chars().count() > *limit) {
                    Some(limit) => {
                        let start = text.chars().take(40).collect();
                        self.wrong(schema, path, Wrong::Refused(SetupRefusal::TextTooLong { start, limit }))
                    }
                    None => node.value(),
                }
            }
            Is::List(entries) if kinds.contains(&"array") => match schema.get("items") {
                Some(of) => {
                    let entry = |(place, entry): (usize, &Node)| self.against(of, entry, &format!("{path}[{place}]"));
                    Value::Array(entries.iter().enumerate().map(entry).collect())
                }
                None => node.value(),
            },
            Is::Mapping(entries) if kinds.contains(&"object") => self.mapping(schema, entries, path),
            _ => {
                let kind = match kinds.first() {
                    Some(&"integer" | &"number") => Kind::Number,
                    Some(&"boolean") => Kind::YesOrNo,
                    Some(&"array") => Kind::List,
                    Some(&"object") => Kind::Mapping,
                    _ => Kind::Text,
                };
                self.wrong(schema, path, Wrong::MustBe(kind))
            }
        }
    }

    fn mapping<P>(&mut self, schema: &Value, entries: &[(String, P, Node)], path: &str) -> Value {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let known = schema.get("properties");
        let mut all = Map::new();
        for (name, _, node) in entries {
            match known.and_then(|known| known.get(name)) {
                Some(schema) => _ = all.insert(name.clone(), self.against(schema, node, &below(name))),
                None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => self.found.push((below(name), Wrong::Strange)),
                None => _ = all.insert(name.clone(), node.value()),
            }
        }
        for name in required(schema) {
            if !all.contains_key(name) {
                self.found.push((path.to_owned(), Wrong::Missing(name.to_owned())));
                self.mended.insert(below(name));
                all.insert(name.to_owned(), known.and_then(|known| known.get(name)).map_or(Value::Null, stand_in));
            }
        }
        Value::Object(all)
    }
}

fn fitting(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    }
}

fn choices(schema: &Value) -> Option<&[Value]> {
    let only = schema.get("const").map(std::slice::from_ref);
    only.or_else(|| schema.get("enum").and_then(Value::as_array).map(Vec::as_slice))
}

/// What may be there or not.
fn or_nothing(schema: &Value) -> Option<&Value> {
    let either = schema.get("anyOf")?.as_array()?;
    either.iter().find(|one| one.get("type").and_then(Value::as_str) != Some("null"))
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The least that fits.
fn stand_in(schema: &Value) -> Value {
    let schema = resolved(schema);
    if let Some(known) = choices(schema) {
        return known.first().cloned().unwrap_or_default();
    }
    match kinds(schema).first() {
        Some(&"string") => Value::String(String::new()),
        Some(&"integer") => schema.get("minimum").cloned().unwrap_or_else(|| 0.into()),
        Some(&"boolean") => Value::Bool(true),
        Some(&"array") => Value::Array(Vec::new()),
        Some(&"object") => {
            let known = schema.get("properties");
            let part = |name: &str| (name.to_owned(), known.and_then(|known| known.get(name)).map_or(Value::Null, stand_in));
            Value::Object(required(schema).map(part).collect())
        }
        _ => Value::Null,
    }
}

/// What a reference stands for.
fn resolved(schema: &Value) -> &Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
    name.and_then(|pointer| SCHEMA.pointer(pointer)).unwrap_or(schema)
}
