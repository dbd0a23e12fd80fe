//! What two definitions differ in, as an author would say it: part by part, and not line by line.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// One thing that is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of this node, by the key that it has now; nothing for what is of the whole flow.
    pub node: Option<String>,
    pub what: What,
}

/// What is another about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A node is new; its kind.
    NodeAdded(String),
    NodeRemoved(String),
    /// The same node under another key; that is the one it had.
    NodeRenamed(String),
    /// It is of another kind; nothing else of it is told.
    KindChanged(Change),
    /// A part that is a text, a number, a choice.
    Part {
        part: Part,
        change: Change,
    },
    /// A part that was not there, or is there no more, with what it says or said.
    PartAdded {
        part: Part,
        value: String,
    },
    PartRemoved {
        part: Part,
        value: String,
    },
    OptionAdded {
        id: String,
        title: String,
    },
    OptionRemoved {
        id: String,
        title: String,
    },
    /// The same options in another order.
    OptionsMoved,
    /// For these values it goes to another node than before.
    CaseAdded {
        values: String,
        next: String,
    },
    CaseRemoved {
        values: String,
        next: String,
    },
    CasesMoved,
    /// It goes on elsewhere; `otherwise` of a branch, too.
    Way {
        part: Part,
        change: Change,
    },
}

/// What was, and what is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub before: String,
    pub after: String,
}

/// Which part of a node or of the whole, by its key; of an option the option's too, and of a text in several languages which one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    pub key: String,
    pub option: Option<String>,
    /// The values of a case.
    pub case: Option<String>,
    pub language: Option<String>,
}

impl Part {
    fn of(key: &str) -> Self {
        Self { key: key.to_owned(), ..Self::default() }
    }
}

/// Everything that is another after than before: first the whole, then node by node.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let nothing = Map::new();
    let nodes = |json: &Value| json.get("nodes").and_then(Value::as_object).unwrap_or(&nothing).clone();
    let (old, new) = (nodes(before), nodes(after));
    let renamed = renamed(&old, &new);
    let mut told = Told { renamed: &renamed, node: None, found: Vec::new() };
    told.fields(fields(before), fields(after), &["nodes"]);
    for (key, node) in &new {
        told.node = Some(key.clone());
        let former = renamed.iter().find(|(_, now)| *now == key).map_or(key, |(was, _)| was);
        match old.get(former) {
            None => told.push(What::NodeAdded(kind(node))),
            Some(was) if kind(was) != kind(node) => told.push(What::KindChanged(Change { before: kind(was), after: kind(node) })),
            Some(was) => {
                if former != key {
                    told.push(What::NodeRenamed(former.clone()));
                }
                told.node(was, node);
            }
        }
    }
    for (key, node) in old.iter().filter(|(key, _)| !new.contains_key(*key) && !renamed.contains_key(*key)) {
        told.node = Some(key.clone());
        told.push(What::NodeRemoved(kind(node)));
    }
    told.found
}

fn kind(node: &Value) -> String {
    node.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn fields(json: &Value) -> Map<String, Value> {
    json.as_object().cloned().unwrap_or_default()
}

/// Keys of nodes that are gone, each with the key of the new one that says the same; where there is just one.
fn renamed(old: &Map<String, Value>, new: &Map<String, Value>) -> BTreeMap<String, String> {
    let gone = || old.iter().filter(|(key, _)| !new.contains_key(*key));
    let come = || new.iter().filter(|(key, _)| !old.contains_key(*key));
    let mut renamed = BTreeMap::new();
    for (key, node) in gone() {
        let mut same = come().filter(|(_, other)| *other == node);
        let is_only_one = gone().filter(|(_, other)| *other == node).count() == 1;
        if let (Some((now, _)), None, true) = (same.next(), same.next(), is_only_one) {
            renamed.insert(key.clone(), now.clone());
        }
    }
    renamed
}

struct Told<'a> {
    renamed: &'a BTreeMap<String, String>,
    node: Option<String>,
    found: Vec<Difference>,
}

