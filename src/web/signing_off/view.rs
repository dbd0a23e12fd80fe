//! The page on which somebody says what becomes of what they hold, and the offer of it.

use askama::Template;
use askama::filters::HtmlSafe;
use askama_web::WebTemplate;

use crate::domain::agent::Agent;
use crate::domain::ids::{FloorActId, UserId};
use crate::domain::signing_off::SigningOff;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::html::Html;
use crate::web::layouts::ui;
use crate::web::locale::Locale;

/// For how long a page offers it, in milliseconds.
const OFFERED_FOR: u32 = 20_000;

/// What somebody does once it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Out,
    Away,
}

impl Then {
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text == "out" { Then::Out } else { Then::Away }
    }

    fn as_str(self) -> &'static str {
        match self {
            Then::Out => "out",
            Then::Away => "away",
        }
    }
}

/// Somebody who is here and has room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    id: UserId,
    name: String,
    load: i32,
    capacity: i32,
    is_chosen: bool,
}

impl Colleague {
    #[must_use]
    pub fn of(agent: &Agent, chosen: &str) -> Self {
        let Agent { user: id, load, capacity, .. } = *agent;
        Self { id, name: agent.name.clone(), load, capacity, is_chosen: id.to_string() == chosen }
    }
}

/// `GET /sign-off`
#[derive(Template, WebTemplate)]
#[template(path = "signing_off/page.html")]
pub struct SignOffPage {
    pub chrome: Chrome,
    pub then: Then,
    /// Which act the form is: sent twice, it is one.
    pub act: FloorActId,
    pub held: i32,
    pub colleagues: Vec<Colleague>,
    pub may_hand_over: bool,
    pub time_zone: String,
    /// What they chose before.
    pub choice: String,
    pub at: String,
    pub problem: Option<Html>,
}

impl SignOffPage {
    fn title(&self) -> String {
        self.chrome.locale.t(&format!("sign_off.title.{}", self.then.as_str())).into_owned()
    }

    fn holds(&self) -> String {
        self.chrome.locale.count("sign_off.holds", i64::from(self.held))
    }

    fn go(&self) -> String {
        self.chrome.locale.t(&format!("sign_off.go.{}", self.then.as_str())).into_owned()
    }

    fn stay(&self) -> String {
        self.chrome.locale.t(&format!("sign_off.stay.{}", self.then.as_str())).into_owned()
    }

    /// Each time to choose from: its value, and its words.
    fn spans(&self) -> [(String, String); 3] {
        SigningOff::MINUTES.map(|minutes| (format!("keep:{minutes}"), self.chrome.locale.t1("sign_off.keep", "minutes", minutes)))
    }

    fn is_chosen(&self, value: &str) -> bool {
        self.choice == value
    }
}

/// Said to whoever goes away and holds something. Element id `toast-sign-off`.
#[derive(Debug, Clone, Template)]
#[template(path = "signing_off/toast.html")]
pub struct SignOffOffer {
    pub locale: Locale,
    pub held: i32,
    pub left: u32,
}

impl HtmlSafe for SignOffOffer {}

impl SignOffOffer {
    #[must_use]
    pub fn of(locale: Locale, held: i32) -> Self {
        Self { locale, held, left: OFFERED_FOR }
    }

    fn words(&self) -> String {
        self.locale.count("sign_off.offer", i64::from(self.held))
    }
}
