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
    /// What is said before that, and how it is shown.
    pub label: Option<String>,
    pub shown: &'static str,
}

impl OpenRow {
    #[must_use]
    pub fn of(locale: Locale, open: Open, names: &Names) -> Self {
        let name = match open.contact_name.trim() {
            "" => locale.t("decisions.nameless").into_owned(),
            name => locale.phones().name(name),
        };
        Self {
            conversation: open.conversation,
            name,
            queue: open.queue.map(|queue| names.queue(queue).to_owned()),
            agent: open.agent.map(|agent| names.person(agent).to_owned()),
            at: open.at,
            label: None,
            shown: "waiting",
        }
    }

    /// One that is late then.
    #[must_use]
    pub fn due(locale: Locale, open: Open, names: &Names, now: Timestamp) -> Self {
        let key = if open.at.is_some_and(|at| at <= now) { "handover.late_by" } else { "handover.due_in" };
        Self { label: Some(locale.t(key).into_owned()), shown: "due", ..Self::of(locale, open, names) }
    }
}

/// Who could take what somebody holds.
#[derive(Debug, Clone)]
pub struct TakesRow {
    pub from: UserId,
    pub name: String,
    pub held: String,
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
        Self { from, name: names.person(from).to_owned(), held: locale.count("floor.holds", i64::from(held)), words }
    }
}
