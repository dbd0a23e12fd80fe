//! The pages of rules.

use askama::Template;
use askama_web::WebTemplate;

use super::form::{Typed, Want};
use super::said::{Choice, Names};
use super::trial::Tried;
use crate::domain::conditions::rows::{Row, What};
use crate::domain::conditions::{Comparison, DEEPEST, Fault, Group, Kind, Leaf, Takes, WEEKDAYS};
use crate::domain::flows::text::truncate;
use crate::domain::ids::EntryRuleId;
use crate::domain::routing::skills::{HIGHEST, LOWEST, MOST_WANTED};
use crate::domain::setup::rules::Oddity;
use crate::domain::setup::value::EntryRule;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::faults::of_condition;
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words::{self, plain};
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

/// Characters of what a rule asks for, in the list of all.
const LONGEST_SENTENCE: usize = 400;

/// `GET /settings/rules`
#[derive(Template, WebTemplate)]
#[template(path = "settings/rules.html")]
pub struct RulesPage {
    pub chrome: Chrome,
    pub shell: Shell,
    /// In their order.
    pub rules: Vec<Summary>,
}

/// A rule in the list.
pub struct Summary {
    pub id: EntryRuleId,
    pub name: String,
    pub is_on: bool,
    pub conditions: String,
    pub outcome: String,
    /// What is odd about it.
    pub odd: Option<String>,
}

impl Summary {
    #[must_use]
    pub fn of(names: &Names, id: EntryRuleId, rule: &EntryRule, odd: Option<&Oddity>) -> Self {
        Self {
            id,
            name: rule.name.clone(),
            is_on: rule.enabled,
            conditions: truncate(&names.conditions(rule), LONGEST_SENTENCE),
            outcome: names.outcome(rule),
            odd: odd.map(|odd| odd_words(names, odd)),
        }
    }
}

fn odd_words(names: &Names, odd: &Oddity) -> String {
    match odd {
        Oddity::Never => names.locale.t("rules.odd.never").into_owned(),
        Oddity::HiddenBy(other) => plain(&names.locale, "rules.odd.hidden", &[("rule", other)]),
        Oddity::HidesLater => names.locale.t("rules.odd.hides").into_owned(),
        Oddity::TagArchived(tag) => plain(&names.locale, "rules.odd.archived", &[("tag", tag)]),
    }
}

/// `GET /settings/rules/{id}`, and of one that is not there yet.
#[derive(Template, WebTemplate)]
#[template(path = "settings/rule.html")]
pub struct RulePage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub id: Option<EntryRuleId>,
    /// What it is called, until another name is kept.
    pub title: String,
    pub typed: Typed,
    pub rows: Vec<Line>,
    pub queues: Vec<Pick>,
    pub priorities: Vec<Pick>,
    pub tags: Vec<Pick>,
    /// What is wanted of whoever is to have it, row by row; the last are empty. Nothing where there are no skills.
    pub wants: Vec<WantRow>,
    /// What a colleague made of it, where somebody typed something else.
    pub now: Option<String>,
    pub tried: Option<Tried>,
    pub acts: Vec<Act>,
}

/// A row of what is wanted of whoever is to have it.
pub struct WantRow {
    /// Counted from 1.
    pub number: String,
    pub skills: Vec<Pick>,
    pub levels: Vec<Pick>,
    pub is_required: bool,
}

/// Rows that are empty.
const MORE_WANTS: usize = 2;

