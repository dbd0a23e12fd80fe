//! Items of `messages[]` that say nothing: reactions, edits, deletions, permissions, and notices of WhatsApp itself.

use serde_json::{Map, Value};

use super::reading::{id, object, text};
use crate::domain::unspoken::Unspoken;

/// Longest emoji that is kept, in characters: families with skin tones have eleven.
const LONGEST_EMOJI: usize = 32;

/// Longest words of a notice, and of a new number, that are kept, in characters.
const LONGEST_NOTICE: usize = 500;

/// What was done or told, when `kind` is a type that says nothing. `part` is the object of that name.
pub(super) fn read(kind: &str, part: Option<&Map<String, Value>>) -> Option<Unspoken> {
    let empty = Map::new();
    let part = part.unwrap_or(&empty);
    match kind {
        "reaction" => Some(reaction(part)),
        "edit" => Some(Unspoken::Edit { of: id(part, "original_message_id"), text: edited(part) }),
        "revoke" => Some(Unspoken::Deletion { of: id(part, "original_message_id") }),
        "request_welcome" => Some(Unspoken::ChatOpened),
        "ephemeral" => Some(Unspoken::Disappearing),
        "system" => Some(system(part)),
        "interactive" => call_permission(part),
        _ => None,
    }
}

/// Taken away again, it comes with an empty `emoji` or without one.
fn reaction(reaction: &Map<String, Value>) -> Unspoken {
    let emoji = text(reaction, "emoji").map(|emoji| emoji.chars().take(LONGEST_EMOJI).collect());
    Unspoken::Reaction { emoji, to: id(reaction, "message_id") }
}

/// The words of the message as it is now: its text, or its caption.
fn edited(edit: &Map<String, Value>) -> Option<String> {
    let message = object(edit, "message")?;
    let part = object(message, &text(message, "type")?)?;
    text(part, "body").or_else(|| text(part, "caption"))
}

/// A new number comes under `wa_id`, in older versions under `new_wa_id`.
fn system(system: &Map<String, Value>) -> Unspoken {
    let short = |words: String| words.chars().take(LONGEST_NOTICE).collect();
    match text(system, "type").as_deref() {
        Some("user_changed_number" | "customer_changed_number") => {
            Unspoken::NumberChanged { to: text(system, "wa_id").or_else(|| text(system, "new_wa_id")).map(short) }
        }
        Some("user_changed_user_id") => Unspoken::UserIdChanged { to: id(system, "user_id") },
        Some("customer_identity_changed" | "user_identity_changed") => Unspoken::SecurityCodeChanged,
        Some(_) | None => Unspoken::Notice { words: text(system, "body").map(short) },
    }
}

fn call_permission(interactive: &Map<String, Value>) -> Option<Unspoken> {
    let kind = text(interactive, "type")?;
    let answer = object(interactive, &kind).and_then(|answer| text(answer, "response"));
    (kind == "call_permission_reply").then(|| Unspoken::CallPermission { is_granted: answer.as_deref() == Some("accept") })
}
