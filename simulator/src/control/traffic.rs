//! `/control/traffic`: many customers at a rate.

use actix_web::{HttpResponse, web};
use bytes::Bytes;

use super::read;
use crate::{
    errors::Refused,
    traffic::{self, Plan},
    world::World,
};

/// How far it is.
pub async fn progress(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(world.state().traffic.progress())
}

/// Begins.
pub async fn start(world: web::Data<World>, body: Bytes) -> Result<HttpResponse, Refused> {
    let plan: Plan = read(&body)?;
    traffic::start(&world.clone().into_inner(), plan)?;
    Ok(HttpResponse::Accepted().json(world.state().traffic.progress()))
}

/// Ends it; what was measured stays readable.
pub async fn stop(world: web::Data<World>, _body: Bytes) -> HttpResponse {
    let mut state = world.state();
    state.traffic.stop();
    HttpResponse::Ok().json(state.traffic.progress())
}
