//! The pages of queues.

use askama::Template;
use askama_web::WebTemplate;

pub use super::form::Typed;
use crate::domain::hours::Hours;
use crate::domain::hours::written::{Ranges, TypedDay};
use crate::domain::ids::TeamId;
use crate::domain::routing::skills::Widening;
use crate::domain::routing::{Strategy, WideningStep};
use crate::store::queues::{QueueDetail, QueueSummary};
use crate::store::sla::PolicySummary;
use crate::store::teams::TeamSummary;
use crate::web::layouts::chrome::Chrome;
pub use crate::web::layouts::hours::Told;
use crate::web::layouts::hours::{self, WEEKDAYS};
use crate::web::layouts::html::Html;
use crate::web::layouts::rest;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words;
use crate::web::layouts::zones::zones;
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

/// `GET /settings/queues`
#[derive(Template, WebTemplate)]
#[template(path = "settings/queues.html")]
pub struct QueuesPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub queues: Vec<QueueSummary>,
    pub teams: Vec<TeamSummary>,
    /// Of the one that was not added.
    pub name: String,
    pub key: String,
    pub team: String,
}

impl QueuesPage {
    fn waiting(&self, queue: &QueueSummary) -> String {
        self.chrome.locale.count("settings.waiting", queue.waiting)
    }

    fn hours(&self, queue: &QueueSummary) -> String {
        match &queue.hours {
            Some(hours) => hours::summary(self.chrome.locale, hours),
            None => self.chrome.locale.t("hours.not_understood").into_owned(),
        }
    }

    fn is_chosen(&self, team: &TeamSummary) -> bool {
        self.team == team.id.to_string()
    }
}

/// A row of a day's hours.
pub struct Row {
    /// As forms name it, such as `mon`.
    pub key: &'static str,
    /// Monday is 0.
    pub number: usize,
    pub label: String,
    pub ranges: Ranges,
}

/// What customers who come back to a queue are told.
#[derive(Debug, PartialEq, Eq)]
pub struct ToldBy {
    /// The flows that say so; where none leads here, nothing is said.
    pub flows: Vec<String>,
    pub told: Vec<Told>,
}

impl ToldBy {
    fn names(&self) -> String {
        self.flows.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ")
    }
}

/// `GET /settings/queues/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "settings/queue.html")]
pub struct QueuePage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub queue: QueueDetail,
    pub teams: Vec<TeamSummary>,
    pub others: Vec<QueueSummary>,
    pub policies: Vec<PolicySummary>,
    pub typed: Typed,
    /// What is wrong with the hours.
    pub faults: Vec<String>,
    pub told: Vec<ToldBy>,
    /// Published flows that name it, with the places.
    pub flows: Vec<(String, Vec<String>)>,
    pub acts: Vec<Act>,
}

impl QueuePage {
    fn week(&self) -> Vec<Row> {
        let row = |(number, key): (usize, &'static str)| Row {
            key,
            number,
            label: self.chrome.locale.t(&format!("hours.weekday.{key}")).into_owned(),
            ranges: with_room(&self.typed.hours.weekly[number], 1),
        };
        WEEKDAYS.into_iter().enumerate().map(row).collect()
    }

    /// With two rows that are empty.
    fn days(&self) -> Vec<TypedDay> {
        let empty = std::iter::repeat_n(TypedDay::default(), 2);
        let days = self.typed.hours.days.iter().cloned().chain(empty);
        days.map(|day| TypedDay { ranges: with_room(&day.ranges, if day.ranges.is_empty() { 2 } else { 1 }), ..day }).collect()
    }

