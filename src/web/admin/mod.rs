//! What an admin looks at: what could not be understood, and what WhatsApp says about the account.

pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::Value;

use self::view::{Notice, NoticesPage, QuarantinePage, Quarantined};
use super::conversations::around::chrome;
use super::edge::answer::page;
use super::edge::error::Result;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::contact::Phones;
use crate::store;
use crate::store::quarantine;

/// Entries that a page shows: the latest.
const SHOWN: i64 = 200;

/// Characters of an item's body that are shown.
const LONGEST: usize = 4_000;

/// `GET /admin/quarantine`
pub(super) async fn quarantine(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let (chrome, items) = tokio::try_join!(chrome(&state, &signed), state.store.quarantined(signed.workspace, SHOWN))?;
    let phones = signed.locale.phones();
    page(StatusCode::OK, &QuarantinePage { chrome, items: items.into_iter().map(|item| quarantined(phones, item)).collect(), next: None })
}

/// `GET /admin/notices`
pub(super) async fn notices(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let (chrome, notices) = tokio::try_join!(chrome(&state, &signed), state.store.notices(signed.workspace, SHOWN))?;
    let phones = signed.locale.phones();
    page(StatusCode::OK, &NoticesPage { chrome, notices: notices.into_iter().map(|it| notice(phones, it)).collect(), next: None })
}

fn quarantined(phones: Phones, item: quarantine::Quarantined) -> Quarantined {
    Quarantined {
        id: item.id,
        at: item.at,
        source: item.source,
        payload_seq: item.payload_seq,
        reason: phones.anywhere(&item.reason),
        item: phones.anywhere(&shortened(&item.item)),
    }
}

fn notice(phones: Phones, notice: store::notices::Notice) -> Notice {
    Notice {
        id: notice.id,
        at: notice.at,
        inbox_name: notice.inbox_name,
        kind: notice.kind,
        field: notice.field,
        value: hidden(phones, notice.value),
    }
}

/// A value without the numbers in it that its reader does not see.
fn hidden(phones: Phones, value: Value) -> Value {
    match phones {
        Phones::Shown => value,
        Phones::Masked => {
            let text = phones.anywhere(&value.to_string());
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
    }
}

/// The bytes as text; what is no text stands as U+FFFD.
fn shortened(item: &[u8]) -> String {
    // A character has at most four bytes.
    let text = String::from_utf8_lossy(&item[..item.len().min(4 * LONGEST)]);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.replace('\0', "\u{fffd}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_shown_as_text_of_a_readable_length() {
        assert_eq!(shortened(b"{\"a\":\xff}\0"), "{\"a\":\u{fffd}}\u{fffd}");
        let long = shortened("é".repeat(LONGEST + 1).as_bytes());
        assert_eq!((long.chars().count(), long.ends_with('…')), (LONGEST + 1, true));
    }
}
