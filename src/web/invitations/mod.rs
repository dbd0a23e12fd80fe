//! Where the link of an invitation leads: somebody new says who they are, somebody with an account joins.

pub mod token;
pub mod view;

use std::time::Duration;

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use self::token::Token;
use self::view::{InvitationPage, Shown};
use super::edge::answer::page_at_secret;
use super::edge::error::{Error, Result};
use super::edge::redirect::{FIRST_PAGE, go_to, go_to_with};
use super::edge::view::refusal_words;
use super::edge::wait;
use super::locale::Locale;
use super::sessions;
use super::sessions::signed::Signed;
use super::sign_in::opening::network_digest;
use super::sign_in::passwords;
use super::state::State;
use crate::domain::Refusal;
use crate::domain::ids::{InvitationId, UserId, WorkspaceId};
use crate::domain::password::PasswordRule;
use crate::domain::setup::command::Newcomer;
use crate::domain::setup::value::Standing;
use crate::domain::setup::{Secret, SetupRefusal};
use crate::domain::user::{EmailAddress, User};
use crate::live::rate_limits::{Limit, Verdict};
use crate::runner::{self, now};
use crate::store::invitations::Linked;

/// Links that lead nowhere, from one address; an office may share it.
const BY_ADDRESS: Limit = Limit { name: "invitation-address", attempts: 20, window: Duration::from_secs(300) };

/// Addresses that somebody has, typed at a link that is for whoever has it: it is no way to find out who has an account.
const TAKEN: Limit = Limit { name: "invitation-taken", attempts: 5, window: Duration::from_secs(3600) };

/// Whoever comes to a link.
struct Visit {
    locale: Locale,
    token: Token,
    linked: Linked,
    /// Who has signed in, with their address.
    account: Option<(Signed, User)>,
}

/// What a new person says of themselves; somebody with an account says nothing.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Newly {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// `GET /invitations/{token}`
pub(super) async fn show(
    state: web::Data<State>,
    request: HttpRequest,
    signed: Option<Signed>,
    token: web::Path<String>,
) -> Result<HttpResponse> {
    match visit(&state, &request, signed, &token).await? {
        Ok(visit) => {
            let shown = offer(&state, &visit, Newly::default(), None).await?;
            answer(visit.locale, &visit.linked.workspace_name, shown)
        }
        Err(response) => Ok(response),
    }
}

/// `POST /invitations/{token}`
pub(super) async fn accept(
    state: web::Data<State>,
    request: HttpRequest,
    signed: Option<Signed>,
    token: web::Path<String>,
    form: web::Form<Newly>,
) -> Result<HttpResponse> {
    let visit = match visit(&state, &request, signed, &token).await? {
        Ok(visit) => visit,
        Err(response) => return Ok(response),
    };
    let newly = form.into_inner();
    // Whatever there is to say before it is accepted is said by the page.
    match offer(&state, &visit, Newly::default(), None).await? {
        Shown::Join { name, .. } => join(&state, &request, &visit, name).await,
        Shown::New { .. } => come(&state, &request, &visit, newly).await,
        other => answer(visit.locale, &visit.linked.workspace_name, other),
    }
}

/// Finds the invitation of a link. Whatever is wrong with a link is said in the same way after the same work; who tries many waits.
async fn visit(
    state: &State,
    request: &HttpRequest,
    signed: Option<Signed>,
    text: &str,
) -> Result<std::result::Result<Visit, HttpResponse>> {
    let locale = signed.as_ref().map_or_else(|| Locale::of_request(request), |signed| signed.locale);
    let address = network_digest(state, request);
    if let Verdict::Refused { wait } = state.rate_limits.take(&BY_ADDRESS, &address).await {
        return Ok(Err(wait::until(wait, answer(locale, "", Shown::Problem("too_many"))?)));
    }
    let token = text.parse::<Token>().unwrap_or_else(|_| Token::new(WorkspaceId(Uuid::nil()), InvitationId(Uuid::nil())));
    let found = state.store.invitation(token.workspace, token.invitation).await?;
    let kept = found.as_ref().map_or_else(|| vec![0; 32], |linked| linked.secret_hash.clone());
    let is_right = bool::from(kept.ct_eq(&token.hash()));
    let Some(linked) = found.filter(|_| is_right) else { return answer(locale, "", Shown::Problem("unknown")).map(Err) };
    state.rate_limits.give_back(&BY_ADDRESS, &address).await;
    let problem = match linked.standing {
        Standing::Accepted => Some("used"),
        Standing::Revoked | Standing::Strange => Some("revoked"),
        Standing::Open if linked.expires_at <= now() => Some("expired"),
        Standing::Open => None,
    };
    if let Some(problem) = problem {
        return answer(locale, &linked.workspace_name, Shown::Problem(problem)).map(Err);
    }
    let account = match signed {
        Some(signed) => {
            let memberships = state.store.memberships(signed.workspace, signed.user).await?;
            let own = memberships.into_iter().map(|it| it.user).find(|user| user.id == signed.user);
            Some((signed, own.ok_or(Error::NotFound)?))
        }
        None => None,
    };
    Ok(Ok(Visit { locale, token, linked, account }))
}

