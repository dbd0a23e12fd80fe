//! The first run: the first account and workspace, at an address that was printed where `serve` was started.

pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::view::{BeginPage, Typed};
use super::edge::answer::page_at_secret;
use super::edge::error::{Error, Result, status};
use super::edge::redirect::go_to_with;
use super::edge::view::refusal_words;
use super::layouts::html::Html;
use super::layouts::words::sentence;
use super::locale::Locale;
use super::sessions;
use super::sign_in::passwords;
use super::state::State;
use crate::domain::password::PasswordRule;
use crate::domain::setup::Secret;
use crate::domain::user::EmailAddress;
use crate::runner::beginning::Beginning;

/// Characters of a name.
const LONGEST_NAME: usize = 80;

/// Where whoever began goes on.
const NEXT: &str = "/settings/start";

/// `GET /begin/{secret}`
pub(super) async fn show(state: web::Data<State>, request: HttpRequest, secret: web::Path<String>) -> Result<HttpResponse> {
    is_open(&state, &secret).await?;
    let locale = Locale::of_request(&request);
    let typed = Typed { locale: locale.as_str().to_owned(), ..Typed::default() };
    page_at_secret(StatusCode::OK, &BeginPage::new(locale, secret.into_inner(), typed, None))
}

/// `POST /begin/{secret}`: begins, and signs in whoever did.
pub(super) async fn create(
    state: web::Data<State>,
    request: HttpRequest,
    secret: web::Path<String>,
    typed: web::Form<Typed>,
) -> Result<HttpResponse> {
    is_open(&state, &secret).await?;
    let (typed, secret) = (typed.into_inner(), secret.into_inner());
    let locale = Locale::of(&typed.locale).unwrap_or_else(|| Locale::of_request(&request));
    let read = match read(&typed, locale) {
        Ok(read) => read,
        Err(problem) => return again(locale, secret, typed, problem, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let hash = state.passwords.hash(typed.password.clone()).await?;
    let beginning = Beginning {
        name: typed.name.trim().to_owned(),
        email: read.email,
        password: Secret::new(hash.clone()),
        workspace: typed.workspace.trim().to_owned(),
        locale: locale.as_str().to_owned(),
        time_zone: read.time_zone,
        team: locale.t("begin.team").into_owned(),
    };
    let (workspace, user) = match state.runner.begin(&secret, beginning).await.map_err(Error::from) {
        Ok(begun) => begun,
        Err(Error::Refused(refusal)) => return again(locale, secret, typed, refusal_words(locale, &refusal), status(&refusal)),
        Err(error) => return Err(error),
    };
    let cookies = sessions::begin(&state, (workspace, user), &hash, &request, Timestamp::now()).await?;
    tracing::info!(%workspace, %user, "the first workspace was made");
    go_to_with(NEXT, &cookies)
}

/// An address that is used up, or never was one, is no page.
async fn is_open(state: &State, secret: &str) -> Result<()> {
    if state.runner.is_beginning_open(secret).await? { Ok(()) } else { Err(Error::NotFound) }
}

struct Read {
    email: EmailAddress,
    time_zone: String,
}

/// What the form says, or what is wrong with it.
fn read(typed: &Typed, locale: Locale) -> std::result::Result<Read, Html> {
    let refuse = |key: &str| sentence(&locale, key, &[]);
    if typed.name.trim().is_empty() || typed.workspace.trim().is_empty() {
        return Err(refuse("begin.name_missing"));
    }
    if [&typed.name, &typed.workspace].iter().any(|name| name.trim().chars().count() > LONGEST_NAME) {
        return Err(sentence(&locale, "refusal.too_long", &[("limit", &LONGEST_NAME.to_string())]));
    }
    let email = typed.email.parse().map_err(|_| refuse("begin.email_unfit"))?;
    let checked = PasswordRule::default().check(&typed.password, &[typed.name.trim(), typed.email.trim()]);
    checked.map_err(|weak| Html::trusted(passwords::words(locale, weak)))?;
    let time_zone = if typed.time_zone.is_empty() { "UTC" } else { &typed.time_zone };
    TimeZone::get(time_zone).map_err(|_| refuse("begin.time_zone_unfit"))?;
    Ok(Read { email, time_zone: time_zone.to_owned() })
}

fn again(locale: Locale, secret: String, typed: Typed, problem: Html, status: StatusCode) -> Result<HttpResponse> {
    page_at_secret(status, &BeginPage::new(locale, secret, typed, Some(problem)))
}
