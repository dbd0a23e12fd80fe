//! `/control/openapi.json`.

use actix_web::HttpResponse;

const DESCRIPTION: &str = include_str!("openapi.json");

/// The description of this API.
pub async fn describe() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(DESCRIPTION)
}
