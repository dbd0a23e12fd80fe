//! How somebody signs in: their password, and whether a code is asked for.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;

use super::HERE;
use super::view::{Did, Shell, WaysInPage};
use crate::domain::setup::Secret;
use crate::store::second_factors::Credentials;
use crate::web::admin::chrome;
use crate::web::conversations::act::person;
use crate::web::edge::answer::page;
use crate::web::edge::error::Result;
use crate::web::edge::redirect::go_to_with;
use crate::web::sessions;
use crate::web::sessions::proof::{Proof, by_password, credentials};
use crate::web::sessions::signed::Signed;
use crate::web::sign_in::passwords::words;
use crate::web::state::State;

#[derive(Deserialize)]
pub(in crate::web) struct NewPassword {
    current: String,
    new: String,
    again: String,
}

/// `GET /profile/sign-in`
pub(in crate::web) async fn show(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    let credentials = credentials(&state, &signed).await?;
    whole(&state, &signed, &credentials, Shell::after(&did), None).await
}

/// `POST /profile/password`: ends every other session.
pub(in crate::web) async fn change_password(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    form: web::Form<NewPassword>,
) -> Result<HttpResponse> {
    let NewPassword { current, new, again } = form.into_inner();
    let (locale, now) = (signed.locale, Timestamp::now());
    let credentials = credentials(&state, &signed).await?;
    let problem = match by_password(&state, &credentials, &current).await? {
        Proof::Wrong => Some(locale.t("profile.password_wrong").into_owned()),
        Proof::TooMany(wait) => Some(locale.count("sign_in.too_many", minutes(wait))),
        Proof::Right if new != again => Some(locale.t("profile.password_differs").into_owned()),
        Proof::Right => credentials.rule.check(&new, &[&credentials.name, &credentials.email]).err().map(|weak| words(locale, weak)),
    };
    if problem.is_some() {
        return whole(&state, &signed, &credentials, Shell::default(), problem).await;
    }
    let hash = Secret::new(state.passwords.hash(new).await?);
    state.runner.replace_own_password(signed.workspace, person(&signed), hash).await?;
    let cookies = sessions::begin(&state, signed.workspace, signed.user, &request, now).await?;
    go_to_with(&format!("{HERE}/sign-in?did=password"), &cookies)
}

pub(super) fn minutes(wait: std::time::Duration) -> i64 {
    i64::try_from(wait.as_secs().div_ceil(60).max(1)).unwrap_or(i64::MAX)
}

async fn whole(
    state: &State,
    signed: &Signed,
    credentials: &Credentials,
    shell: Shell,
    password_problem: Option<String>,
) -> Result<HttpResponse> {
    let chrome = chrome(state, signed).await?;
    let status = if password_problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = WaysInPage {
        chrome,
        shell,
        email: credentials.email.clone(),
        least: credentials.rule.least,
        has_second_factor: credentials.totp.is_some(),
        needs_second_factor: credentials.needs_second_factor,
        recovery_codes: credentials.recovery_codes,
        password_problem,
    };
    page(status, &shown)
}
