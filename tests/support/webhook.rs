//! Webhook bodies made by hand, and posted as Meta posts them or as somebody else would.

use std::net::SocketAddr;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::SOON;
use super::shop::{APP_ID, APP_SECRET, NUMBER, WABA};
use super::waiting::found;

/// The signature header of `body`.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// Posts a body with a good signature; answers the status.
pub async fn posts(door: SocketAddr, body: impl Into<Vec<u8>>) -> u16 {
    let body = body.into();
    let signature = signature(APP_SECRET, &body);
    posts_signed(door, body, Some(&signature)).await.0
}

/// Posts a body as Meta does: again, until it is taken.
pub async fn posts_until_taken(http: &reqwest::Client, door: SocketAddr, body: String) {
    let signature = signature(APP_SECRET, body.as_bytes());
    let post = || {
        let request = http.post(format!("http://{door}/webhooks/whatsapp/{APP_ID}")).header("x-hub-signature-256", &signature);
        request.header("content-type", "application/json").body(body.clone()).send()
    };
    found("the body is taken", SOON, async || post().await.is_ok_and(|answer| answer.status().is_success()).then_some(())).await;
}

/// Posts a body with this signature; answers the status and what else was said.
pub async fn posts_signed(door: SocketAddr, body: Vec<u8>, signature: Option<&str>) -> (u16, String) {
    let mut request = reqwest::Client::new().post(format!("http://{door}/webhooks/whatsapp/{APP_ID}"));
    if let Some(signature) = signature {
        request = request.header("x-hub-signature-256", signature);
    }
    let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// A body with these messages, in one change.
pub fn messages(from: &str, name: &str, messages: &[Value]) -> Value {
    let contacts = json!([{ "profile": { "name": name }, "wa_id": from }]);
    envelope(json!({ "contacts": contacts, "messages": messages }))
}

/// A body with these statuses, in one change.
pub fn statuses(statuses: &[Value]) -> Value {
    envelope(json!({ "statuses": statuses }))
}

pub fn text(from: &str, wamid: &str, body: &str) -> Value {
    let now = jiff::Timestamp::now().as_second().to_string();
    json!({ "from": from, "id": wamid, "timestamp": now, "type": "text", "text": { "body": body } })
}

pub fn status(wamid: &str, status: &str, message: Option<&str>) -> Value {
    let now = jiff::Timestamp::now().as_second().to_string();
    let mut told = json!({ "id": wamid, "status": status, "timestamp": now, "recipient_id": "447700900000" });
    if let Some(message) = message {
        told["biz_opaque_callback_data"] = json!(message);
    }
    told
}

fn envelope(mut value: Value) -> Value {
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({ "display_phone_number": "442079460999", "phone_number_id": NUMBER });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": WABA, "changes": [{ "field": "messages", "value": value }] }] })
}
