//! The page's files, served with a content security policy that allows nothing inline.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
    web,
};
use rust_embed::RustEmbed;
use serde_json::json;

use crate::{errors::Refused, world::World};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Pictures a browser may show in place; everything else is a download.
const SHOWN: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];

#[derive(RustEmbed)]
#[folder = "static"]
struct Files;

/// The page; the script reads from the address which phones to show.
pub async fn page(request: HttpRequest) -> HttpResponse {
    file(&request, "phones.html")
}

/// What Meta's app dashboard offers: where webhooks go, and "Verify and save".
pub async fn dashboard(request: HttpRequest) -> HttpResponse {
    file(&request, "dashboard.html")
}

/// A style sheet, a script or an icon.
pub async fn asset(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    file(&request, &name)
}

/// The icon browsers ask for by themselves.
pub async fn favicon(request: HttpRequest) -> HttpResponse {
    file(&request, "icon.svg")
}

/// Says that the simulator serves.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// A file of a chat, as the phone sees it: no token, nothing a browser would run.
pub async fn picture(world: web::Data<World>, id: web::Path<String>) -> HttpResponse {
    let media = world.state().media.get(&id, world.clock.now()).cloned();
    let Some(media) = media else {
        return Refused::unknown("There is no such file, or it has expired.").error_response();
    };
    let is_shown = SHOWN.contains(&media.mime_type.as_str());
    let mut response = HttpResponse::Ok();
    response
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((CACHE_CONTROL, "private, max-age=3600"));
    match is_shown {
        true => response.content_type(media.mime_type),
        false => response.content_type("application/octet-stream").insert_header(("content-disposition", "attachment")),
    };
    response.body(media.bytes)
}

fn file(request: &HttpRequest, name: &str) -> HttpResponse {
    let Some(file) = Files::get(name) else {
        return Refused::unknown("There is no such file.").error_response();
    };
    let etag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let known = request.headers().get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let mut response = if known == Some(&etag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((ETAG, etag.clone()))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .content_type(file.metadata.mimetype());
    match known == Some(&etag) {
        true => response.finish(),
        false => response.body(file.data.into_owned()),
    }
}
