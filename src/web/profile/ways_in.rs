//! How somebody signs in: their password, and whether a code is asked for.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;

use super::HERE;
use super::view::{Did, Shell, WaysInPage};
use crate::domain::setup::Secret;
use crate::domain::user::EmailAddress;
use crate::live::rate_limits::{Limit, Verdict};
use crate::runner;
use crate::store::second_factors::Credentials;
use crate::web::conversations::act::person;
use crate::web::conversations::around::chrome;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::{go_to, go_to_with};
use crate::web::edge::wait;
use crate::web::mails::Posted;
use crate::web::sessions;
use crate::web::sessions::proof::{Proof, by_password, credentials};
use crate::web::sessions::signed::Signed;
use crate::web::sign_in::email;
use crate::web::sign_in::passwords::words;
use crate::web::state::State;

/// Links to new addresses.
const EMAILS: Limit = Limit { name: "email-change", attempts: 5, window: Duration::from_secs(3600) };

#[derive(Deserialize)]
pub(in crate::web) struct NewEmail {
    email: String,
    current: String,
}

#[derive(Deserialize)]
pub(in crate::web) struct NewPassword {
    current: String,
    new: String,
    again: String,
}

/// `GET /profile/sign-in`
pub(in crate::web) async fn show(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    let credentials = credentials(&state, &signed).await?;
    whole(&state, &signed, &credentials, Shell::after(&did), Problems::default()).await
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
        Proof::TooMany(wait) => Some(wait::in_words(locale, wait)),
        Proof::Right if new != again => Some(locale.t("profile.password_differs").into_owned()),
        Proof::Right => credentials.rule.check(&new, &[&credentials.name, &credentials.email]).err().map(|weak| words(locale, weak)),
    };
    if problem.is_some() {
        let problems = Problems { password: problem, ..Problems::default() };
        return whole(&state, &signed, &credentials, Shell::default(), problems).await;
    }
    let hash = state.passwords.hash(new).await?;
    let secret = Secret::new(hash.clone());
    match state.runner.replace_own_password(signed.workspace, person(&signed), &credentials.password_hash, secret).await {
        Ok(()) => {}
        // Somebody was quicker, and whoever comes second has proved nothing.
        Err(runner::Error::NotFound) => return Err(Error::Unsigned),
        Err(error) => return Err(error.into()),
    }
    let cookies = sessions::begin(&state, (signed.workspace, signed.user), &hash, &request, now).await?;
    go_to_with(&format!("{HERE}/sign-in?did=password"), &cookies)
}

/// `POST /profile/email`: a link is sent to the new address, and nothing changes before it is followed.
pub(in crate::web) async fn change_email(state: web::Data<State>, signed: Signed, form: web::Form<NewEmail>) -> Result<HttpResponse> {
    let (locale, credentials) = (signed.locale, credentials(&state, &signed).await?);
    let email = form.email.parse::<EmailAddress>();
    let problem = match (by_password(&state, &credentials, &form.current).await?, &email) {
        (Proof::Wrong, _) => Some(locale.t("profile.password_wrong").into_owned()),
        (Proof::TooMany(wait), _) => Some(wait::in_words(locale, wait)),
        (Proof::Right, Err(_)) => Some(locale.t("email.unfit").into_owned()),
        (Proof::Right, Ok(email)) if email.as_str() == credentials.email.to_lowercase() => Some(locale.t("email.same").into_owned()),
        (Proof::Right, Ok(_)) => match state.rate_limits.take(&EMAILS, &credentials.account.to_string()).await {
            Verdict::Allowed => None,
            Verdict::Refused { wait } => Some(wait::in_words(locale, wait)),
        },
    };
    let (Ok(email), None) = (email, &problem) else {
        let problems = Problems { email: problem, email_typed: form.into_inner().email, ..Problems::default() };
        return whole(&state, &signed, &credentials, Shell::default(), problems).await;
    };
    match email::send(&state, &signed, &email).await? {
        Posted::Soon(_) => Ok(go_to(&format!("{HERE}/sign-in?did=email"))),
        Posted::NoMailServer | Posted::TooMany => {
            let problem = Some(locale.t("email.not_sent").into_owned());
            let problems = Problems { email: problem, email_typed: email.to_string(), ..Problems::default() };
            whole(&state, &signed, &credentials, Shell::default(), problems).await
        }
    }
}

/// Why something was not taken, and what was typed.
#[derive(Default)]
struct Problems {
    password: Option<String>,
    email: Option<String>,
    email_typed: String,
}

async fn whole(state: &State, signed: &Signed, credentials: &Credentials, shell: Shell, problems: Problems) -> Result<HttpResponse> {
    let chrome = chrome(state, signed).await?;
    let is_refused = problems.password.is_some() || problems.email.is_some();
    let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = WaysInPage {
        chrome,
        shell,
        email: credentials.email.clone(),
        least: credentials.rule.least,
        has_second_factor: credentials.totp.is_some(),
        needs_second_factor: credentials.needs_second_factor,
        recovery_codes: credentials.recovery_codes,
        password_problem: problems.password,
        sends_mails: state.config.sends_mails(),
        email_problem: problems.email,
        email_typed: problems.email_typed,
    };
    page(status, &shown)
}