fn want_rows(names: &Names, typed: &Typed) -> Vec<WantRow> {
    if names.skills.is_empty() && typed.skills.is_empty() {
        return Vec::new();
    }
    let language = (Want::LANGUAGE.to_owned(), names.locale.t("rules.customers_language").into_owned());
    let all: Vec<Choice> = std::iter::once(language).chain(names.skills.iter().cloned()).collect();
    let levels: Vec<Choice> = (LOWEST..=HIGHEST).map(|level| (level.to_string(), names.level(level))).collect();
    let rows = typed.skills.iter().map(Some).chain(std::iter::repeat_n(None, MORE_WANTS));
    let row = |(place, want): (usize, Option<&Want>)| WantRow {
        number: (place + 1).to_string(),
        skills: picks(&all, |value| want.is_some_and(|want| want.skill == value)),
        levels: picks(&levels, |value| want.is_some_and(|want| want.level.to_string() == value)),
        is_required: want.is_none_or(|want| want.is_required),
    };
    rows.enumerate().map(row).take(typed.skills.len().max(MOST_WANTED)).collect()
}

/// Something that can be chosen.
pub struct Pick {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

/// A row of conditions.
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    pub depth: usize,
    /// The number of the group that it is in.
    pub within: Option<usize>,
    /// In words, for buttons that speak of it.
    pub words: String,
    pub fault: Option<Html>,
    pub body: Body,
}

pub enum Body {
    Group {
        picks: Vec<Pick>,
        /// Whether another group fits into it.
        has_room: bool,
    },
    Leaf {
        subjects: Vec<(String, Vec<Pick>)>,
        comparisons: Vec<Pick>,
        input: Input,
    },
}

/// How a value is given.
pub enum Input {
    Nothing,
    /// One or two, of a type that browsers know.
    Fields {
        kind: &'static str,
        values: Vec<String>,
    },
    /// One a line.
    Lines(String),
    One(Vec<Pick>),
    Some(Vec<Pick>),
}

fn picks(all: &[Choice], is_chosen: impl Fn(&str) -> bool) -> Vec<Pick> {
    all.iter().map(|(value, label)| Pick { value: value.clone(), label: label.clone(), is_chosen: is_chosen(value) }).collect()
}

impl RulePage {
    #[expect(clippy::too_many_arguments, reason = "they are the parts of one page")]
    pub(super) fn of(
        chrome: Chrome,
        shell: Shell,
        names: &Names,
        id: Option<EntryRuleId>,
        known: Option<&EntryRule>,
        mut typed: Typed,
        faults: &[Fault],
        tried: Option<Tried>,
        acts: Vec<Act>,
    ) -> Self {
        typed.fit(&names.words);
        let rows = typed.rows.iter().enumerate().map(|(place, _)| line(names, place, &typed.rows, faults)).collect();
        let queue = typed.queue.map(|queue| queue.to_string()).unwrap_or_default();
        let tags: Vec<String> = typed.tags.iter().map(ToString::to_string).collect();
        let differs = known.filter(|known| typed.is_late && !is_same(known, &typed.rule()));
        Self {
            title: known.map_or_else(|| names.locale.t("rules.new").into_owned(), |rule| rule.name.clone()),
            queues: picks(&names.queues, |value| value == queue),
            priorities: picks(&names.priorities(typed.priority.as_deref()), |value| typed.priority.as_deref() == Some(value)),
            tags: with_own(names, Kind::Tags, &names.tags, &tags),
            wants: want_rows(names, &typed),
            now: differs.map(|known| format!("{}: {} → {}", known.name, names.conditions(known), names.outcome(known))),
            chrome,
            shell,
            id,
            typed,
            rows,
            tried,
            acts,
        }
    }

    /// Where it is kept.
    fn address(&self) -> String {
        self.id.map_or_else(|| "/settings/rules".to_owned(), |id| format!("/settings/rules/{id}"))
    }

    /// Where the page is asked for with what was typed.
    fn draft(&self) -> String {
        self.id.map_or_else(|| "/settings/rules/new".to_owned(), |id| format!("/settings/rules/{id}/draft"))
    }

    fn count(&self, key: &str, count: &usize) -> String {
        self.chrome.locale.count(key, i64::try_from(*count).unwrap_or(i64::MAX))
    }
}