impl Told<'_> {
    fn push(&mut self, what: What) {
        self.found.push(Difference { node: self.node.clone(), what });
    }

    fn node(&mut self, before: &Value, after: &Value) {
        let (was, is) = (fields(before), fields(after));
        self.fields(was.clone(), is.clone(), &["kind", "options", "cases"]);
        self.options(&list(&was, "options"), &list(&is, "options"));
        self.cases(&list(&was, "cases"), &list(&is, "cases"));
    }

    fn fields(&mut self, was: Map<String, Value>, is: Map<String, Value>, but: &[&str]) {
        let keys: BTreeSet<&String> = was.keys().chain(is.keys()).filter(|key| !but.contains(&key.as_str())).collect();
        for key in keys {
            let (was, is) = (was.get(key), is.get(key));
            match key.as_str() {
                "next" | "otherwise" | "start" => self.way(Part::of(key), was, is),
                _ => self.part(&Part::of(key), was, is),
            }
        }
    }

    fn way(&mut self, part: Part, was: Option<&Value>, is: Option<&Value>) {
        let change = Change { before: was.map(said).unwrap_or_default(), after: is.map(said).unwrap_or_default() };
        if change.before != change.after && self.renamed.get(&change.before) != Some(&change.after) {
            self.push(What::Way { part, change });
        }
    }

    fn part(&mut self, part: &Part, was: Option<&Value>, is: Option<&Value>) {
        if was == is {
            return;
        }
        if let (Some(was), Some(is)) = (was.and_then(wordings), is.and_then(wordings))
            && was.keys().chain(is.keys()).any(|language| !language.is_empty())
        {
            for language in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
                let of_language = Some(language.clone()).filter(|language| !language.is_empty());
                self.one(Part { language: of_language, ..part.clone() }, was.get(language).copied(), is.get(language).copied());
            }
            return;
        }
        self.one(part.clone(), was, is);
    }

    fn one(&mut self, part: Part, was: Option<&Value>, is: Option<&Value>) {
        match (was, is) {
            (Some(was), Some(is)) if was != is => {
                self.push(What::Part { part, change: Change { before: said(was), after: said(is) } });
            }
            (None, Some(is)) => self.push(What::PartAdded { part, value: said(is) }),
            (Some(was), None) => self.push(What::PartRemoved { part, value: said(was) }),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn options(&mut self, was: &[Value], is: &[Value]) {
        let id = |option: &Value| option.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let title = |option: &Value| option.get("title").map(said).unwrap_or_default();
        let find = |all: &[Value], wanted: &str| all.iter().find(|option| id(option) == wanted).cloned();
        for option in is {
            match find(was, &id(option)) {
                None => self.push(What::OptionAdded { id: id(option), title: title(option) }),
                Some(before) => {
                    let (was, is) = (fields(&before), fields(option));
                    for key in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
                        let part = Part { option: Some(id(option)), ..Part::of(key) };
                        self.part(&part, was.get(key), is.get(key));
                    }
                }
            }
        }
        for option in was.iter().filter(|option| find(is, &id(option)).is_none()) {
            self.push(What::OptionRemoved { id: id(option), title: title(option) });
        }
        if is_moved(was, is, id) {
            self.push(What::OptionsMoved);
        }
    }

    fn cases(&mut self, was: &[Value], is: &[Value]) {
        let next = |case: &Value| case.get("next").map(said).unwrap_or_default();
        let find = |all: &[Value], wanted: &str| all.iter().find(|case| values(case) == wanted).cloned();
        for case in is {
            match find(was, &values(case)) {
                None => self.push(What::CaseAdded { values: values(case), next: next(case) }),
                Some(before) => {
                    let part = Part { case: Some(values(case)), ..Part::of("next") };
                    self.way(part, before.get("next"), case.get("next"));
                }
            }
        }
        for case in was.iter().filter(|case| find(is, &values(case)).is_none()) {
            self.push(What::CaseRemoved { values: values(case), next: next(case) });
        }
        if is_moved(was, is, values) {
            self.push(What::CasesMoved);
        }
    }
}

