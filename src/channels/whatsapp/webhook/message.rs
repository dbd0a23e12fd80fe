//! Customers' messages (`value.messages[]`).

use serde_json::Value;

use super::reading::{id, identity, object, text, timestamp};
use super::sender::Contacts;
use super::{Item, Place, Reject, content, notice};
use crate::domain::inbound::{InboundContent, InboundItem, InboundMessage};

pub(super) fn take_all(place: &Place, contacts: &Value, messages: Vec<Value>) -> Vec<Result<Item, Reject>> {
    let contacts = Contacts::read(contacts, &messages);
    messages.into_iter().map(|message| take(place, &contacts, message)).collect()
}

fn take(place: &Place, contacts: &Contacts, message: Value) -> Result<Item, Reject> {
    // An answer to a group message would go to the person, so it must not reach a conversation.
    if message.as_object().is_some_and(|message| text(message, "group_id").is_some()) {
        return Ok(notice::unknown(place.account, "messages/group", message));
    }
    // What the business itself writes elsewhere; an answer to it would go to ourselves.
    if place.own_number.is_some() && message.as_object().and_then(|message| identity(message, "from")) == place.own_number {
        return Ok(notice::unknown(place.account, "messages/own_number", message));
    }
    match read(contacts, &message) {
        // Nor is a customer called so, or from now on, whatever else names them.
        Ok(read) if place.own_number.as_ref().is_some_and(|own| read.names().contains(own)) => {
            Ok(notice::unknown(place.account, "messages/own_number", message))
        }
        Ok(read) => {
            let raw = if says_all(&read.content, &message) { Value::Null } else { message };
            Ok(place.item(InboundItem::Message(InboundMessage { raw, ..read })))
        }
        Err(reason) => Err((reason, message)),
    }
}

/// Whether a plain text says all that its message does: that would be kept a second time otherwise, in every row that holds it.
fn says_all(content: &InboundContent, message: &Value) -> bool {
    const READ: [&str; 6] = ["from", "from_user_id", "id", "timestamp", "type", "text"];
    let holds_only =
        |value: &Value, known: &[&str]| value.as_object().is_some_and(|object| object.keys().all(|key| known.contains(&key.as_str())));
    matches!(content, InboundContent::Text { body } if message["text"]["body"] == **body)
        && holds_only(message, &READ)
        && holds_only(&message["text"], &["body"])
}

/// The message without its raw form. Only a message without id, time or sender is rejected: one whose content is strange is a
/// message all the same.
fn read(contacts: &Contacts, message: &Value) -> Result<InboundMessage, &'static str> {
    let message = message.as_object().ok_or("it is not an object")?;
    Ok(InboundMessage {
        wamid: id(message, "id").ok_or("it has no usable id")?,
        at: timestamp(message).ok_or("its timestamp is not a time")?,
        sender: contacts.sender_of(message).ok_or("it names no sender")?,
        content: content::read(message),
        reply_to: object(message, "context").and_then(|context| id(context, "id")),
        raw: Value::Null,
    })
}
