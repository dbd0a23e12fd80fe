//! Customers' messages (`value.messages[]`).

use serde_json::{Map, Value};

use super::reading::{id, object, text, timestamp};
use super::sender::Contacts;
use super::{Item, Place, Reject, notice};
use crate::domain::inbound::{InboundContent, InboundItem, InboundMessage};
use crate::domain::message::Choice;

/// Longest name of a message type that is kept, in characters.
const LONGEST_TYPE: usize = 64;

/// What to assume of a picture whose type is not told; its bytes decide in the end.
const UNTOLD_MIME_TYPE: &str = "application/octet-stream";

pub(super) fn take_all(place: &Place, contacts: &Value, messages: Vec<Value>) -> Vec<Result<Item, Reject>> {
    let contacts = Contacts::read(contacts, &messages);
    messages.into_iter().map(|message| take(place, &contacts, message)).collect()
}

fn take(place: &Place, contacts: &Contacts, message: Value) -> Result<Item, Reject> {
    // An answer to a group message would go to the person, so it must not reach a conversation.
    if message.as_object().is_some_and(|message| text(message, "group_id").is_some()) {
        return Ok(notice::unknown(place.account, "messages/group", message));
    }
    match read(contacts, &message) {
        Ok(read) => Ok(place.item(InboundItem::Message(InboundMessage { raw: message, ..read }))),
        Err(reason) => Err((reason, message)),
    }
}

/// The message without its raw form. Only a message without id, time or sender is rejected: one whose content is strange is a
/// message all the same, and opens the window.
fn read(contacts: &Contacts, message: &Value) -> Result<InboundMessage, &'static str> {
    let message = message.as_object().ok_or("it is not an object")?;
    Ok(InboundMessage {
        wamid: id(message, "id").ok_or("it has no usable id")?,
        at: timestamp(message).ok_or("its timestamp is not a time")?,
        sender: contacts.sender_of(message).ok_or("it names no sender")?,
        content: content(message),
        reply_to: object(message, "context").and_then(|context| id(context, "id")),
        raw: Value::Null,
    })
}

fn content(message: &Map<String, Value>) -> InboundContent {
    let kind = text(message, "type").unwrap_or_else(|| "unknown".to_owned());
    let part = object(message, &kind);
    let understood = part.and_then(|part| match kind.as_str() {
        "text" => text(part, "body").map(|body| InboundContent::Text { body }),
        "image" => image(part),
        "button" => template_button(part),
        "interactive" => interactive(part),
        _ => None,
    });
    understood.unwrap_or_else(|| unsupported(&kind, part))
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
    if kind != "button_reply" && kind != "list_reply" {
        return None;
    }
    let chosen = object(interactive, &kind)?;
    reply(text(chosen, "id"), text(chosen, "title"), text(chosen, "description"))
}

fn reply(id: Option<String>, title: Option<String>, description: Option<String>) -> Option<InboundContent> {
    let title = title.or_else(|| id.clone())?;
    let id = id.unwrap_or_else(|| title.clone());
    Some(InboundContent::Reply { choice: Choice { id, title, description } })
}

/// A placeholder, named by WhatsApp's word: of an interactive answer the inner one (`nfm_reply`), which says more.
fn unsupported(kind: &str, part: Option<&Map<String, Value>>) -> InboundContent {
    let inner = part.filter(|_| kind == "interactive").and_then(|part| text(part, "type"));
    let word = inner.as_deref().unwrap_or(kind);
    InboundContent::Unsupported { of: word.chars().take(LONGEST_TYPE).collect() }
}
