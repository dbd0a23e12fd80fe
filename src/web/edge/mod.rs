//! The outermost layer: gives every request an id, every answer its headers, every failure its words, and every fault its one
//! line in the log; while something we stand on is away, one line a minute.

pub mod answer;
pub mod bodies;
pub mod client_address;
pub mod csrf;
pub mod entry;
pub mod error;
pub mod guard;
pub mod parts;
pub mod proof;
pub mod redirect;
pub mod security_headers;
pub mod server;
pub mod view;
pub mod wait;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;
use serde_json::json;
use uuid::Uuid;

use self::answer::{Asked, stream};
use self::bodies::Watch;
use self::error::Error;
use self::redirect::last_page;
use self::view::{ErrorPage, RefusalPage, refusal_words};
use super::layouts::brand::in_some_brand;
use super::layouts::html::Html;
use super::live::streams;
use super::locale::Locale;
use super::sessions::cookies::Binding;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::refusal::Refusal;
use crate::live::trouble::Trouble;

/// Requests that failed because the database, or whatever else they need, was away.
static AWAY: Trouble = Trouble::new("requests could not be answered");

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The name of one request, in its answer and in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

/// The middleware; wraps everything but other machines' doors.
///
/// # Errors
/// None of its own.
pub async fn edge<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> actix_web::Result<ServiceResponse<EitherBody<B, BoxBody>>> {
    in_some_brand(dressed(request, next)).await
}