/// What whoever has the link is offered.
async fn offer(state: &State, visit: &Visit, typed: Newly, problem: Option<String>) -> Result<Shown> {
    let bound = visit.linked.email.as_deref();
    let path = format!("/invitations/{}", visit.token);
    if let Some((signed, user)) = &visit.account {
        let here = state.store.find_by_email(&user.email).await?.into_iter().find(|it| it.user.workspace == visit.token.workspace);
        return Ok(match (here, bound) {
            (Some(it), _) if it.user.active => Shown::Problem("inside"),
            (Some(_), _) => Shown::Problem("left"),
            (None, Some(bound)) if bound != user.email.as_str() => Shown::ForAnother { own: user.email.to_string() },
            (None, _) => Shown::Join { path, name: signed.name.clone(), email: user.email.to_string() },
        });
    }
    if let Some(Ok(email)) = bound.map(str::parse::<EmailAddress>)
        && !state.store.find_by_email(&email).await?.is_empty()
    {
        return Ok(Shown::SignIn { path, email: email.to_string() });
    }
    let is_bound = bound.is_some();
    let email = bound.map_or(typed.email, str::to_owned);
    let least = rule(state, visit).await?.least;
    Ok(Shown::New { path, name: typed.name, email, is_bound, least, problem })
}

/// What the workspace asks of a new password.
async fn rule(state: &State, visit: &Visit) -> Result<PasswordRule> {
    let security = state.store.security(visit.token.workspace).await?;
    let least = security.and_then(|security| usize::try_from(security.least_password).ok());
    Ok(least.map_or_else(PasswordRule::default, PasswordRule::at_least))
}

/// Somebody new: an account of their own, and a place here.
async fn come(state: &State, request: &HttpRequest, visit: &Visit, newly: Newly) -> Result<HttpResponse> {
    let email = visit.linked.email.clone().unwrap_or_else(|| newly.email.trim().to_owned()).parse::<EmailAddress>();
    let problem = match &email {
        Err(_) => Some(visit.locale.t("invitation.email_unfit").into_owned()),
        Ok(_) if newly.name.trim().is_empty() => Some(visit.locale.t("invitation.name_missing").into_owned()),
        Ok(email) => {
            let weak = rule(state, visit).await?.check(&newly.password, &[newly.name.trim(), email.as_str()]).err();
            weak.map(|weak| passwords::words(visit.locale, weak))
        }
    };
    let email = match (email, problem) {
        (Ok(email), None) => email,
        (_, problem) => return again(state, visit, newly, problem).await,
    };
    let link = visit.token.invitation.to_string();
    if let Verdict::Refused { wait } = state.rate_limits.take(&TAKEN, &link).await {
        return Ok(wait::until(wait, again(state, visit, newly, Some(wait::in_words(visit.locale, wait))).await?));
    }
    let hash = state.passwords.hash(newly.password.clone()).await?;
    let name = newly.name.trim().to_owned();
    let newcomer = Newcomer { name, email, locale: visit.locale.as_str().to_owned(), password: Some(Secret::new(hash.clone())) };
    let member = UserId(Uuid::now_v7());
    match state.runner.accept(visit.token.workspace, visit.token.invitation, &visit.token.hash(), member, newcomer).await {
        Ok(_) => {
            let cookies = sessions::begin(state, (visit.token.workspace, member), &hash, request, Timestamp::now()).await?;
            came(visit, member, &cookies)
        }
        Err(runner::Error::Refused(Refusal::SetUp(SetupRefusal::EmailTaken))) => {
            let words = visit.locale.t("invitation.has_account").into_owned();
            again(state, visit, newly, Some(words)).await
        }
        Err(runner::Error::Refused(refusal)) => {
            state.rate_limits.give_back(&TAKEN, &link).await;
            let words = refusal_words(visit.locale, &refusal).to_string();
            again(state, visit, newly, Some(words)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Somebody who has signed in works here too from now on.
async fn join(state: &State, request: &HttpRequest, visit: &Visit, name: String) -> Result<HttpResponse> {
    let Some((signed, user)) = &visit.account else { return Err(Error::Unsigned) };
    let at = Timestamp::now();
    if !sessions::counts(state, signed, at).await? {
        return Err(Error::Unsigned);
    }
    let newcomer = Newcomer { name, email: user.email.clone(), locale: signed.locale.as_str().to_owned(), password: None };
    let member = UserId(Uuid::now_v7());
    match state.runner.accept(visit.token.workspace, visit.token.invitation, &visit.token.hash(), member, newcomer).await {
        Ok(_) => came(visit, member, &sessions::go_on(state, (visit.token.workspace, member), request, signed, at).await?),
        Err(runner::Error::Refused(_)) => Ok(go_to(&format!("/invitations/{}", visit.token))),
        Err(error) => Err(error.into()),
    }
}

/// They are here, with a session of their own.
fn came(visit: &Visit, member: UserId, cookies: &[Cookie<'static>]) -> Result<HttpResponse> {
    tracing::info!(workspace = %visit.token.workspace, user = %member, "came by an invitation");
    go_to_with(FIRST_PAGE, cookies)
}

async fn again(state: &State, visit: &Visit, newly: Newly, problem: Option<String>) -> Result<HttpResponse> {
    let shown = offer(state, visit, newly, problem).await?;
    answer(visit.locale, &visit.linked.workspace_name, shown)
}

fn answer(locale: Locale, workspace_name: &str, shown: Shown) -> Result<HttpResponse> {
    let status = match &shown {
        Shown::Problem("inside" | "left") | Shown::ForAnother { .. } => StatusCode::CONFLICT,
        Shown::Problem(_) => StatusCode::GONE,
        Shown::New { problem: Some(_), .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Shown::New { .. } | Shown::SignIn { .. } | Shown::Join { .. } => StatusCode::OK,
    };
    page_at_secret(status, &InvitationPage { locale, workspace_name: workspace_name.to_owned(), shown })
}
