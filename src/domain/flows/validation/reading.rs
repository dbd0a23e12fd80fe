//! Reading a definition node by node, so that one unreadable node does not hide the faults of the others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::definition::Definition;
use super::super::nodes::Node;
use super::{Fault, blame};

/// Unknown fields of one object that are left out, one after the other: who wrote more than that has other things to mend first.
const MOST_LEFT_OUT: usize = 100;

/// What could be read.
pub(super) struct Read {
    pub definition: Definition,
    /// The keys of the nodes that could not be read.
    pub unread: BTreeSet<String>,
    pub faults: Vec<Fault>,
}

/// Reads all of it that can be read; an error when the frame around the nodes cannot.
pub(super) fn read(json: &Value) -> Result<Read, Vec<Fault>> {
    let Value::Object(mut frame) = json.clone() else {
        return Err(vec![fault(None, "is no JSON object".to_owned(), Vec::new())]);
    };
    let nodes = match frame.insert("nodes".to_owned(), Value::Object(Map::new())) {
        Some(Value::Object(nodes)) => nodes,
        Some(_) | None => {
            let what = "needs “nodes”, an object of nodes by their keys".to_owned();
            return Err(vec![fault(None, what, vec!["nodes".to_owned()])]);
        }
    };
    let mut faults = Vec::new();
    let mut unread = BTreeSet::new();
    let mut readable = BTreeMap::new();
    for (key, node) in nodes {
        match object::<Node>(node, Some(&key), &mut faults) {
            Some(node) => drop(readable.insert(key, node)),
            None => drop(unread.insert(key)),
        }
    }
    match object::<Definition>(Value::Object(frame), None, &mut faults) {
        Some(definition) => Ok(Read { definition: Definition { nodes: readable, ..definition }, unread, faults }),
        None => Err(faults),
    }
}

/// Reads one object. Each unknown field is a fault of its own and is then left out, so that all of them are found.
fn object<T: serde::de::DeserializeOwned>(mut json: Value, node: Option<&str>, faults: &mut Vec<Fault>) -> Option<T> {
    let mut left_out = 0;
    loop {
        let error = match serde_json::from_value(json.clone()) {
            Ok(read) => return Some(read),
            Err(error) => error.to_string(),
        };
        let unknown = error.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')).map(|(name, _)| name);
        let read = |json| serde_json::from_value::<T>(json).err();
        let is_own = unknown.is_some_and(|name| is_the_objects_own(&json, name, &error, read));
        let path = match unknown {
            Some(name) if is_own => vec![name.to_owned()],
            _ => {
                let mut path = blame::culprit(&json, &error, &|json| read(json).map(|error| error.to_string()));
                path.extend(unknown.filter(|name| path.last().is_none_or(|last| last != name)).map(str::to_owned));
                path
            }
        };
        faults.push(fault(node, quoted(&error), path));
        left_out += 1;
        match (unknown, json.as_object_mut()) {
            (Some(name), Some(fields)) if is_own && left_out < MOST_LEFT_OUT => drop(fields.remove(name)),
            _ => return None,
        }
    }
}

/// Whether an unknown field is the object's own and not one of something inside it: leaving it out changes the error.
fn is_the_objects_own(json: &Value, name: &str, error: &str, read: impl Fn(Value) -> Option<serde_json::Error>) -> bool {
    let mut without = json.clone();
    let was_there = without.as_object_mut().is_some_and(|fields| fields.remove(name).is_some());
    was_there && read(without).is_none_or(|other| other.to_string() != error)
}

/// The reader's own words, with the quotation marks of ours.
fn quoted(error: &str) -> String {
    let mut words = String::new();
    for (place, part) in error.split('`').enumerate() {
        words.push_str(if place == 0 {
            ""
        } else if place % 2 == 1 {
            "“"
        } else {
            "”"
        });
        words.push_str(part);
    }
    words
}

fn fault(node: Option<&str>, what: String, inside: Vec<String>) -> Fault {
    let of_node = node.map(|node| ["nodes".to_owned(), node.to_owned()]);
    Fault { node: node.map(str::to_owned), field: None, what, path: of_node.into_iter().flatten().chain(inside).collect() }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde::{Deserialize, Deserializer};
    use serde_json::json;

    use super::*;

    thread_local! {
        static READ: Cell<usize> = const { Cell::new(0) };
    }

    /// A node, and how often one was read.
    struct Counted;

    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            READ.set(READ.get() + 1);
            Node::deserialize(deserializer).map(|_| Self)
        }
    }

    fn faults(json: Value) -> (Vec<Fault>, usize) {
        READ.set(0);
        let mut faults = Vec::new();
        object::<Counted>(json, Some("n"), &mut faults);
        (faults, READ.get())
    }

    #[test]
    fn however_many_unknown_fields_there_are_a_node_is_read_a_bounded_number_of_times() {
        let mut many = json!({ "kind": "send_text", "text": "Hello", "next": "n" });
        let mut inside = json!({ "kind": "ask", "as": "list", "prompt": "?", "field": "f", "label": "F", "next": "n",
            "options": [{ "id": "a", "title": "A" }] });
        for number in 0..2_000 {
            many[format!("colour{number}")] = json!("red");
            inside["options"][0][format!("colour{number}")] = json!("red");
        }
        let (found, count) = faults(many);
        assert_eq!((found.len(), found[0].path.as_slice()), (MOST_LEFT_OUT, ["nodes", "n", "colour0"].map(str::to_owned).as_slice()));
        assert!(count <= 2 * MOST_LEFT_OUT, "read {count} times");
        let (found, count) = faults(inside);
        assert_eq!(found.len(), 1);
        assert!(found[0].path.starts_with(&["nodes", "n", "options", "0"].map(str::to_owned)), "{:?}", found[0].path);
        assert!(count <= 2 * MOST_LEFT_OUT, "read {count} times");
    }
}
