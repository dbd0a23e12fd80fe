//! The files under `static/`, built into the program.

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

use super::error::{Error, Result};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// An address that names the content never changes its content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Without the right version in the address: ask again each time.
const ASK_AGAIN: &str = "no-cache";

#[derive(Deserialize)]
pub(super) struct Version {
    #[serde(default)]
    v: String,
}

/// The address of a file under `static/`, which changes with its content: `/assets/styles/app.css?v=1f3a…`.
#[must_use]
pub fn asset_path(path: &str) -> String {
    match Files::get(path) {
        Some(file) => format!("/assets/{path}?v={}", version(&file)),
        None => format!("/assets/{path}"),
    }
}

/// `GET /assets/{path}`
pub(super) async fn show(request: HttpRequest, path: web::Path<String>, asked: web::Query<Version>) -> Result<HttpResponse> {
    let file = Files::get(&path).ok_or(Error::NotFound)?;
    let version = version(&file);
    // Weak, because the same file travels compressed and not.
    let tag = format!("W/\"{version}\"");
    let caching = if asked.v == version { FOR_EVER } else { ASK_AGAIN };
    let is_known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|tags| names(tags, &version));
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, caching));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response.content_type(content_type(&file)).body(file.data.into_owned()))
}

fn names(tags: &str, version: &str) -> bool {
    tags.split(',').any(|tag| tag.trim().trim_start_matches("W/").trim_matches('"') == version)
}

/// Twelve hexadecimal digits of the content's SHA-256.
fn version(file: &EmbeddedFile) -> String {
    hex::encode(&file.metadata.sha256_hash()[..6])
}

fn content_type(file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    let is_text = kind.starts_with("text/") || kind.ends_with("javascript") || kind.ends_with("json");
    if is_text { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use actix_web::http::StatusCode;
    use actix_web::http::header::CONTENT_TYPE;
    use actix_web::test::TestRequest;

    use super::*;

    fn some_style() -> String {
        Files::iter().find(|path| path.ends_with(".css")).expect("there is a style").into_owned()
    }

    async fn get(path: &str, version: &str, known: Option<&str>) -> Result<HttpResponse> {
        let request = known.into_iter().fold(TestRequest::get(), |request, tag| request.insert_header((IF_NONE_MATCH, tag)));
        show(request.to_http_request(), web::Path::from(path.to_owned()), web::Query(Version { v: version.to_owned() })).await
    }

    #[actix_web::test]
    async fn a_file_under_its_versioned_address_is_kept_for_ever() {
        let style = some_style();
        let address = asset_path(&style);
        let version = address.split_once("?v=").expect("a version").1.to_owned();
        let kept = get(&style, &version, None).await.unwrap();
        assert_eq!(kept.headers().get(CACHE_CONTROL).unwrap(), FOR_EVER);
        assert_eq!(kept.headers().get(CONTENT_TYPE).unwrap(), "text/css; charset=utf-8");
        assert_eq!(to_bytes(kept.into_body()).await.unwrap(), Files::get(&style).unwrap().data.into_owned());
        let asked_again = get(&style, "old", None).await.unwrap();
        assert_eq!(asked_again.headers().get(CACHE_CONTROL).unwrap(), ASK_AGAIN);
    }

    #[actix_web::test]
    async fn a_file_the_browser_has_is_not_sent_again() {
        let style = some_style();
        let tag = get(&style, "", None).await.unwrap().headers().get(ETAG).unwrap().to_str().unwrap().to_owned();
        let again = get(&style, "", Some(&format!("\"x\", {tag}"))).await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(get(&style, "", Some("\"x\"")).await.unwrap().status(), StatusCode::OK);
    }

    #[actix_web::test]
    async fn nothing_outside_the_folder_is_served() {
        for path in ["../Cargo.toml", "/etc/passwd", "styles/../../Cargo.toml", "missing.css", ""] {
            assert!(matches!(get(path, "", None).await, Err(Error::NotFound)), "{path}");
        }
        assert_eq!(asset_path("missing.css"), "/assets/missing.css");
    }
}
