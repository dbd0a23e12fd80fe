//! Reading a webhook's body: within its limit, and not for ever.

use std::time::Duration;

use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;

/// Bytes of a body at most: Meta sends up to 3 MB (Meta, "Create a webhook endpoint").
pub const LARGEST: usize = 4 * 1024 * 1024;

/// What is read and thrown away of a larger one, so that its sender hears why.
const THROWN_AWAY: usize = 16 * 1024 * 1024;

/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    TooLarge,
    Broken,
}

/// The whole body.
///
/// # Errors
/// [`Unread`].
pub async fn read(headers: &HeaderMap, mut body: Payload) -> Result<Bytes, Unread> {
    let announced = announced(headers);
    let reading = async {
        if announced > LARGEST {
            throw_away(&mut body, 0).await;
            return Err(Unread::TooLarge);
        }
        collect(&mut body, announced).await
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap_or(Err(Unread::Broken))
}

async fn collect(body: &mut Payload, announced: usize) -> Result<Bytes, Unread> {
    let mut bytes = BytesMut::with_capacity(announced);
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Unread::Broken)?;
        if bytes.len() + chunk.len() > LARGEST {
            drop(bytes);
            throw_away(body, LARGEST).await;
            return Err(Unread::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

async fn throw_away(body: &mut Payload, mut read: usize) {
    while let Some(Ok(chunk)) = body.next().await {
        read += chunk.len();
        if read > THROWN_AWAY {
            return;
        }
    }
}

/// The length that the sender announces; 0 when none can be read.
fn announced(headers: &HeaderMap) -> usize {
    headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest;
    use actix_web::test::TestRequest;

    use super::*;

    async fn read_of(body: Vec<u8>, announced: Option<usize>) -> Result<Bytes, Unread> {
        let (request, mut payload) = TestRequest::post().set_payload(body).to_http_parts();
        let mut headers = HeaderMap::new();
        if let Some(announced) = announced {
            headers.insert(CONTENT_LENGTH, announced.into());
        }
        read(&headers, Payload::from_request(&request, &mut payload).await.unwrap()).await
    }

    #[actix_web::test]
    async fn a_body_within_the_limit_is_read_whole() {
        let body = vec![7; LARGEST];
        assert_eq!(read_of(body.clone(), Some(LARGEST)).await, Ok(body.into()));
        assert_eq!(read_of(b"short".to_vec(), None).await, Ok(Bytes::from_static(b"short")));
    }

    #[actix_web::test]
    async fn a_larger_body_is_too_large_whether_it_says_so_or_not() {
        assert_eq!(read_of(vec![7; LARGEST + 1], None).await, Err(Unread::TooLarge));
        assert_eq!(read_of(vec![7; LARGEST + 1], Some(5)).await, Err(Unread::TooLarge));
        assert_eq!(read_of(Vec::new(), Some(LARGEST + 1)).await, Err(Unread::TooLarge));
    }
}
