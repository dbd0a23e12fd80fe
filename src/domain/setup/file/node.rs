//! A YAML text as a tree whose every part knows where it stands.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Spanned};

use super::fault::{Fault, Wrong};

#[derive(Debug, Clone)]
pub(super) struct Node {
    at: Location,
    pub is: Is,
}

#[derive(Debug, Clone)]
pub(super) enum Is {
    Nothing,
    YesOrNo(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// Each with where its name stands.
    Mapping(Vec<(String, Location, Node)>),
}

/// Reads a text.
///
/// # Errors
/// When it is no YAML.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let spanned: Spanned<Is> = serde_saphyr::from_str(text).map_err(|error| {
        let at = error.location();
        let error = error.without_snippet().to_string();
        // Its place stands apart.
        let what = error.split(" at line ").next().unwrap_or_default().to_owned();
        Fault {
            line: at.map_or(1, |at| at.line()),
            column: at.map_or(1, |at| at.column()),
            path: String::new(),
            wrong: Wrong::Syntax(what),
        }
    })?;
    Ok(Node { at: spanned.referenced, is: spanned.value })
}

impl Node {
    pub fn value(&self) -> Value {
        match &self.is {
            Is::Nothing => Value::Null,
            Is::YesOrNo(is_so) => Value::Bool(*is_so),
            Is::Number(number) => Value::Number(number.clone()),
            Is::Text(text) => Value::String(text.clone()),
            Is::List(all) => Value::Array(all.iter().map(Node::value).collect()),
            Is::Mapping(all) => Value::Object(all.iter().map(|(name, _, node)| (name.clone(), node.value())).collect::<Map<_, _>>()),
        }
    }
}

/// Where each part of a file stands, by its path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places(BTreeMap<String, (u64, u64)>);

impl Places {
    pub fn of(node: &Node) -> Self {
        let mut places = Self::default();
        places.walk(String::new(), node.at, node);
        places
    }

    fn walk(&mut self, path: String, at: Location, node: &Node) {
        match &node.is {
            Is::List(all) => {
                for (place, one) in all.iter().enumerate() {
                    self.walk(format!("{path}[{place}]"), one.at, one);
                }
            }
            Is::Mapping(all) => {
                for (name, at, one) in all {
                    self.walk(if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, *at, one);
                }
            }
            Is::Nothing | Is::YesOrNo(_) | Is::Number(_) | Is::Text(_) => {}
        }
        self.0.insert(path, (at.line(), at.column()));
    }

    /// A fault with its place, or that of the nearest thing around it.
    pub fn fault(&self, path: String, wrong: Wrong) -> Fault {
        let mut around = path.as_str();
        let (line, column) = loop {
            if let Some(place) = self.0.get(around) {
                break *place;
            }
            match around.rfind(['.', '[']) {
                Some(end) => around = &around[..end],
                None if around.is_empty() => break (1, 1),
                None => around = "",
            }
        };
        Fault { line, column, path, wrong }
    }
}

impl<'de> Deserialize<'de> for Is {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Is;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_unit<E>(self) -> Result<Is, E> {
                Ok(Is::Nothing)
            }

            fn visit_none<E>(self) -> Result<Is, E> {
                Ok(Is::Nothing)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Is, D::Error> {
                Is::deserialize(deserializer)
            }

            fn visit_bool<E>(self, is_so: bool) -> Result<Is, E> {
                Ok(Is::YesOrNo(is_so))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Is, E> {
                Ok(Is::Number(number.into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Is, E> {
                Ok(Is::Number(number.into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Is, E> {
                Ok(Number::from_f64(number).map_or_else(|| Is::Text(number.to_string()), Is::Number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Is, E> {
                Ok(Is::Text(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Is, E> {
                Ok(Is::Text(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Is, A::Error> {
                let mut all = Vec::new();
                while let Some(Spanned { value, referenced, .. }) = entries.next_element::<Spanned<Is>>()? {
                    all.push(Node { at: referenced, is: value });
                }
                Ok(Is::List(all))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Is, A::Error> {
                let mut all = Vec::new();
                while let Some(name) = entries.next_key::<Spanned<String>>()? {
                    let Spanned { value, referenced, .. } = entries.next_value::<Spanned<Is>>()?;
                    all.push((name.value, name.referenced, Node { at: referenced, is: value }));
                }
                Ok(Is::Mapping(all))
            }
        }

        deserializer.deserialize_any(Any)
    }
}
