//! `/control/webhooks`: any body at all, signed and delivered like every other; and impatience.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::read;
use crate::{
    errors::Refused,
    webhooks::{Content, Update},
    world::World,
};

/// A body to send as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    app_id: Option<String>,
    body: Value,
}

/// Sends it to an app, the first unless named.
pub async fn send(world: web::Data<World>, body: Bytes) -> Result<HttpResponse, Refused> {
    let wanted: Wanted = read(&body)?;
    let now = world.clock.now();
    let state = world.state();
    let app = match &wanted.app_id {
        Some(app_id) => state.apps.get(app_id.as_str()),
        None => state.apps.values().next(),
    };
    let app = app.ok_or_else(|| Refused::unknown("There is no such app."))?;
    let update = Update {
        lane: Arc::from("control"),
        waba_id: Arc::from("0"),
        metadata: Value::Null,
        content: Content::Body(wanted.body),
        written: None,
        customer: None,
        born: now,
    };
    app.outbox.push(Arc::new(update)).map_err(|_| Refused::full("The app has too many webhooks unacknowledged."))?;
    Ok(HttpResponse::Accepted().json(json!({"pending": state.webhooks_pending()})))
}

/// Makes every retry due now, instead of when its pause is over.
pub async fn hurry(world: web::Data<World>, _body: Bytes) -> HttpResponse {
    world.agenda.hurry_webhooks();
    HttpResponse::Ok().json(json!({"pending": world.state().webhooks_pending()}))
}
