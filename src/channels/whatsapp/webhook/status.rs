//! How far our messages got (`value.statuses[]`).

use serde_json::{Map, Value};

use super::reading::{id, identity, integer, text, timestamp, user_id};
use super::{Item, Place, Reject, notice};
use crate::channels::whatsapp::errors::reaction;
use crate::domain::contact::Identity;
use crate::domain::inbound::{InboundItem, StatusReport};
use crate::domain::message::{Failure, Status};

/// Longest wording of an error that is kept, in characters.
const LONGEST_TITLE: usize = 500;

pub(super) fn take_all(place: &Place, statuses: Vec<Value>) -> Vec<Result<Item, Reject>> {
    statuses.into_iter().map(|status| take(place, status)).collect()
}

fn take(place: &Place, raw: Value) -> Result<Item, Reject> {
    let Some(status) = raw.as_object() else {
        return Err(("it is not an object", raw));
    };
    if is_of_a_group(status) {
        return Ok(notice::unknown(place.account, "messages/group_status", raw));
    }
    let Some(known) = status_of(status) else {
        return Ok(notice::unknown(place.account, "messages/status", raw));
    };
    match read(status, known) {
        Ok(report) => Ok(place.item(InboundItem::Status(report))),
        Err(reason) => Err((reason, raw)),
    }
}

fn is_of_a_group(status: &Map<String, Value>) -> bool {
    text(status, "recipient_type").is_some_and(|kind| kind == "group")
}

/// The status, when it is one of a message: payments and calls report here too.
fn status_of(status: &Map<String, Value>) -> Option<Status> {
    if text(status, "type").is_some_and(|kind| kind != "message") {
        return None;
    }
    match text(status, "status")?.as_str() {
        "sent" => Some(Status::Sent),
        "delivered" => Some(Status::Delivered),
        // Only voice messages are played, and whoever plays one has seen it.
        "read" | "played" => Some(Status::Read),
        "failed" => Some(Status::Failed),
        _ => None,
    }
}

fn read(status: &Map<String, Value>, known: Status) -> Result<StatusReport, &'static str> {
    let failure = if known == Status::Failed { failure(status) } else { None };
    Ok(StatusReport {
        wamid: id(status, "id").ok_or("it has no usable id")?,
        message: text(status, "biz_opaque_callback_data").and_then(|ours| ours.parse().ok()),
        status: known,
        at: timestamp(status).ok_or("its timestamp is not a time")?,
        reaction: failure.as_ref().map(|failure| reaction(failure.code)),
        failure,
        recipient: recipient(status),
    })
}

fn failure(status: &Map<String, Value>) -> Option<Failure> {
    let error = status.get("errors")?.as_array()?.first()?.as_object()?;
    let title = text(error, "title").or_else(|| text(error, "message")).unwrap_or_default();
    Some(Failure { code: integer(error, "code").unwrap_or(0), title: title.chars().take(LONGEST_TITLE).collect() })
}

fn recipient(status: &Map<String, Value>) -> Vec<Identity> {
    let phone = identity(status, "recipient_id");
    let user = user_id(status, "recipient_user_id").filter(|user| Some(user) != phone.as_ref());
    phone.into_iter().chain(user).collect()
}
