//! Finding what a reader could not read: whatever is left out where it stands changes what the reader says.

use serde_json::Value;

/// Parts of one thing that are looked at: of more, the thing itself is blamed.
const MOST_PARTS: usize = 100;

/// The way to the part of `json` that `error` is about, as far as it can be told. `read` answers what the reader says of another one.
pub(super) fn culprit(json: &Value, error: &str, read: &impl Fn(Value) -> Option<String>) -> Vec<String> {
    let mut path = Vec::new();
    while let Some(step) = guilty_part(json, &path, error, read) {
        path.push(step);
    }
    path
}

/// The part of what the path leads to that the error is about.
fn guilty_part(json: &Value, path: &[String], error: &str, read: &impl Fn(Value) -> Option<String>) -> Option<String> {
    let without = |step: &String| {
        let mut changed = json.clone();
        match at(&mut changed, path)? {
            Value::Object(fields) => drop(fields.remove(step)),
            Value::Array(items) => drop(items.remove(step.parse().ok()?)),
            _ => return None,
        }
        Some(read(changed))
    };
    let steps: Vec<String> = match at(&mut json.clone(), path)? {
        Value::Object(fields) => fields.keys().cloned().collect(),
        Value::Array(items) => (0..items.len()).map(|index| index.to_string()).collect(),
        _ => return None,
    };
    if steps.len() > MOST_PARTS {
        return None;
    }
    let is_missed = |said: &Option<String>, step: &String| said.as_deref() == Some(format!("missing field `{step}`").as_str());
    let said: Vec<(&String, Option<String>)> = steps.iter().filter_map(|step| Some((step, without(step)?))).collect();
    let is_other = |said: &Option<String>| said.as_deref() != Some(error);
    let by_itself = said.iter().find(|(step, said)| is_other(said) && !is_missed(said, step));
    // What has to be there is missed as soon as it is away; what the kind of a node is, always.
    let is_all_there = !error.starts_with("missing field");
    let by_its_place = || said.iter().filter(|(step, said)| is_all_there && is_missed(said, step)).max_by_key(|(step, _)| *step != "kind");
    by_itself.or_else(by_its_place).map(|(step, _)| (*step).clone())
}

fn at<'a>(json: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(json, |json, step| match json {
        Value::Object(fields) => fields.get_mut(step),
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::flows::nodes::Node;

    fn blamed(json: &Value) -> String {
        let read = |json: Value| serde_json::from_value::<Node>(json).err().map(|error| error.to_string());
        culprit(json, &read(json.clone()).unwrap(), &read).join("/")
    }

    #[test]
    fn the_part_is_found_that_cannot_be_read() {
        let ask = |change: fn(&mut Value)| {
            let mut ask = json!({ "kind": "ask", "as": "list", "prompt": "?", "field": "f", "label": "F", "next": "n",
                "options": [{ "id": "a", "title": "A" }, { "id": "b", "title": { "en": "B" } }] });
            change(&mut ask);
            blamed(&ask)
        };
        assert_eq!(ask(|ask| ask["as"] = json!("wheel")), "as");
        assert_eq!(ask(|ask| ask["next"] = Value::Null), "next");
        assert_eq!(ask(|ask| ask["attempts"] = json!("two")), "attempts");
        assert_eq!(ask(|ask| ask["options"][1]["title"] = json!(7)), "options/1/title");
        assert_eq!(ask(|ask| ask["options"][0]["colour"] = json!("red")), "options/0/colour");
        assert_eq!(ask(|ask| ask["kind"] = json!("dance")), "kind");
        assert_eq!(ask(|ask| drop(ask.as_object_mut().unwrap().remove("label"))), "");
    }
}
