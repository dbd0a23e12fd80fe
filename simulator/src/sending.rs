//! The business sends: rates and window, then the way of a message to a phone.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    agenda::{Step, Task},
    chats::{ChatKey, ChatMessage, Ticks},
    clock::{Millis, SECOND},
    errors::GraphError,
    ids::{self, Origin},
    limits::{Outgoing, Recipient},
    rates::{PAIR_BURST, PAIR_INTERVAL},
    settings::WindowErrors,
    world::{State, World},
};

/// How long "typing…" is shown unless a message comes first (fact sheet 5.6).
pub const TYPING: Millis = 25 * SECOND;

impl World {
    /// Takes a message of a business, checked already; `unfetched` says why its media cannot be had.
    /// Answers as Meta does (fact sheet 5.5) and sets the statuses on their way.
    pub fn accept(&self, number_id: &str, mut outgoing: Outgoing, unfetched: Option<GraphError>) -> Result<Value, GraphError> {
        let now = self.clock.now();
        let mut state = self.state();
        let Addressee { key, user_id } = state.addressee(number_id, &outgoing.recipient);
        state.check_media(&outgoing, &key.number, now)?;
        state.check_rates(&key, now)?;
        let fate = state.fate(&key, &outgoing, now)?.or(unfetched);
        let id: Arc<str> = Arc::from(ids::wamid(&key.user, Origin::Business));
        state.name_linked(&mut outgoing);
        let answer = answer(&outgoing, &key, user_id, &id);
        let message = ChatMessage {
            id: id.clone(),
            origin: Origin::Business,
            at: now,
            content: outgoing.content,
            ticks: Ticks::Sent,
            seen: false,
            callback_data: outgoing.callback_data,
        };
        state.counts.accepted += 1;
        let think = state.traffic.hears(&key, &message);
        state.chats.entry(key.clone()).or_default().add(message);
        let sent_at = now + Millis::from(state.settings.sent_ms);
        drop(state);
        if let Some((pause, turn)) = think {
            self.agenda.at(now + pause, Task::Turn(turn));
        }
        let step = fate.map_or(Step::Sent, |error| Step::Failed(Box::new(error)));
        self.agenda.at(sent_at, Task::Status { chat: key, id, step });
        Ok(answer)
    }

    /// A message of a business comes a step further.
    pub fn progress(&self, key: &ChatKey, id: &Arc<str>, step: Step) {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(ticks) = state.chat_message(key, id).map(|message| message.ticks) else { return };
        match step {
            Step::Sent => {
                state.step(key, id, Ticks::Sent, "sent", None, now);
                if state.users.get(&key.user).is_some_and(|user| user.online) {
                    let due = now + Millis::from(state.settings.delivery_ms);
                    self.agenda.at(due, Task::Status { chat: key.clone(), id: id.clone(), step: Step::Delivered });
                }
            }
            Step::Delivered => {
                let is_online = state.users.get(&key.user).is_some_and(|user| user.online);
                if ticks != Ticks::Sent || !is_online {
                    return;
                }
                state.step(key, id, Ticks::Delivered, "delivered", None, now);
                if let Some(chat) = state.chats.get_mut(key) {
                    chat.typing_until = None;
                }
                self.show_message(&state, key, id);
                self.show_phone(&mut state, &key.user);
                if state.is_reading(key) {
                    let due = now + Millis::from(state.settings.read_ms);
                    self.agenda.at(due, Task::Status { chat: key.clone(), id: id.clone(), step: Step::Read });
                }
            }
            Step::Read => {
                if state.is_reading(key) {
                    self.read_one(&mut state, key, id, now);
                }
            }
            Step::Failed(error) => {
                state.step(key, id, Ticks::Failed, "failed", Some(error.in_status()), now);
                self.show_message(&state, key, id);
            }
        }
    }

    /// The phone is online again: what waited for it arrives, in order.
    pub fn catch_up(&self, state: &mut State, user: &Arc<str>) {
        let now = self.clock.now();
        let due = now + Millis::from(state.settings.delivery_ms);
        let numbers: Vec<Arc<str>> = state.numbers.iter().map(|number| number.phone_number_id.clone()).collect();
        for number in numbers {
            let key = ChatKey { number, user: user.clone() };
            let Some(chat) = state.chats.get(&key) else { continue };
            let waits = |message: &&ChatMessage| message.origin == Origin::Business && message.ticks == Ticks::Sent;
            for message in chat.messages.iter().filter(waits) {
                let task = Task::Status { chat: key.clone(), id: message.id.clone(), step: Step::Delivered };
                self.agenda.at(due, task);
            }
        }
    }
}

