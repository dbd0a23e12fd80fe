//! The phone: what was said, what can be done, and what the flow knows by now.

use askama::Template;
use askama::filters::HtmlSafe;
use askama_web::WebTemplate;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::brief::{Brief, HandOffReason};
use crate::domain::flows::trial::{Event, Happened, MOST_ACTS, Played, Trial};
use crate::domain::ids::FlowId;
use crate::domain::message::{Choice, Content};
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::html::Html;
use crate::web::layouts::ui;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;
use crate::web::sessions::signed::Signed;

/// Element id `phone`.
#[derive(Debug, Template, WebTemplate)]
#[template(path = "settings/flows/phone.html")]
pub struct Phone {
    pub locale: Locale,
    pub id: FlowId,
    pub csrf: String,
    pub zone: TimeZone,
    pub trial: Trial,
    /// Nothing while the flow has faults.
    pub played: Option<Played>,
    /// What is known, each with what it is called.
    pub known: Vec<(String, String)>,
}

impl HtmlSafe for Phone {}

/// The phone on a page of its own, for browsers without scripts.
#[derive(Template, WebTemplate)]
#[template(path = "settings/flows/phone_page.html")]
pub struct PhonePage {
    pub chrome: Chrome,
    /// Of the flow.
    pub name: String,
    pub phone: Phone,
}

/// One line of the screen.
#[derive(Debug)]
enum Bubble<'a> {
    Customer(&'a str),
    Picture,
    Flow { body: &'a str, button: Option<&'a str>, options: &'a [Choice] },
    Note(Html),
}

impl Phone {
    /// One that nobody wrote on yet.
    #[must_use]
    pub fn fresh(signed: &Signed, id: FlowId, zone: TimeZone, now: Timestamp) -> Self {
        let trial = Trial { begins: now, name: "Ana Torres".to_owned(), language: None, acts: Vec::new() };
        let empty = Played {
            happened: Vec::new(),
            now,
            waits_at: None,
            gives_up_at: None,
            answers: Vec::new(),
            fields: std::collections::BTreeMap::new(),
            is_over: false,
        };
        Self::of(signed.locale, id, &signed.csrf, zone, trial, Some(empty))
    }

    #[must_use]
    pub fn of(locale: Locale, id: FlowId, csrf: &str, zone: TimeZone, trial: Trial, played: Option<Played>) -> Self {
        let answers =
            played.iter().flat_map(|played| &played.answers).map(|answer| (format!("answer.{}", answer.field), answer.shown.clone()));
        let fields = played.iter().flat_map(|played| &played.fields).map(|(field, value)| (format!("contact.{field}"), value.clone()));
        let known = answers.chain(fields).collect();
        Self { locale, id, csrf: csrf.to_owned(), zone, trial, played, known }
    }

    /// The trial as it goes back and forth.
    fn kept(&self) -> String {
        serde_json::to_string(&self.trial).unwrap_or_default()
    }

    fn is_full(&self) -> bool {
        self.trial.acts.len() >= MOST_ACTS
    }

    /// The clock of the phone.
    fn clock(&self) -> String {
        let now = self.played.as_ref().map_or(self.trial.begins, |played| played.now);
        self.moment(now)
    }

    fn moment(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// When it begins, as the browser's field has it.
    fn begins(&self) -> String {
        self.trial.begins.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()
    }

    fn language(&self) -> &str {
        self.trial.language.as_deref().unwrap_or_default()
    }

    fn gives_up(&self) -> Option<String> {
        Some(self.moment(self.played.as_ref()?.gives_up_at?))
    }

    fn waits_at(&self) -> Option<&str> {
        self.played.as_ref()?.waits_at.as_deref()
    }

    fn bubbles(&self) -> Vec<Bubble<'_>> {
        self.played.iter().flat_map(|played| &played.happened).map(|happened| self.bubble(happened)).collect()
    }

    fn bubble<'a>(&self, happened: &'a Happened) -> Bubble<'a> {
        let locale = self.locale;
        match &happened.what {
            Event::Wrote(text) => Bubble::Customer(text),
            Event::SentPicture => Bubble::Picture,
            Event::Said(Content::Buttons { body, options }) => Bubble::Flow { body, button: None, options },
            Event::Said(Content::List { body, button, options }) => Bubble::Flow { body, button: Some(button), options },
            Event::Said(content) => Bubble::Flow { body: content.text(), button: None, options: &[] },
            Event::Noted { field, value } => Bubble::Note(sentence(&locale, "flows.noted", &[("field", field), ("value", value)])),
            Event::TimePassed => Bubble::Note(sentence(&locale, "flows.time_passed", &[("time", &self.moment(happened.at))])),
            Event::HandedOff(brief) => Bubble::Note(handed_off(locale, brief)),
            Event::Lost => Bubble::Note(sentence(&locale, "flows.lost", &[])),
        }
    }
}

/// To whom it was handed over, and why.
fn handed_off(locale: Locale, brief: &Brief) -> Html {
    let reason = match &brief.reason {
        HandOffReason::Completed => sentence(&locale, "flows.over_completed", &[]),
        HandOffReason::CustomerAsked => sentence(&locale, "flows.over_asked", &[]),
        HandOffReason::NotUnderstood { question } => sentence(&locale, "flows.over_not_understood", &[("question", question)]),
        HandOffReason::TimedOut { question } => sentence(&locale, "flows.over_timed_out", &[("question", question)]),
        HandOffReason::FlowFault { reason } => sentence(&locale, "flows.over_fault", &[("reason", reason)]),
        HandOffReason::NotDelivered | HandOffReason::Uncertain | HandOffReason::WindowClosed => {
            sentence(&locale, "flows.over_window_closed", &[])
        }
    };
    Html::trusted(format!("{} {reason}", sentence(&locale, "flows.handed_off", &[("queue", &brief.queue)])))
}
