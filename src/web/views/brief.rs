//! The hand-off brief on top of the thread: what the flow learned, so that nobody asks twice.

use askama::Template;
use jiff::Timestamp;

use super::html::Html;
use super::time;
use super::words::sentence;
use super::{ui, words};
use crate::domain::brief::{Brief, HandOffReason, Quote};
use crate::web::locale::Locale;

/// The card; element id `brief`.
#[derive(Debug, Clone, Template)]
#[template(path = "conversations/brief.html")]
pub struct BriefCard {
    pub locale: Locale,
    pub brief: Brief,
    /// The queue's name; its key stands in when it is unknown.
    pub queue_name: Option<String>,
    /// What its queue promises: the clock turns red after it.
    pub promise_minutes: Option<u32>,
    /// Set while the customer still waits: the clock runs. Else it shows how long it took is over.
    pub waiting_since: Option<Timestamp>,
}

impl BriefCard {
    fn reason(&self) -> Html {
        hand_off_reason(self.locale, &self.brief.reason)
    }

    fn queue(&self) -> &str {
        self.queue_name.as_deref().unwrap_or(&self.brief.queue)
    }

    /// The customer's own words: what they came with, and what no question could use.
    fn said(&self) -> Vec<&Quote> {
        self.brief.opening.iter().chain(&self.brief.unclear).collect()
    }

    fn is_smooth(&self) -> bool {
        self.brief.reason == HandOffReason::Completed
    }
}

/// Why a flow handed over, as a sentence.
pub(super) fn hand_off_reason(locale: Locale, reason: &HandOffReason) -> Html {
    match reason {
        HandOffReason::Completed => sentence(&locale, "brief.reason.completed", &[]),
        HandOffReason::CustomerAsked => sentence(&locale, "brief.reason.customer_asked", &[]),
        HandOffReason::NotUnderstood { question } => sentence(&locale, "brief.reason.not_understood", &[("question", question)]),
        HandOffReason::TimedOut { question } => sentence(&locale, "brief.reason.timed_out", &[("question", question)]),
        HandOffReason::FlowFault { reason } => sentence(&locale, "brief.reason.flow_fault", &[("reason", reason)]),
        HandOffReason::NotDelivered => sentence(&locale, "brief.reason.not_delivered", &[]),
        HandOffReason::Uncertain => sentence(&locale, "brief.reason.uncertain", &[]),
        HandOffReason::WindowClosed => sentence(&locale, "brief.reason.window_closed", &[]),
    }
}
