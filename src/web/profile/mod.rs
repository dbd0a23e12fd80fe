//! What is somebody's own: who they are here, how their pages look, how they sign in, and where.

pub mod own_sessions;
pub mod picture;
pub mod second_factor;
pub mod view;
pub mod ways_in;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use self::view::{Did, ProfilePage, Shell};
use super::conversations::act::person;
use super::conversations::around::chrome;
use super::edge::answer::page;
use super::edge::error::{Error, Result, status};
use super::edge::redirect::go_to_with;
use super::edge::view::refusal_words;
use super::locale::Locale;
use super::sessions::proof::credentials;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::looks::{Density, Looks, Theme};
use crate::domain::setup::{By, MemberChange, SetupCommand};

const HERE: &str = "/profile";

#[derive(Deserialize)]
pub(super) struct Form {
    name: String,
    locale: String,
    theme: String,
    density: String,
    /// A box that is not ticked is not sent.
    sounds: Option<String>,
}

/// `GET /profile`
pub(super) async fn show(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    let typed = (signed.name.clone(), signed.locale, signed.looks);
    whole(&state, &signed, Shell::after(&did), StatusCode::OK, typed).await
}

/// `POST /profile`: name and language in this workspace, the looks wherever they sign in.
pub(super) async fn update(state: web::Data<State>, signed: Signed, form: web::Form<Form>) -> Result<HttpResponse> {
    let form = form.into_inner();
    let locale = Locale::of(&form.locale).ok_or(Error::BadRequest)?;
    let looks = Looks { theme: Theme::of(&form.theme), density: Density::of(&form.density), sounds: form.sounds.is_some() };
    let name = form.name.trim().to_owned();
    let change = MemberChange { name: Some(name.clone()), locale: Some(locale.as_str().to_owned()), ..MemberChange::default() };
    let command = SetupCommand::ChangeMember { member: signed.user, change };
    if let Err(error) = state.runner.configure(signed.workspace, &By::Person(person(&signed)), command, None).await {
        let refusal = match Error::from(error) {
            Error::Refused(refusal) => refusal,
            error => return Err(error),
        };
        let shell = Shell { done: None, problem: Some(refusal_words(signed.locale, &refusal)) };
        return whole(&state, &signed, shell, status(&refusal), (name, locale, looks)).await;
    }
    state.store.save_looks(signed.workspace, signed.user, looks).await?;
    // The token still says how it was; without it the next request reads the person afresh.
    let cookies = [state.cookies().locale_cookie(locale), state.cookies().no_token_cookie()];
    go_to_with(&format!("{HERE}?did=profile"), &cookies)
}

/// The page as it is, after something on it was refused.
async fn again(state: &State, signed: &Signed, shell: Shell, status: StatusCode) -> Result<HttpResponse> {
    whole(state, signed, shell, status, (signed.name.clone(), signed.locale, signed.looks)).await
}

async fn whole(
    state: &State,
    signed: &Signed,
    shell: Shell,
    status: StatusCode,
    (name, language, looks): (String, Locale, Looks),
) -> Result<HttpResponse> {
    let chrome = async { Ok(chrome(state, signed).await?) };
    let (chrome, credentials) = tokio::try_join!(chrome, credentials(state, signed))?;
    page(status, &ProfilePage { chrome, shell, name, email: credentials.email, language, looks })
}
