//! `POST /availability`: a person says whether they want work.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::edge::answer::Asked;
use super::edge::error::Result;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::agent::Availability;
use crate::live::wakes::Wake;

#[derive(Deserialize)]
pub(super) struct Choice {
    availability: Availability,
}

/// Who comes back is given what waits.
pub(super) async fn update(state: web::Data<State>, signed: Signed, asked: Asked, choice: web::Form<Choice>) -> Result<HttpResponse> {
    state.store.set_availability(signed.workspace, signed.user, choice.availability).await?;
    if choice.availability == Availability::Online {
        state.live.wake(Wake::Agent(signed.workspace, signed.user));
    }
    Ok(asked.done_here())
}
