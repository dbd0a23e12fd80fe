//! `POST /{phone-number-id}/messages` (fact sheet 5): every call is in the ledger, cut ones too.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    auth,
    faulty::{self, Struck},
};
use crate::{
    errors::{GraphError, status_code},
    faults::{FaultBody, Reset, Target},
    ids::Origin,
    ledger,
    limits::{self, Outgoing, Posted},
    media, numbers, reset,
    world::{State, World},
};

/// How long the fetch of a linked file may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Characters of a recipient kept in the ledger.
const TO_LIMIT: usize = 200;

/// The route.
pub async fn post(world: web::Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let arrived = world.clock.now();
    let number_id = super::id(&request).to_owned();
    let text = String::from_utf8_lossy(&body);
    let (to, seq) = {
        let mut state = world.state();
        let to = recipient(&state, &text);
        state.counts.calls += 1;
        let seq = state.ledger.open(arrived, &to, &number_id, ledger::raw(&text));
        (to, seq)
    };
    let struck = Struck::roll(&world, Target::Messages, &to);
    struck.delay().await;
    if struck.reset() == Some(Reset::Before) {
        world.state().ledger.mark(seq, "reset_before_body");
        return reset::cut(&request);
    }
    if let Some((status, body)) = struck.answer() {
        let text = match &body {
            FaultBody::Json(body) => body.to_string(),
            FaultBody::Text(text) => text.clone(),
        };
        let mut state = world.state();
        state.ledger.mark(seq, "answer");
        state.ledger.close(seq, status, ledger::raw(&text));
        return faulty::response(status, body);
    }
    let (status, answer) = match process(&world, &request, &number_id, &body).await {
        Ok(answer) => (200, answer),
        Err(error) => {
            *world.state().counts.refused.entry(error.code).or_default() += 1;
            (error.status, error.body())
        }
    };
    let answer = answer.to_string();
    world.state().ledger.close(seq, status, ledger::raw(&answer));
    if struck.reset() == Some(Reset::After) {
        world.state().ledger.mark(seq, "reset_after_body");
        return reset::cut(&request);
    }
    HttpResponse::build(status_code(status)).content_type("application/json").body(answer)
}

async fn process(world: &Arc<World>, request: &HttpRequest, number_id: &str, body: &[u8]) -> Result<Value, GraphError> {
    let token = auth::token(request);
    world.state().authorized_number(token.as_deref(), number_id, "post", world.clock.now())?;
    if !world.state().number(number_id).is_some_and(|number| number.registered) {
        return Err(GraphError::new(133_010, "Phone number is not registered on the WhatsApp Business Platform."));
    }
    match limits::read(body)? {
        Posted::Receipt { message_id, is_typing } => {
            world.receipt(number_id, &message_id, is_typing)?;
            Ok(json!({"success": true}))
        }
        Posted::Message(outgoing) => {
            let unfetched = fetch(world, number_id, &outgoing).await.err();
            world.accept(number_id, outgoing, unfetched)
        }
    }
}

/// Fetches linked media as Meta does at send time (fact sheet 5.8); a failure is told by status.
async fn fetch(world: &World, number_id: &str, outgoing: &Outgoing) -> Result<(), GraphError> {
    for object in outgoing.media() {
        let Some(link) = object.get("link").and_then(Value::as_str) else { continue };
        let (mime_type, bytes) = download(world, link).await.map_err(|why| GraphError::new(131_053, why))?;
        let limit = media::upload_limit(&mime_type).map_err(|error| GraphError::new(131_053, error.details))?;
        if bytes.len() > limit {
            return Err(GraphError::new(131_053, format!("The file behind the link is larger than {limit} bytes.")));
        }
        let now = world.clock.now();
        world.state().media.add_linked(number_id, link, &mime_type, bytes, now);
    }
    Ok(())
}

/// A file of the web: its MIME type and bytes, or why it cannot be had.
pub async fn download(world: &World, link: &str) -> Result<(String, Bytes), String> {
    let answer = world.http.get(link).timeout(FETCH_TIMEOUT).send().await;
    let answer = answer.map_err(|error| format!("The link cannot be reached: {}.", crate::apps::cause(&error)))?;
    if !answer.status().is_success() {
        return Err(format!("The link answers {}.", answer.status()));
    }
    if answer.content_length().is_some_and(|length| length > media::INBOUND_LIMIT as u64) {
        return Err(String::from("The file behind the link is too large."));
    }
    let named = answer.headers().get("content-type").and_then(|named| named.to_str().ok());
    let named = named.map(|named| named.split(';').next().unwrap_or_default().trim().to_owned());
    let bytes = answer.bytes().await.map_err(|_| String::from("The link broke off."))?;
    let mime_type = named.filter(|named| !named.is_empty()).unwrap_or_else(|| media::sniff(&bytes).to_owned());
    Ok((mime_type, bytes))
}

/// Who a body that may be anything is for, as digits; for the ledger and for faults. A read receipt
/// is for the writer of the message it names, a business-scoped user id stands for its person.
fn recipient(state: &State, text: &str) -> String {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let named = |name| body.get(name).and_then(Value::as_str);
    let to = match (named("to"), named("recipient"), named("message_id")) {
        (Some(to), _, _) => match numbers::digits(to) {
            digits if digits.is_empty() => to.to_owned(),
            digits => digits,
        },
        (None, Some(user_id), _) => state.user_by_user_id(user_id).map_or(user_id, |user| &user.wa_id).to_owned(),
        (None, None, Some(wamid)) => crate::ids::peer(wamid).unwrap_or_default(),
        (None, None, None) => String::new(),
    };
    to.chars().take(TO_LIMIT).collect()
}

impl crate::media::MediaStore {
    /// Keeps a fetched file under its link, so that phones can show it.
    fn add_linked(&mut self, number_id: &str, link: &str, mime_type: &str, bytes: Bytes, now: crate::clock::Millis) {
        let media = self.add(number_id, mime_type, bytes, Origin::Business, now);
        self.name_link(link, &media.id);
    }
}
