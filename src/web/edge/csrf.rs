//! Requests that change something must come from our own pages: the Origin check, and the token every form carries.
//!
//! Called from one place, [`guard`](super::guard), for every route of the table.

use actix_multipart::Multipart;
use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, ORIGIN};
use actix_web::web::Bytes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{StreamExt, stream};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use url::{Host, Url, form_urlencoded};

use super::error::{Error, Result};
use crate::domain::ids::SessionId;

/// The header scripts send the token in.
pub const HEADER: HeaderName = HeaderName::from_static("x-csrf");

/// The hidden field forms carry the token in.
pub const FIELD: &str = "csrf";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A token is 43 characters; a longer field is not read to its end.
const LONGEST_TOKEN: usize = 64;

/// The token of a session: fixed for its life, and unknown to whoever does not hold its secret.
#[must_use]
pub fn token(secret_hash: &[u8; 32], session: SessionId) -> String {
    // HMAC fills a shorter key up with zeros to one block; done here, it cannot fail.
    let mut key = [0; 64];
    key[..secret_hash.len()].copy_from_slice(secret_hash);
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(b"csrf");
    mac.update(session.0.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// Refuses a request without the token, in the header or in the form. A body that was read for it is put back.
///
/// # Errors
/// [`Error::NotOurForm`] without the token, [`Error::TooLarge`] when the form is longer than `limit` bytes.
pub async fn check(request: &mut ServiceRequest, token: &str, limit: usize) -> Result<()> {
    let sent = match request.headers().get(&HEADER) {
        Some(value) => Some(value.as_bytes().to_vec()),
        None => sent_in_form(request, limit).await?,
    };
    let is_same = sent.is_some_and(|sent| bool::from(sent.ct_eq(token.as_bytes())));
    if is_same { Ok(()) } else { Err(Error::NotOurForm) }
}

async fn sent_in_form(request: &mut ServiceRequest, limit: usize) -> Result<Option<Vec<u8>>> {
    let content_type = request.headers().get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes()).to_ascii_lowercase();
    let body = read(request, limit).await?;
    if content_type.starts_with(b"application/x-www-form-urlencoded") {
        return Ok(form_urlencoded::parse(&body).find(|(name, _)| name == FIELD).map(|(_, value)| value.into_owned().into_bytes()));
    }
    if content_type.starts_with(b"multipart/form-data") {
        return Ok(sent_in_multipart(request.headers(), body).await);
    }
    Ok(None)
}

/// Reads the body and puts it back for whoever reads it next.
///
/// # Errors
/// [`Error::TooLarge`] when it is longer than `limit` bytes.
pub(super) async fn read(request: &mut ServiceRequest, limit: usize) -> Result<Bytes> {
    let mut payload = request.take_payload();
    let mut body = actix_web::web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Error::BadRequest)?;
        if body.len() + chunk.len() > limit {
            return Err(Error::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    let body = body.freeze();
    request.set_payload(body.clone().into());
    Ok(body)
}

async fn sent_in_multipart(headers: &HeaderMap, body: Bytes) -> Option<Vec<u8>> {
    let mut parts = Multipart::new(headers, stream::iter([Ok(body)]));
    while let Some(part) = parts.next().await {
        let mut part = part.ok()?;
        if part.name() != Some(FIELD) {
            continue;
        }
        let mut token = Vec::new();
        while let Some(chunk) = part.next().await {
            token.extend_from_slice(&chunk.ok()?);
            if token.len() > LONGEST_TOKEN {
                return None;
            }
        }
        return Some(token);
    }
    None
}

/// Whether a request must say where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A socket: there is no token to check, and every browser names the origin.
    Required,
    /// A form: what is no browser (and so cannot be lured) may leave it out; the token is still asked for.
    IfSent,
}

/// Refuses a request that a browser sent from another site's page.
///
/// Where the public address is this machine, people open it under several names (`localhost`, `127.0.0.1`, a forwarded port), so
/// there the page's own `Host` counts; cookies are bound to that name too.
///
/// # Errors
/// [`Error::NotOurForm`].
pub fn check_origin(headers: &HeaderMap, public_url: &Url, origin: Origin) -> Result<()> {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if text(&SEC_FETCH_SITE).is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(Error::NotOurForm);
    }
    let is_ours = match (text(&ORIGIN), origin) {
        (None, Origin::Required) => false,
        (None, Origin::IfSent) => true,
        (Some(sent), _) if is_loopback(public_url) => is_at_host(sent, text(&HOST)),
        (Some(sent), _) => sent == public_url.origin().ascii_serialization(),
    };
    if is_ours { Ok(()) } else { Err(Error::NotOurForm) }
}

