//! A person decides about a message of which nobody knows whether it was sent.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::act::{person, run_once};
use super::answer::Asked;
use super::error::{Error, Result};
use super::session::Signed;
use super::state::State;
use crate::domain::command::{Command, Settlement};
use crate::domain::ids::MessageId;

#[derive(Deserialize)]
pub(super) struct Settle {
    choice: Choice,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Choice {
    Resend,
    Leave,
}

/// `POST /messages/{id}/settlement`
pub(super) async fn create(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<MessageId>,
    form: web::Form<Settle>,
) -> Result<HttpResponse> {
    let conversation = state.store.conversation_of(signed.workspace, *id).await?.ok_or(Error::NotFound)?;
    let choice = match form.choice {
        Choice::Resend => Settlement::Resend,
        Choice::Leave => Settlement::Leave,
    };
    run_once(&state, &signed, conversation, Command::Settle { by: person(&signed), message: *id, choice }).await?;
    Ok(asked.done(conversation))
}
