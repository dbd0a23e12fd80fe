//! What may be written in a set-up.

use serde_json::Value;

use super::event::SetupEvent;
use super::refusal::SetupRefusal;
use crate::domain::flows::text::{clean, is_blank};

/// Characters that a refusal repeats of a text.
const REPEATED: usize = 40;

/// What is wrong with a name. It stands on one line: in a list, in the head of a mail, in a table.
pub(super) fn name_fault(name: &str, limit: usize) -> Option<SetupRefusal> {
    text_fault(name, limit).or_else(|| name.contains(ends_a_line).then(|| unfit(name)))
}

/// What is wrong with a text of one line or of several.
pub(super) fn text_fault(text: &str, limit: usize) -> Option<SetupRefusal> {
    if is_blank(text) {
        return Some(SetupRefusal::TextMissing);
    }
    if text.chars().count() > limit {
        return Some(SetupRefusal::TextTooLong { start: start(text), limit });
    }
    text.contains('\0').then(|| unfit(text))
}

/// Whether it can be found by `/` and this word.
#[must_use]
pub fn is_shortcut(shortcut: &str, limit: usize) -> bool {
    !is_blank(shortcut) && shortcut.chars().count() <= limit && !shortcut.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// The first text of what was decided, wherever it stands, that PostgreSQL would not keep.
pub(super) fn unkept(events: &[SetupEvent]) -> Option<SetupRefusal> {
    events.iter().find_map(|event| serde_json::to_value(event).ok().as_ref().and_then(with_nul).map(unfit))
}

fn with_nul(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => text.contains('\0').then_some(text),
        Value::Array(all) => all.iter().find_map(with_nul),
        Value::Object(all) => all.iter().find_map(|(name, value)| if name.contains('\0') { Some(name.as_str()) } else { with_nul(value) }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn ends_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

fn unfit(text: &str) -> SetupRefusal {
    SetupRefusal::TextUnfit { start: start(&clean(text)) }
}

fn start(text: &str) -> String {
    text.chars().take(REPEATED).collect()
}
