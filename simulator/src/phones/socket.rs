//! The socket of a phones page: the page says which phones it shows and which chats are open, and
//! hears what happens on them.

use std::{collections::HashSet, sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{Message, MessageStream, Session};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use super::News;
use crate::{chats::ChatKey, world::World};

/// Phones one page may show.
const SHOWN_LIMIT: usize = 24;
/// Silence after which the page is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long a slow page may take for one message.
const SEND_LIMIT: Duration = Duration::from_secs(10);

/// What a page says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Word {
    /// Shows a phone.
    Show { wa_id: String },
    /// No longer shows it.
    Hide { wa_id: String },
    /// Has opened a chat; reads it.
    Open { wa_id: String, phone_number_id: String },
    /// Has left a chat.
    Close { wa_id: String, phone_number_id: String },
}

/// Upgrades to a WebSocket.
pub async fn connect(world: web::Data<World>, request: HttpRequest, body: web::Payload) -> actix_web::Result<HttpResponse> {
    let (response, session, words) = actix_ws::handle(&request, body)?;
    let page = Page { world: world.into_inner(), session, shown: HashSet::new(), open: HashSet::new() };
    actix_web::rt::spawn(page.run(words));
    Ok(response)
}

struct Page {
    world: Arc<World>,
    session: Session,
    shown: HashSet<Arc<str>>,
    open: HashSet<ChatKey>,
}

impl Page {
    async fn run(mut self, mut words: MessageStream) {
        let mut news = self.world.news.subscribe();
        let mut pings = tokio::time::interval(PING_EVERY);
        loop {
            let goes_on = tokio::select! {
                word = words.recv() => match word {
                    Some(Ok(Message::Text(text))) => self.hear(&text).await,
                    Some(Ok(Message::Ping(bytes))) => self.session.pong(&bytes).await.is_ok(),
                    Some(Ok(Message::Pong(_) | Message::Nop | Message::Binary(_) | Message::Continuation(_))) => true,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => false,
                },
                told = news.recv() => match told {
                    Ok(told) if told.wa_id.as_ref().is_none_or(|wa_id| self.shown.contains(wa_id)) => {
                        self.say(told.text.to_string()).await
                    }
                    Ok(_) => true,
                    // Too slow to hear everything: the page starts over.
                    Err(RecvError::Lagged(_)) => self.say(News::reset().text.to_string()).await,
                    Err(RecvError::Closed) => false,
                },
                _ = pings.tick() => self.session.ping(b"").await.is_ok(),
            };
            if !goes_on {
                return;
            }
        }
    }

    async fn say(&mut self, text: String) -> bool {
        matches!(tokio::time::timeout(SEND_LIMIT, self.session.text(text)).await, Ok(Ok(())))
    }

    async fn hear(&mut self, text: &str) -> bool {
        let Ok(word) = serde_json::from_str::<Word>(text) else { return true };
        match word {
            Word::Show { wa_id } => {
                let phone = self.show(&wa_id);
                self.say(phone).await
            }
            Word::Hide { wa_id } => {
                self.hide(&wa_id);
                true
            }
            Word::Open { wa_id, phone_number_id } => {
                let key = ChatKey { number: Arc::from(phone_number_id), user: Arc::from(wa_id) };
                self.open(key);
                true
            }
            Word::Close { wa_id, phone_number_id } => {
                let key = ChatKey { number: Arc::from(phone_number_id), user: Arc::from(wa_id) };
                if self.open.remove(&key) {
                    self.world.state().attention.close(&key);
                }
                true
            }
        }
    }

    fn show(&mut self, wa_id: &str) -> String {
        let now = self.world.clock.now();
        let mut state = self.world.state();
        let known = state.users.get(wa_id).map(|user| user.wa_id.clone());
        let Some(known) = known.filter(|_| self.shown.len() < SHOWN_LIMIT) else {
            return json!({"type": "missing", "wa_id": wa_id}).to_string();
        };
        if self.shown.insert(known.clone()) {
            state.attention.show(&known);
        }
        json!({"type": "show", "phone": state.phone_with_messages(wa_id, now)}).to_string()
    }

    fn hide(&mut self, wa_id: &str) {
        let mut state = self.world.state();
        if let Some(shown) = self.shown.take(wa_id) {
            state.attention.hide(&shown);
        }
        let left: Vec<ChatKey> = self.open.iter().filter(|key| &*key.user == wa_id).cloned().collect();
        for key in left {
            self.open.remove(&key);
            state.attention.close(&key);
        }
    }

    fn open(&mut self, key: ChatKey) {
        let mut state = self.world.state();
        if !self.shown.contains(&key.user) || state.number(&key.number).is_none() {
            return;
        }
        if self.open.insert(key.clone()) {
            state.attention.open(&key);
        }
        if state.users.get(&key.user).is_some_and(|user| user.online) {
            self.world.read_all(&mut state, &key);
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let mut state = self.world.state();
        for wa_id in &self.shown {
            state.attention.hide(wa_id);
        }
        for key in &self.open {
            state.attention.close(key);
        }
    }
}
