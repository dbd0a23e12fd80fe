//! `POST /availability`: a person says whether they want work.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::conversations::act::person;
use super::edge::answer::Asked;
use super::edge::error::Result;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::agent::Availability;
use crate::domain::setup::{By, SetupCommand};

#[derive(Deserialize)]
pub(super) struct Choice {
    availability: Availability,
}

/// Who comes back is given what waits.
pub(super) async fn update(state: web::Data<State>, signed: Signed, asked: Asked, choice: web::Form<Choice>) -> Result<HttpResponse> {
    let command = SetupCommand::availability(signed.user, choice.availability);
    state.runner.configure(signed.workspace, &By::Person(person(&signed)), command, None).await?;
    Ok(asked.done_here())
}
