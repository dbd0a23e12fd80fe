//! What a page says for a while at its edge: an act that can be taken back, and what became of that.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::SignedDuration;

use super::html::Html;
use super::ui;
use super::words::{sentence, span};
use crate::domain::contact::Contact;
use crate::domain::event::Act;
use crate::domain::ids::ConversationId;
use crate::domain::lease::Lease;
use crate::web::locale::Locale;

/// How long a page offers to take an act back, in milliseconds; the server takes it back for longer.
const OFFERED_FOR: u32 = 10_000;

/// How long a page may offer it while somebody is on the offer, in milliseconds: a little less than the server takes it back.
const OFFERED_AT_MOST: u32 = 28_000;

/// How long a page says what became of it, in milliseconds.
const SAID_FOR: u32 = 5_000;

/// How long a page says why not, in milliseconds.
const REFUSED_FOR: u32 = 10_000;

/// The form that takes an act back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub csrf: String,
    pub conversation: ConversationId,
    pub act: Act,
    /// The event that tells of the act.
    pub seq: i64,
}

/// A few words in the region `toasts`; one for each conversation, in place of what was said of it before.
#[derive(Debug, Clone, Template)]
#[template(path = "layouts/toast.html")]
pub struct Toast {
    locale: Locale,
    conversation: ConversationId,
    words: Html,
    icon: &'static str,
    is_refusal: bool,
    offered: Option<Offered>,
    left: u32,
    most: u32,
}

impl HtmlSafe for Toast {}

impl Toast {
    /// The act can be taken back; it was done `ago`.
    #[must_use]
    pub fn offer(locale: Locale, contact: &Contact, offered: Offered, ago: SignedDuration) -> Self {
        let icon = match offered.act {
            Act::Resolved => "circle-check",
            Act::Transferred => "arrow-right-left",
            Act::Taken => "hand",
            Act::Reopened => "rotate-ccw",
        };
        let words = sentence(&locale, &format!("toast.{}", offered.act.as_str()), &[("name", &contact.called(locale.phones()))]);
        let passed = u32::try_from(ago.as_millis()).unwrap_or_default();
        let most = OFFERED_AT_MOST.saturating_sub(passed);
        let conversation = offered.conversation;
        Self { locale, conversation, words, icon, is_refusal: false, offered: Some(offered), left: OFFERED_FOR.min(most), most }
    }

    /// Whoever it was given to is not here, and keeps it for so long.
    #[must_use]
    pub fn to_somebody_gone(self, contact: &Contact, agent: &str, lease: Lease) -> Self {
        let name = contact.called(self.locale.phones());
        let span = span(self.locale, i64::from(lease.minutes));
        let values = [("name", &*name), ("agent", agent), ("span", &span)];
        Self { words: sentence(&self.locale, "toast.transferred_to_gone", &values), ..self }
    }

    /// It was taken back.
    #[must_use]
    pub fn undone(locale: Locale, conversation: ConversationId, contact: &Contact) -> Self {
        let words = sentence(&locale, "toast.undone", &[("name", &contact.called(locale.phones()))]);
        let (icon, is_refusal) = ("rotate-ccw", false);
        Self { locale, conversation, words, icon, is_refusal, offered: None, left: SAID_FOR, most: OFFERED_AT_MOST }
    }

    /// It was not taken back.
    #[must_use]
    pub fn refused(locale: Locale, conversation: ConversationId, words: Html) -> Self {
        let (icon, is_refusal) = ("circle-x", true);
        Self { locale, conversation, words, icon, is_refusal, offered: None, left: REFUSED_FOR, most: OFFERED_AT_MOST }
    }
}
