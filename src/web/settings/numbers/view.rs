//! Numbers on pages: the list, one of them, and connecting one.

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;
use serde::Deserialize;

use super::asking::refusal;
use crate::domain::ids::{FlowId, QueueId};
use crate::domain::message::Failure;
use crate::domain::setup::command::InboxChange;
use crate::domain::setup::value::InboxState;
use crate::store::connection_drafts::{ConnectionDraft, DraftNumber};
use crate::store::numbers::{Address, Choices, Number, Test};
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words::known;
use crate::web::locale::Locale;
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

/// `GET /settings/numbers`
#[derive(Template, WebTemplate)]
#[template(path = "settings/numbers.html")]
pub struct NumbersPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub numbers: Vec<Number>,
    /// Whether whoever looks has begun to connect one.
    pub has_begun: bool,
}

/// `GET /settings/numbers/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "settings/number.html")]
pub struct NumberPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub number: Number,
    pub choices: Choices,
    pub test: Option<Test>,
    pub typed: Typed,
    pub acts: Vec<Act>,
    /// Where Meta brings what customers write.
    pub webhook: String,
}

/// `GET /settings/numbers/{id}/disconnection`
#[derive(Template, WebTemplate)]
#[template(path = "settings/number_disconnection.html")]
pub struct DisconnectionPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub number: Number,
    /// Conversations under way, and messages that wait to be sent.
    pub open: i64,
    pub waiting: i64,
}

/// `GET /settings/numbers/new`
#[derive(Template, WebTemplate)]
#[template(path = "settings/number_new.html")]
pub struct ConnectPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub draft: ConnectionDraft,
    pub webhook: String,
    pub verify_token: String,
    pub challenged_at: Option<Timestamp>,
    pub choices: Choices,
    /// What is wrong, and with which step.
    pub problem: Option<(&'static str, Html)>,
    pub typed: Steps,
}

/// What was typed where something was refused. What is secret is typed anew.
#[derive(Debug, Default)]
pub struct Steps {
    pub app_id: String,
    pub waba_id: String,
    pub end: Typed,
}

impl Steps {
    pub fn end(end: Typed) -> Self {
        Self { end, ..Self::default() }
    }
}

/// What the form of a number says.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Typed {
    pub name: Option<String>,
    #[serde(default)]
    pub queue: String,
    #[serde(default)]
    pub flow: String,
    #[serde(default)]
    pub reopen_hours: String,
}

impl Typed {
    /// As it is.
    #[must_use]
    pub fn of(number: &Number) -> Self {
        Self {
            name: Some(number.name.clone()),
            queue: number.queue.0.to_string(),
            flow: number.flow.as_ref().map(|(flow, _)| flow.to_string()).unwrap_or_default(),
            reopen_hours: number.reopen_hours.to_string(),
        }
    }

    /// Whether the form was sent at all.
    #[must_use]
    pub fn is_of_form(&self) -> bool {
        self.name.is_some()
    }

    /// What is to be another; nothing when it cannot be read.
    #[must_use]
    pub fn read(&self) -> Option<InboxChange> {
        let flow = if self.flow.is_empty() { None } else { Some(self.flow()?) };
        Some(InboxChange {
            name: self.name.clone(),
            flow: Some(flow),
            default_queue: Some(self.queue()?),
            reopen_hours: Some(self.reopen_hours.trim().parse().ok()?),
        })
    }

    pub(super) fn queue(&self) -> Option<QueueId> {
        self.queue.parse().ok().map(QueueId)
    }

    pub(super) fn flow(&self) -> Option<FlowId> {
        self.flow.parse().ok().map(FlowId)
    }

    pub(super) fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn is_queue(&self, id: &QueueId) -> bool {
        self.queue == id.to_string()
    }

    fn is_flow(&self, id: &FlowId) -> bool {
        self.flow == id.to_string()
    }
}

/// How a number stands, for its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Speaks,
    /// It sends nothing until a person has seen to it.
    Stopped,
    /// Nothing has come in for it yet.
    Unheard,
    /// An administrator paused it.
    Paused,
    Disconnected,
}

