//! What was decided, in words.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::filter::{Filter, OTHERS, THINGS};
use crate::domain::announcing::Announcements;
use crate::domain::details::Vocabulary;
use crate::domain::device::Device;
use crate::domain::overflow::Overflow;
use crate::domain::rest::Rest;
use crate::domain::routing::WideningStep;
use crate::domain::setup::{RecordedSetup, SetupEvent, Who};
use crate::domain::sticky::Sticky;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::conditions::Telling;
use crate::web::layouts::hours;
use crate::web::layouts::html::Html;
use crate::web::layouts::rest;
use crate::web::layouts::skills;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words::{self, exactly, field_label, known, plain, sentence};
use crate::web::locale::Locale;
use crate::web::settings::view::Shell;

/// Lines of one act that are shown; of the others there is a number.
const LINES: usize = 25;

/// `GET /settings/changes`
#[derive(Template, WebTemplate)]
#[template(path = "settings/changes.html")]
pub struct ChangesPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub acts: Vec<Act>,
    /// Who may have changed something: what the form calls them, and their names.
    pub people: Vec<(String, String)>,
    pub filter: Filter,
    /// Where it goes on, if it does.
    pub next: Option<String>,
}

impl ChangesPage {
    fn things(&self) -> [&'static str; THINGS.len()] {
        THINGS
    }

    fn others(&self) -> [&'static str; OTHERS.len()] {
        OTHERS
    }

    fn thing(&self, thing: &str) -> String {
        self.chrome.locale.t(&format!("changes.thing.{thing}")).into_owned()
    }

    fn other(&self, other: &str) -> String {
        self.chrome.locale.t(&format!("change.{other}")).into_owned()
    }
}

/// What somebody did at once.
#[derive(Debug, Clone)]
pub struct Act {
    pub seq: i64,
    pub at: Timestamp,
    pub who: String,
    /// From which address and program, where that is known.
    pub from: Option<String>,
    pub lines: Vec<Line>,
    /// How much more it was, in words.
    pub more: Option<String>,
    pub can_be_undone: bool,
}

/// One thing that it changed.
#[derive(Debug, Clone)]
pub struct Line {
    pub words: Html,
    /// The same as plain text.
    pub plain: String,
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
    /// The lines of an act, latest first, of which some are `shown`. Nothing, where there is nothing to show.
    #[must_use]
    pub fn of(
        locale: Locale,
        names: &HashMap<Uuid, String>,
        act: &[RecordedSetup],
        shown: &impl Fn(&SetupEvent) -> bool,
        can_be_undone: bool,
    ) -> Option<Self> {
        let first = act.first()?;
        let is_decided = |event: &SetupEvent| event.concerns_everybody() || event.is_note();
        let decided: Vec<&SetupEvent> = act.iter().rev().map(|recorded| &recorded.event).filter(|event| is_decided(event)).collect();
        let seen: Vec<&SetupEvent> = decided.iter().copied().filter(|event| shown(event)).collect();
        let lines: Vec<Line> = told(seen).into_iter().take(LINES).map(|event| Line::of(locale, names, event)).collect();
        if lines.is_empty() {
            return None;
        }
        let all = usize::try_from(first.size).unwrap_or(usize::MAX).max(act.len()) - (act.len() - decided.len());
        let more = Some(all.saturating_sub(lines.len())).filter(|more| *more > 0);
        Some(Self {
            seq: first.seq,
            at: first.at,
            who: who(locale, &first.who),
            from: first.from.as_ref().map(|from| [from.address.clone(), client(&from.agent)].join(" · ")),
            lines,
            more: more.map(|more| locale.count("changes.more", i64::try_from(more).unwrap_or(i64::MAX))),
            can_be_undone,
        })
    }
}

/// What is told of an act: where one thing was put elsewhere in an order, only that one, and not those that made room for it.
fn told(seen: Vec<&SetupEvent>) -> Vec<&SetupEvent> {
    let Some(moves) = seen.iter().map(|event| distance(event)).collect::<Option<Vec<u64>>>() else { return seen };
    let farthest = moves.iter().max().copied();
    seen.into_iter().zip(moves).filter(|(_, distance)| Some(*distance) == farthest).map(|(event, _)| event).collect()
}

/// How far a thing went of which nothing else is another than before.
fn distance(event: &SetupEvent) -> Option<u64> {
    if !matches!(event, SetupEvent::Queue(_) | SetupEvent::Field(_) | SetupEvent::EntryRule(_)) {
        return None;
    }
    let differences = event.differences();
    let [(name, before, after)] = differences.as_slice() else { return None };
    (name == "position").then(|| before.as_i64().zip(after.as_i64()))?.map(|(before, after)| before.abs_diff(after))
}

/// Who did something.
#[must_use]
pub fn who(locale: Locale, who: &Who) -> String {
    match who {
        Who::Person { name, .. } => name.clone(),
        Who::CommandLine => locale.t("change.command_line").into_owned(),
        Who::System => locale.t("change.system").into_owned(),
        Who::Strange => locale.t("change.somebody").into_owned(),
    }
}

/// The kind of program that called itself so; names are the same in every language.
#[must_use]
pub fn client(agent: &str) -> String {
    let Device { browser, system } = Device::of(agent);
    let names: Vec<&str> = browser.into_iter().chain(system).collect();
    if names.is_empty() { "?".to_owned() } else { names.join(", ") }
}

