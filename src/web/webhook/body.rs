//! Reading a webhook's body within its limit. How long it may take and how many there may be is watched by
//! [`bodies`](crate::web::edge::bodies).

use std::io::ErrorKind;

use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;

use crate::web::edge::bodies::Watch;

/// Bytes of a body at most: Meta sends up to 3 MB (Meta, "Create a webhook endpoint").
pub const LARGEST: usize = 4 * 1024 * 1024;

/// What is read and thrown away of a larger one, so that its sender hears why.
const THROWN_AWAY: usize = 16 * 1024 * 1024;

/// Bytes that are made room for before they come.
const FIRST: usize = 16 * 1024;

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    TooLarge,
    /// It broke off.
    Broken,
    /// It came too slowly.
    Slow,
    /// Too many large ones are held already.
    Crowded,
}

impl From<PayloadError> for Unread {
    fn from(error: PayloadError) -> Self {
        match error {
            PayloadError::Io(error) if error.kind() == ErrorKind::TimedOut => Self::Slow,
            PayloadError::Io(error) if error.kind() == ErrorKind::QuotaExceeded => Self::Crowded,
            _ => Self::Broken,
        }
    }
}

/// The whole body, of which `announced` bytes were announced.
///
/// # Errors
/// [`Unread`].
pub async fn read(announced: usize, watch: Option<&Watch>, mut body: Payload) -> Result<Bytes, Unread> {
    if announced > LARGEST {
        throw_away(&mut body, watch, 0).await;
        return Err(Unread::TooLarge);
    }
    let mut bytes = BytesMut::with_capacity(announced.min(FIRST));
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        if bytes.len() + chunk.len() > LARGEST {
            drop(bytes);
            throw_away(&mut body, watch, LARGEST).await;
            return Err(Unread::TooLarge);
        }
        make_room(&mut bytes, chunk.len(), announced);
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Room for all that was announced, once a good part of it has come: growing step by step holds twice as much on the way.
fn make_room(bytes: &mut BytesMut, more: usize, announced: usize) {
    let is_serious = bytes.len() + more >= announced / 4;
    if bytes.capacity() - bytes.len() < more && is_serious {
        bytes.reserve(announced.saturating_sub(bytes.len()).max(more));
    }
}

async fn throw_away(body: &mut Payload, watch: Option<&Watch>, mut read: usize) {
    if let Some(watch) = watch {
        watch.let_go();
    }
    while let Some(Ok(chunk)) = body.next().await {
        read += chunk.len();
        if read > THROWN_AWAY {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest;
    use actix_web::test::TestRequest;
    use std::io::Error;

    use super::*;

    async fn read_of(body: Vec<u8>, announced: usize) -> Result<Bytes, Unread> {
        let (request, mut payload) = TestRequest::post().set_payload(body).to_http_parts();
        read(announced, None, Payload::from_request(&request, &mut payload).await.unwrap()).await
    }

    #[actix_web::test]
    async fn a_body_within_the_limit_is_read_whole() {
        let body = vec![7; LARGEST];
        assert_eq!(read_of(body.clone(), LARGEST).await, Ok(body.into()));
        assert_eq!(read_of(b"short".to_vec(), 0).await, Ok(Bytes::from_static(b"short")));
    }

    #[actix_web::test]
    async fn a_larger_body_is_too_large_whether_it_says_so_or_not() {
        assert_eq!(read_of(vec![7; LARGEST + 1], 0).await, Err(Unread::TooLarge));
        assert_eq!(read_of(vec![7; LARGEST + 1], 5).await, Err(Unread::TooLarge));
        assert_eq!(read_of(Vec::new(), LARGEST + 1).await, Err(Unread::TooLarge));
    }

    #[test]
    fn each_way_of_breaking_off_is_told_apart() {
        let of = |error: PayloadError| Unread::from(error);
        assert_eq!(of(PayloadError::Io(Error::from(ErrorKind::TimedOut))), Unread::Slow);
        assert_eq!(of(PayloadError::Io(Error::from(ErrorKind::QuotaExceeded))), Unread::Crowded);
        assert_eq!(of(PayloadError::Io(Error::from(ErrorKind::ConnectionReset))), Unread::Broken);
        assert_eq!(of(PayloadError::Incomplete(None)), Unread::Broken);
    }
}
