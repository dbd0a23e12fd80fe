//! Flows to begin from. Each is written in English and Spanish, and names roles in place of queues: whoever begins one says which queue has
//! which role.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A flow to begin from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// What addresses call it by.
    #[serde(skip)]
    pub key: &'static str,
    pub name: Wording,
    /// What it does, in a sentence.
    pub about: Wording,
    /// Which queues it needs, each with what it is for.
    pub roles: BTreeMap<String, Wording>,
    /// The fields of contacts that it writes, by their keys, as people call them.
    #[serde(default)]
    pub fields: BTreeMap<String, Wording>,
    /// The definition, with `@role` in place of a queue's key, and with names and labels in both languages.
    flow: Value,
}

/// The same in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    en: String,
    es: String,
}

impl Wording {
    /// In the language of a tag.
    #[must_use]
    pub fn in_language(&self, language: &str) -> &str {
        if language == "es" { &self.es } else { &self.en }
    }
}

/// What customers are spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Only this language, `en` or `es`.
    One(&'static str),
    /// Either, as each customer does; this one where theirs is not known.
    Both(&'static str),
}

impl Speaks {
    /// As a form says it: `en`, `es`, `en+es` or `es+en`.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        match text {
            "en" => Some(Self::One("en")),
            "es" => Some(Self::One("es")),
            "en+es" => Some(Self::Both("en")),
            "es+en" => Some(Self::Both("es")),
            _ => None,
        }
    }

    fn first(self) -> &'static str {
        match self {
            Self::One(language) | Self::Both(language) => language,
        }
    }
}

const FILES: [(&str, &str); 5] = [
    ("acknowledge", include_str!("ready/acknowledge.json")),
    ("lead", include_str!("ready/lead.json")),
    ("questions", include_str!("ready/questions.json")),
    ("order", include_str!("ready/order.json")),
    ("after_hours", include_str!("ready/after_hours.json")),
];

/// All of them.
#[must_use]
pub fn all() -> Vec<Ready> {
    let read = |(key, text): &(&'static str, &str)| Some(Ready { key, ..serde_json::from_str(text).ok()? });
    FILES.iter().filter_map(read).collect()
}

/// One of them.
#[must_use]
pub fn find(key: &str) -> Option<Ready> {
    all().into_iter().find(|ready| ready.key == key)
}

impl Ready {
    /// Its definition for a workspace. `queues` says which queue has which role; names and labels, which agents read, are in `own`.
    #[must_use]
    pub fn definition(&self, queues: &BTreeMap<String, String>, speaks: Speaks, own: &str) -> Value {
        let mut definition = filled(&self.flow, queues, speaks, own, "");
        definition["language"] = Value::from(speaks.first());
        definition
    }
}

/// The least that can be published: a greeting, and people.
#[must_use]
pub fn blank(queue: &str, language: &str) -> Value {
    let (name, hello) = match language {
        "es" => ("Flujo nuevo", "Hola {contact.first_name}, gracias por escribir. Te responderemos {queue.promise}."),
        _ => ("New flow", "Hello {contact.first_name|there}, thank you for writing. One of us will answer you {queue.promise}."),
    };
    serde_json::json!({
        "format": super::definition::FORMAT, "name": name, "language": language, "start": "welcome", "default_queue": queue,
        "nodes": { "welcome": { "kind": "hand_off", "text": hello } },
    })
}

fn filled(value: &Value, queues: &BTreeMap<String, String>, speaks: Speaks, own: &str, key: &str) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix('@') {
            Some(role) => Value::from(queues.get(role).map_or(role, String::as_str)),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| filled(item, queues, speaks, own, key)).collect(),
        Value::Object(fields) => match (wording(fields), speaks) {
            (Some(wording), _) if matches!(key, "name" | "label") => wording.in_language(own).into(),
            (Some(wording), Speaks::One(language)) => wording.in_language(language).into(),
            (Some(_), Speaks::Both(_)) => value.clone(),
            (None, _) => {
                fields.iter().map(|(key, value)| (key.clone(), filled(value, queues, speaks, own, key))).collect::<Map<_, _>>().into()
            }
        },
        other => other.clone(),
    }
}

fn wording(fields: &Map<String, Value>) -> Option<Wording> {
    let text = |language: &str| fields.get(language).and_then(Value::as_str).map(str::to_owned);
    Some(Wording { en: text("en")?, es: text("es")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read_and_says_which_queues_it_needs() {
        assert_eq!(all().len(), FILES.len());
        for ready in all() {
            let text = ready.flow.to_string();
            for role in ready.roles.keys() {
                assert!(text.contains(&format!("\"@{role}\"")), "{}: {role}", ready.key);
            }
            assert_eq!(
                text.matches("\"@").count(),
                ready.roles.keys().map(|role| text.matches(&format!("\"@{role}\"")).count()).sum::<usize>()
            );
        }
    }

    #[test]
    fn one_language_or_both_is_chosen() {
        let ready = find("order").unwrap();
        let queues = BTreeMap::from([("support".to_owned(), "help-desk".to_owned())]);
        let spanish = ready.definition(&queues, Speaks::of("es").unwrap(), "es");
        assert_eq!(
            (&spanish["language"], &spanish["default_queue"], &spanish["name"]),
            (&"es".into(), &"help-desk".into(), &"Número de pedido".into())
        );
        assert!(spanish["nodes"]["welcome"]["text"].as_str().unwrap().starts_with("Hola"));
        let both = ready.definition(&queues, Speaks::of("es+en").unwrap(), "en");
        assert_eq!(
            (&both["language"], &both["name"], &both["nodes"]["problem"]["label"]),
            (&"es".into(), &"Order number".into(), &"Problem".into())
        );
        assert!(both["nodes"]["welcome"]["text"]["en"].as_str().unwrap().starts_with("Hello"));
        assert_eq!(Speaks::of("fr"), None);
    }
}
