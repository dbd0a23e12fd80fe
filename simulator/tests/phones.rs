//! The phones page's socket: what is on screen is read only when its chat is open.

mod stage;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use stage::{ANA, NUMBER, Stage};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

struct Page(WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>);

impl Page {
    async fn open(stage: &Stage) -> Self {
        let address = format!("{}/phones/socket", stage.base.replace("http", "ws"));
        Self(tokio_tungstenite::connect_async(address).await.unwrap().0)
    }

    async fn says(&mut self, word: Value) {
        self.0.send(Message::text(word.to_string())).await.unwrap();
    }

    /// The next news of this type.
    async fn hears(&mut self, kind: &str) -> Value {
        loop {
            let frame = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("news in time");
            if let Message::Text(text) = frame.unwrap().unwrap() {
                let news: Value = serde_json::from_str(&text).unwrap();
                if news["type"] == kind {
                    return news;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_on_screen_is_read_once_it_is_open() {
    let mut stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    let mut page = Page::open(&stage).await;
    page.says(json!({"type": "show", "wa_id": ANA})).await;
    let shown = page.hears("show").await;
    assert_eq!(shown["phone"]["chats"][0]["messages"][0]["text"]["body"], "hello");
    let id = stage.says("hi").await;
    assert_eq!(stage.status(&id).await["status"], "sent");
    assert_eq!(stage.status(&id).await["status"], "delivered");
    let mut message = page.hears("message").await;
    while message["message"]["id"] != id {
        message = page.hears("message").await;
    }
    assert_eq!(message["message"]["direction"], "in");
    stage.settle(|counts| counts["tasks_waiting"] == 0).await;
    let path = format!("/control/users/{ANA}/chat");
    assert_eq!(stage.control("GET", &path, Value::Null).await["unread"], 1);
    page.says(json!({"type": "open", "wa_id": ANA, "phone_number_id": NUMBER})).await;
    assert_eq!(stage.status(&id).await["status"], "read");
    assert_eq!(stage.control("GET", &path, Value::Null).await["unread"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_and_strangers_are_survived() {
    let stage = Stage::set().await;
    let mut page = Page::open(&stage).await;
    page.says(json!("nonsense")).await;
    page.says(json!({"type": "open", "wa_id": "1", "phone_number_id": "2"})).await;
    page.says(json!({"type": "show", "wa_id": "49999"})).await;
    assert_eq!(page.hears("missing").await["wa_id"], "49999");
}
