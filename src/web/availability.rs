//! `POST /availability`: a person says whether they want work.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::conversations::act::person;
use super::edge::answer::{Asked, stream};
use super::edge::error::Result;
use super::edge::redirect::go_to;
use super::sessions::signed::Signed;
use super::signing_off::held;
use super::signing_off::view::SignOffOffer;
use super::state::State;
use crate::domain::agent::Availability;
use crate::domain::setup::{By, SetupCommand};

#[derive(Deserialize)]
pub(super) struct Choice {
    availability: Availability,
}

/// Who comes back is given what waits; who goes away and holds something is asked what becomes of it, and need not say.
pub(super) async fn update(state: web::Data<State>, signed: Signed, asked: Asked, choice: web::Form<Choice>) -> Result<HttpResponse> {
    let command = SetupCommand::availability(signed.user, choice.availability);
    state.runner.configure(signed.workspace, &By::Person(person(&signed)), command, None).await?;
    let held = match choice.availability {
        Availability::Online => {
            state.runner.comes_back(signed.workspace, signed.user).await?;
            0
        }
        Availability::Away => held(&state, &signed).await?,
    };
    Ok(match asked {
        Asked::Live if held > 0 => {
            let offer = SignOffOffer::of(signed.locale, held);
            stream(StatusCode::OK, format!(r#"<turbo-stream action="append" target="toasts"><template>{offer}</template></turbo-stream>"#))
        }
        Asked::Plain { .. } if held > 0 => go_to("/sign-off?then=away"),
        asked => asked.done_here(),
    })
}
