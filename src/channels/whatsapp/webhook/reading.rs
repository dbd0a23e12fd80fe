//! Reading single values out of JSON objects. Meta's documents and Meta's servers differ in what is a string and what a number,
//! and an absent value may come as an empty string: all forms are taken.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::domain::contact::Identity;

/// The longest id that is taken; Meta's are below 150 characters. Longer ones would not fit the keys of our tables.
pub(super) const LONGEST_ID: usize = 512;

const MILLISECONDS_FROM: i64 = 1_000_000_000_000;

/// The text under `key`; none when it is absent, empty or neither text nor a number.
pub(super) fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The id under `key`: as [`text`], and not longer than an id may be.
pub(super) fn id(object: &Map<String, Value>, key: &str) -> Option<String> {
    text(object, key).filter(|id| id.len() <= LONGEST_ID)
}

pub(super) fn object<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Map<String, Value>> {
    object.get(key)?.as_object()
}

/// The whole number under `key`, also when it is written as a string.
pub(super) fn integer(object: &Map<String, Value>, key: &str) -> Option<i64> {
    match object.get(key)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The time under `timestamp`: seconds, and milliseconds from 10¹² on, which are seen in the wild.
pub(super) fn timestamp(object: &Map<String, Value>) -> Option<Timestamp> {
    let number = integer(object, "timestamp").filter(|number| *number >= 0)?;
    let seconds = if number >= MILLISECONDS_FROM { number / 1_000 } else { number };
    Timestamp::from_second(seconds).ok()
}

/// Whom the text under `key` names: a phone number, or a business-scoped user id, which may stand in a phone number's place.
pub(super) fn identity(object: &Map<String, Value>, key: &str) -> Option<Identity> {
    let text = id(object, key)?;
    if text.chars().any(|letter| letter.is_alphabetic() || letter == '.') {
        return Some(Identity::UserId(text));
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(Identity::Phone(digits))
}

/// The business-scoped user id under `key`.
pub(super) fn user_id(object: &Map<String, Value>, key: &str) -> Option<Identity> {
    id(object, key).map(Identity::UserId)
}
