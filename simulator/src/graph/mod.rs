//! The Graph side: what a business calls, with and without a version in the path.

mod accounts;
mod auth;
mod faulty;
mod media;
mod messages;

pub use messages::download;

use actix_web::web;

/// Routes of the Graph API.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/media-files/{key}", web::get().to(media::download));
    config.route("/debug_token", web::get().to(accounts::debug_token));
    for version in ["/{version:v[0-9]+(?:\\.[0-9]+)?}", ""] {
        let path = |rest: &str| format!("{version}{rest}");
        config
            .route(&path("/debug_token"), web::get().to(accounts::debug_token))
            .route(&path("/{id:[0-9]+}/messages"), web::post().to(messages::post))
            .route(&path("/{id:[0-9]+}/messages"), web::put().to(messages::post))
            .route(&path("/{id:[0-9]+}/media"), web::post().to(media::upload))
            .route(&path("/{id:[0-9]+}/register"), web::post().to(accounts::register))
            .route(&path("/{id:[0-9]+}/phone_numbers"), web::get().to(accounts::phone_numbers))
            .route(&path("/{id:[0-9]+}/message_templates"), web::get().to(accounts::templates))
            .route(&path("/{id:[0-9]+}/subscribed_apps"), web::get().to(accounts::subscribed))
            .route(&path("/{id:[0-9]+}/subscribed_apps"), web::post().to(accounts::subscribe))
            .route(&path("/{id:[0-9]+}/subscribed_apps"), web::delete().to(accounts::unsubscribe))
            .route(&path("/{id:[0-9A-Za-z_-]+}/subscriptions"), web::post().to(accounts::set_callback))
            .route(&path("/{id:[0-9A-Za-z_-]+}"), web::get().to(accounts::node))
            .route(&path("/{id:[0-9]+}"), web::delete().to(media::remove));
    }
}

/// The `{id}` of a path.
fn id(request: &actix_web::HttpRequest) -> &str {
    request.match_info().get("id").unwrap_or_default()
}
