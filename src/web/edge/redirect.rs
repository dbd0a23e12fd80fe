//! Sending a browser on, only ever to pages of ours.

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::http::header::{HeaderMap, LOCATION, REFERER};
use url::Url;

use super::error::{Error, Result};

/// Where people start.
pub const FIRST_PAGE: &str = "/inbox";

/// 303 to `path`.
#[must_use]
pub fn go_to(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// 303 to `path`, bringing cookies.
///
/// # Errors
/// When a cookie cannot stand in a header.
pub fn go_to_with(path: &str, cookies: &[Cookie<'_>]) -> Result<HttpResponse> {
    let mut response = go_to(path);
    for cookie in cookies {
        response.add_cookie(cookie).map_err(Error::fault)?;
    }
    Ok(response)
}

/// The page a form was on, by its `Referer`; only the path counts, so it cannot lead elsewhere.
#[must_use]
pub fn last_page(headers: &HeaderMap) -> String {
    let referer = headers.get(REFERER).and_then(|value| Url::parse(value.to_str().ok()?).ok());
    let path = referer.map(|url| url[url::Position::BeforePath..url::Position::AfterQuery].to_owned());
    path.as_deref().and_then(local_path).unwrap_or(FIRST_PAGE).to_owned()
}

/// `text` if it is the path of a page of ours: a link to our sign-in must not lead to another site, nor in a circle.
#[must_use]
pub fn local_path(text: &str) -> Option<&str> {
    let is_local = text.starts_with('/') && !text.starts_with("//") && !text.contains('\\');
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    (is_local && is_plain && !text.starts_with("/sign-in")).then_some(text)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn only_paths_of_ours_are_followed() {
        for ours in ["/inbox?view=mine", "/conversations/1?view=all&after=a%20b", "/"] {
            assert_eq!(local_path(ours), Some(ours));
        }
        let others = ["", "inbox", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "/a\r\nSet-Cookie: x"];
        for other in others.into_iter().chain(["/ñ", "/sign-in?next=/"]) {
            assert_eq!(local_path(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_form_leads_back_to_its_page_and_never_to_another_site() {
        let after = |referer: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REFERER, HeaderValue::from_static(referer));
            last_page(&headers)
        };
        assert_eq!(after("https://inbox.example/conversations/1?view=mine#end"), "/conversations/1?view=mine");
        assert_eq!(after("https://evil.example//evil.example/"), FIRST_PAGE);
        assert_eq!(after("nonsense"), FIRST_PAGE);
        assert_eq!(last_page(&HeaderMap::new()), FIRST_PAGE);
    }
}
