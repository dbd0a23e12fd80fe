//! What a message says, from Meta's words into ours. Every type of Meta's documents has its place here; what is none of them, or
//! spoilt, is something that nobody can read.

use serde_json::{Map, Value};

use super::reading::{id, object, text};
use super::unspoken;
use crate::domain::inbound::InboundContent;
use crate::domain::message::{Choice, Content};

/// Longest name of a kind that is kept, in characters.
const LONGEST_KIND: usize = 64;

/// What to assume of a picture whose type is not told; its bytes decide in the end.
const UNTOLD_MIME_TYPE: &str = "application/octet-stream";

/// What `message` says.
pub(super) fn read(message: &Map<String, Value>) -> InboundContent {
    let kind = text(message, "type").unwrap_or_default();
    let part = object(message, &kind);
    if let Some(unspoken) = unspoken::read(&kind, part) {
        return InboundContent::Unspoken(unspoken);
    }
    spoken(&kind, part).unwrap_or_else(|| InboundContent::Unreadable { of: unread(&kind, part) })
}

fn spoken(kind: &str, part: Option<&Map<String, Value>>) -> Option<InboundContent> {
    let part = match kind {
        // These say what they are even when they are spoilt; a list of contacts is no object.
        "audio" | "voice" | "video" | "document" | "sticker" | "location" | "contacts" | "order" => return Some(unsupported(kind, part)),
        _ => part?,
    };
    match kind {
        "text" => text(part, "body").map(|body| InboundContent::Text { body }),
        "image" => image(part),
        "button" => template_button(part),
        "interactive" => interactive(part),
        _ => None,
    }
}

/// Kinds that are kept and named. A voice note comes as `audio` with `voice`, or, from older versions, as `voice`.
fn unsupported(kind: &str, part: Option<&Map<String, Value>>) -> InboundContent {
    let is_voice = part.and_then(|part| part.get("voice")).and_then(Value::as_bool).unwrap_or(false);
    let of = if kind == "audio" && is_voice { "voice" } else { kind };
    InboundContent::Unsupported { of: of.to_owned() }
}

fn image(image: &Map<String, Value>) -> Option<InboundContent> {
    Some(InboundContent::Image {
        whatsapp_id: id(image, "id")?,
        mime_type: id(image, "mime_type").unwrap_or_else(|| UNTOLD_MIME_TYPE.to_owned()),
        caption: text(image, "caption"),
    })
}

/// A tap on a quick reply of a template; the payload defaults to the label.
fn template_button(button: &Map<String, Value>) -> Option<InboundContent> {
    reply(text(button, "payload"), text(button, "text"), None)
}

fn interactive(interactive: &Map<String, Value>) -> Option<InboundContent> {
    let kind = text(interactive, "type")?;
    match kind.as_str() {
        "button_reply" | "list_reply" => {
            let chosen = object(interactive, &kind)?;
            reply(text(chosen, "id"), text(chosen, "title"), text(chosen, "description"))
        }
        "nfm_reply" => Some(InboundContent::Unsupported { of: "form".to_owned() }),
        _ => None,
    }
}

fn reply(id: Option<String>, title: Option<String>, description: Option<String>) -> Option<InboundContent> {
    let title = title.or_else(|| id.clone())?;
    let id = id.unwrap_or_else(|| title.clone());
    Some(InboundContent::Reply { choice: Choice { id, title, description } })
}

/// What is told of something that cannot be read. Meta names what it does not hand over in `unsupported.type` (an edit, a poll). What
/// is spoilt, and what has no type, is named by nothing.
fn unread(kind: &str, part: Option<&Map<String, Value>>) -> Option<String> {
    let inner = || part.and_then(|part| text(part, "type"));
    let word = match kind {
        "" | "unknown" | "text" | "image" | "button" => return None,
        "unsupported" => inner()?,
        "interactive" => inner().filter(|kind| kind != "button_reply" && kind != "list_reply")?,
        other => other.to_owned(),
    };
    Some(match word.as_str() {
        "edit" => Content::EDIT.to_owned(),
        "poll" | "poll_creation" => "poll".to_owned(),
        other => other.chars().take(LONGEST_KIND).collect(),
    })
}
