//! Bodies that no one here thought of: the cases of `tests/webhooks/`, and what becomes of them when something in them is changed.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

/// The cases, by path.
pub fn cases() -> Vec<(PathBuf, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/webhooks");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|path| (path.clone(), serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())).collect()
}

/// Puts something else where a node was, anywhere in the tree.
pub fn spoil_a_node(node: &mut Value, chance: &mut Chance) {
    if chance.below(4) > 0 {
        match node {
            Value::Array(list) if !list.is_empty() => {
                let index = chance.below(list.len());
                return spoil_a_node(&mut list[index], chance);
            }
            Value::Object(fields) if !fields.is_empty() => {
                let index = chance.below(fields.len());
                return fields.values_mut().nth(index).into_iter().for_each(|field| spoil_a_node(field, chance));
            }
            _ => {}
        }
    }
    let others = [
        json!(null),
        json!(-1),
        json!(1.5e300),
        json!(f64::MAX),
        json!(5e-324),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!("\0.\u{202e}x"),
        json!("9".repeat(400)),
        json!([]),
        json!({}),
        json!([[{}]]),
        json!(true),
        (0..90).fold(json!({ "deep": 1.797_693_134_862_315_7e308 }), |inner, _| json!([inner])),
    ];
    *node = others[chance.below(others.len())].clone();
}

/// Leaves a part out, anywhere in the tree.
pub fn miss_a_part(node: &mut Value, chance: &mut Chance) {
    match node {
        Value::Array(list) if !list.is_empty() => {
            let index = chance.below(list.len());
            if chance.below(4) == 0 {
                list.remove(index);
            } else {
                miss_a_part(&mut list[index], chance);
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            let key = fields.keys().nth(chance.below(fields.len())).cloned().unwrap_or_default();
            match fields.get_mut(&key) {
                Some(inner @ (Value::Array(_) | Value::Object(_))) if chance.below(4) > 0 => miss_a_part(inner, chance),
                _ => drop(fields.remove(&key)),
            }
        }
        _ => {}
    }
}

/// Xorshift: the same numbers in every run.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