    fn zones(&self) -> &'static [String] {
        zones()
    }

    fn is_team(&self, team: &TeamSummary) -> bool {
        self.typed.team == team.id.to_string()
    }

    /// What a colleague made of it, where somebody typed something else.
    fn hours_now(&self) -> Option<String> {
        let now = self.queue.hours.clone().unwrap_or_else(Hours::always);
        let differs = self.typed.is_of_form && self.typed.read_hours().ok().as_ref() != Some(&now);
        differs.then(|| hours::summary(self.chrome.locale, &now))
    }

    fn team_now(&self) -> Option<&str> {
        let differs = self.typed.is_of_form && self.typed.team != self.queue.team.to_string();
        differs.then(|| self.team_name(self.queue.team))
    }

    fn strategies(&self) -> [(&'static str, String); Strategy::ALL.len()] {
        Strategy::ALL.map(|strategy| (strategy.as_str(), self.strategy_words(strategy.as_str())))
    }

    fn strategy_now(&self) -> Option<String> {
        let differs = self.typed.is_of_form && self.typed.strategy != self.queue.strategy;
        differs.then(|| self.strategy_words(&self.queue.strategy))
    }

    fn is_policy(&self, policy: &PolicySummary) -> bool {
        self.typed.sla == policy.id.to_string()
    }

    fn policy_now(&self) -> Option<String> {
        let now = self.queue.sla_policy;
        let differs = self.typed.is_of_form && self.typed.sla != now.map(|policy| policy.to_string()).unwrap_or_default();
        let name = || self.policies.iter().find(|policy| Some(policy.id) == now).map(|policy| policy.policy.name.clone());
        differs.then(|| name().unwrap_or_else(|| self.chrome.locale.t("sla.none").into_owned()))
    }

    /// A word of a newer version stands for itself.
    fn strategy_words(&self, strategy: &str) -> String {
        words::known(&self.chrome.locale, &format!("strategy.{strategy}")).unwrap_or_else(|| strategy.to_owned())
    }

    /// With rows that are empty, as far as there may be steps.
    fn steps(&self) -> Vec<(String, String)> {
        let empty = std::iter::repeat_n((String::new(), String::new()), WideningStep::MOST);
        let steps = self.typed.steps.iter().cloned().chain(empty);
        steps.take(self.typed.steps.len().max(WideningStep::MOST)).collect()
    }

    /// What a step can do; with its own, whatever that is.
    fn does(&self, own: &str) -> Vec<(String, String)> {
        let strange = Some(own.to_owned()).filter(|own| !own.is_empty() && Widening::read(own).is_none());
        let known = Widening::ALL.into_iter().map(|does| does.as_str().to_owned()).chain(strange);
        known.map(|does| (does.clone(), words::step(self.chrome.locale, &does))).collect()
    }

    /// What a colleague made of the steps, where somebody typed others.
    fn steps_now(&self) -> Option<String> {
        let differs = self.typed.is_of_form && self.typed.has_steps && self.typed.widening() != self.queue.widening;
        differs.then(|| words::steps(self.chrome.locale, &self.queue.widening))
    }

    fn overflows_to(&self, other: &QueueSummary) -> bool {
        self.typed.overflow.to == other.id.to_string()
    }

    fn sticky_differs(&self) -> bool {
        self.typed.is_of_form && self.typed.has_steps && self.typed.sticky().ok() != Some(self.queue.sticky)
    }

    /// Somebody typed something else than what a colleague made of it.
    fn overflow_differs(&self) -> bool {
        let typed = &self.typed.overflow;
        let is_as_it_is = typed.overflow().ok().as_ref() == Some(&self.queue.overflow)
            && typed.announcements().ok().as_ref() == Some(&self.queue.announcements);
        typed.is_of_form && !is_as_it_is
    }

    fn team_name(&self, id: TeamId) -> &str {
        self.teams.iter().find(|team| team.id == id).map_or("", |team| &team.name)
    }

    /// What is in it, in numbers.
    fn inside(&self) -> Vec<String> {
        let locale = self.chrome.locale;
        let numbers =
            [("settings.waiting", self.queue.waiting), ("settings.held", self.queue.held), ("settings.past", self.queue.resolved)];
        numbers.map(|(key, number)| locale.count(key, number)).to_vec()
    }

    /// How it rests now, and who began it.
    fn rest(&self) -> Option<(Html, String)> {
        let (locale, rest) = (self.chrome.locale, self.queue.rest.as_ref().filter(|rest| rest.is_on(self.chrome.now))?);
        Some((rest::told(locale, rest), words::plain(&locale, "rest.by", &[("name", &rest.by)])))
    }

    fn rest_path(&self) -> String {
        format!("/settings/queues/{}/rest", self.queue.id)
    }

    fn minutes(&self) -> Vec<(i64, String)> {
        rest::MINUTES.map(|minutes| (minutes, words::span(self.chrome.locale, minutes))).to_vec()
    }

    fn is_named(&self) -> bool {
        !self.queue.numbers.is_empty() || !self.flows.is_empty()
    }
}

/// With so many more that are empty.
fn with_room(ranges: &Ranges, more: usize) -> Ranges {
    ranges.iter().cloned().chain(std::iter::repeat_n((String::new(), String::new()), more)).collect()
}
