//! What is due of a conversation, as lists and its page show it.

use jiff::Timestamp;

use crate::domain::conversation::{Conversation, State};
use crate::domain::sla::{self, Clock};
use crate::web::locale::Locale;

/// Something that is due, or that stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub clock: Clock,
    /// Nothing where it stands still.
    pub at: Option<Timestamp>,
    pub is_late: bool,
    /// It is late, or will be in a moment.
    pub is_soon: bool,
}

impl Due {
    /// Everything that is due of a conversation, and whether its resolution stands still.
    #[must_use]
    pub fn all(conversation: &Conversation, now: Timestamp) -> Vec<Self> {
        let Some(clocks) = conversation.clocks.as_ref().filter(|_| conversation.state != State::Resolved) else { return Vec::new() };
        let waits = conversation.waiting_since;
        let shown =
            |(clock, due): (Clock, sla::Due)| Self { clock, at: Some(due.at), is_late: due.is_late(now), is_soon: due.is_soon(now) };
        let mut all: Vec<Self> = clocks.running_in(waits, now).map(shown).collect();
        let resolution_runs = all.iter().any(|due| due.clock == Clock::Resolution);
        if clocks.is_paused(waits) && !resolution_runs && clocks.has_resolution() {
            all.push(Self { clock: Clock::Resolution, at: None, is_late: false, is_soon: false });
        }
        all
    }

    /// What a row says of it: what is late or will be, that first which is due first.
    #[must_use]
    pub fn first(conversation: &Conversation, now: Timestamp) -> Option<Self> {
        Self::all(conversation, now).into_iter().filter(|due| due.is_soon).min_by_key(|due| due.at)
    }

    /// What it is the deadline of.
    #[must_use]
    pub fn label(&self, locale: &Locale) -> String {
        locale.t(&format!("sla.clock.{}", self.clock.as_str())).into_owned()
    }
}
