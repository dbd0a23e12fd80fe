//! How a form is answered: scripts get 204 or a Turbo Stream, plain browsers are sent on to a page.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue, REFERRER_POLICY};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use askama::Template;

use super::error::{Error, Result};
use super::redirect::{go_to, last_page};
use crate::domain::ids::ConversationId;

const STREAM: &str = "text/vnd.turbo-stream.html";

/// Who reads the answer to a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A script of ours, or Turbo, on a page that is live.
    Live,
    /// A browser without scripts, on this page of ours.
    Plain { page: String },
}

impl Asked {
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let accepts_streams = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains(STREAM));
        if accepts_streams || headers.contains_key("x-baton") { Self::Live } else { Self::Plain { page: last_page(headers) } }
    }

    /// It is done: live pages hear of it through their socket.
    #[must_use]
    pub fn done(&self, conversation: ConversationId) -> HttpResponse {
        let Self::Plain { page } = self else { return HttpResponse::NoContent().finish() };
        let own = format!("/conversations/{conversation}");
        // With the list it was opened from.
        if page.split('?').next() == Some(own.as_str()) { go_to(page) } else { go_to(&own) }
    }

    /// It is done, and has no page of its own.
    #[must_use]
    pub fn done_here(&self) -> HttpResponse {
        match self {
            Self::Live => HttpResponse::NoContent().finish(),
            Self::Plain { page } => go_to(page),
        }
    }
}

impl FromRequest for Asked {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request.headers())))
    }
}

/// Turbo Streams, for a form that was refused.
#[must_use]
pub fn stream(status: StatusCode, streams: String) -> HttpResponse {
    HttpResponse::build(status).content_type("text/vnd.turbo-stream.html; charset=utf-8").body(streams)
}

/// A page or a part of one.
///
/// # Errors
/// When the template fails.
pub fn page(status: StatusCode, page: &impl Template) -> Result<HttpResponse> {
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.render()?))
}

/// As [`page`], of a page whose address holds a secret: whatever it asks for is not told its address. Its own forms still say where they
/// come from.
///
/// # Errors
/// As [`page`].
pub fn page_at_secret(status: StatusCode, shown: &impl Template) -> Result<HttpResponse> {
    let mut response = page(status, shown)?;
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, LOCATION, REFERER};
    use actix_web::test::TestRequest;
    use uuid::Uuid;

    use super::*;

    fn asked(headers: &[(HeaderName, &str)]) -> Asked {
        let request = headers.iter().fold(TestRequest::post(), |request, header| request.insert_header((header.0.clone(), header.1)));
        Asked::of(request.to_http_request().headers())
    }

    fn location(response: &HttpResponse) -> &str {
        response.headers().get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn turbo_and_our_scripts_are_live_and_others_are_not() {
        assert_eq!(asked(&[(ACCEPT, "text/vnd.turbo-stream.html, text/html")]), Asked::Live);
        assert_eq!(asked(&[(HeaderName::from_static("x-baton"), "live")]), Asked::Live);
        assert_eq!(asked(&[(ACCEPT, "text/html")]), Asked::Plain { page: "/inbox".to_owned() });
    }

    #[test]
    fn a_plain_form_leads_back_to_its_conversation_and_the_list_beside_it() {
        let conversation = ConversationId(Uuid::from_u128(7));
        let own = format!("/conversations/{conversation}");
        let back = |page: &str| location(&asked(&[(REFERER, &format!("http://x{page}"))]).done(conversation)).to_owned();
        assert_eq!(back(&format!("{own}?view=all")), format!("{own}?view=all"));
        assert_eq!(back("/inbox?view=all"), own);
        assert_eq!(asked(&[(ACCEPT, STREAM)]).done(conversation).status(), StatusCode::NO_CONTENT);
    }
}
