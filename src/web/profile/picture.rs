//! Somebody's picture: any that they have, cut to a square and written anew, so that nothing that came with it is shown to others.

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use uuid::Uuid;

use super::HERE;
use super::view::Shell;
use crate::domain::ids::{MediaId, UserId};
use crate::media::{self, Reason};
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::go_to_with;
use crate::web::layouts::html::Html;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// Bytes of a picture at most.
const LARGEST: usize = 5 * 1024 * 1024;

/// Who may see a picture is asked for each time; it itself never changes.
const CACHING: &str = "private, no-cache";

/// `POST /profile/picture`
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, parts: Multipart) -> Result<HttpResponse> {
    let portrait = match sent(parts).await? {
        Some(bytes) => media::portrait(bytes).await?,
        None => Err(Reason::NotAPicture),
    };
    let portrait = match portrait {
        Ok(portrait) => Bytes::from(portrait),
        Err(reason) => {
            let key = match reason {
                Reason::TooLarge => "profile.picture_too_large",
                Reason::NotAPicture | Reason::Damaged => "profile.picture_unfit",
            };
            let shell = Shell { done: None, problem: Some(Html::trusted(signed.locale.t(key).into_owned())) };
            return super::again(&state, &signed, shell, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let picture = MediaId(Uuid::now_v7());
    state.media.put_new(signed.workspace, picture, portrait.clone(), portrait).await?;
    replace(&state, &signed, Some(picture)).await
}

/// `POST /profile/picture/removal`
pub(in crate::web) async fn remove(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    replace(&state, &signed, None).await
}

/// `GET /people/{id}/picture`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    user: web::Path<UserId>,
) -> Result<HttpResponse> {
    let picture = state.store.picture(signed.workspace, *user).await?.ok_or(Error::NotFound)?;
    let tag = format!("\"{picture}\"");
    if request.headers().get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, CACHING)).finish());
    }
    let stored = state.media.open(signed.workspace, picture).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "image/jpeg"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, CACHING))
        .insert_header((ETAG, tag))
        .body(actix_web::body::SizedStream::new(stored.length, stored.bytes)))
}

async fn replace(state: &State, signed: &Signed, picture: Option<MediaId>) -> Result<HttpResponse> {
    let before = state.store.set_picture(signed.workspace, signed.user, picture).await?;
    if let Some(before) = before
        && let Err(error) = state.media.remove(signed.workspace, before).await
    {
        tracing::warn!(media = %before, %error, "a picture that nobody shows any more could not be removed");
    }
    go_to_with(&format!("{HERE}?did=profile"), &[state.cookies().no_token_cookie()])
}

/// The file of the form; nothing where none was chosen.
async fn sent(mut parts: Multipart) -> Result<Option<Bytes>> {
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| Error::BadRequest)?;
        if part.name() != Some("picture") {
            continue;
        }
        let mut bytes = BytesMut::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|_| Error::BadRequest)?;
            if bytes.len() + chunk.len() > LARGEST {
                return Err(Error::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        return Ok(Some(bytes.freeze()).filter(|bytes| !bytes.is_empty()));
    }
    Ok(None)
}
