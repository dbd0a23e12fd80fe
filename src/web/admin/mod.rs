//! What an admin looks at: what could not be understood, and what WhatsApp says about the account.

pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use self::view::{Notice, NoticesPage, QuarantinePage, Quarantined};
use super::conversations::around::chrome;
use super::edge::answer::page;
use super::edge::error::Result;
use super::sessions::signed::Signed;
use super::state::State;
use crate::store;
use crate::store::quarantine;

/// Entries that a page shows: the latest.
const SHOWN: i64 = 200;

/// Characters of an item's body that are shown.
const LONGEST: usize = 4_000;

/// `GET /admin/quarantine`
pub(super) async fn quarantine(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let (chrome, items) = tokio::try_join!(chrome(&state, &signed), state.store.quarantined(signed.workspace, SHOWN))?;
    page(StatusCode::OK, &QuarantinePage { chrome, items: items.into_iter().map(quarantined).collect(), next: None })
}

/// `GET /admin/notices`
pub(super) async fn notices(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let (chrome, notices) = tokio::try_join!(chrome(&state, &signed), state.store.notices(signed.workspace, SHOWN))?;
    page(StatusCode::OK, &NoticesPage { chrome, notices: notices.into_iter().map(notice).collect(), next: None })
}

fn quarantined(item: quarantine::Quarantined) -> Quarantined {
    Quarantined {
        id: item.id,
        at: item.at,
        source: item.source,
        payload_seq: item.payload_seq,
        reason: item.reason,
        item: shortened(&item.item),
    }
}

fn notice(notice: store::notices::Notice) -> Notice {
    Notice { id: notice.id, at: notice.at, inbox_name: notice.inbox_name, kind: notice.kind, field: notice.field, value: notice.value }
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
