//! Invitations: asking somebody to work here, by mail or by a link to copy.

pub mod view;

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use self::view::InvitationsPage;
use super::people::form::{Fields, Typed, one_value};
use super::{Did, configure, shell};
use crate::domain::Refusal;
use crate::domain::access::Role;
use crate::domain::ids::InvitationId;
use crate::domain::setup::command::NewInvitation;
use crate::domain::setup::{Secret, SetupCommand, SetupRefusal};
use crate::domain::user::EmailAddress;
use crate::live::rate_limits::{Limit, Verdict};
use crate::store::users::FIRST_CAPACITY;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::go_to;
use crate::web::edge::wait;
use crate::web::invitations::token::Token;
use crate::web::layouts::html::Html;
use crate::web::locale::Locale;
use crate::web::mails::{Letter, Link, Posted};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const LIST: &str = "/settings/invitations";

/// How long an invitation can be accepted.
pub(super) const LIFE: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Mails of one workspace: who may invite could otherwise send mails to the whole world in our name.
const MAILS: Limit = Limit { name: "invitation-mails", attempts: 100, window: Duration::from_secs(3600) };

/// How long a mail about one is tried.
pub(super) const MAIL_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// `GET /settings/invitations`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let typed = Typed { role: Some(Role::Agent), capacity: Some(FIRST_CAPACITY), ..Typed::default() };
    list(&state, &signed, typed, None, None).await
}

/// `POST /settings/invitations`
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, fields: web::Form<Fields>) -> Result<HttpResponse> {
    let (typed, by_mail) = (Typed::read(&fields), one_value(&fields, "way") == "mail");
    let email = match typed.email.parse::<EmailAddress>() {
        Ok(email) => Some(email),
        Err(_) if typed.email.is_empty() && !by_mail => None,
        Err(_) => return list(&state, &signed, typed, None, Some(Hindrance::Error(Error::Refused(SetupRefusal::EmailUnfit.into())))).await,
    };
    if let Some(wait) = too_many(&state, &signed, by_mail).await {
        return list(&state, &signed, typed, None, Some(Hindrance::TooMany(wait))).await;
    }
    let id = InvitationId(Uuid::now_v7());
    let (token, expires_at) = (Token::new(signed.workspace, id), later(LIFE));
    let new = NewInvitation {
        email: email.clone(),
        role: typed.role.unwrap_or(Role::Agent),
        capacity: typed.capacity.unwrap_or(FIRST_CAPACITY),
        teams: typed.teams.clone(),
        languages: typed.languages.clone(),
        expires_at,
    };
    let secret = Secret::new(hex::encode(token.hash()));
    match configure(&state, &signed, SetupCommand::Invite { invitation: id, new, secret }, None).await {
        Ok(_) => hand_out(&state, &signed, &token, email.filter(|_| by_mail)).await,
        Err(error) => list(&state, &signed, typed, None, Some(Hindrance::Error(error))).await,
    }
}

/// `POST /settings/invitations/{id}/renewal`: another link; the one before leads nowhere.
pub(in crate::web) async fn renew(
    state: web::Data<State>,
    signed: Signed,
    invitation: web::Path<InvitationId>,
    fields: web::Form<Fields>,
) -> Result<HttpResponse> {
    let invitation = *invitation;
    let known = state.store.invitation(signed.workspace, invitation).await?.ok_or(Error::NotFound)?;
    let by_mail = one_value(&fields, "way") == "mail" && known.email.is_some();
    if let Some(wait) = too_many(&state, &signed, by_mail).await {
        return list(&state, &signed, Typed::default(), None, Some(Hindrance::TooMany(wait))).await;
    }
    let (token, expires_at) = (Token::new(signed.workspace, invitation), later(LIFE));
    let secret = Secret::new(hex::encode(token.hash()));
    match configure(&state, &signed, SetupCommand::RenewInvitation { invitation, expires_at, secret }, None).await {
        Ok(_) => {
            let email = known.email.and_then(|email| email.parse().ok()).filter(|_| by_mail);
            hand_out(&state, &signed, &token, email).await
        }
        Err(error) => list(&state, &signed, Typed::default(), None, Some(Hindrance::Error(error))).await,
    }
}

