//! `POST /locale`: a person changes the language of their interface.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::conversations::act::person;
use super::edge::error::{Error, Result};
use super::edge::redirect::{go_to_with, last_page};
use super::locale::Locale;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::setup::{By, SetupCommand};

#[derive(Deserialize)]
pub(super) struct Choice {
    locale: String,
}

/// Kept with the person, and on this machine for the sign-in page.
pub(super) async fn update(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    choice: web::Form<Choice>,
) -> Result<HttpResponse> {
    let locale = Locale::of(&choice.locale).ok_or(Error::BadRequest)?;
    let command = SetupCommand::locale(signed.user, locale.as_str().to_owned());
    state.runner.configure(signed.workspace, &By::Person(person(&signed)), command, None).await?;
    // The token still says the old language; without it the next request reads the person afresh.
    let cookies = [state.cookies().locale_cookie(locale), state.cookies().no_token_cookie()];
    go_to_with(&last_page(request.headers()), &cookies)
}
