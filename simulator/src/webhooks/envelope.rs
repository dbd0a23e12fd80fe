//! The body of a webhook: updates wrapped as Meta wraps them (fact sheet 1.6).

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{chats::ChatKey, clock::Millis, escape};

/// What an update says.
#[derive(Debug)]
pub enum Content {
    /// A message of a person.
    Message {
        /// As in `value.messages`.
        message: Value,
        /// As in `value.contacts`.
        contact: Option<Value>,
    },
    /// How far a message of the business has come.
    Status {
        /// As in `value.statuses`.
        status: Value,
        /// As in `value.contacts`.
        contact: Option<Value>,
    },
    /// A whole body, sent as it is.
    Body(Value),
}

/// One thing a business is told.
#[derive(Debug)]
pub struct Update {
    /// Updates of one lane leave in order.
    pub lane: Arc<str>,
    /// The account it concerns.
    pub waba_id: Arc<str>,
    /// `value.metadata`.
    pub metadata: Value,
    /// What it says.
    pub content: Content,
    /// The message of a person that is delivered once this is acknowledged.
    pub written: Option<(ChatKey, Arc<str>)>,
    /// The simulated customer whose first message this is.
    pub customer: Option<usize>,
    /// When it arose.
    pub born: Millis,
}

/// The bytes of one webhook with these updates.
pub fn body(updates: &[Arc<Update>]) -> Vec<u8> {
    if let [only] = updates
        && let Content::Body(body) = &only.content
    {
        return escape::to_bytes(body);
    }
    let mut entries: Vec<Value> = Vec::new();
    for update in updates {
        add(&mut entries, update);
    }
    escape::to_bytes(&json!({"object": "whatsapp_business_account", "entry": entries}))
}

/// Adds an update: to the last change when number and kind agree, so that a batch shows every
/// level of nesting; else to a new change, and a new entry for another account.
fn add(entries: &mut Vec<Value>, update: &Update) {
    let (list, item, contact) = match &update.content {
        Content::Message { message, contact } => ("messages", message, contact),
        Content::Status { status, contact } => ("statuses", status, contact),
        Content::Body(body) => {
            let inner = body.get("entry").and_then(Value::as_array).cloned();
            entries.extend(inner.unwrap_or_default());
            return;
        }
    };
    let same_account = |entry: &&mut Value| entry["id"] == *update.waba_id;
    let changes = entries.last_mut().filter(same_account).and_then(|entry| entry["changes"].as_array_mut());
    let same_kind = |change: &&mut Value| change["value"]["metadata"] == update.metadata && change["value"].get(list).is_some();
    match changes {
        Some(changes) => match changes.last_mut().filter(same_kind) {
            Some(change) => {
                let value = &mut change["value"];
                push(&mut value[list], item);
                if let Some(contact) = contact {
                    push(&mut value["contacts"], contact);
                }
            }
            None => changes.push(change(update, list, item, contact.as_ref())),
        },
        None => entries.push(json!({"id": update.waba_id, "changes": [change(update, list, item, contact.as_ref())]})),
    }
}

fn change(update: &Update, list: &str, item: &Value, contact: Option<&Value>) -> Value {
    let mut value = json!({"messaging_product": "whatsapp", "metadata": update.metadata});
    if let Some(contact) = contact {
        value["contacts"] = json!([contact]);
    }
    value[list] = json!([item]);
    json!({"value": value, "field": "messages"})
}

fn push(list: &mut Value, item: &Value) {
    match list.as_array_mut() {
        Some(list) if list.contains(item) => {}
        Some(list) => list.push(item.clone()),
        None => *list = json!([item]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(waba_id: &str, content: Content) -> Arc<Update> {
        Arc::new(Update {
            lane: Arc::from("49151"),
            waba_id: Arc::from(waba_id),
            metadata: json!({"phone_number_id": "1"}),
            content,
            written: None,
            customer: None,
            born: 0,
        })
    }

    #[test]
    fn a_batch_joins_what_belongs_together() {
        let message = |id| Content::Message { message: json!({"id": id}), contact: Some(json!({"wa_id": "49151"})) };
        let status = Content::Status { status: json!({"id": "c"}), contact: None };
        let updates = [update("W", message("a")), update("W", message("b")), update("W", status), update("V", message("d"))];
        let body: Value = serde_json::from_slice(&body(&updates)).unwrap();
        assert_eq!(body["entry"].as_array().unwrap().len(), 2);
        let changes = body["entry"][0]["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 2);
        assert_eq!(changes[0]["value"]["messages"].as_array().unwrap().len(), 2);
        assert_eq!(changes[0]["value"]["contacts"].as_array().unwrap().len(), 1);
        assert_eq!(changes[1]["value"]["statuses"][0]["id"], "c");
        assert_eq!(body["entry"][1]["id"], "V");
    }
}
