//! The lines of a hand-over.

use jiff::Timestamp;

use super::names::Names;
use crate::domain::floor::handover::Takes;
use crate::domain::ids::{ConversationId, UserId};
use crate::store::handover::Open;
use crate::web::layouts::html::Html;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;

/// A conversation that somebody is to see to.
#[derive(Debug, Clone)]
pub struct OpenRow {
    pub conversation: ConversationId,
    /// Of the customer.
    pub name: String,
    pub queue: Option<String>,
    pub agent: Option<String>,
    pub at: Option<Timestamp>,
}

impl OpenRow {
    #[must_use]
    pub fn of(locale: Locale, open: Open, names: &Names) -> Self {
        let name = if open.contact_name.is_empty() { locale.t("decisions.nameless").into_owned() } else { open.contact_name };
        Self {
            conversation: open.conversation,
            name,
            queue: open.queue.map(|queue| names.queue(queue).to_owned()),
            agent: open.agent.map(|agent| names.person(agent).to_owned()),
            at: open.at,
        }
    }
}

/// Who could take what somebody holds.
#[derive(Debug, Clone)]
pub struct TakesRow {
    pub from: UserId,
    pub name: String,
    pub held: i32,
    pub words: Html,
}

impl TakesRow {
    #[must_use]
    pub fn of(locale: Locale, Takes { from, held, to }: Takes, names: &Names) -> Self {
        let words = match to {
            Some((to, count)) if count < held => {
                sentence(&locale, "handover.takes_part", &[("name", names.person(to)), ("count", &count.to_string())])
            }
            Some((to, _)) => sentence(&locale, "handover.takes", &[("name", names.person(to))]),
            None => sentence(&locale, "handover.nobody", &[]),
        };
        Self { from, name: names.person(from).to_owned(), held, words }
    }
}
