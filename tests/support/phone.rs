//! A customer's phone.

use std::time::Duration;

use serde_json::{Value, json};

use super::simulator::Simulator;
use super::waiting::found;

/// Longest wait for a message to reach a phone.
const ARRIVES: Duration = Duration::from_secs(15);

/// The smallest picture there is: one red dot.
pub const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/// A phone of the simulator, by its number.
pub struct Phone<'world> {
    simulator: &'world Simulator,
    pub wa_id: String,
}

impl<'world> Phone<'world> {
    /// Somebody's phone, new or known.
    pub async fn of(simulator: &'world Simulator, wa_id: &str, name: &str) -> Self {
        simulator.post("users", &json!({ "wa_id": wa_id, "name": name })).await;
        Self { simulator, wa_id: wa_id.to_owned() }
    }

    /// A phone that the simulator has already.
    pub fn known(simulator: &'world Simulator, wa_id: &str) -> Self {
        Self { simulator, wa_id: wa_id.to_owned() }
    }

    /// Answers WhatsApp's id of the message.
    pub async fn writes(&self, text: &str) -> String {
        self.sends(json!({ "type": "text", "text": { "body": text } })).await
    }

    /// Writes to one of several numbers.
    pub async fn writes_to(&self, phone_number_id: &str, text: &str) -> String {
        self.sends(json!({ "type": "text", "text": { "body": text }, "phone_number_id": phone_number_id })).await
    }

    /// Chooses the option with this id of the last message that has it.
    pub async fn taps(&self, option: &str) -> String {
        let what = format!("a button “{option}” on {}", self.wa_id);
        let message =
            found(&what, ARRIVES, async || self.chat().await.into_iter().rev().find(|message| title(message, option).is_some())).await;
        let reply = json!({ "id": option, "title": title(&message, option) });
        self.sends(json!({
            "type": "interactive",
            "interactive": { "type": "button_reply", "button_reply": reply },
            "context": { "id": message["id"] },
        }))
        .await
    }

    pub async fn sends_picture(&self) -> String {
        self.sends(json!({ "type": "image", "image": { "data_base64": PICTURE, "mime_type": "image/png" } })).await
    }

    pub async fn sends(&self, message: Value) -> String {
        let written = self.simulator.post(&format!("users/{}/messages", self.wa_id), &message).await;
        written["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a message that says this is on the phone.
    pub async fn hears(&self, words: &str) -> Value {
        let what = format!("{} hears “{words}”", self.wa_id);
        found(&what, ARRIVES, async || self.chat().await.into_iter().find(|message| says(message).contains(words))).await
    }

    /// What passed between this phone and the shop; `direction` is `out` for what the customer wrote.
    pub async fn chat(&self) -> Vec<Value> {
        self.simulator.get(&format!("users/{}/chat", self.wa_id)).await["messages"].as_array().unwrap().clone()
    }

    /// WhatsApp's ids of what the customer wrote.
    pub async fn written(&self) -> Vec<String> {
        let chat = self.chat().await;
        let own = chat.iter().filter(|message| message["direction"] == "out");
        own.map(|message| message["id"].as_str().unwrap().to_owned()).collect()
    }

    /// What the shop wrote, in order.
    pub async fn heard(&self) -> Vec<String> {
        let chat = self.chat().await;
        chat.iter().filter(|message| message["direction"] == "in").map(|message| says(message).to_owned()).collect()
    }

    /// Goes through the flow to its end: about an order, with its number.
    pub async fn is_qualified(&self) {
        self.writes("Hello, my lamp is broken").await;
        self.taps("orders").await;
        self.hears("Which order").await;
        self.writes("204817").await;
        self.taps("damaged").await;
        self.hears("passed everything on").await;
    }
}

fn says(message: &Value) -> &str {
    let body = message["text"]["body"].as_str();
    body.or_else(|| message["interactive"]["body"]["text"].as_str()).unwrap_or_default()
}

fn title(message: &Value, option: &str) -> Option<String> {
    let buttons = message["interactive"]["action"]["buttons"].as_array()?;
    let chosen = buttons.iter().map(|button| &button["reply"]).find(|reply| reply["id"] == option)?;
    chosen["title"].as_str().map(str::to_owned)
}
