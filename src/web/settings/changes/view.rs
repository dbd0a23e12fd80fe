//! What was decided, in words.

use std::collections::HashMap;

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::domain::setup::{RecordedSetup, SetupEvent, Who};
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::hours;
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words::{field_label, known, sentence};
use crate::web::locale::Locale;
use crate::web::settings::view::Shell;

/// `GET /settings/changes`
#[derive(Template, WebTemplate)]
#[template(path = "settings/changes.html")]
pub struct ChangesPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub acts: Vec<Act>,
    /// From where the next page goes on, if there is one.
    pub next: Option<i64>,
}

/// What somebody did at once.
#[derive(Debug, Clone)]
pub struct Act {
    pub seq: i64,
    pub at: Timestamp,
    pub who: String,
    pub lines: Vec<Line>,
    pub can_be_undone: bool,
}

/// One thing that it changed.
#[derive(Debug, Clone)]
pub struct Line {
    pub words: Html,
    pub parts: Vec<Part>,
}

/// A part of a thing that is another than it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub label: String,
    pub before: String,
    pub after: String,
}

impl Act {
    /// Nothing of no events.
    #[must_use]
    pub fn of(locale: Locale, names: &HashMap<Uuid, String>, act: &[RecordedSetup], can_be_undone: bool) -> Option<Self> {
        let first = act.first()?;
        let lines = act.iter().rev().map(|recorded| Line::of(locale, names, &recorded.event)).collect();
        Some(Self { seq: first.seq, at: first.at, who: who(locale, &first.who), lines, can_be_undone })
    }
}

pub(in crate::web::settings) fn who(locale: Locale, who: &Who) -> String {
    match who {
        Who::Person { name, .. } => name.clone(),
        Who::CommandLine => locale.t("change.command_line").into_owned(),
        Who::System => locale.t("change.system").into_owned(),
        Who::Strange => locale.t("change.somebody").into_owned(),
    }
}

impl Line {
    /// An event in words.
    #[must_use]
    pub fn of(locale: Locale, names: &HashMap<Uuid, String>, event: &SetupEvent) -> Self {
        let of_thing = event.about().and_then(|(thing, _)| names.get(&thing).map(String::as_str));
        let name = event.name().or(of_thing).unwrap_or_default();
        let anybody = locale.t("change.anybody");
        let name = if name.is_empty() && matches!(event, SetupEvent::Invitation(_)) { &*anybody } else { name };
        let words = sentence(&locale, &format!("change.{}", event.kind()), &[("name", name)]);
        let part = |(name, before, after): (String, Value, Value)| Part {
            label: known(&locale, &format!("change.part.{name}")).unwrap_or_else(|| field_label(&name)),
            before: part_text(locale, names, &name, &before),
            after: part_text(locale, names, &name, &after),
        };
        Self { words, parts: event.differences().into_iter().map(part).collect() }
    }
}

/// A part of a thing as people read it.
fn part_text(locale: Locale, names: &HashMap<Uuid, String>, name: &str, value: &Value) -> String {
    if let ("state", Value::String(word)) = (name, value)
        && let Some(words) = known(&locale, &format!("numbers.state.{word}"))
    {
        return words;
    }
    let hours = (name == "hours").then(|| serde_json::from_value(value.clone()).ok()).flatten();
    hours.map_or_else(|| text(locale, names, value), |hours| hours::summary(locale, &hours))
}

/// A value as people read it.
fn text(locale: Locale, names: &HashMap<Uuid, String>, value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(is_so) => locale.t(if *is_so { "change.yes" } else { "change.no" }).into_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(words) => {
            let named = words.parse().ok().map(|id: Uuid| names.get(&id).cloned().unwrap_or_else(|| locale.t("change.gone").into_owned()));
            named.unwrap_or_else(|| words.clone())
        }
        Value::Array(all) if all.is_empty() => "–".to_owned(),
        Value::Array(all) => all.iter().map(|one| text(locale, names, one)).collect::<Vec<_>>().join(", "),
        Value::Object(_) => value.to_string(),
    }
}
