//! How far a message of ours got: ticks, and in words what went wrong and what to do. Replaced alone as it climbs.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::domain::ids::MessageId;
use crate::domain::message::{Failure, Status};
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words::known;
use crate::web::locale::Locale;

/// The foot of a bubble: its time and its fate. Element id `ticks-<message>`.
#[derive(Debug, Clone, Template)]
#[template(path = "conversations/ticks.html")]
pub struct Ticks {
    pub locale: Locale,
    pub message: MessageId,
    pub at: Timestamp,
    pub status: Status,
    pub failure: Option<Failure>,
}

impl HtmlSafe for Ticks {}

impl Ticks {
    fn icon(&self) -> &'static str {
        match self.status {
            Status::Received => "",
            Status::Queued => "clock",
            Status::Sending => "arrow-up",
            Status::Sent => "check",
            Status::Delivered | Status::Read => "check-check",
            Status::Failed => "circle-x",
            Status::Unknown => "circle-help",
        }
    }

    fn status_key(&self) -> String {
        format!("status.{}", self.status.as_str())
    }

    /// Whether a person is to decide: nobody could find out what became of it.
    fn is_asked(&self) -> bool {
        self.status == Status::Unknown && self.failure.as_ref().is_some_and(|failure| failure.title == Failure::UNANSWERED)
    }

    fn failure_words(&self) -> String {
        failure_words(&self.locale, self.failure.as_ref())
    }
}

/// Why something failed, in our words by Meta's code, else in Meta's.
pub(in crate::web) fn failure_words(locale: &Locale, failure: Option<&Failure>) -> String {
    let Some(failure) = failure else { return locale.t("failure.other").into_owned() };
    known(locale, &format!("failure.{}", failure.code))
        .unwrap_or_else(|| if failure.title.is_empty() { locale.t("failure.other").into_owned() } else { failure.title.clone() })
}
