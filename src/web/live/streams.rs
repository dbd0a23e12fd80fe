//! What travels over the socket: Turbo Streams made of the same fragments as pages. Applied in any order of arrival with repeats, they
//! give the DOM that a fresh page has.

use std::fmt::Display;

use askama::Template;

use crate::domain::ids::ContactId;
use crate::web::conversations::view::context::ContactNames;
use crate::web::conversations::view::state::ConversationState;
use crate::web::edge::view::ThreadMovedOn;
use crate::web::inbox::view::row::Row;
use crate::web::layouts::html::Html;
use crate::web::layouts::toast::Toast;
use crate::web::messages::view::ticks::Ticks;
use crate::web::threads::view::ThreadItem;

/// Puts an item at its place in the thread, or replaces it.
#[must_use]
pub fn upsert(item: &ThreadItem) -> String {
    stream("upsert", "items", item)
}

/// Shows anew what the customer is called by.
#[must_use]
pub fn contact_names(names: &ContactNames) -> String {
    stream("replace", "contact-names", &rendered(names))
}

/// Takes away the offer to part a contact that was parted.
#[must_use]
pub fn parted(other: ContactId) -> String {
    format!(r#"<turbo-stream action="remove" targets='.line__part[value="{other}"]'></turbo-stream>"#)
}

/// Shows how far a message got. Nothing happens where the message is not on the page.
#[must_use]
pub fn ticks(ticks: &Ticks) -> String {
    stream("replace", &format!("ticks-{}", ticks.message), &rendered(ticks))
}

/// Brings header, composer banner, brief, reason and facts up to date.
#[must_use]
pub fn conversation_state(state: &ConversationState) -> String {
    [
        stream("replace", "conversation-header", &rendered(&state.header())),
        stream("replace", "standing", &rendered(&state.standing())),
        stream("update", "brief", &state.brief_card().map(|card| rendered(&card)).unwrap_or_default()),
        stream("update", "assignment-reason", &state.reason_card().map(|card| rendered(&card)).unwrap_or_default()),
        stream("replace", "contact-facts", &rendered(&state.facts())),
    ]
    .concat()
}

/// A list row as the socket sends it.
#[must_use]
pub fn row(row: &Row) -> String {
    rendered(&row.placed(false))
}

/// Shows a refusal above the composer; the answer to a refused live form (409 or 422).
#[must_use]
pub fn refusal(words: &Html) -> String {
    stream("update", "composer-refusal", &format!("<p>{words}</p>"))
}

/// Says something at the edge of the page for a while, in place of what was said there of the same conversation.
#[must_use]
pub fn toast(toast: &Toast) -> String {
    stream("append", "toasts", &rendered(toast))
}

/// Opens the dialog that shows what changed while a reply was being written (409).
#[must_use]
pub fn thread_moved_on(guard: &ThreadMovedOn) -> String {
    stream("update", "guard", &rendered(guard))
}

fn stream(action: &str, target: &str, content: &impl Display) -> String {
    format!(r#"<turbo-stream action="{action}" target="{target}"><template>{content}</template></turbo-stream>"#)
}

/// Templates of ours write to a string and cannot fail; if one ever did, the page would heal with its next load.
fn rendered(template: &impl Template) -> String {
    template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a fragment could not be rendered");
        String::new()
    })
}
