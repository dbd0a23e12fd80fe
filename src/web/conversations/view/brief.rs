//! The hand-off brief on top of the thread: what was learned before, so that nobody asks twice.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::domain::brief::{Brief, HandOffReason, Quote};
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::words::sentence;
use crate::web::layouts::{ui, words};
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

impl HtmlSafe for BriefCard {}

impl BriefCard {
    fn reason(&self) -> Html {
        hand_off_reason(self.locale, &self.brief.reason)
    }

    fn queue(&self) -> &str {
        self.queue_name.as_deref().unwrap_or(&self.brief.queue)
    }

    /// The customer's own words: what they came with, and what no question could use. Pictures alone stand in the thread.
    fn said(&self) -> Vec<&Quote> {
        self.brief.opening.iter().chain(&self.brief.unclear).filter(|quote| !quote.text.is_empty()).collect()
    }

    fn title_key(&self) -> &'static str {
        if self.brief.is_earlier { "brief.title_earlier" } else { "brief.title" }
    }

    /// The wait is for the new matter, which this is not about.
    fn waits_since(&self) -> Option<Timestamp> {
        self.waiting_since.filter(|_| !self.brief.is_earlier)
    }

    fn is_smooth(&self) -> bool {
        self.brief.reason == HandOffReason::Completed
    }
}

/// Why a flow or a bot handed over, as a sentence.
pub(in crate::web) fn hand_off_reason(locale: Locale, reason: &HandOffReason) -> Html {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::MessageId;

    fn card(is_earlier: bool) -> String {
        let since = "2026-02-10T10:00:00Z".parse().unwrap();
        let quote = |text: &str| Quote { message: MessageId(uuid::Uuid::nil()), text: text.to_owned() };
        let brief = Brief {
            reason: HandOffReason::Completed,
            topic: Some("Orders".to_owned()),
            queue: "orders".to_owned(),
            answers: Vec::new(),
            missing: Vec::new(),
            opening: vec![quote("my lamp"), quote("")],
            unclear: Vec::new(),
            language: None,
            promised: None,
            waiting_since: since,
            is_earlier,
        };
        let locale = Locale::default();
        let card = BriefCard { locale, brief, queue_name: None, promise_minutes: None, waiting_since: Some(since) };
        card.render().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_brief_of_an_earlier_matter_says_so_is_closed_and_shows_no_wait() {
        let (before, now) = (card(true), card(false));
        assert!(before.contains("Hand-off of the earlier, resolved matter") && before.contains("brief--earlier"), "{before}");
        assert!(!before.contains("<details class=\"brief brief--earlier\" open") && !before.contains("brief__wait"), "{before}");
        assert!(now.contains("<details class=\"brief\" open") && now.contains("brief__wait") && !now.contains("earlier"), "{now}");
    }

    #[test]
    fn a_picture_they_came_with_is_not_quoted_as_an_empty_line() {
        assert_eq!(card(false).matches("#message-").count(), 1);
    }
}