async fn dressed<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> actix_web::Result<ServiceResponse<EitherBody<B, BoxBody>>> {
    let id = RequestId(Uuid::now_v7());
    request.extensions_mut().insert(id);
    let response = next.call(request).await?;
    let mut response = match failure(&response, id) {
        Some(answer) => with_own_headers(response, answer).map_into_right_body(),
        None => {
            if is_proof(&response) {
                AWAY.is_over();
            }
            response.map_into_left_body()
        }
    };
    let binding = binding(response.request());
    security_headers::add(response.headers_mut(), binding);
    if let Ok(value) = HeaderValue::try_from(id.0.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}

/// Whether an answer shows that all is there: somebody who signed in was given a page.
fn is_proof<B>(response: &ServiceResponse<B>) -> bool {
    response.status() == StatusCode::OK && response.request().extensions().contains::<Signed>()
}

fn binding(request: &HttpRequest) -> Binding {
    request.app_data::<web::Data<State>>().map_or(Binding::Plain, |state| state.cookies())
}

/// The answer in words for a request that failed; faults are logged here and nowhere else.
fn failure<B>(response: &ServiceResponse<B>, id: RequestId) -> Option<HttpResponse> {
    let error = response.response().error()?;
    let request = response.request();
    // Reading cookies writes to the extensions: the two must not overlap.
    let chosen = request.extensions().get::<Signed>().map(|signed| signed.locale);
    let locale = chosen.unwrap_or_else(|| Locale::of_request(request));
    // Whoever reads a body only learns that it broke off; why is known here.
    let of_body = Watch::of(request).and_then(|watch| watch.fault()).map(Error::from);
    match of_body.as_ref().or_else(|| error.as_error::<Error>()) {
        Some(error) => {
            match error {
                Error::Away(_) => {
                    AWAY.failed(error);
                    tracing::debug!(request = %id.0, reason = %error, "a request failed");
                }
                Error::Fault(_) => log(request, error, id),
                _ => {}
            }
            Some(answer(request, error, locale, id))
        }
        // What actix refuses by itself, before a handler: a broken path, query or body.
        None if response.status() == StatusCode::PAYLOAD_TOO_LARGE => Some(answer(request, &Error::TooLarge, locale, id)),
        None if response.status().is_client_error() => Some(answer(request, &Error::BadRequest, locale, id)),
        None => {
            let fault = Error::fault(error.to_string());
            log(request, &fault, id);
            Some(answer(request, &fault, locale, id))
        }
    }
}

fn log(request: &HttpRequest, error: &Error, id: RequestId) {
    let route = request.match_pattern().unwrap_or_default();
    tracing::error!(request = %id.0, method = %request.method(), route, reason = %error, "a request failed");
}

/// A stream for live pages that were refused, a page for people, JSON for programs that ask for it, a sentence for everybody else.
fn answer(request: &HttpRequest, error: &Error, locale: Locale, id: RequestId) -> HttpResponse {
    if Asked::of(request.headers()) == Asked::Live
        && let Some(words) = words_beside_the_form(error, locale)
    {
        return stream(error.status_code(), streams::refusal(&words));
    }
    let mut answer = HttpResponse::build(error.status_code());
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("application/json") {
        return answer.json(json!({ "error": error.public_words(), "request": id.0 }));
    }
    match page(request, error, locale, id) {
        Ok(page) if accept.contains("text/html") => answer.content_type("text/html; charset=utf-8").body(page),
        Ok(_) | Err(_) => answer.content_type("text/plain; charset=utf-8").body(format!("{}\n", error.public_words())),
    }
}

/// What a live page says where the form is, so that nothing else on it is lost.
fn words_beside_the_form(error: &Error, locale: Locale) -> Option<Html> {
    match error {
        Error::Refused(refusal) => Some(refusal_words(locale, refusal)),
        // It may have gone out of sight while they wrote.
        Error::NotFound => Some(refusal_words(locale, &Refusal::OutOfSight)),
        Error::TooSlow | Error::Crowded => Some(Html::trusted(locale.t(&format!("error.{}.hint", error.case())).into_owned())),
        _ => None,
    }
}

fn page(request: &HttpRequest, error: &Error, locale: Locale, id: RequestId) -> askama::Result<String> {
    match error {
        Error::Refused(refusal) => {
            let words = refusal_words(locale, refusal);
            RefusalPage { locale, words, back: last_page(request.headers()), text: None, moved_on: None }.render()
        }
        other => {
            let request_id = other.is_fault().then(|| id.0.to_string());
            ErrorPage { locale, status: other.status_code().as_u16(), case: other.case(), request_id }.render()
        }
    }
}

/// Puts the words in place of the bare answer, which may have brought headers (cookies, a location) of its own.
fn with_own_headers<B>(response: ServiceResponse<B>, mut answer: HttpResponse) -> ServiceResponse {
    let (request, bare) = response.into_parts();
    for (name, value) in bare.headers() {
        if !answer.headers().contains_key(name) || name == actix_web::http::header::SET_COOKIE {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, answer)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use actix_web::App;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use tracing_subscriber::fmt;

    use super::*;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    async fn log_of_a_hundred(failing: fn() -> Error) -> String {
        let log = Log::default();
        let into = log.clone();
        let lines = fmt().with_max_level(tracing::Level::INFO).with_ansi(false).with_writer(move || into.clone()).finish();
        let _logged = tracing::subscriber::set_default(lines);
        let handler = move || async move { Err::<HttpResponse, Error>(failing()) };
        let app = init_service(App::new().default_service(web::to(handler)).wrap(from_fn(edge))).await;
        for _ in 0..100 {
            let answer = call_service(&app, TestRequest::with_uri("/inbox").to_request()).await;
            assert!(answer.status().is_server_error());
        }
        String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
    }

    #[actix_web::test]
    async fn a_hundred_requests_without_a_database_are_one_line_and_a_hundred_faults_of_ours_a_hundred() {
        let away = log_of_a_hundred(|| Error::Away("no connection".to_owned())).await;
        assert_eq!(away.lines().count(), 1, "{away}");
        assert!(away.contains("requests could not be answered") && away.contains("no connection"), "{away}");
        let faults = log_of_a_hundred(|| Error::fault("broken")).await;
        assert_eq!(faults.lines().count(), 100);
    }
}