impl Line {
    /// An event in words.
    #[must_use]
    pub fn of(locale: Locale, names: &HashMap<Uuid, String>, event: &SetupEvent) -> Self {
        let of_thing = event.about().and_then(|(thing, _)| names.get(&thing).map(String::as_str));
        let what = event.exported().map(|what| locale.t(&format!("changes.exported.{what}")).into_owned());
        let anybody = matches!(event, SetupEvent::Invitation(_)).then(|| locale.t("change.anybody"));
        let name = event.name().or(of_thing).or(what.as_deref()).or(anybody.as_deref()).unwrap_or_default();
        let (key, values) = (format!("change.{}", event.kind()), [("name", name)]);
        let part = |(name, before, after): (String, Value, Value)| Part {
            label: known(&locale, &format!("change.part.{name}")).unwrap_or_else(|| field_label(&name)),
            before: part_text(locale, names, &name, &before),
            after: part_text(locale, names, &name, &after),
        };
        Self {
            words: sentence(&locale, &key, &values),
            plain: plain(&locale, &key, &values),
            parts: event.differences().into_iter().map(part).collect(),
        }
    }
}

/// A part of a thing as people read it.
fn part_text(locale: Locale, names: &HashMap<Uuid, String>, name: &str, value: &Value) -> String {
    if let ("state", Value::String(word)) = (name, value)
        && let Some(words) = known(&locale, &format!("numbers.state.{word}"))
    {
        return words;
    }
    let said = |key: &str, word: &Value| {
        let known = word.as_str().and_then(|word| known(&locale, &format!("{key}.{}", word.replace(':', "_"))));
        known.unwrap_or_else(|| text(locale, names, word))
    };
    match (name, value) {
        ("permissions", Value::Array(all)) if !all.is_empty() => {
            return all.iter().map(|word| said("permission", word)).collect::<Vec<_>>().join(", ");
        }
        ("visibility", word) => return said("visibility", word),
        ("role", word) => return said("role", word),
        ("standing", word) => return said("invitation_state", word),
        ("strategy", word) => return said("strategy", word),
        ("announcements", told) => {
            let told: Announcements = serde_json::from_value(told.clone()).unwrap_or_default();
            let texts = told.text.iter().map(|(language, text)| format!("{language} “{text}”"));
            let every = told.every.map(|every| format!("{}: {every}", locale.t("announcements.every")));
            let all: Vec<String> = texts.chain(every).collect();
            return if all.is_empty() { "–".to_owned() } else { all.join("; ") };
        }
        ("sticky", sticky) => {
            let sticky: Option<Sticky> = serde_json::from_value(sticky.clone()).ok();
            let told =
                |it: Sticky| plain(&locale, "sticky.plainly", &[("days", &it.days.to_string()), ("seconds", &it.seconds.to_string())]);
            return sticky.map_or_else(|| "–".to_owned(), told);
        }
        ("overflow", overflow) => {
            return serde_json::from_value(overflow.clone()).map_or_else(|_| "–".to_owned(), |it| overflows(locale, names, &it));
        }
        ("rest", rest) => {
            let rest: Option<Rest> = serde_json::from_value(rest.clone()).ok();
            return rest.map_or_else(|| "–".to_owned(), |rest| rest::plainly(locale, &rest));
        }
        ("colour", word) => return said("tags.colour", word),
        ("priority", word) => return said("priority", word),
        ("widening", steps) => {
            let steps: Vec<WideningStep> = serde_json::from_value(steps.clone()).unwrap_or_default();
            return words::steps(locale, &steps);
        }
        ("skills", of) => {
            let levels = serde_json::from_value(of.clone()).ok().map(|levels| skills::levels(locale, names, &levels));
            let asked = || serde_json::from_value(of.clone()).ok().and_then(|asked| skills::asked(locale, names, &asked));
            return levels.or_else(asked).unwrap_or_else(|| "–".to_owned());
        }
        ("conditions", conditions) => {
            let (fields, answers) = (Vocabulary::default(), BTreeMap::new());
            return Telling { locale, words: &fields, names, answers: &answers }.stored(conditions);
        }
        ("first_response" | "next_response" | "resolution", Value::Object(targets)) => {
            let target = |(priority, minutes): (&String, &Value)| {
                let minutes = exactly(locale, minutes.as_i64()?);
                Some(format!("{}: {minutes}", known(&locale, &format!("priority.{priority}")).unwrap_or_else(|| priority.clone())))
            };
            let said: Vec<String> = targets.iter().filter_map(target).collect();
            return if said.is_empty() { "–".to_owned() } else { said.join(", ") };
        }
        // People count from one.
        ("position", Value::Number(place)) => return place.as_i64().map_or_else(|| place.to_string(), |place| (place + 1).to_string()),
        _ => {}
    }
    let hours = (name == "hours").then(|| serde_json::from_value(value.clone()).ok()).flatten();
    hours.map_or_else(|| text(locale, names, value), |hours| hours::summary(locale, &hours))
}

/// What becomes of those who wait.
fn overflows(locale: Locale, names: &HashMap<Uuid, String>, it: &Overflow) -> String {
    let to = it.to.map(|to| names.get(&to.0).cloned().unwrap_or_else(|| locale.t("change.gone").into_owned()));
    let said = |key: &str, value: Option<String>| value.map(|value| format!("{}: {value}", locale.t(key)));
    let texts = it.texts().into_iter().filter(|(_, texts)| !texts.is_empty());
    let texts = texts.map(|(word, texts)| {
        let all: Vec<String> = texts.iter().map(|(language, text)| format!("{language} “{text}”")).collect();
        format!("{}: {}", locale.t(&format!("overflow.{word}")), all.join(", "))
    });
    let parts = [
        said("overflow.to", to),
        said("overflow.after", it.after.map(|after| after.to_string())),
        said("overflow.most", it.most.map(|most| most.to_string())),
        it.when_nobody.then(|| locale.t("overflow.nobody").into_owned()),
        it.when_closed.then(|| locale.t("overflow.closed").into_owned()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().chain(texts).collect();
    if parts.is_empty() { "–".to_owned() } else { parts.join("; ") }
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
