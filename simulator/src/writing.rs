//! A person writes to a business.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    chats::{ChatKey, ChatMessage, Ticks},
    clock::Millis,
    errors::Refused,
    ids::{self, Origin},
    world::{State, World},
};

/// Longest message object, as JSON text in bytes.
pub const MESSAGE_SIZE_LIMIT: usize = 256 * 1024;

/// A message that was written.
#[derive(Debug)]
pub struct Written {
    /// Its id.
    pub id: Arc<str>,
    /// When it left the phone, or was written when the phone is offline.
    pub at: Millis,
    /// Whether it waits for the phone to be online.
    pub is_pending: bool,
}

impl World {
    /// `wa_id` writes `message`, Meta's message object less `from`, `id` and `timestamp`, to a number
    /// or the first one. The person is made when unknown. `customer` is set for the first message of traffic.
    pub fn write(
        &self,
        wa_id: &str,
        number_id: Option<&str>,
        message: Map<String, Value>,
        customer: Option<usize>,
    ) -> Result<Written, Refused> {
        let now = self.clock.now();
        let mut state = self.state();
        let number = state.number_or_first(number_id)?;
        let (number_id, waba_id, digits) = (number.phone_number_id.clone(), number.waba_id.clone(), number.digits());
        if !state.has_room(&waba_id) {
            return Err(Refused::full("The app has too many webhooks unacknowledged; wait until it takes some."));
        }
        let content = content(message, &digits)?;
        let user = state.user_or_new(wa_id)?;
        if user.blocked {
            return Err(Refused::conflict("The person has blocked the business and would have to unblock it first."));
        }
        user.active = now;
        let is_pending = !user.online;
        let key = ChatKey { number: number_id, user: user.wa_id.clone() };
        let message = ChatMessage {
            id: Arc::from(ids::wamid(wa_id, Origin::User)),
            origin: Origin::User,
            at: now,
            content,
            ticks: Ticks::Pending,
            seen: true,
            callback_data: None,
        };
        let id = message.id.clone();
        state.chats.entry(key.clone()).or_default().add(message);
        match is_pending {
            true => self.show_message(&state, &key, &id),
            false => self.post(&mut state, &key, &id, customer, now),
        }
        self.call_people(now);
        Ok(Written { id, at: now, is_pending })
    }

    /// Messages written offline leave, in order.
    pub fn post_pending(&self, state: &mut State, user: &Arc<str>) {
        let now = self.clock.now();
        let numbers: Vec<Arc<str>> = state.numbers.iter().map(|number| number.phone_number_id.clone()).collect();
        for number in numbers {
            let key = ChatKey { number, user: user.clone() };
            let Some(chat) = state.chats.get(&key) else { continue };
            let pending = chat.messages.iter().filter(|message| message.ticks == Ticks::Pending);
            let pending: Vec<Arc<str>> = pending.map(|message| message.id.clone()).collect();
            for id in &pending {
                self.post(state, &key, id, None, now);
            }
        }
    }

    /// A message leaves the phone: the window is renewed and the business is told.
    fn post(&self, state: &mut State, key: &ChatKey, id: &Arc<str>, customer: Option<usize>, now: Millis) {
        state.counts.written += 1;
        let Some(chat) = state.chats.get_mut(key) else { return };
        let Some(message) = chat.message(id) else { return };
        message.at = now;
        message.ticks = Ticks::Sent;
        let message = message.clone();
        // System notices do not open the window (fact sheet 9).
        if message.kind() != "system" {
            chat.window.renew(now);
        }
        state.tell_message(key, &message, customer, now);
        self.show_message(state, key, id);
    }
}

/// The message object without what the simulator sets itself; a quoted message gets its `from`.
fn content(mut message: Map<String, Value>, business: &str) -> Result<Map<String, Value>, Refused> {
    for name in ["from", "from_user_id", "id", "timestamp", "phone_number_id"] {
        message.remove(name);
    }
    match message.get("type") {
        Some(Value::String(kind)) if !kind.is_empty() => {}
        _ => return Err(Refused::bad("The message needs a type, such as {\"type\":\"text\",\"text\":{\"body\":\"hi\"}}.")),
    }
    if let Some(Value::Object(context)) = message.get_mut("context")
        && context.contains_key("id")
        && !context.contains_key("from")
    {
        context.insert(String::from("from"), json!(business));
    }
    let size = serde_json::to_string(&message).map_or(usize::MAX, |text| text.len());
    match size <= MESSAGE_SIZE_LIMIT {
        true => Ok(message),
        false => Err(Refused::bad(format!("A message may have at most {MESSAGE_SIZE_LIMIT} bytes."))),
    }
}
