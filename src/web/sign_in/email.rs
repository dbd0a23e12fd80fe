//! Another e-mail address, by a link that was sent to it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use super::links;
use super::view::{NewEmailPage, ToldPage};
use crate::domain::refusal::Refusal;
use crate::domain::setup::SetupRefusal;
use crate::domain::user::EmailAddress;
use crate::store::account_links::{LinkOwner, Purpose};
use crate::web::edge::answer::{page, page_at_secret};
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::go_to;
use crate::web::locale::Locale;
use crate::web::mails::{Letter, Link, Posted};
use crate::web::sessions;
use crate::web::sessions::proof::credentials;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// How long a link counts.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

/// How long the old address is told of it, should the mail server be away.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(72);

#[derive(Deserialize)]
pub(in crate::web) struct Followed {
    #[serde(default)]
    token: String,
}

/// Sends the link to the new address; nothing is changed before it is followed.
///
/// # Errors
/// A fault.
pub(in crate::web) async fn send(state: &State, signed: &Signed, email: &EmailAddress) -> Result<Posted> {
    let (token, token_hash) = links::made();
    let (locale, expires_at) = (signed.locale, Timestamp::now() + LIFE);
    let person = (signed.workspace, signed.user);
    state.store.add_account_link(person, Purpose::Email, &token_hash, Some(email), expires_at).await?;
    let letter = Letter {
        locale,
        subject: locale.t("email.mail_subject").into_owned(),
        lines: vec![locale.t1("reset.mail_hello", "name", &signed.name), locale.t("email.mail_lead").into_owned()],
        link: Some(Link { words: locale.t("email.mail_link").into_owned(), url: state.public_link(&format!("/email/new?token={token}")) }),
        note: locale.t("email.mail_note").into_owned(),
    };
    letter.post(state, email, expires_at).await
}

/// `GET /email/new`: following the link uses nothing up.
pub(in crate::web) async fn follow(state: web::Data<State>, request: HttpRequest, link: web::Query<Followed>) -> Result<HttpResponse> {
    let locale = Locale::of_request(&request);
    let Some((owner, _)) = owner(&state, &link.token).await? else { return over(locale) };
    let email = owner.new_email.map_or_else(String::new, |email| email.as_str().to_owned());
    page_at_secret(StatusCode::OK, &NewEmailPage { locale, token: link.into_inner().token, email })
}

/// `POST /email/new`: whoever reads the mail of an address that was mistyped has the link, and is not whose account it is.
pub(in crate::web) async fn update(
    state: web::Data<State>,
    request: HttpRequest,
    signed: Option<Signed>,
    form: web::Form<Followed>,
) -> Result<HttpResponse> {
    let locale = Locale::of_request(&request);
    let Some((owner, token_hash)) = owner(&state, &form.token).await? else { return over(locale) };
    let Some(signed) = signed else {
        let back = format!("/email/new?token={}", form.token);
        return Ok(go_to(&format!("/sign-in?next={}", byte_serialize(back.as_bytes()).collect::<String>())));
    };
    if !sessions::counts(&state, &signed, Timestamp::now()).await? || credentials(&state, &signed).await?.account != owner.account {
        let told = ToldPage { locale, title: "email.another_title", words: "email.another", leads_to: Some("/profile") };
        return page(StatusCode::FORBIDDEN, &told);
    }
    match state.runner.confirm_email(&owner, &token_hash).await.map_err(Error::from) {
        Ok(()) => {}
        Err(Error::NotFound | Error::Refused(Refusal::SetUp(SetupRefusal::EmailTaken))) => return over(locale),
        Err(error) => return Err(error),
    }
    tell(&state, &owner).await?;
    page(StatusCode::OK, &ToldPage { locale, title: "email.done_title", words: "email.done", leads_to: Some("/profile/sign-in") })
}

/// Tells the address that opens nothing any more.
async fn tell(state: &State, owner: &LinkOwner) -> Result<()> {
    let locale = Locale::of(&owner.locale).unwrap_or_default();
    let letter = Letter {
        locale,
        subject: locale.t("email.told_subject").into_owned(),
        lines: vec![locale.t1("reset.mail_hello", "name", &owner.name), locale.t("email.told").into_owned()],
        link: None,
        note: locale.t("email.told_note").into_owned(),
    };
    letter.post(state, &owner.email, Timestamp::now() + TOLD_FOR).await.map(drop)
}

async fn owner(state: &State, token: &str) -> Result<Option<(LinkOwner, [u8; 32])>> {
    let Some(hash) = links::hash(token) else { return Ok(None) };
    Ok(state.store.account_link(&hash, Purpose::Email, Timestamp::now()).await?.map(|owner| (owner, hash)))
}

fn over(locale: Locale) -> Result<HttpResponse> {
    page(StatusCode::GONE, &ToldPage { locale, title: "reset.over_title", words: "email.over", leads_to: Some("/profile/sign-in") })
}
