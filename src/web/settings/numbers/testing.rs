//! A message that tries a number: to a phone of its own people, in no conversation.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::asking::connection;
use crate::channels::whatsapp::client::outcome;
use crate::channels::whatsapp::payload::trial;
use crate::domain::contact::Identity;
use crate::domain::delivery::Outcome;
use crate::domain::ids::InboxId;
use crate::domain::message::Failure;
use crate::runner::now;
use crate::store::numbers::Test;
use crate::web::edge::error::Result;
use crate::web::edge::redirect::go_to;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// Digits of a phone number with its country (E.164).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

#[derive(Deserialize)]
pub(in crate::web) struct Wish {
    #[serde(default)]
    phone: String,
}

/// `POST /settings/numbers/{id}/test`: a template, or words where the phone has written lately.
pub(in crate::web) async fn create(
    state: web::Data<State>,
    signed: Signed,
    number: web::Path<InboxId>,
    wish: web::Form<Wish>,
) -> Result<HttpResponse> {
    let id = *number;
    let connection = connection(&state, &signed, id).await?;
    let token = connection.secret()?;
    let phone: String = wish.phone.chars().filter(char::is_ascii_digit).collect();
    let test = uuid::Builder::from_custom_bytes(rand::random()).into_uuid();
    let mut kept = Test { phone, sent_at: now(), status: "unknown".to_owned(), refusal: None, answered_at: None };
    let back = format!("/settings/numbers/{id}#test");
    if !DIGITS.contains(&kept.phone.len()) {
        kept.status = "failed".to_owned();
        kept.refusal = Some(Failure { code: 131_026, title: String::new() });
        state.runner.keep_number_test(signed.workspace, id, test, &kept).await?;
        return Ok(go_to(&back));
    }
    let is_open = state.store.may_write_freely(signed.workspace, id, &kept.phone, kept.sent_at).await?;
    let body = trial(test, &kept.phone, is_open.then(|| signed.locale.t("numbers.test_words")).as_deref());
    // Its ticks may be here before the answer is.
    state.runner.keep_number_test(signed.workspace, id, test, &kept).await?;
    match outcome(state.graph.send(&connection.address, token, &body, Arc::new(|| true)).await) {
        Outcome::Accepted { recipient, .. } => {
            // What WhatsApp calls the phone by, which may be written otherwise.
            if let Some(Identity::Phone(known)) = recipient.into_iter().find(|it| matches!(it, Identity::Phone(_))) {
                kept.phone = known;
            }
            kept.status = "accepted".to_owned();
        }
        Outcome::Refused { failure, .. } => (kept.status, kept.refusal) = ("failed".to_owned(), Some(failure)),
        Outcome::Unsent { .. } | Outcome::Unknown { .. } => {}
    }
    state.runner.keep_number_test_sent(signed.workspace, id, test, &kept).await?;
    Ok(go_to(&back))
}