/// Who a message goes to.
struct Addressee {
    key: ChatKey,
    user_id: Option<String>,
}

impl State {
    fn addressee(&self, number_id: &str, recipient: &Recipient) -> Addressee {
        let number = self.number(number_id).map_or_else(|| Arc::from(number_id), |number| number.phone_number_id.clone());
        let user = match recipient {
            Recipient::Phone(digits) => self.users.get(digits.as_str()),
            Recipient::UserId(user_id) => self.user_by_user_id(user_id),
        };
        let (Recipient::Phone(input) | Recipient::UserId(input)) = recipient;
        let key = ChatKey { number, user: user.map_or_else(|| Arc::from(input.as_str()), |user| user.wa_id.clone()) };
        Addressee { key, user_id: user.and_then(crate::users::User::public_user_id) }
    }

    fn check_media(&self, outgoing: &Outgoing, number: &str, now: Millis) -> Result<(), GraphError> {
        for object in outgoing.media() {
            let Some(id) = object.get("id").and_then(Value::as_str) else { continue };
            let media = self.media.get(id, now);
            if media.is_none_or(|media| &*media.number != number) {
                return Err(GraphError::invalid(format!("The media id {id} does not exist or belongs to another number.")));
            }
        }
        Ok(())
    }

    fn check_rates(&mut self, key: &ChatKey, now: Millis) -> Result<(), GraphError> {
        let mps = f64::from(self.settings.mps);
        let number = self.numbers.iter_mut().find(|number| number.phone_number_id == key.number);
        if let Some(number) = number
            && mps > 0.0
            && !number.throughput.take(now, mps, SECOND as f64 / mps)
        {
            return Err(GraphError::new(130_429, "Message failed to send because the throughput of this number has been reached."));
        }
        if self.settings.pair_rate
            && let Some(chat) = self.chats.get_mut(key)
            && !chat.pair.take(now, PAIR_BURST, PAIR_INTERVAL)
        {
            return Err(GraphError::new(
                131_056,
                "Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.",
            ));
        }
        Ok(())
    }

    /// Whether the message will fail after all, and why; or is refused at once.
    fn fate(&self, key: &ChatKey, outgoing: &Outgoing, now: Millis) -> Result<Option<GraphError>, GraphError> {
        let user = self.users.get(&key.user);
        let window_is_open = self.chats.get(key).is_some_and(|chat| chat.window.is_open(now));
        if outgoing.kind() != "template" && !window_is_open {
            let error = GraphError::new(
                131_047,
                "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
            );
            return match self.settings.window_errors {
                WindowErrors::Sync => Err(error),
                WindowErrors::Async => Ok(Some(error)),
            };
        }
        let is_reachable = user.is_some_and(|user| !user.blocked);
        Ok((!is_reachable).then(|| GraphError::new(131_026, "Message Undeliverable.")))
    }

    /// Gives linked media the id of the file that was fetched, for phones to show.
    fn name_linked(&self, outgoing: &mut Outgoing) {
        for object in outgoing.media_mut() {
            let id = object.get("link").and_then(Value::as_str).and_then(|link| self.media.behind_link(link));
            if let Some(id) = id {
                object.insert(String::from("fetched_id"), json!(id));
            }
        }
    }

    /// The message of a chat.
    pub fn chat_message(&mut self, key: &ChatKey, id: &str) -> Option<&mut ChatMessage> {
        self.chats.get_mut(key)?.message(id)
    }

    /// Marks how far a message has come and tells the business.
    pub fn step(&mut self, key: &ChatKey, id: &str, ticks: Ticks, status: &'static str, error: Option<Value>, now: Millis) {
        let Some(message) = self.chat_message(key, id) else { return };
        message.ticks = ticks;
        let message = message.clone();
        self.tell_status(key, &message, status, error, now);
    }
}

fn answer(outgoing: &Outgoing, key: &ChatKey, user_id: Option<String>, id: &str) -> Value {
    let mut contact = json!({"input": outgoing.input});
    if matches!(outgoing.recipient, Recipient::Phone(_)) {
        contact["wa_id"] = json!(key.user);
    }
    if let Some(user_id) = user_id {
        contact["user_id"] = json!(user_id);
    }
    let mut message = json!({"id": id});
    if outgoing.kind() == "template" {
        message["message_status"] = json!("accepted");
    }
    json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]})
}
