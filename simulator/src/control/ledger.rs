//! `/control/ledger`: every call to `/messages`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::{
    errors::Refused,
    ledger::{Entry, LEDGER_LIMIT, Since},
    world::World,
};

/// Which entries.
#[derive(Deserialize)]
pub struct Query {
    to: Option<String>,
    since: Option<String>,
    limit: Option<usize>,
}

/// Lists them, oldest first.
pub async fn list(world: web::Data<World>, query: web::Query<Query>) -> Result<HttpResponse, Refused> {
    let since = match query.since.as_deref() {
        None => None,
        Some(text) => Some(Since::parse(text).ok_or_else(|| Refused::bad("since must be a seq or an RFC 3339 instant."))?),
    };
    let limit = query.limit.unwrap_or(LEDGER_LIMIT);
    let entries = world.state().ledger.list(query.to.as_deref(), since, limit);
    Ok(HttpResponse::Ok().json(entries.iter().map(Entry::view).collect::<Vec<_>>()))
}