fn is_at_host(origin: &str, host: Option<&str>) -> bool {
    let named = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    named.is_some() && named == host
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest;
    use actix_web::test::TestRequest;
    use uuid::Uuid;

    use super::*;

    const BOUNDARY: &str = "----boundary";

    fn our_token() -> String {
        token(&[1; 32], SessionId(Uuid::from_u128(1)))
    }

    fn form(body: &str) -> ServiceRequest {
        TestRequest::post().insert_header((CONTENT_TYPE, "application/x-www-form-urlencoded")).set_payload(body.to_owned()).to_srv_request()
    }

    fn multipart(parts: &[(&str, &str)]) -> ServiceRequest {
        let mut body = String::new();
        for (name, value) in parts {
            body.push_str(&format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        }
        body.push_str(&format!("--{BOUNDARY}--\r\n"));
        TestRequest::post()
            .insert_header((CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}")))
            .set_payload(body)
            .to_srv_request()
    }

    async fn is_accepted(mut request: ServiceRequest) -> bool {
        check(&mut request, &our_token(), 10_000).await.is_ok()
    }

    #[test]
    fn a_token_belongs_to_one_session_and_one_secret() {
        assert_eq!(our_token(), our_token());
        assert_ne!(our_token(), token(&[1; 32], SessionId(Uuid::from_u128(2))));
        assert_ne!(our_token(), token(&[2; 32], SessionId(Uuid::from_u128(1))));
    }

    #[actix_web::test]
    async fn the_token_is_found_in_the_header_in_a_form_and_in_any_part() {
        assert!(is_accepted(TestRequest::post().insert_header((HEADER, our_token())).to_srv_request()).await);
        assert!(is_accepted(form(&format!("body=hi&csrf={}", our_token()))).await);
        assert!(is_accepted(multipart(&[("text", "hi"), ("picture", &"x".repeat(5_000)), ("csrf", &our_token())])).await);
    }

    #[actix_web::test]
    async fn a_request_without_the_token_or_with_another_is_refused() {
        let other = token(&[9; 32], SessionId(Uuid::from_u128(9)));
        assert!(!is_accepted(form("body=hi")).await);
        assert!(!is_accepted(form(&format!("csrf={other}"))).await);
        assert!(!is_accepted(form("csrf=")).await);
        assert!(!is_accepted(TestRequest::post().insert_header((HEADER, other.clone())).to_srv_request()).await);
        assert!(!is_accepted(TestRequest::post().to_srv_request()).await);
        assert!(!is_accepted(multipart(&[("text", "hi")])).await);
        assert!(!is_accepted(multipart(&[("csrf", &our_token().repeat(9))])).await);
        let named_otherwise = TestRequest::post().insert_header((CONTENT_TYPE, "text/plain")).set_payload(format!("csrf={}", our_token()));
        assert!(!is_accepted(named_otherwise.to_srv_request()).await);
    }

    #[actix_web::test]
    async fn the_handler_still_finds_the_body() {
        let mut request = form(&format!("body=hi&csrf={}", our_token()));
        check(&mut request, &our_token(), 10_000).await.unwrap();
        let (request, mut payload) = request.into_parts();
        let body = Bytes::from_request(&request, &mut payload).await.unwrap();
        assert!(body.starts_with(b"body=hi&csrf="));
    }

    #[actix_web::test]
    async fn a_form_over_its_limit_is_not_read_to_its_end() {
        let mut request = form(&format!("body={}", "x".repeat(20_000)));
        assert!(matches!(check(&mut request, &our_token(), 10_000).await, Err(Error::TooLarge)));
    }

    fn comes_from(public_url: &str, headers: &[(HeaderName, &str)], origin: Origin) -> bool {
        let mut request = TestRequest::post();
        for header in headers {
            request = request.insert_header((header.0.clone(), header.1));
        }
        check_origin(request.to_http_request().headers(), &public_url.parse().unwrap(), origin).is_ok()
    }

    #[test]
    fn a_public_address_admits_only_its_own_origin() {
        let public = "https://inbox.example";
        let host = (HOST, "evil.example");
        assert!(comes_from(public, &[(ORIGIN, "https://inbox.example")], Origin::IfSent));
        for origin in
            ["https://evil.example", "http://inbox.example", "https://inbox.example:444", "https://inbox.example.evil", "null", ""]
        {
            assert!(!comes_from(public, &[(ORIGIN, origin), host.clone()], Origin::IfSent), "{origin}");
        }
    }

    #[test]
    fn on_ones_own_machine_the_name_in_the_address_bar_counts() {
        for name in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"] {
            let origin = format!("http://{name}");
            assert!(comes_from("http://127.0.0.1:8080", &[(ORIGIN, &origin), (HOST, name)], Origin::Required), "{name}");
        }
        assert!(!comes_from("http://127.0.0.1:8080", &[(ORIGIN, "http://localhost:9999"), (HOST, "localhost:8080")], Origin::Required));
        assert!(!comes_from("http://127.0.0.1:8080", &[(ORIGIN, "null"), (HOST, "localhost:8080")], Origin::Required));
        assert!(!comes_from("http://127.0.0.1:8080", &[(ORIGIN, "http://localhost:8080")], Origin::Required));
    }

    #[test]
    fn what_the_browser_calls_another_site_is_refused_whatever_the_origin_says() {
        let ours = (ORIGIN, "https://inbox.example");
        assert!(comes_from("https://inbox.example", &[ours.clone(), (SEC_FETCH_SITE, "same-origin")], Origin::IfSent));
        for site in ["cross-site", "same-site", "anything"] {
            assert!(!comes_from("https://inbox.example", &[ours.clone(), (SEC_FETCH_SITE, site)], Origin::IfSent), "{site}");
        }
    }

    #[test]
    fn a_socket_must_name_its_origin_and_a_form_need_not() {
        assert!(comes_from("https://inbox.example", &[], Origin::IfSent));
        assert!(!comes_from("https://inbox.example", &[], Origin::Required));
    }
}
