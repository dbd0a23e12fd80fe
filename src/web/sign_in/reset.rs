//! Another password for somebody who forgot theirs, by a link to their address.
//!
//! Whoever asks is told the same whether there is an account or not, and at once: what is done about it is done aside.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::opening::{digest, network_digest};
use super::view::{NewPasswordPage, ResetPage, ToldPage};
use super::{links, passwords};
use crate::domain::setup::Secret;
use crate::domain::user::EmailAddress;
use crate::live::rate_limits::{Limit, Verdict};
use crate::store::account_links::{LinkOwner, Purpose};
use crate::web::edge::answer::{page, page_at_secret};
use crate::web::edge::error::{Error, Result};
use crate::web::edge::wait;
use crate::web::locale::Locale;
use crate::web::mails::{Letter, Link};
use crate::web::state::State;

/// How long a link counts.
const LIFE: SignedDuration = SignedDuration::from_mins(30);

/// Who asks from one address.
const BY_ADDRESS: Limit = Limit { name: "reset-address", attempts: 10, window: Duration::from_secs(3600) };

/// Mails to one account. Beyond it nothing is sent, and nobody is told.
const BY_ACCOUNT: Limit = Limit { name: "reset-account", attempts: 3, window: Duration::from_secs(3600) };

#[derive(Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
pub(in crate::web) struct Followed {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
pub(in crate::web) struct NewPassword {
    #[serde(default)]
    token: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// `GET /reset`
pub(in crate::web) async fn ask(state: web::Data<State>, request: HttpRequest) -> Result<HttpResponse> {
    let locale = Locale::of_request(&request);
    page(StatusCode::OK, &ResetPage { locale, sends_mails: state.config.sends_mails(), problem: None })
}

/// `POST /reset`
pub(in crate::web) async fn create(state: web::Data<State>, request: HttpRequest, asked: web::Form<Asked>) -> Result<HttpResponse> {
    let locale = Locale::of_request(&request);
    let address = network_digest(&state, &request);
    if let Verdict::Refused { wait } = state.rate_limits.take(&BY_ADDRESS, &address).await {
        let problem = Some(wait::in_words(locale, wait));
        let shown = ResetPage { locale, sends_mails: state.config.sends_mails(), problem };
        return Ok(wait::until(wait, page(StatusCode::TOO_MANY_REQUESTS, &shown)?));
    }
    // What is no address has no account: that says nothing.
    if let Ok(email) = asked.email.parse::<EmailAddress>()
        && state.config.sends_mails()
    {
        links::aside(async move {
            if let Err(error) = send(&state, &email).await {
                tracing::warn!(%error, "a link for a new password was not sent");
            }
        });
    }
    page(StatusCode::OK, &ToldPage { locale, title: "reset.asked_title", words: "reset.asked", leads_to: None })
}

/// Sends a link to whoever signs in with this address and works anywhere.
async fn send(state: &State, email: &EmailAddress) -> Result<()> {
    if let Verdict::Refused { .. } = state.rate_limits.take(&BY_ACCOUNT, &digest(email.as_str())).await {
        return Ok(());
    }
    let member = state.store.find_by_email(email).await?.into_iter().next().filter(|member| member.user.active);
    let Some(user) = member.map(|member| member.user) else { return Ok(()) };
    let (token, token_hash) = links::made();
    let expires_at = Timestamp::now() + LIFE;
    state.store.add_account_link((user.workspace, user.id), Purpose::Password, &token_hash, None, expires_at).await?;
    let locale = Locale::of(&user.locale).unwrap_or_default();
    let letter = Letter {
        locale,
        subject: locale.t("reset.mail_subject").into_owned(),
        lines: vec![locale.t1("reset.mail_hello", "name", &user.name), locale.t("reset.mail_lead").into_owned()],
        link: Some(Link { words: locale.t("reset.mail_link").into_owned(), url: state.public_link(&format!("/reset/new?token={token}")) }),
        note: locale.t("reset.mail_note").into_owned(),
    };
    letter.post(state, &user.email, expires_at).await.map(drop)
}

/// `GET /reset/new`: following the link uses nothing up, as programs that look at mails follow it too.
pub(in crate::web) async fn follow(state: web::Data<State>, request: HttpRequest, link: web::Query<Followed>) -> Result<HttpResponse> {
    let locale = Locale::of_request(&request);
    match owner(&state, &link.token).await? {
        Some((owner, _)) => asked_anew(StatusCode::OK, locale, &owner, &link.token, None),
        None => over(locale),
    }
}

/// `POST /reset/new`
pub(in crate::web) async fn update(state: web::Data<State>, request: HttpRequest, form: web::Form<NewPassword>) -> Result<HttpResponse> {
    let NewPassword { token, new, again } = form.into_inner();
    let locale = Locale::of_request(&request);
    let Some((owner, token_hash)) = owner(&state, &token).await? else { return over(locale) };
    let problem = if new == again {
        owner.rule.check(&new, &[&owner.name, owner.email.as_str()]).err().map(|weak| passwords::words(locale, weak))
    } else {
        Some(locale.t("profile.password_differs").into_owned())
    };
    if problem.is_some() {
        return asked_anew(StatusCode::UNPROCESSABLE_ENTITY, locale, &owner, &token, problem);
    }
    let hash = Secret::new(state.passwords.hash(new).await?);
    match state.runner.reset_password(&owner, &token_hash, hash).await.map_err(Error::from) {
        Ok(()) => page(StatusCode::OK, &ToldPage { locale, title: "reset.done_title", words: "reset.done", leads_to: Some("/sign-in") }),
        Err(Error::NotFound) => over(locale),
        Err(error) => Err(error),
    }
}

async fn owner(state: &State, token: &str) -> Result<Option<(LinkOwner, [u8; 32])>> {
    let Some(hash) = links::hash(token) else { return Ok(None) };
    Ok(state.store.account_link(&hash, Purpose::Password, Timestamp::now()).await?.map(|owner| (owner, hash)))
}

fn asked_anew(status: StatusCode, locale: Locale, owner: &LinkOwner, token: &str, problem: Option<String>) -> Result<HttpResponse> {
    let asked =
        NewPasswordPage { locale, token: token.to_owned(), email: owner.email.as_str().to_owned(), least: owner.rule.least, problem };
    page_at_secret(status, &asked)
}

/// Used, too old, or never ours.
fn over(locale: Locale) -> Result<HttpResponse> {
    page(StatusCode::GONE, &ToldPage { locale, title: "reset.over_title", words: "reset.over", leads_to: Some("/reset") })
}