fn is_same(one: &EntryRule, other: &EntryRule) -> bool {
    let EntryRule { name, enabled, conditions, queue, priority, tags, skills, position: _ } = one;
    let is_same = (name, enabled, conditions) == (&other.name, &other.enabled, &other.conditions);
    is_same && (queue, priority, tags, skills) == (&other.queue, &other.priority, &other.tags, &other.skills)
}

fn line(names: &Names, place: usize, rows: &[Row], faults: &[Fault]) -> Line {
    let row = &rows[place];
    let within = rows[..place].iter().rposition(|other| other.depth < row.depth).map(|place| place + 1);
    let fault = faults.iter().find(|fault| fault.row == place + 1).map(|fault| of_condition(names.locale, fault));
    let body = match &row.what {
        What::Group(group) => {
            let all: Vec<Choice> = Group::ALL.iter().map(|one| (one.as_str().to_owned(), names.row(&What::Group(*one)))).collect();
            Body::Group { picks: picks(&all, |value| value == group.as_str()), has_room: row.depth + 1 < DEEPEST }
        }
        What::Leaf(leaf) => {
            let subjects = names.subjects(&leaf.subject);
            let subjects = subjects.into_iter().map(|(name, all)| (name, picks(&all, |value| value == leaf.subject))).collect();
            let comparisons = picks(&names.comparisons(leaf), |value| value == leaf.comparison.as_str());
            Body::Leaf { subjects, comparisons, input: input(names, leaf) }
        }
    };
    Line { number: place + 1, depth: row.depth, within, words: names.row(&row.what), fault, body }
}

/// What can be chosen, with what is: what cannot be chosen any more stays while it is named, and a tag that was merged is the one that counts.
fn with_own(names: &Names, kind: Kind, all: &[Choice], values: &[String]) -> Vec<Pick> {
    let counts = |value: &String| match kind {
        Kind::Tags => value.parse().ok().and_then(|id| names.words.tag(id)).map_or_else(|| value.clone(), |tag| tag.id.to_string()),
        _ => value.clone(),
    };
    let values: Vec<String> = values.iter().filter(|value| !value.is_empty()).map(counts).collect();
    let mut all = all.to_vec();
    for value in &values {
        if !all.iter().any(|(known, _)| known == value) {
            all.push((value.clone(), value.parse().map_or_else(|_| value.clone(), |id| names.name(id))));
        }
    }
    picks(&all, |value| values.iter().any(|own| own == value))
}

fn input(names: &Names, leaf: &Leaf) -> Input {
    let (kind, comparison, values) = (names.kind(&leaf.subject), leaf.comparison, &leaf.values);
    let of = |all: &[Choice]| {
        let picks = with_own(names, kind, all, values);
        if comparison == Comparison::OneOf { Input::Some(picks) } else { Input::One(picks) }
    };
    let said = |word: &str, key: &str| (word.to_owned(), names.locale.t(key).into_owned());
    let fields = |kind: &'static str, count: usize| Input::Fields {
        kind,
        values: (0..count).map(|place| values.get(place).cloned().unwrap_or_default()).collect(),
    };
    match (comparison.takes(), kind) {
        (Takes::None, _) => Input::Nothing,
        (_, Kind::Inbox) => of(&names.inboxes),
        (_, Kind::Person) => of(&names.people),
        (_, Kind::Tags) => of(&names.tags),
        (_, Kind::Choice) => of(&names.choices(&leaf.subject)),
        (_, Kind::Weekday) => of(&WEEKDAYS.map(|day| said(day, &format!("hours.weekday.{day}")))),
        (_, Kind::YesNo) => of(&[said("yes", "change.yes"), said("no", "change.no")]),
        (Takes::Two, _) => fields("time", 2),
        (_, Kind::TimeOfDay) => fields("time", 1),
        (_, Kind::Date) => fields("date", 1),
        (Takes::Some, _) => Input::Lines(values.join("\n")),
        (Takes::One, _) => fields("text", 1),
    }
}
