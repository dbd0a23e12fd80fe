//! The clock, the settings, the counts, and a fresh start.

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::read;
use crate::{
    clock::{self, SECOND},
    errors::Refused,
    settings::Settings,
    world::World,
};

/// How far to go.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    advance_seconds: f64,
}

/// The time here.
pub async fn clock(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(time(&world))
}

/// Goes forward; what falls due on the way happens now.
pub async fn advance(world: web::Data<World>, body: Bytes) -> Result<HttpResponse, Refused> {
    let wanted: Advance = read(&body)?;
    let seconds = wanted.advance_seconds;
    let in_range = seconds.is_finite() && seconds >= 0.0 && seconds * 1_000.0 <= clock::ADVANCE_LIMIT as f64;
    if !in_range || !world.clock.advance((seconds * 1_000.0) as i64) {
        return Err(Refused::bad("advance_seconds must be 0 or more, and ten years in all."));
    }
    world.agenda.wake();
    Ok(HttpResponse::Ok().json(time(&world)))
}

fn time(world: &World) -> Value {
    let now = world.clock.now();
    json!({
        "now": clock::rfc3339(now),
        "now_seconds": now as f64 / SECOND as f64,
        "advanced_seconds": world.clock.ahead() as f64 / SECOND as f64,
    })
}

/// How the world behaves.
pub async fn settings(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(&world.state().settings)
}

/// Changes the settings that are named.
pub async fn change_settings(world: web::Data<World>, body: Bytes) -> Result<HttpResponse, Refused> {
    let wanted: Map<String, Value> = read(&body)?;
    let mut state = world.state();
    let mut all = json!(state.settings);
    for (name, value) in wanted {
        all[name] = value;
    }
    let changed: Settings = serde_json::from_value(all).map_err(|error| Refused::bad(format!("A setting cannot be read: {error}.")))?;
    state.settings = changed;
    Ok(HttpResponse::Ok().json(&state.settings))
}

/// What happened so far.
pub async fn counts(world: web::Data<World>) -> HttpResponse {
    let state = world.state();
    let mut counts = json!(state.counts);
    counts["webhooks_pending"] = json!(state.webhooks_pending());
    counts["tasks_waiting"] = json!(world.agenda.len());
    counts["users"] = json!(state.users.len());
    HttpResponse::Ok().json(counts)
}

/// Forgets everything and goes on listening.
pub async fn reset(world: web::Data<World>, _body: Bytes) -> HttpResponse {
    world.reset();
    HttpResponse::Ok().json(json!({"reset": true}))
}
