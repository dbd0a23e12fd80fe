//! Webhooks: what businesses are told. Updates of one person leave in the order they arose, those of
//! different people side by side; whatever is not answered 200 is tried again for seven days.

mod courier;
mod envelope;
mod outbox;

use std::sync::Arc;

pub use courier::{COURIERS, open};
pub use envelope::{Content, Update};
pub use outbox::{Outbox, Parcel};

use crate::{
    chats::{ChatKey, ChatMessage},
    clock::{Millis, SECOND},
    ids::Origin,
    numbers::Number,
    world::State,
};
use serde_json::{Value, json};

impl State {
    /// Tells the subscribed apps what a person wrote.
    pub fn tell_message(&mut self, key: &ChatKey, message: &ChatMessage, customer: Option<usize>, now: Millis) {
        let (Some(user), Some(number)) = (self.users.get(&key.user), self.number(&key.number)) else { return };
        let mut told = message.content.clone();
        if user.phone_hidden {
            told.insert(String::from("from_user_id"), json!(user.public_user_id()));
        } else {
            told.insert(String::from("from"), json!(user.wa_id));
            if let Some(user_id) = &user.user_id {
                told.insert(String::from("from_user_id"), json!(user_id));
            }
        }
        told.insert(String::from("id"), json!(message.id));
        told.insert(String::from("timestamp"), json!((message.at / SECOND).to_string()));
        let is_system = message.kind() == "system";
        let content = Content::Message { message: Value::Object(told), contact: (!is_system).then(|| user.contact()) };
        let update = Update {
            lane: key.user.clone(),
            waba_id: number.waba_id.clone(),
            metadata: number.metadata(),
            content,
            written: Some((key.clone(), message.id.clone())),
            customer,
            born: now,
        };
        self.dispatch(update);
    }

    /// Tells the subscribed apps how far a message of the business has come (fact sheet 3, v24 form).
    pub fn tell_status(&mut self, key: &ChatKey, message: &ChatMessage, status: &'static str, error: Option<Value>, now: Millis) {
        debug_assert_eq!(message.origin, Origin::Business);
        *self.counts.statuses.entry(status).or_default() += 1;
        let Some(number) = self.number(&key.number) else { return };
        let user = self.users.get(&key.user);
        let mut told = json!({"id": message.id, "status": status, "timestamp": (now / SECOND).to_string()});
        match user.filter(|user| user.phone_hidden) {
            Some(_) => {}
            None => told["recipient_id"] = json!(key.user),
        }
        let user_id = user.and_then(crate::users::User::public_user_id);
        if let Some(user_id) = &user_id {
            told["recipient_user_id"] = json!(user_id);
        }
        if let Some(callback_data) = &message.callback_data {
            told["biz_opaque_callback_data"] = json!(callback_data);
        }
        if matches!(status, "sent" | "delivered") {
            told["pricing"] = pricing(message.kind());
        }
        let failed = error.is_some();
        if let Some(error) = error {
            told["errors"] = json!([error]);
        }
        let contact = user.filter(|_| user_id.is_some() && !failed).map(crate::users::User::contact);
        let update = Update {
            lane: key.user.clone(),
            waba_id: number.waba_id.clone(),
            metadata: Number::metadata(number),
            content: Content::Status { status: told, contact },
            written: None,
            customer: None,
            born: now,
        };
        self.dispatch(update);
    }

    /// Puts an update into the outbox of every app that hears of its account.
    pub fn dispatch(&mut self, update: Update) {
        let update = Arc::new(update);
        let subscribed = self.subscriptions.get(&update.waba_id);
        let outboxes = subscribed.into_iter().flatten().filter_map(|app_id| self.apps.get(app_id));
        let (mut sent, mut dropped) = (0_u64, 0_u64);
        for app in outboxes {
            match app.outbox.push(update.clone()) {
                Ok(()) => sent += 1,
                Err(outbox::Full) => dropped += 1,
            }
        }
        self.counts.webhooks_dropped += dropped;
        if sent + dropped == 0 {
            self.counts.webhooks_unrouted += 1;
        }
    }

    /// Whether every subscribed app can take another update of this account.
    pub fn has_room(&self, waba_id: &str) -> bool {
        let subscribed = self.subscriptions.get(waba_id).into_iter().flatten();
        subscribed.filter_map(|app_id| self.apps.get(app_id)).all(|app| app.outbox.has_room())
    }

    /// Updates no app has acknowledged yet.
    pub fn webhooks_pending(&self) -> usize {
        self.apps.values().map(|app| app.outbox.pending()).sum()
    }
}

/// Pricing since July 2025: free-form messages inside the window are free (fact sheet 3, 9).
fn pricing(kind: &str) -> Value {
    match kind {
        "template" => json!({"billable": true, "pricing_model": "PMP", "type": "regular", "category": "utility"}),
        _ => json!({"billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}),
    }
}