impl Standing {
    fn of(number: &Number) -> Self {
        match number {
            Number { state: InboxState::Disconnected, .. } => Standing::Disconnected,
            Number { state: InboxState::Paused, .. } => Standing::Paused,
            Number { stopped: Some(_), .. } => Standing::Stopped,
            Number { heard_at: None, .. } => Standing::Unheard,
            _ => Standing::Speaks,
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Standing::Speaks => "circle-check",
            Standing::Stopped => "circle-x",
            Standing::Unheard => "circle-dashed",
            Standing::Paused => "hand",
            Standing::Disconnected => "cloud-off",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Standing::Speaks => "numbers.standing.speaks",
            Standing::Stopped => "numbers.standing.stopped",
            Standing::Unheard => "numbers.standing.unheard",
            Standing::Paused => "numbers.standing.paused",
            Standing::Disconnected => "numbers.standing.disconnected",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Standing::Speaks => "speaks",
            Standing::Stopped => "stopped",
            Standing::Unheard => "unheard",
            Standing::Paused => "paused",
            Standing::Disconnected => "disconnected",
        }
    }
}

impl NumbersPage {
    fn standing(&self, number: &Number) -> Standing {
        Standing::of(number)
    }

    fn quality(&self, number: &Number) -> Option<String> {
        number.health.as_ref().map(|health| quality(self.chrome.locale, &health.quality))
    }
}

/// WhatsApp's opinion of a number, in a word of ours where we know it.
fn quality(locale: Locale, told: &str) -> String {
    known(&locale, &format!("numbers.quality_of.{}", told.to_lowercase())).unwrap_or_else(|| told.to_owned())
}

impl NumberPage {
    fn standing(&self) -> Standing {
        Standing::of(&self.number)
    }

    fn quality(&self) -> Option<String> {
        self.number.health.as_ref().map(|health| quality(self.chrome.locale, &health.quality))
    }

    /// How many people it may write to first in a day.
    fn limit(&self) -> Option<String> {
        let told = &self.number.health.as_ref()?.messaging_limit;
        let people = told.strip_prefix("TIER_").unwrap_or(told);
        match people {
            "" => None,
            "UNLIMITED" => Some(self.chrome.locale.t("numbers.unlimited").into_owned()),
            people => Some(people.to_owned()),
        }
    }

    fn is_paused(&self) -> bool {
        self.number.state == InboxState::Paused
    }

    /// What WhatsApp calls it by, while it is connected.
    fn spoken_for(&self) -> Option<&Address> {
        self.number.address.as_ref().filter(|_| !self.is_disconnected())
    }

    fn is_disconnected(&self) -> bool {
        self.number.state == InboxState::Disconnected
    }

    fn refused(&self, failure: &Failure) -> Html {
        refusal(self.chrome.locale, failure.code, &failure.title)
    }

    /// What the parts that are awaited say, short.
    fn health_state(&self) -> String {
        let looked = self.number.health.as_ref().map(|health| time::micros(&health.looked_at)).unwrap_or_default();
        let heard = self.number.heard_at.map(|at| time::micros(&at)).unwrap_or_default();
        format!("{looked}-{heard}-{}", self.standing().word())
    }

    fn test_state(&self) -> String {
        self.test.as_ref().map_or_else(String::new, |test| format!("{}-{}", test.status, test.answered_at.is_some()))
    }

    fn test_key(&self) -> &'static str {
        match self.test.as_ref().map_or("", |test| test.status.as_str()) {
            "accepted" => "numbers.test.accepted",
            "sent" => "numbers.test.sent",
            "delivered" => "numbers.test.delivered",
            "read" => "numbers.test.read",
            "failed" => "numbers.test.failed",
            _ => "numbers.test.unknown",
        }
    }

    fn is_test_over(&self) -> bool {
        self.test.as_ref().is_some_and(|test| matches!(test.status.as_str(), "delivered" | "read"))
    }
}

impl ConnectPage {
    fn problem_of(&self, step: &str) -> Option<&Html> {
        self.problem.as_ref().filter(|(of, _)| *of == step).map(|(_, words)| words)
    }

    fn is_chosen(&self, number: &DraftNumber) -> bool {
        self.draft.chosen.as_ref().is_some_and(|chosen| chosen.id == number.id)
    }

    fn is_registered(&self) -> bool {
        self.draft.chosen.as_ref().is_some_and(|chosen| chosen.is_registered)
    }

    /// Whether it can be connected.
    fn is_ready(&self) -> bool {
        self.is_registered() && self.draft.is_subscribed
    }

    fn numbers(&self) -> usize {
        self.draft.accounts.iter().map(|account| account.numbers.len()).sum()
    }

    /// What the number is called until somebody says otherwise.
    fn name(&self) -> &str {
        if self.typed.end.is_of_form() {
            return self.typed.end.shown_name();
        }
        self.draft
            .chosen
            .as_ref()
            .map_or("", |chosen| if chosen.verified_name.is_empty() { &chosen.display } else { &chosen.verified_name })
    }
}