/// `POST /settings/invitations/{id}/revocation`
pub(in crate::web) async fn revoke(state: web::Data<State>, signed: Signed, invitation: web::Path<InvitationId>) -> Result<HttpResponse> {
    let invitation = *invitation;
    state.store.invitation(signed.workspace, invitation).await?.ok_or(Error::NotFound)?;
    match configure(&state, &signed, SetupCommand::RevokeInvitation { invitation }, None).await {
        Ok(_) => {
            forget_mail(&state, &signed, invitation).await?;
            Ok(go_to(LIST))
        }
        Err(error) => list(&state, &signed, Typed::default(), None, Some(Hindrance::Error(error))).await,
    }
}

/// Counts a mail; how long is to be waited when there were too many.
pub(super) async fn too_many(state: &State, signed: &Signed, by_mail: bool) -> Option<Duration> {
    if !by_mail {
        return None;
    }
    match state.rate_limits.take(&MAILS, &signed.workspace.to_string()).await {
        Verdict::Allowed => None,
        Verdict::Refused { wait } => Some(wait),
    }
}

/// Mails the link, or shows it: this once, for nobody keeps it.
async fn hand_out(state: &State, signed: &Signed, token: &Token, email: Option<EmailAddress>) -> Result<HttpResponse> {
    let url = state.public_link(&format!("/invitations/{token}"));
    forget_mail(state, signed, token.invitation).await?;
    if let Some(email) = email
        && let Posted::Soon(mail) = letter(state, signed, &url).await?.post(state, &email, later(MAIL_LIFE)).await?
    {
        state.runner.remember_mail(signed.workspace, token.invitation, Some(mail)).await?;
        return Ok(go_to(LIST));
    }
    let typed = Typed { role: Some(Role::Agent), capacity: Some(FIRST_CAPACITY), ..Typed::default() };
    list(state, signed, typed, Some(url), None).await
}

/// The mail before, should it still wait: its link leads nowhere.
async fn forget_mail(state: &State, signed: &Signed, invitation: InvitationId) -> Result<()> {
    if let Some(mail) = state.store.mail_of_invitation(signed.workspace, invitation).await? {
        state.runner.recall_mail(mail).await?;
        state.runner.remember_mail(signed.workspace, invitation, None).await?;
    }
    Ok(())
}

/// In the language that newcomers begin in.
pub(super) async fn letter(state: &State, signed: &Signed, url: &str) -> Result<Letter> {
    let workspace = state.store.workspace(signed.workspace).await?.ok_or(Error::NotFound)?;
    let locale = Locale::of(&workspace.locale).unwrap_or_default();
    let who = (("name", signed.name.as_str()), ("workspace", workspace.name.as_str()));
    Ok(Letter {
        locale,
        subject: locale.t2("invitation.mail.subject", who.0, who.1),
        lines: vec![locale.t2("invitation.mail.line", who.0, who.1), locale.t("invitation.mail.life").into_owned()],
        link: Some(Link { words: locale.t("invitation.mail.accept").into_owned(), url: url.to_owned() }),
        note: locale.t("invitation.mail.note").into_owned(),
    })
}

/// Why nothing came of it.
enum Hindrance {
    Error(Error),
    /// This workspace has sent too many mails; after this it may go on.
    TooMany(Duration),
}

async fn list(state: &State, signed: &Signed, typed: Typed, link: Option<String>, hindrance: Option<Hindrance>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, &Did::default()).await?;
    let invitations = state.store.invitations(signed.workspace);
    let (invitations, choices) = tokio::try_join!(invitations, state.store.choices_for_people(signed.workspace))?;
    let status = match hindrance {
        None => StatusCode::OK,
        Some(Hindrance::Error(error)) => shell.refuse(signed.locale, error)?,
        Some(Hindrance::TooMany(wait)) => {
            shell.problem = Some(Html::trusted(signed.locale.count("invitation.too_many_mails", wait::minutes(wait))));
            StatusCode::TOO_MANY_REQUESTS
        }
    };
    let sends_mails = state.config.sends_mails();
    page(status, &InvitationsPage { chrome, shell, invitations, choices, typed, link, sends_mails, now: Timestamp::now() })
}

pub(super) fn later(life: SignedDuration) -> Timestamp {
    crate::runner::now().saturating_add(life).unwrap_or(Timestamp::MAX)
}

impl From<SetupRefusal> for Error {
    fn from(refusal: SetupRefusal) -> Self {
        Error::Refused(Refusal::SetUp(refusal))
    }
}
