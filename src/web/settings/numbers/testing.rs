//! A message that tries a number: to a phone of its own people, in no conversation.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::channels::whatsapp::client::outcome;
use crate::domain::contact::Identity;
use crate::domain::delivery::Outcome;
use crate::domain::ids::InboxId;
use crate::domain::message::Failure;
use crate::runner::now;
use crate::store::numbers::Test;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::go_to;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// The template that every account has from the beginning, in its only language.
const TEMPLATE: (&str, &str) = ("hello_world", "en_US");

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
    let all = state.store.connections_of(signed.workspace).await?;
    let connection = all.into_iter().find(|it| it.inbox.id == id && !it.address.is_empty()).ok_or(Error::NotFound)?;
    let mut phone: String = wish.phone.chars().filter(char::is_ascii_digit).collect();
    let (sent_at, test) = (now(), uuid::Builder::from_custom_bytes(rand::random()).into_uuid());
    let back = format!("/settings/numbers/{id}#test");
    if !DIGITS.contains(&phone.len()) {
        let refusal = Some(Failure { code: 131_026, title: String::new() });
        let failed = Test { phone, sent_at, status: "failed".to_owned(), refusal, answered_at: None };
        state.runner.keep_number_test(signed.workspace, id, test, &failed).await?;
        return Ok(go_to(&back));
    }
    let is_open = state.store.may_write_freely(signed.workspace, id, &phone, sent_at).await?;
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": format!("+{phone}"),
        "biz_opaque_callback_data": test.to_string(),
    });
    if is_open {
        body["type"] = json!("text");
        body["text"] = json!({ "body": signed.locale.t("numbers.test_words") });
    } else {
        let (name, language) = TEMPLATE;
        body["type"] = json!("template");
        body["template"] = json!({ "name": name, "language": { "code": language } });
    }
    let may_leave = Arc::new(|| true);
    let (status, refusal) = match outcome(state.graph.send(&connection.address, connection.secret()?, &body, may_leave).await) {
        Outcome::Accepted { recipient, .. } => {
            // What WhatsApp calls the phone by, which may be written otherwise.
            if let Some(Identity::Phone(known)) = recipient.into_iter().find(|it| matches!(it, Identity::Phone(_))) {
                phone = known;
            }
            ("accepted", None)
        }
        Outcome::Refused { failure, .. } => ("failed", Some(failure)),
        Outcome::Unsent { .. } | Outcome::Unknown { .. } => ("unknown", None),
    };
    let kept = Test { phone, sent_at, status: status.to_owned(), refusal, answered_at: None };
    state.runner.keep_number_test(signed.workspace, id, test, &kept).await?;
    Ok(go_to(&back))
}
