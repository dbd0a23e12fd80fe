//! The files under `static/`, built into the program, and those of other builds behind the same balancer.
//!
//! A page asks for files of its own build at whichever node the balancer picks. So a node keeps its files in the database when it starts,
//! and looks there for a version it does not know.

pub mod brand;
pub mod others;
pub mod own;

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use self::own::{VERSION, short};
use super::edge::error::{Error, Result};
use super::state::State;
use crate::live::trouble::Trouble;
use crate::store::assets::Asset;
use crate::store::{self, Store};

/// An address that names the content never changes its content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A file that changes under one address: ask again each time.
const ASK_AGAIN: &str = "no-cache";

/// A file in place of another one: nobody may take it for that one later.
const NEVER: &str = "no-store";

/// How often a node says that it still serves its version; versions are forgotten after thirty days of silence.
const SAID_AGAIN: Duration = Duration::from_hours(24);

/// Pause after a failure to say so.
const TRY_AGAIN: Duration = Duration::from_secs(60);

static NOT_KEPT: Trouble = Trouble::new("the files of this version could not be kept for other nodes");

/// Keeps the files of this version where every node finds them. Wanted before the first page that names them leaves.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn publish(store: &Store) -> Result<(), store::Error> {
    store.keep_assets(&VERSION, &own::all()).await
}

/// Says each day that this version is served. Runs until `stop`.
pub async fn keep_published(store: Store, stop: CancellationToken) {
    let mut pause = SAID_AGAIN;
    while tokio::time::timeout(pause, stop.cancelled()).await.is_err() {
        pause = match publish(&store).await {
            Ok(()) => {
                NOT_KEPT.is_over();
                SAID_AGAIN
            }
            Err(error) => {
                NOT_KEPT.failed(&error);
                TRY_AGAIN
            }
        };
    }
}

/// `GET /assets/{version}/{path}`. A page of another build is given the files of that build, as long as anybody knows them.
pub(super) async fn show(request: HttpRequest, state: web::Data<State>, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let (version, path) = path.into_inner();
    if version == *VERSION {
        let file = own::file(&path).ok_or(Error::NotFound)?;
        return Ok(answer(&request, file, if cfg!(debug_assertions) { ASK_AGAIN } else { FOR_EVER }));
    }
    match state.other_builds.find(&state.store, &version).await? {
        Some(files) => {
            let file = files.iter().find(|file| file.path == path).ok_or(Error::NotFound)?;
            Ok(answer(&request, file.clone(), FOR_EVER))
        }
        None => Ok(answer(&request, own::file(&path).ok_or(Error::NotFound)?, NEVER)),
    }
}

fn answer(request: &HttpRequest, file: Asset, caching: &'static str) -> HttpResponse {
    let content = short(&Sha256::digest(&file.content));
    let is_known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|tags| names(tags, &content));
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // Weak, because the same file travels compressed and not.
    response.insert_header((ETAG, format!("W/\"{content}\""))).insert_header((CACHE_CONTROL, caching));
    if is_known {
        return response.finish();
    }
    response.content_type(file.content_type).body(file.content)
}

fn names(tags: &str, version: &str) -> bool {
    tags.split(',').any(|tag| tag.trim().trim_start_matches("W/").trim_matches('"') == version)
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use actix_web::http::StatusCode;
    use actix_web::http::header::CONTENT_TYPE;
    use actix_web::test::TestRequest;

    use super::*;
    use crate::web::state::tests::state_without_database;

    fn some_style() -> String {
        own::all().into_iter().map(|file| file.path).find(|path| path.ends_with(".css")).expect("there is a style")
    }

    async fn get(version: &str, path: &str, known: Option<&str>) -> Result<HttpResponse> {
        let request = known.into_iter().fold(TestRequest::get(), |request, tag| request.insert_header((IF_NONE_MATCH, tag)));
        let state = web::Data::new(state_without_database("https://inbox.example.com"));
        show(request.to_http_request(), state, web::Path::from((version.to_owned(), path.to_owned()))).await
    }

    #[actix_web::test]
    async fn a_file_has_a_versioned_address() -> Result<()> {
        let style = some_style();
        assert_eq!(own::asset_path(&style), format!("/assets/{}/{style}", *VERSION));
        let kept = get(&VERSION, &style, None).await?;
        assert_eq!(kept.headers().get(CONTENT_TYPE).unwrap(), "text/css; charset=utf-8");
        assert_eq!(to_bytes(kept.into_body()).await.unwrap(), own::file(&style).unwrap().content);
        Ok(())
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
