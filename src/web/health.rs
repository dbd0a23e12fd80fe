//! What machines ask: are you alive, may I send you work, how are you doing.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::state::State;
use crate::store;

/// A balancer that asks should not have to wait.
const WAIT_FOR_DATABASE: Duration = Duration::from_millis(500);

/// `GET /healthz`: this process answers.
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// `GET /readyz`: the database can be reached and has our schema, our clock agrees with its, and every loop goes round. Redis is told,
/// but nothing depends on it.
pub(super) async fn ready(state: web::Data<State>) -> HttpResponse {
    let pending = tokio::time::timeout(WAIT_FOR_DATABASE, state.watch.pending_migrations());
    let (pending, redis_answers) = tokio::join!(pending, state.rate_limits.redis_answers());
    let (database, schema) = match pending {
        Ok(Ok(pending)) if pending.is_empty() => ("ok", "current"),
        Ok(Ok(_)) => ("ok", "behind"),
        Ok(Err(store::Error::Away(_))) | Err(_) => ("away", "unknown"),
        Ok(Err(store::Error::Refused(_) | store::Error::Unreadable(_))) => ("faulty", "unknown"),
    };
    let vitals = state.runner.vitals();
    let standing_still = vitals.standing_still();
    let is_ready = (database, schema) == ("ok", "current") && vitals.is_clock_right() && standing_still.is_empty();
    let redis = if redis_answers { "ok" } else { "away" };
    let clock = if vitals.is_clock_right() { "ok".to_owned() } else { format!("off by {} s", vitals.clock_offset().as_secs()) };
    let mut response = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(json!({
        "ready": is_ready,
        "database": database,
        "schema": schema,
        "redis": redis,
        "clock": clock,
        "standing_still": standing_still,
    }))
}

/// `GET /metrics`, in the Prometheus text format.
pub(super) async fn metrics(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(state.metrics.render())
}