fn list(fields: &Map<String, Value>, key: &str) -> Vec<Value> {
    fields.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The values that a case is for, in one piece.
fn values(case: &Value) -> String {
    let values = case.get("equals").into_iter().chain(case.get("in").and_then(Value::as_array).into_iter().flatten());
    values.map(said).collect::<Vec<_>>().join(", ")
}

/// Whether what is in both stands in another order.
fn is_moved(was: &[Value], is: &[Value], name: impl Fn(&Value) -> String) -> bool {
    let (was, is): (Vec<String>, Vec<String>) = (was.iter().map(&name).collect(), is.iter().map(&name).collect());
    let kept = |all: &[String], other: &[String]| all.iter().filter(|name| other.contains(name)).cloned().collect::<Vec<_>>();
    kept(&was, &is) != kept(&is, &was)
}

/// The wordings of a text by language; one without a language has an empty one.
fn wordings(text: &Value) -> Option<BTreeMap<String, &Value>> {
    match text {
        Value::String(_) => Some(BTreeMap::from([(String::new(), text)])),
        Value::Object(by_language) if by_language.values().all(Value::is_string) => {
            Some(by_language.iter().map(|(language, text)| (language.clone(), text)).collect())
        }
        _ => None,
    }
}

/// A value as people read it.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => items.iter().map(said).collect::<Vec<_>>().join(", "),
        Value::Object(by_language) if !by_language.is_empty() && by_language.values().all(Value::is_string) => {
            by_language.values().map(said).collect::<Vec<_>>().join(" / ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(change: impl Fn(&mut Value)) -> Vec<(Option<String>, What)> {
        let before: Value = serde_json::from_str(include_str!("../../demo/flow.json")).unwrap();
        let mut after = before.clone();
        change(&mut after);
        differences(&before, &after).into_iter().map(|Difference { node, what }| (node, what)).collect()
    }

    fn change(before: &str, after: &str) -> Change {
        Change { before: before.to_owned(), after: after.to_owned() }
    }

    #[test]
    fn what_is_the_same_is_not_told() {
        assert_eq!(told(|_| {}), []);
    }

    #[test]
    fn each_part_is_told_by_itself() {
        let topic = Some("topic".to_owned());
        let found = told(|flow| {
            flow["wait_minutes"] = json!(30);
            flow["nodes"]["topic"]["prompt"]["es"] = json!("¿Qué tal?");
            flow["nodes"]["topic"]["options"][0]["queue"] = json!("support");
            flow["nodes"]["topic"]["options"][2]["id"] = json!("other");
            flow["nodes"]["topic"]["next"] = json!("welcome");
            flow["nodes"]["topic"]["attempts"] = json!(3);
        });
        let part = |key: &str| Part::of(key);
        assert_eq!(found[0], (None, What::Part { part: part("wait_minutes"), change: change("60", "30") }));
        assert_eq!(found[1], (topic.clone(), What::PartAdded { part: part("attempts"), value: "3".to_owned() }));
        assert_eq!(found[2], (topic.clone(), What::Way { part: part("next"), change: change("by_topic", "welcome") }));
        let prompt = Part { language: Some("es".to_owned()), ..part("prompt") };
        let was = "Para que te atienda la persona adecuada: ¿de qué se trata?";
        assert_eq!(found[3], (topic.clone(), What::Part { part: prompt, change: change(was, "¿Qué tal?") }));
        let queue = Part { option: Some("orders".to_owned()), ..part("queue") };
        assert_eq!(found[4], (topic.clone(), What::Part { part: queue, change: change("orders", "support") }));
        let title = || "Something else / Otra cosa".to_owned();
        assert_eq!(found[5], (topic.clone(), What::OptionAdded { id: "other".to_owned(), title: title() }));
        assert_eq!(found[6], (topic, What::OptionRemoved { id: "support".to_owned(), title: title() }));
        assert_eq!(found.len(), 7);
    }

    #[test]
    fn nodes_come_go_and_are_called_otherwise() {
        let found = told(|flow| {
            let nodes = flow["nodes"].as_object_mut().unwrap();
            let topic = nodes.remove("topic").unwrap();
            nodes.insert("subject_matter".to_owned(), topic);
            nodes["welcome"]["next"] = json!("subject_matter");
            nodes.insert("extra".to_owned(), json!({ "kind": "hand_off" }));
        });
        assert_eq!(
            found,
            [
                (Some("extra".to_owned()), What::NodeAdded("hand_off".to_owned())),
                (Some("subject_matter".to_owned()), What::NodeRenamed("topic".to_owned())),
            ],
            "what leads to it leads where it led"
        );
        let found = told(|flow| drop(flow["nodes"].as_object_mut().unwrap().remove("topic")));
        assert_eq!(found, [(Some("topic".to_owned()), What::NodeRemoved("ask".to_owned()))]);
        let found = told(|flow| flow["nodes"]["topic"] = json!({ "kind": "hand_off" }));
        assert_eq!(found, [(Some("topic".to_owned()), What::KindChanged(change("ask", "hand_off")))]);
    }

    #[test]
    fn cases_are_told_by_their_values() {
        let way = |cases: Value| json!({ "nodes": { "way": { "kind": "branch", "cases": cases, "otherwise": "x" } } });
        let before = way(json!([{ "equals": "a", "next": "one" }, { "in": ["b", "c"], "next": "two" }]));
        let after = way(json!([{ "in": ["b", "c"], "next": "one" }, { "equals": "a", "next": "one" }, { "equals": "d", "next": "two" }]));
        let told: Vec<What> = differences(&before, &after).into_iter().map(|difference| difference.what).collect();
        let part = Part { case: Some("b, c".to_owned()), ..Part::of("next") };
        let added = What::CaseAdded { values: "d".to_owned(), next: "two".to_owned() };
        assert_eq!(told, [What::Way { part, change: change("two", "one") }, added, What::CasesMoved]);
    }
}
