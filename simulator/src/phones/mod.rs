//! The phones page: simulated people whose phones anyone can hold, live in the browser.

mod attention;
mod files;
mod news;
mod people;
mod socket;

pub use attention::Attention;
pub use news::News;

use actix_web::web;

/// Routes of the page, its files, its socket and what it asks.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(files::page))
        .route("/dashboard", web::get().to(files::dashboard))
        .route("/phones/socket", web::get().to(socket::connect))
        .route("/phones/people", web::get().to(people::list))
        .route("/phones/media/{id}", web::get().to(files::picture))
        .route("/phones/{wa_id}", web::get().to(files::page))
        .route("/static/{name:.+}", web::get().to(files::asset))
        .route("/favicon.ico", web::get().to(files::favicon))
        .route("/healthz", web::get().to(files::healthz));
}
