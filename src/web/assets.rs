//! The files under `static/`, built into the program.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use super::error::{Error, Result};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// An address that names the content never changes its content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Any other address: ask again each time.
const ASK_AGAIN: &str = "no-cache";

/// One version of all files together, as the program found them when it started. It stands before the path, so that a module
/// that imports its neighbour names the version too.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for path in Files::iter() {
        digest.update(path.as_bytes());
        digest.update(Files::get(&path).map(|file| file.metadata.sha256_hash()).unwrap_or_default());
    }
    short(&digest.finalize())
});

/// The address of a file under `static/`, which changes with the content: `/assets/1f3a…/styles/app.css`.
#[must_use]
pub fn asset_path(path: &str) -> String {
    format!("/assets/{}/{path}", *VERSION)
}

/// `GET /assets/{version}/{path}`. A page of another build is given the files of this one.
pub(super) async fn show(request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let (version, path) = path.into_inner();
    let file = Files::get(&path).ok_or(Error::NotFound)?;
    let content = short(&file.metadata.sha256_hash());
    let caching = caching(version == *VERSION, cfg!(debug_assertions));
    let is_known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|tags| names(tags, &content));
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // Weak, because the same file travels compressed and not.
    response.insert_header((ETAG, format!("W/\"{content}\""))).insert_header((CACHE_CONTROL, caching));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response.content_type(content_type(&file)).body(file.data.into_owned()))
}

/// A debug build reads files from the disk, where they change under one address.
fn caching(is_this_version: bool, is_debug: bool) -> &'static str {
    if is_this_version && !is_debug { FOR_EVER } else { ASK_AGAIN }
}

fn names(tags: &str, version: &str) -> bool {
    tags.split(',').any(|tag| tag.trim().trim_start_matches("W/").trim_matches('"') == version)
}

/// The first twelve hexadecimal digits of a digest.
fn short(digest: &[u8]) -> String {
    hex::encode(&digest[..6])
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

    async fn get(version: &str, path: &str, known: Option<&str>) -> Result<HttpResponse> {
        let request = known.into_iter().fold(TestRequest::get(), |request, tag| request.insert_header((IF_NONE_MATCH, tag)));
        show(request.to_http_request(), web::Path::from((version.to_owned(), path.to_owned()))).await
    }

    #[actix_web::test]
    async fn a_file_has_a_versioned_address() -> Result<()> {
        let style = some_style();
        assert_eq!(asset_path(&style), format!("/assets/{}/{style}", *VERSION));
        let kept = get(&VERSION, &style, None).await?;
        assert_eq!(kept.headers().get(CONTENT_TYPE).unwrap(), "text/css; charset=utf-8");
        assert_eq!(to_bytes(kept.into_body()).await.unwrap(), Files::get(&style).unwrap().data.into_owned());
        let of_another_build = get("0123456789ab", &style, None).await?;
        assert_eq!(of_another_build.headers().get(CACHE_CONTROL).unwrap(), ASK_AGAIN);
        Ok(())
    }

    #[test]
    fn only_what_cannot_change_is_kept_for_ever() {
        assert_eq!(caching(true, false), FOR_EVER);
        assert_eq!([caching(false, false), caching(true, true), caching(false, true)], [ASK_AGAIN; 3]);
    }

    #[actix_web::test]
    async fn a_file_the_browser_has_is_not_sent_again() {
        let style = some_style();
        let tag = get(&VERSION, &style, None).await.unwrap().headers().get(ETAG).unwrap().to_str().unwrap().to_owned();
        let again = get(&VERSION, &style, Some(&format!("\"x\", {tag}"))).await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(get(&VERSION, &style, Some("\"x\"")).await.unwrap().status(), StatusCode::OK);
    }

    #[actix_web::test]
    async fn nothing_outside_the_folder_is_served() {
        for path in ["../Cargo.toml", "/etc/passwd", "styles/../../Cargo.toml", "missing.css", ""] {
            assert!(matches!(get(&VERSION, path, None).await, Err(Error::NotFound)), "{path}");
        }
    }
}
