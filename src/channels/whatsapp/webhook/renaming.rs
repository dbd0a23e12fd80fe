//! `user_id_update`: WhatsApp calls customers by another id from now on. It says so in a field of its own, or as a message of type
//! `system`; both come out as the same.

use serde_json::{Map, Value};

use super::reading::{id, identity, object, timestamp};
use super::{Item, Place};
use crate::domain::contact::Identity;
use crate::domain::inbound::{InboundContent, InboundItem, InboundMessage, Sender};
use crate::domain::unspoken::Unspoken;

/// Everything the value says; nothing when a part of it cannot be understood, so that all of it is kept as it came.
pub(super) fn take_all(place: &Place, value: &Map<String, Value>) -> Option<Vec<Item>> {
    let updates = value.get("user_id_update")?.as_array().filter(|updates| !updates.is_empty())?;
    updates.iter().map(|update| Some(place.item(InboundItem::Message(read(update)?)))).collect()
}

/// It has no id of its own; what it says is one, by which it is taken in once.
fn read(update: &Value) -> Option<InboundMessage> {
    let fields = update.as_object()?;
    let ids = object(fields, "user_id")?;
    let (previous, current) = (id(ids, "previous")?, id(ids, "current")?);
    let at = timestamp(fields)?;
    let identities = identity(fields, "wa_id").into_iter().chain([Identity::UserId(previous.clone())]).collect();
    Some(InboundMessage {
        wamid: format!("user_id_update:{previous}:{current}:{}", at.as_second()),
        at,
        sender: Sender { identities, name: None, username: None, found: None },
        content: InboundContent::Unspoken(Unspoken::UserIdChanged { to: Some(current) }),
        reply_to: None,
        raw: update.clone(),
    })
}
