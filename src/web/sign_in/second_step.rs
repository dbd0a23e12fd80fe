//! The second step of signing in: a code, after the password.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;
use url::form_urlencoded;

use super::opening::{Question, begin, digest, marks};
use super::view::SecondStepPage;
use crate::store::second_factors::Credentials;
use crate::web::edge::error::Result;
use crate::web::edge::redirect::{FIRST_PAGE, go_to, go_to_with, local_path};
use crate::web::edge::wait;
use crate::web::locale::Locale;
use crate::web::sessions::devices;
use crate::web::sessions::half::{self, Half};
use crate::web::sessions::proof::{Proof, by_code};
use crate::web::state::State;

#[derive(Deserialize)]
pub(in crate::web) struct Answer {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// The page that asks for the code, and leads on to `next`.
pub(super) fn address(next: &str) -> String {
    format!("/sign-in/code?next={}", form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>())
}

/// `GET /sign-in/code`
pub(in crate::web) async fn page(state: web::Data<State>, request: HttpRequest, question: web::Query<Question>) -> Result<HttpResponse> {
    if half(&state, &request, Timestamp::now()).await?.is_none() {
        return Ok(go_to("/sign-in"));
    }
    asked(StatusCode::OK, Locale::of_request(&request), &question.next, None)
}

/// `POST /sign-in/code`
pub(in crate::web) async fn create(state: web::Data<State>, request: HttpRequest, form: web::Form<Answer>) -> Result<HttpResponse> {
    let (locale, now) = (Locale::of_request(&request), Timestamp::now());
    // Whoever took too long, or has another password by now, begins again.
    let Some(Half { workspace, user, credentials }) = half(&state, &request, now).await? else { return Ok(go_to("/sign-in")) };
    let from = guesser(&state, &request, &credentials, now).await?;
    match by_code(&state, &credentials, &from, &form.code, now).await? {
        Proof::Right => {}
        Proof::Wrong => {
            let problem = Some(locale.t("second_step.wrong").into_owned());
            return asked(StatusCode::UNPROCESSABLE_ENTITY, locale, &form.next, problem);
        }
        Proof::TooMany(wait) => {
            let problem = Some(wait::in_words(locale, wait));
            return Ok(wait::until(wait, asked(StatusCode::TOO_MANY_REQUESTS, locale, &form.next, problem)?));
        }
    }
    let proved = (credentials.email.as_str(), credentials.password_hash.as_str());
    let Some(mut cookies) = begin(&state, &request, (workspace, user), proved, now).await? else { return Ok(go_to("/sign-in")) };
    cookies.push(state.cookies().no_half_cookie());
    go_to_with(local_path(&form.next).unwrap_or(FIRST_PAGE), &cookies)
}

/// Whose guesses are counted together: those of a browser that has signed in to this account before by themselves, so that whoever knows no
/// more than the password keeps nobody out; all others together, from wherever they come.
async fn guesser(state: &State, request: &HttpRequest, credentials: &Credentials, now: Timestamp) -> Result<String> {
    let known_by = devices::known_by(&state.tokens, &marks(state, request), &digest(&credentials.email.to_lowercase()), now).await?;
    Ok(known_by.map_or_else(|| credentials.account.to_string(), |mark| digest(&mark)))
}

async fn half(state: &State, request: &HttpRequest, now: Timestamp) -> Result<Option<Half>> {
    let Some(cookie) = request.cookie(state.cookies().half_name()) else { return Ok(None) };
    Ok(half::read(&state.tokens, &state.store, cookie.value(), now).await?)
}

fn asked(status: StatusCode, locale: Locale, next: &str, problem: Option<String>) -> Result<HttpResponse> {
    let next = local_path(next).unwrap_or(FIRST_PAGE).to_owned();
    let page = SecondStepPage { locale, next, problem };
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.render()?))
}
