//! A document as text, always in the same order and layout.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;
use serde_saphyr::FlowSeq;

use super::Document;

/// Characters of a line, after which a long text goes on in the next one.
const LINE: usize = 100;

pub(super) fn write(document: &Document) -> String {
    let options = serde_saphyr::ser_options! { folded_wrap_chars: LINE };
    // Everything in a document can be written.
    serde_saphyr::to_string_with_options(document, options).unwrap_or_default()
}

/// Words in one line.
pub(super) fn in_a_line<S: Serializer>(words: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    FlowSeq(words).serialize(serializer)
}

/// A value of which the innermost lists stand in one line each.
pub(super) fn compactly<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    Compact(value).serialize(serializer)
}

/// As [`compactly`], of what may not be there.
pub(super) fn compactly_if_any<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(Compact).serialize(serializer)
}

struct Compact<'a>(&'a Value);

impl Serialize for Compact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(all) if all.iter().all(is_short) => FlowSeq(all).serialize(serializer),
            Value::Array(all) => {
                let mut list = serializer.serialize_seq(Some(all.len()))?;
                for one in all {
                    list.serialize_element(&Compact(one))?;
                }
                list.end()
            }
            Value::Object(all) => {
                let mut mapping = serializer.serialize_map(Some(all.len()))?;
                for (name, one) in all {
                    mapping.serialize_entry(name, &Compact(one))?;
                }
                mapping.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}

fn is_short(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() <= 40 && !text.contains('\n'),
        Value::Array(_) | Value::Object(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}
