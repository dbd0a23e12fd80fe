//! News for phones pages: what changed on a phone, made only when someone looks.

use std::sync::{Arc, atomic::Ordering};

use serde_json::{Value, json};

use crate::{
    chats::ChatKey,
    clock::Millis,
    ids::Origin,
    world::{State, World},
};

/// Milliseconds between two calls that the list of people changed.
const PEOPLE_PAUSE: Millis = 400;
/// Messages a phone shows when it comes on a screen.
const SHOWN_MESSAGES: usize = 200;

/// One piece of news.
#[derive(Clone, Debug)]
pub struct News {
    /// Whose phone it is about; everyone's when none.
    pub wa_id: Option<Arc<str>>,
    /// JSON as the page gets it.
    pub text: Arc<str>,
}

impl News {
    /// Everything is gone: look again.
    pub fn reset() -> Self {
        Self { wa_id: None, text: Arc::from(r#"{"type":"reset"}"#) }
    }
}

impl World {
    /// Tells every page. Nobody listening is fine.
    pub fn tell(&self, news: News) {
        if self.news.receiver_count() > 0 && self.news.send(news).is_err() {
            tracing::debug!("the last phones page has just closed");
        }
    }

    /// A message came or changed.
    pub fn show_message(&self, state: &State, key: &ChatKey, id: &str) {
        if !state.attention.is_shown(&key.user) {
            return;
        }
        let message = state.chats.get(key).and_then(|chat| chat.messages.iter().rev().find(|message| &*message.id == id));
        let Some(message) = message.filter(|message| message.is_on_phone()) else { return };
        let text = json!({"type": "message", "wa_id": key.user, "phone_number_id": key.number, "message": message.view()});
        self.tell(News { wa_id: Some(key.user.clone()), text: Arc::from(text.to_string()) });
    }

    /// Something about a phone changed: its switches, unread counts, typing.
    pub fn show_phone(&self, state: &mut State, wa_id: &Arc<str>) {
        let now = self.clock.now();
        if let Some(user) = state.users.get_mut(wa_id) {
            user.active = now;
        }
        self.call_people(now);
        if !state.attention.is_shown(wa_id) {
            return;
        }
        let text = json!({"type": "phone", "phone": state.phone(wa_id, now)});
        self.tell(News { wa_id: Some(wa_id.clone()), text: Arc::from(text.to_string()) });
    }

    /// The list of people changed; called out at most every [`PEOPLE_PAUSE`], pages look for themselves.
    pub fn call_people(&self, now: Millis) {
        let last = self.people_called.load(Ordering::Relaxed);
        let is_due = now - last >= PEOPLE_PAUSE || now < last;
        if is_due && self.people_called.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.tell(News { wa_id: None, text: Arc::from(r#"{"type":"people"}"#) });
        }
    }
}

impl State {
    /// A phone without its messages.
    pub fn phone(&self, wa_id: &str, now: Millis) -> Value {
        let Some(user) = self.users.get(wa_id) else { return Value::Null };
        let chats = self.numbers.iter().map(|number| {
            let chat = self.chats.get(&ChatKey { number: number.phone_number_id.clone(), user: user.wa_id.clone() });
            let last = chat.and_then(|chat| chat.messages.iter().rev().find(|message| message.is_on_phone()));
            json!({
                "phone_number_id": number.phone_number_id,
                "name": number.verified_name,
                "display_phone_number": number.display_phone_number,
                "unread": chat.map_or(0, crate::chats::Chat::unread),
                "typing": chat.is_some_and(|chat| chat.is_typing(now)),
                "last": last.map(crate::chats::ChatMessage::view),
            })
        });
        json!({
            "wa_id": user.wa_id, "name": user.name, "online": user.online, "receipts": user.receipts,
            "blocked": user.blocked, "chats": chats.collect::<Vec<Value>>(),
        })
    }

    /// A phone with its latest messages, for a page that starts to show it.
    pub fn phone_with_messages(&self, wa_id: &str, now: Millis) -> Value {
        let mut phone = self.phone(wa_id, now);
        let Some(chats) = phone.get_mut("chats").and_then(Value::as_array_mut) else { return phone };
        for chat in chats {
            let number = chat["phone_number_id"].as_str().unwrap_or_default();
            let key = ChatKey { number: Arc::from(number), user: Arc::from(wa_id) };
            let messages = self.chats.get(&key).map(|chat| {
                let on_phone = chat.messages.iter().rev().filter(|message| message.is_on_phone());
                let mut latest: Vec<Value> = on_phone.take(SHOWN_MESSAGES).map(crate::chats::ChatMessage::view).collect();
                latest.reverse();
                latest
            });
            chat["messages"] = json!(messages.unwrap_or_default());
        }
        phone
    }

    /// Unread messages of a person, over all numbers.
    pub fn unread(&self, wa_id: &Arc<str>) -> usize {
        let key = |number: &crate::numbers::Number| ChatKey { number: number.phone_number_id.clone(), user: wa_id.clone() };
        self.numbers.iter().filter_map(|number| self.chats.get(&key(number))).map(crate::chats::Chat::unread).sum()
    }

    /// What was last said on a phone, in one line's worth.
    pub fn last_line(&self, wa_id: &Arc<str>) -> Option<Value> {
        let key = |number: &crate::numbers::Number| ChatKey { number: number.phone_number_id.clone(), user: wa_id.clone() };
        let last = |key: ChatKey| {
            let chat = self.chats.get(&key)?;
            chat.messages.iter().rev().find(|message| message.is_on_phone())
        };
        let message = self.numbers.iter().filter_map(|number| last(key(number))).max_by_key(|message| message.at)?;
        let direction = if message.origin == Origin::User { "out" } else { "in" };
        Some(json!({
            "direction": direction, "at": message.at, "type": message.kind(),
            "text": words(message),
        }))
    }
}

/// The words of a message, if it has any.
fn words(message: &crate::chats::ChatMessage) -> Option<&str> {
    const PLACES: [&str; 6] = [
        "/text/body",
        "/interactive/button_reply/title",
        "/interactive/list_reply/title",
        "/interactive/body/text",
        "/button/text",
        "/image/caption",
    ];
    PLACES.into_iter().find_map(|place| {
        let mut steps = place.split('/').skip(1);
        let own = message.content.get(steps.next()?)?;
        steps.try_fold(own, |value, step| value.get(step))?.as_str()
    })
}
