//! A person decides about a message of which nobody knows whether it was sent.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::domain::command::{Command, Settlement};
use crate::domain::ids::MessageId;
use crate::web::conversations::act::{person, run_once};
use crate::web::edge::answer::Asked;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

#[derive(Deserialize)]
pub(in crate::web) struct Settle {
    choice: Choice,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Choice {
    Resend,
    Leave,
}

/// `POST /messages/{id}/settlement`
pub(in crate::web) async fn create(
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
