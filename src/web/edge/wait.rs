//! What is told to whoever did something too often.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;

use crate::web::locale::Locale;

/// After how many minutes they may try again, at least one.
#[must_use]
pub fn minutes(wait: Duration) -> i64 {
    i64::try_from(wait.as_secs().div_ceil(60).max(1)).unwrap_or(i64::MAX)
}

/// The same in words.
#[must_use]
pub fn in_words(locale: Locale, wait: Duration) -> String {
    locale.count("sign_in.too_many", minutes(wait))
}

/// Makes an answer one of 429 that says how long to wait.
#[must_use]
pub fn until(wait: Duration, mut response: HttpResponse) -> HttpResponse {
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(RETRY_AFTER, wait.as_secs().max(1).into());
    response
}
