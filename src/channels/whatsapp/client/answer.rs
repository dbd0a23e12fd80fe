//! What an HTTP answer to a send means. Pure.

use serde_json::{Map, Value};

use crate::channels::whatsapp::errors;
use crate::domain::contact::Identity;
use crate::domain::delivery::Outcome;
use crate::domain::message::Failure;

/// Longest wording of Meta's that is kept, in characters.
const LONGEST_TITLE: usize = 500;

/// What an answer means: Meta's own words first, whatever the HTTP status; without them, only a 4xx says that nothing was sent.
pub(super) fn outcome(status: u16, body: &[u8]) -> Outcome {
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    let answer = answer.as_ref().and_then(Value::as_object);
    if let Some(failure) = answer.and_then(failure) {
        let reaction = errors::reaction(failure.code);
        return Outcome::Refused { failure, reaction };
    }
    if (200..300).contains(&status)
        && let Some(accepted) = answer.and_then(accepted)
    {
        return accepted;
    }
    without_words(status, "no answer of the Graph API")
}

/// What is left to say when the status line came but the body was lost on the way.
pub(super) fn outcome_of_lost_body(status: u16, why: &str) -> Outcome {
    without_words(status, why)
}

fn without_words(status: u16, why: &str) -> Outcome {
    if !(400..500).contains(&status) {
        return Outcome::Unknown { reason: format!("HTTP {status}: {why}") };
    }
    Outcome::Refused { failure: Failure { code: 0, title: format!("HTTP {status}") }, reaction: errors::reaction_without_code(status) }
}

fn accepted(answer: &Map<String, Value>) -> Option<Outcome> {
    let wamid = answer.get("messages")?.get(0)?.get("id")?.as_str().filter(|id| !id.is_empty())?;
    let contact = answer.get("contacts").and_then(|contacts| contacts.get(0));
    let named = |key: &str| contact.and_then(|contact| contact.get(key)?.as_str()).filter(|id| !id.is_empty()).map(str::to_owned);
    let recipient = named("wa_id").map(Identity::Phone).into_iter().chain(named("user_id").map(Identity::UserId)).collect();
    Some(Outcome::Accepted { wamid: wamid.to_owned(), recipient })
}

/// Meta's error envelope: `{"error": {"code": …, "message": …, "error_data": {"details": …}}}`; the code may be a string.
fn failure(answer: &Map<String, Value>) -> Option<Failure> {
    let error = answer.get("error")?.as_object()?;
    let code = match error.get("code")? {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    let message = error.get("message").and_then(Value::as_str).unwrap_or("");
    let details = error.get("error_data").and_then(|data| data.get("details")).and_then(Value::as_str);
    let title = match details {
        Some(details) if !details.is_empty() => format!("{message}: {details}"),
        _ => message.to_owned(),
    };
    Some(Failure { code, title: title.chars().take(LONGEST_TITLE).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::{Backoff, Reaction};

    fn refused(code: i64, title: &str, reaction: Reaction) -> Outcome {
        Outcome::Refused { failure: Failure { code, title: title.to_owned() }, reaction }
    }

    #[test]
    fn a_success_names_the_message_and_what_the_customer_is_called() {
        let body = br#"{"messaging_product":"whatsapp","contacts":[{"input":"+551","wa_id":"552","user_id":"BR.1"}],"messages":[{"id":"wamid.A"}]}"#;
        let recipient = vec![Identity::Phone("552".to_owned()), Identity::UserId("BR.1".to_owned())];
        assert_eq!(outcome(200, body), Outcome::Accepted { wamid: "wamid.A".to_owned(), recipient });
        let bare = br#"{"messages":[{"id":"wamid.A"}]}"#;
        assert_eq!(outcome(200, bare), Outcome::Accepted { wamid: "wamid.A".to_owned(), recipient: Vec::new() });
    }

    #[test]
    fn metas_words_decide_whatever_the_status() {
        let limit = br##"{"error":{"message":"(#131056) Too many","code":131056,"error_data":{"details":"to one person"}}}"##;
        let pair = Reaction::Retry { backoff: Backoff::Pair };
        for status in [400, 429, 500, 200] {
            assert_eq!(outcome(status, limit), refused(131_056, "(#131056) Too many: to one person", pair));
        }
        let odd = br#"{"error":{"message":"Expired","code":"190","error_data":"a string"}}"#;
        assert_eq!(outcome(401, odd), refused(190, "Expired", Reaction::PauseInbox { for_seconds: 300 }));
    }

    #[test]
    fn without_them_only_a_4xx_says_that_nothing_was_sent() {
        for (status, body) in [(500, "<html>"), (502, ""), (200, "OK"), (200, "{}"), (200, r#"{"messages":[]}"#), (302, ""), (503, "{}")] {
            assert!(matches!(outcome(status, body.as_bytes()), Outcome::Unknown { .. }), "{status} {body}");
        }
        assert_eq!(outcome(429, b"<html>"), refused(0, "HTTP 429", Reaction::Retry { backoff: Backoff::Throughput }));
        assert_eq!(outcome(413, b""), refused(0, "HTTP 413", Reaction::Never));
        assert!(matches!(outcome_of_lost_body(200, "reset"), Outcome::Unknown { .. }));
        assert!(matches!(outcome_of_lost_body(400, "reset"), Outcome::Refused { .. }));
    }
}
