//! Signing in and out.

mod attempts;
pub mod email;
pub mod links;
pub mod opening;
pub mod passwords;
pub mod reset;
pub mod second_step;
pub mod view;

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;

use self::attempts::{Attempt, TooMany};
use self::opening::{Question, begin, digest, marks, network_digest};
use self::view::SignInPage;
use super::edge::error::Result;
use super::edge::redirect::{FIRST_PAGE, go_to, go_to_with, local_path};
use super::edge::wait;
use super::locale::Locale;
use super::sessions;
use super::sessions::signed::Signed;
use super::sessions::{devices, half};
use super::state::State;
use crate::store::accounts::Membership;

/// Makes the browser forget the pictures it kept; the next person at this machine has no business with them.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

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
    let page = SignInPage { locale: Locale::of_request(&request), problem: None, email: String::new(), next: next.to_owned() };
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page.render()?))
}

/// `POST /sign-in`
pub(super) async fn create(state: web::Data<State>, request: HttpRequest, form: web::Form<SignIn>) -> Result<HttpResponse> {
    let form = form.into_inner();
    let (locale, now) = (Locale::of_request(&request), Timestamp::now());
    let account = digest(&form.email.trim().to_lowercase());
    let address = network_digest(&state, &request);
    let known_by = devices::known_by(&state.tokens, &marks(&state, &request), &account, now).await?;
    let attempt = Attempt::new(account.clone(), address, known_by.as_deref().map(digest));
    let counted = match attempt.count(&state.rate_limits).await {
        Ok(counted) => counted,
        Err(TooMany(wait)) => return too_many_page(&form, locale, wait),
    };
    let Some(member) = prove(&state, &form).await? else { return wrong_page(&form, locale) };
    counted.give_back(&state.rate_limits).await;
    let next = local_path(&form.next).unwrap_or(FIRST_PAGE);
    let Membership { user, password_hash, .. } = &member;
    if member.has_second_factor {
        let half = half::written(&state.tokens, user.workspace, user.id, password_hash, now).await?;
        return go_to_with(&second_step::address(next), &[state.cookies().half_cookie(half)]);
    }
    match begin(&state, &request, (user.workspace, user.id), (user.email.as_str(), password_hash), now).await? {
        Some(cookies) => go_to_with(next, &cookies),
        None => wrong_page(&form, locale),
    }
}

#[derive(Deserialize)]
pub(super) struct SignOut {
    ask: Option<String>,
}

/// `POST /sign-out`; whoever holds something is asked first what becomes of it, where the form says so.
pub(super) async fn delete(state: web::Data<State>, signed: Signed, form: Option<web::Form<SignOut>>) -> Result<HttpResponse> {
    let is_to_ask = form.is_some_and(|form| form.ask.is_some());
    if is_to_ask && state.store.agent(signed.workspace, signed.user).await?.is_some_and(|agent| agent.load > 0) {
        return Ok(go_to("/sign-off?then=out"));
    }
    goodbye(&state, &signed).await
}

/// Ends the session that somebody is in.
///
/// # Errors
/// As PostgreSQL answers.
pub(super) async fn goodbye(state: &State, signed: &Signed) -> Result<HttpResponse> {
    let cookies = sessions::end(state, signed.workspace, signed.session, Timestamp::now()).await?;
    let mut response = go_to_with("/sign-in", &cookies)?;
    response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
    Ok(response)
}

/// The active person of this address, if the password is theirs. Every no takes the same time and looks the same.
async fn prove(state: &State, form: &SignIn) -> Result<Option<Membership>> {
    let known = match form.email.parse() {
        Ok(email) => state.store.find_by_email(&email).await?.into_iter().next(),
        Err(_) => None,
    };
    let stored = known.as_ref().map(|known| known.password_hash.clone());
    let is_right = state.passwords.is_right(form.password.clone(), stored).await?;
    Ok(known.filter(|known| is_right && known.user.active))
}

fn wrong_page(form: &SignIn, locale: Locale) -> Result<HttpResponse> {
    let page = again(form, locale, locale.t("sign_in.wrong").into_owned())?;
    Ok(HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY).content_type("text/html; charset=utf-8").body(page))
}

fn too_many_page(form: &SignIn, locale: Locale, wait: Duration) -> Result<HttpResponse> {
    let problem = match wait.as_secs().max(1) {
        seconds @ ..60 => locale.count("sign_in.too_fast", i64::try_from(seconds).unwrap_or(i64::MAX)),
        _ => wait::in_words(locale, wait),
    };
    Ok(wait::until(wait, HttpResponse::Ok().content_type("text/html; charset=utf-8").body(again(form, locale, problem)?)))
}

fn again(form: &SignIn, locale: Locale, problem: String) -> Result<String> {
    let next = local_path(&form.next).unwrap_or(FIRST_PAGE).to_owned();
    Ok(SignInPage { locale, problem: Some(problem), email: form.email.clone(), next }.render()?)
}
