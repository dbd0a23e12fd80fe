//! The JSON Schema of flows against what reads them: whatever can be published fits it, and what cannot be read does not.

use baton::domain::flows::schema::schema;
use serde_json::{Map, Value, json};

/// What is wrong with a definition by the schema; each fault with the way to it.
pub fn faults_by_schema(definition: &Value) -> Vec<String> {
    let schema = schema();
    let mut faults = Vec::new();
    check(&schema, &schema, definition, "", &mut faults);
    faults
}

/// Words of JSON Schema that say nothing about what fits.
const NOTES: [&str; 8] = ["$schema", "$defs", "title", "description", "default", "format", "examples", "$comment"];

/// A validator of its own: it knows only what the schema uses, and stops at a word that it does not know.
fn check(root: &Value, schema: &Value, value: &Value, way: &str, faults: &mut Vec<String>) {
    let rules = match schema {
        Value::Bool(true) => return,
        Value::Bool(false) => return faults.push(format!("{way}: nothing is allowed here")),
        rules => rules.as_object().expect("a schema"),
    };
    for (word, rule) in rules {
        if let Some(fault) = broken(root, rules, word, rule, value, way, faults) {
            faults.push(format!("{way}: {fault}"));
        }
    }
}

fn broken(
    root: &Value,
    rules: &Map<String, Value>,
    word: &str,
    rule: &Value,
    value: &Value,
    way: &str,
    faults: &mut Vec<String>,
) -> Option<String> {
    let fits = |schema: &Value| {
        let mut found = Vec::new();
        check(root, schema, value, way, &mut found);
        found.is_empty()
    };
    let (object, array) = (value.as_object(), value.as_array());
    let (count, number) = (rule.as_u64(), value.as_f64());
    let size = |length: Option<usize>| length.map(|length| length as u64).zip(count);
    let is_wrong = match word {
        "$ref" => {
            let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#')).expect("a definition");
            check(root, target, value, way, faults);
            false
        }
        "type" => {
            let types = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
            !types.iter().any(|kind| is_of_type(kind.as_str().unwrap(), value))
        }
        "const" => value != rule,
        "enum" => !rule.as_array().unwrap().contains(value),
        "oneOf" => rule.as_array().unwrap().iter().filter(|schema| fits(schema)).count() != 1,
        "anyOf" => !rule.as_array().unwrap().iter().any(fits),
        "allOf" => !rule.as_array().unwrap().iter().all(fits),
        "required" => object.is_some_and(|fields| rule.as_array().unwrap().iter().any(|name| !fields.contains_key(name.as_str().unwrap()))),
        "properties" => {
            for (name, schema) in rule.as_object().unwrap() {
                if let Some(inner) = value.get(name) {
                    check(root, schema, inner, &format!("{way}/{name}"), faults);
                }
            }
            false
        }
        "additionalProperties" | "unevaluatedProperties" => {
            let known = |name: &String| rules.get("properties").is_some_and(|properties| properties.get(name).is_some());
            for (name, inner) in object.into_iter().flatten().filter(|(name, _)| !known(name)) {
                check(root, rule, inner, &format!("{way}/{name}"), faults);
            }
            false
        }
        "items" => {
            for (place, inner) in array.into_iter().flatten().enumerate() {
                check(root, rule, inner, &format!("{way}/{place}"), faults);
            }
            false
        }
        "minItems" => size(array.map(Vec::len)).is_some_and(|(length, least)| length < least),
        "maxItems" => size(array.map(Vec::len)).is_some_and(|(length, most)| length > most),
        "minProperties" => size(object.map(Map::len)).is_some_and(|(length, least)| length < least),
        "maxProperties" => size(object.map(Map::len)).is_some_and(|(length, most)| length > most),
        "minimum" => number.zip(rule.as_f64()).is_some_and(|(number, least)| number < least),
        "maximum" => number.zip(rule.as_f64()).is_some_and(|(number, most)| number > most),
        note if NOTES.contains(&note) => false,
        other => panic!("the schema uses “{other}”, which this validator does not know"),
    };
    is_wrong.then(|| format!("{word} {rule}"))
}

fn is_of_type(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("no type: {other}"),
    }
}

#[test]
fn whatever_validation_takes_fits_the_schema() {
    let mut seen = 0;
    for scenario in super::scenarios() {
        let flow = super::flow(&scenario);
        if super::faults(&scenario).is_empty() {
            assert_eq!(faults_by_schema(&flow), [""; 0], "{}", scenario.about);
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} flows were read");
}

#[test]
fn what_cannot_be_read_does_not_fit_it() {
    let of_the_shape =
        ["unknown field", "unknown variant", "missing field", "invalid type", "is written as", "must be 1; other formats", "needs “nodes”"];
    let mut seen = 0;
    for scenario in super::scenarios() {
        let faults = super::faults(&scenario);
        let is_of_the_shape = |fault: &Value| of_the_shape.iter().any(|words| fault.as_str().unwrap().contains(words));
        if faults.iter().any(is_of_the_shape) {
            assert_ne!(faults_by_schema(&super::flow(&scenario)), [""; 0], "{}: {faults:?}", scenario.about);
            seen += 1;
        }
    }
    assert!(seen >= 2, "only {seen} flows were refused for their shape");
}

#[test]
fn a_change_of_any_part_into_another_type_does_not_fit() {
    let flow: Value = serde_json::from_str(super::DEMO).unwrap();
    for pointer in
        ["/format", "/name", "/nodes", "/nodes/topic/kind", "/nodes/topic/options/0/id", "/nodes/by_topic/cases/0/next", "/wait_minutes"]
    {
        let mut changed = flow.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = json!(["wrong"]);
        assert_ne!(faults_by_schema(&changed), [""; 0], "{pointer}");
    }
}
