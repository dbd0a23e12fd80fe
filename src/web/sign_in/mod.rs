//! Signing in and out.

mod attempts;
pub mod passwords;
pub mod view;

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use self::attempts::{Attempt, TooMany};
use self::view::SignInPage;
use super::edge::client_address::{client_address, network_of};
use super::edge::error::Result;
use super::edge::redirect::{FIRST_PAGE, go_to, go_to_with, local_path};
use super::locale::Locale;
use super::sessions;
use super::sessions::devices;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::user::User;

/// Makes the browser forget the pictures it kept; the next person at this machine has no business with them.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

#[derive(Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`
pub(super) async fn page(request: HttpRequest, signed: Option<Signed>, question: web::Query<Question>) -> Result<HttpResponse> {
    let next = local_path(&question.next).unwrap_or(FIRST_PAGE);
    if signed.is_some() {
        return Ok(go_to(next));
    }
    let page = SignInPage {
        locale: Locale::of_request(&request),
        csrf: String::new(),
        problem: None,
        email: String::new(),
        next: next.to_owned(),
    };
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page.render()?))
}

/// `POST /sign-in`
pub(super) async fn create(state: web::Data<State>, request: HttpRequest, form: web::Form<SignIn>) -> Result<HttpResponse> {
    let form = form.into_inner();
    let (locale, now) = (Locale::of_request(&request), Timestamp::now());
    let account = digest(&form.email.trim().to_lowercase());
    let address = digest(&network_of(client_address(&request, &state.config.trusted_proxies)).to_string());
    let marks = request.cookie(state.cookies().device_name()).map_or_else(String::new, |cookie| cookie.value().to_owned());
    let known_by = devices::known_by(&state.tokens, &marks, &account, now).await?;
    let attempt = Attempt::new(account.clone(), address, known_by.as_deref().map(digest));
    let counted = match attempt.count(&state.rate_limits).await {
        Ok(counted) => counted,
        Err(TooMany(wait)) => return too_many_page(&form, locale, wait),
    };
    let Some(user) = prove(&state, &form).await? else { return wrong_page(&form, locale) };
    counted.give_back(&state.rate_limits).await;
    let mut cookies = sessions::begin(&state, user.workspace, user.id, &request, now).await?;
    let marks = devices::renewed(&state.tokens, &marks, known_by.as_deref(), &account, now).await?;
    cookies.push(state.cookies().device_cookie(marks));
    tracing::info!(workspace = %user.workspace, user = %user.id, "signed in");
    go_to_with(local_path(&form.next).unwrap_or(FIRST_PAGE), &cookies)
}

/// `POST /sign-out`
pub(super) async fn delete(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let cookies = sessions::end(&state, signed.workspace, signed.session, Timestamp::now()).await?;
    let mut response = go_to_with("/sign-in", &cookies)?;
    response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
    Ok(response)
}

/// The active person of this address, if the password is theirs. Every no takes the same time and looks the same.
async fn prove(state: &State, form: &SignIn) -> Result<Option<User>> {
    let known = match form.email.parse() {
        Ok(email) => state.store.find_by_email(&email).await?.into_iter().next(),
        Err(_) => None,
    };
    let stored = known.as_ref().map(|known| known.password_hash.clone());
    let is_right = state.passwords.is_right(form.password.clone(), stored).await?;
    Ok(known.map(|known| known.user).filter(|user| is_right && user.active))
}

fn wrong_page(form: &SignIn, locale: Locale) -> Result<HttpResponse> {
    let page = again(form, locale, locale.t("sign_in.wrong").into_owned())?;
    Ok(HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY).content_type("text/html; charset=utf-8").body(page))
}

fn too_many_page(form: &SignIn, locale: Locale, wait: Duration) -> Result<HttpResponse> {
    let (words, wait_in_words) = match wait.as_secs().max(1) {
        seconds @ ..60 => ("sign_in.too_fast", seconds),
        seconds => ("sign_in.too_many", seconds.div_ceil(60)),
    };
    let page = again(form, locale, locale.count(words, i64::try_from(wait_in_words).unwrap_or(i64::MAX)))?;
    let mut response = HttpResponse::build(StatusCode::TOO_MANY_REQUESTS);
    Ok(response.insert_header((RETRY_AFTER, wait.as_secs().max(1))).content_type("text/html; charset=utf-8").body(page))
}

fn again(form: &SignIn, locale: Locale, problem: String) -> Result<String> {
    let next = local_path(&form.next).unwrap_or(FIRST_PAGE).to_owned();
    Ok(SignInPage { locale, csrf: String::new(), problem: Some(problem), email: form.email.clone(), next }.render()?)
}

/// What counts are kept under: neither addresses nor accounts are readable in Redis.
pub(in crate::web) fn digest(subject: &str) -> String {
    hex::encode(&Sha256::digest(subject)[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_counted_without_being_named() {
        assert_eq!(digest("ana@example.com").len(), 32);
        assert_ne!(digest("ana@example.com"), digest("ben@example.com"));
    }
}
