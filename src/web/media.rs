//! Pictures, served so that nothing in them can act: own content type, no sniffing, no script, no origin.

use actix_web::body::SizedStream;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};

use super::edge::error::{Error, Result};
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::ids::MediaId;
use crate::media::Stored;

/// A picture never changes, but who may see it does: the browser keeps it and asks each time.
const CACHING: &str = "private, no-cache";

const NOTHING_ACTS: &str = "default-src 'none'; sandbox";

/// Which file of a picture.
#[derive(Debug, Clone, Copy)]
enum Part {
    Original,
    Thumbnail,
}

/// `GET /media/{id}`
pub(super) async fn show(state: web::Data<State>, signed: Signed, request: HttpRequest, id: web::Path<MediaId>) -> Result<HttpResponse> {
    serve(&state, &signed, &request, *id, Part::Original).await
}

/// `GET /media/{id}/thumbnail`
pub(super) async fn thumbnail(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<MediaId>,
) -> Result<HttpResponse> {
    serve(&state, &signed, &request, *id, Part::Thumbnail).await
}

async fn serve(state: &State, signed: &Signed, request: &HttpRequest, id: MediaId, part: Part) -> Result<HttpResponse> {
    let mime_type = state.store.stored_media(signed.viewer(), id).await?.ok_or(Error::NotFound)?;
    let (mime_type, file_name) = shown_as(&mime_type, part).ok_or(Error::NotFound)?;
    let tag = format!("\"{id}\"");
    if request.headers().get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, CACHING)).finish());
    }
    let stored = open(state, signed, id, part).await?;
    let mut response = HttpResponse::Ok();
    describe(&mut response, mime_type, file_name);
    Ok(response.insert_header((ETAG, tag)).body(SizedStream::new(stored.length, stored.bytes)))
}

async fn open(state: &State, signed: &Signed, id: MediaId, part: Part) -> Result<Stored> {
    Ok(match part {
        Part::Original => state.media.open(signed.workspace, id).await?,
        Part::Thumbnail => state.media.open_thumbnail(signed.workspace, id).await?,
    })
}

/// The type and name under which a file is served. What is no picture of these types is not served at all.
fn shown_as(mime_type: &str, part: Part) -> Option<(&'static str, &'static str)> {
    match (part, mime_type) {
        (Part::Thumbnail, "image/jpeg" | "image/png" | "image/webp") | (Part::Original, "image/jpeg") => {
            Some(("image/jpeg", "picture.jpg"))
        }
        (Part::Original, "image/png") => Some(("image/png", "picture.png")),
        (Part::Original, "image/webp") => Some(("image/webp", "picture.webp")),
        _ => None,
    }
}

fn describe(response: &mut HttpResponseBuilder, mime_type: &'static str, file_name: &str) {
    response
        .insert_header((CONTENT_TYPE, mime_type))
        .insert_header((CONTENT_DISPOSITION, format!("inline; filename=\"{file_name}\"")))
        .insert_header((CONTENT_SECURITY_POLICY, NOTHING_ACTS))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, CACHING));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_served_and_only_as_pictures() {
        for mime_type in ["text/html", "image/svg+xml", "application/pdf", "image/jpeg; charset=x", ""] {
            assert_eq!(shown_as(mime_type, Part::Original), None, "{mime_type}");
            assert_eq!(shown_as(mime_type, Part::Thumbnail), None, "{mime_type}");
        }
        assert_eq!(shown_as("image/webp", Part::Original), Some(("image/webp", "picture.webp")));
        assert_eq!(shown_as("image/webp", Part::Thumbnail), Some(("image/jpeg", "picture.jpg")));
    }
}
