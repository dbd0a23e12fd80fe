//! Reading: a person opens a chat, or the business marks a person's messages as read and types.

use std::sync::Arc;

use crate::{
    agenda::Task,
    chats::{ChatKey, ChatMessage, Ticks},
    clock::Millis,
    errors::GraphError,
    ids::Origin,
    sending::TYPING,
    world::{State, World},
};

impl State {
    /// Whether what arrives in this chat is read: the chat is open on a screen, or the phone is on
    /// no screen and reads by itself.
    pub fn is_reading(&self, key: &ChatKey) -> bool {
        let Some(user) = self.users.get(&key.user) else { return false };
        if !user.online {
            return false;
        }
        match self.attention.is_shown(&key.user) {
            true => self.attention.is_open(key),
            false => user.auto_read,
        }
    }
}

impl World {
    /// The person looks at the chat: everything on the phone is read.
    pub fn read_all(&self, state: &mut State, key: &ChatKey) {
        let now = self.clock.now();
        let Some(chat) = state.chats.get(key) else { return };
        let is_new = |message: &&ChatMessage| message.origin == Origin::Business && message.is_on_phone() && !message.seen;
        let unread: Vec<Arc<str>> = chat.messages.iter().filter(is_new).map(|message| message.id.clone()).collect();
        for id in &unread {
            self.read_one(state, key, id, now);
        }
    }

    /// The person has seen one message; the business hears of it when receipts are on.
    pub fn read_one(&self, state: &mut State, key: &ChatKey, id: &Arc<str>, now: Millis) {
        let receipts = state.users.get(&key.user).is_some_and(|user| user.receipts);
        let Some(message) = state.chat_message(key, id) else { return };
        if message.seen || !message.is_on_phone() {
            return;
        }
        message.seen = true;
        if receipts {
            state.step(key, id, Ticks::Read, "read", None, now);
        }
        self.show_phone(state, &key.user);
    }

    /// The business has read a message of a person, and everything before it; perhaps it types.
    pub fn receipt(&self, number_id: &str, message_id: &str, is_typing: bool) -> Result<(), GraphError> {
        let now = self.clock.now();
        let mut state = self.state();
        let unknown = || GraphError::invalid("The message id is not one of a message this number received.");
        let user = state.peer_of(message_id).ok_or_else(unknown)?;
        let number = state.number(number_id).ok_or_else(unknown)?.phone_number_id.clone();
        let key = ChatKey { number, user };
        let chat = state.chats.get_mut(&key).ok_or_else(unknown)?;
        let is_it = |message: &ChatMessage| &*message.id == message_id && message.origin == Origin::User;
        let last = chat.messages.iter().rposition(is_it).ok_or_else(unknown)?;
        let mut read = Vec::new();
        for message in chat.messages.iter_mut().take(last + 1) {
            let is_new = message.origin == Origin::User && matches!(message.ticks, Ticks::Sent | Ticks::Delivered);
            if is_new {
                message.ticks = Ticks::Read;
                read.push(message.id.clone());
            }
        }
        if is_typing {
            chat.typing_until = Some(now + TYPING);
        }
        for id in &read {
            self.show_message(&state, &key, id);
        }
        if is_typing {
            self.show_phone(&mut state, &key.user);
            drop(state);
            self.agenda.at(now + TYPING, Task::TypingEnds(key));
        }
        Ok(())
    }

    /// The phone stops showing "typing…", unless it was renewed meanwhile.
    pub fn typing_ends(&self, key: &ChatKey) {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(chat) = state.chats.get_mut(key) else { return };
        let ends: Option<Millis> = chat.typing_until;
        if ends.is_some_and(|until| until <= now) {
            chat.typing_until = None;
            self.show_phone(&mut state, &key.user);
        }
    }

    /// An app has taken a person's message: two ticks on the phone.
    pub fn written_delivered(&self, key: &ChatKey, id: &Arc<str>) {
        let mut state = self.state();
        let Some(message) = state.chat_message(key, id) else { return };
        if message.ticks == Ticks::Sent {
            message.ticks = Ticks::Delivered;
            self.show_message(&state, key, id);
        }
    }
}
