//! `/control/faults`: faults on order.

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use serde::Deserialize;

use super::read;
use crate::{errors::Refused, faults::Fault, world::World};

/// One fault, a list of them, or a list under `faults`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Ordered {
    List(Vec<serde_json::Value>),
    Named { faults: Vec<serde_json::Value> },
    One(serde_json::Value),
}

/// Lists those that wait.
pub async fn list(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(world.state().faults.view())
}

/// Adds some; answers all that wait.
pub async fn add(world: web::Data<World>, body: Bytes) -> Result<HttpResponse, Refused> {
    let ordered = match read(&body)? {
        Ordered::List(faults) | Ordered::Named { faults } => faults,
        Ordered::One(fault) => vec![fault],
    };
    let parse = |fault| serde_json::from_value::<Fault>(fault);
    let faults: Result<Vec<Fault>, _> = ordered.into_iter().map(parse).collect();
    let faults = faults.map_err(|error| Refused::bad(format!("A fault cannot be read: {error}.")))?;
    let mut state = world.state();
    state.faults.add(faults)?;
    Ok(HttpResponse::Ok().json(state.faults.view()))
}

/// Drops them all.
pub async fn clear(world: web::Data<World>, _body: Bytes) -> HttpResponse {
    let mut state = world.state();
    state.faults.clear();
    HttpResponse::Ok().json(state.faults.view())
}
