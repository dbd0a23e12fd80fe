//! A condition that was held against what is set up: everything it names is there, and every value is read.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};
use uuid::Uuid;

use super::fault::{Fault, Fitting, Wrong};
use super::subject::{Kind, Subject, WEEKDAYS};
use super::tree::{Comparison, Condition, Group, Leaf, Takes};
use super::{DEEPEST, LONGEST_VALUE, LONGEST_VALUES, MOST_GROUPS, MOST_LEAVES, MOST_VALUES};
use crate::domain::details::Vocabulary;
use crate::domain::flows::text::{has_signs, normalise, normalise_with_signs};

/// What may be named.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub words: &'a Vocabulary,
    /// Where these are not known, any id may be named.
    pub inboxes: Option<&'a BTreeSet<Uuid>>,
    pub people: Option<&'a BTreeSet<Uuid>>,
}

/// A condition that can be held against facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled(pub(super) Node);

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Group(Group, Vec<Node>),
    Test(Test),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Test {
    pub subject: Subject,
    pub check: Check,
}

/// Whether signs count: where something is compared that they tell from something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Signs {
    Ignored,
    Kept,
}

impl Signs {
    pub(super) fn of(value: &str) -> Self {
        if has_signs(value) { Self::Kept } else { Self::Ignored }
    }

    pub(super) fn fold(self, text: &str) -> String {
        match self {
            Self::Ignored => normalise(text),
            Self::Kept => normalise_with_signs(text),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Check {
    /// One of the words, made comparable.
    Is(Signs, BTreeSet<String>),
    Contains(Signs, String),
    StartsWith(Signs, String),
    /// One of these, in lower case.
    Choice(BTreeSet<String>),
    Number(Comparison, f64),
    Date(Comparison, Date),
    YesNo(bool),
    /// From the first to just before the second.
    Clock(Time, Time),
    Weekdays(Vec<Weekday>),
    /// One of these.
    Ids(BTreeSet<Uuid>),
    Present(bool),
}

impl Compiled {
    /// How many comparisons are in it.
    #[must_use]
    pub fn comparisons(&self) -> usize {
        fn of(node: &Node) -> usize {
            match node {
                Node::Group(_, inner) => inner.iter().map(of).sum(),
                Node::Test(_) => 1,
            }
        }
        of(&self.0)
    }
}

/// Makes it ready.
///
/// # Errors
/// Everything that is wrong, each with its row.
pub fn compile(condition: &Condition, known: Known<'_>) -> Result<Compiled, Vec<Fault>> {
    let mut compiling = Compiling { known, row: 0, leaves: 0, groups: 0, values: 0, characters: 0, faults: Vec::new() };
    let node = compiling.node(condition, 1);
    if compiling.leaves > MOST_LEAVES || compiling.groups > MOST_GROUPS {
        compiling.faults.push(Fault { row: 1, wrong: Wrong::TooMany });
    }
    if compiling.values > MOST_VALUES || compiling.characters > LONGEST_VALUES {
        compiling.faults.push(Fault { row: 1, wrong: Wrong::TooCostly });
    }
    match node {
        Some(node) if compiling.faults.is_empty() => Ok(Compiled(node)),
        _ => Err(compiling.faults),
    }
}

struct Compiling<'a> {
    known: Known<'a>,
    row: usize,
    leaves: usize,
    groups: usize,
    values: usize,
    characters: usize,
    faults: Vec<Fault>,
}

impl Compiling<'_> {
    fn node(&mut self, condition: &Condition, depth: usize) -> Option<Node> {
        self.row += 1;
        let row = self.row;
        match condition {
            Condition::Leaf(leaf) => {
                self.leaves += 1;
                self.values += leaf.values.len();
                self.characters += leaf.values.iter().map(|value| value.chars().count()).sum::<usize>();
                match self.test(leaf) {
                    Ok(node) => Some(node),
                    Err(wrong) => {
                        self.faults.push(Fault { row, wrong });
                        None
                    }
                }
            }
            Condition::Group(group, inner) => {
                self.groups += 1;
                if depth > DEEPEST {
                    self.faults.push(Fault { row, wrong: Wrong::TooDeep });
                    return None;
                }
                // The outermost may be empty: then it holds of everything.
                if inner.is_empty() && (depth > 1 || *group != Group::All) {
                    self.faults.push(Fault { row, wrong: Wrong::EmptyGroup });
                }
                let nodes: Vec<Option<Node>> = inner.iter().map(|one| self.node(one, depth + 1)).collect();
                Some(Node::Group(*group, nodes.into_iter().collect::<Option<_>>()?))
            }
        }
    }

    fn test(&self, leaf: &Leaf) -> Result<Node, Wrong> {
        let subject = Subject::read(&leaf.subject).ok_or_else(|| Wrong::UnknownSubject(leaf.subject.clone()))?;
        let kind = subject.kind(self.known.words).ok_or_else(|| match &subject {
            Subject::ContactField(key) | Subject::ConversationField(key) => Wrong::UnknownField(key.clone()),
            other => Wrong::UnknownSubject(other.to_string()),
        })?;
        if !subject.comparisons(kind).contains(&leaf.comparison) {
            return Err(Wrong::Misfit { subject: leaf.subject.clone(), comparison: leaf.comparison.as_str().to_owned() });
        }
        let count = leaf.values.len();
        let is_enough = match leaf.comparison.takes() {
            Takes::None => true,
            Takes::One => count == 1,
            Takes::Two => count == 2,
            Takes::Some => count >= 1,
        };
        if !is_enough || (leaf.comparison.takes() != Takes::None && leaf.values.iter().any(|value| value.trim().is_empty())) {
            return Err(Wrong::ValueMissing);
        }
        if leaf.values.iter().any(|value| value.chars().count() > LONGEST_VALUE) {
            return Err(Wrong::ValueTooLong);
        }
        let mut tests = self.checks(kind, leaf)?.into_iter().map(|check| Node::Test(Test { subject: subject.clone(), check }));
        match (tests.next(), tests.next()) {
            (Some(only), None) => Ok(only),
            (first, second) => Ok(Node::Group(Group::Any, first.into_iter().chain(second).collect())),
        }
    }

    /// One, or two of which one is enough: words that are told by their signs are compared apart from others.
    fn checks(&self, kind: Kind, leaf: &Leaf) -> Result<Vec<Check>, Wrong> {
        let Leaf { comparison, values, .. } = leaf;
        match (kind, comparison) {
            (Kind::Text | Kind::Any, Comparison::Is | Comparison::OneOf) => texts(values),
            _ => self.check(kind, leaf).map(|check| vec![check]),
        }
    }

    fn check(&self, kind: Kind, leaf: &Leaf) -> Result<Check, Wrong> {
        let Leaf { comparison, values, .. } = leaf;
        let first = values.first().map_or("", |value| value.trim());
        match comparison {
            Comparison::Present => return Ok(Check::Present(true)),
            Comparison::Absent => return Ok(Check::Present(false)),
            _ => {}
        }
        match kind {
            Kind::Text => text(*comparison, first),
            Kind::Choice => Ok(Check::Choice(values.iter().map(|value| value.trim().to_lowercase()).collect())),
            Kind::Number => Ok(Check::Number(*comparison, number(first)?)),
            Kind::Date => Ok(Check::Date(*comparison, date(first)?)),
            Kind::Any => match comparison {
                Comparison::AtLeast | Comparison::AtMost | Comparison::MoreThan | Comparison::LessThan => {
                    Ok(Check::Number(*comparison, number(first)?))
                }
                Comparison::Before | Comparison::After => Ok(Check::Date(*comparison, date(first)?)),
                _ => text(*comparison, first),
            },
            Kind::YesNo => match first {
                "yes" | "true" => Ok(Check::YesNo(true)),
                "no" | "false" => Ok(Check::YesNo(false)),
                _ => Err(unfit(first, Fitting::YesNo)),
            },
            Kind::TimeOfDay => {
                let times = values.iter().map(|value| time(value.trim())).collect::<Result<Vec<_>, _>>()?;
                let (from, to) = match (comparison, times.as_slice()) {
                    (Comparison::Before, [to, ..]) => (Time::MIN, *to),
                    (Comparison::After, [from, ..]) => (*from, Time::MIN),
                    (_, [from, to, ..]) => (*from, *to),
                    (_, _) => return Err(Wrong::ValueMissing),
                };
                if from == to { Err(Wrong::WholeDay) } else { Ok(Check::Clock(from, to)) }
            }
            Kind::Weekday => values.iter().map(|value| weekday(value.trim())).collect::<Result<_, _>>().map(Check::Weekdays),
            Kind::Inbox => ids(values, |id| among(self.known.inboxes, id), &Wrong::UnknownInbox),
            Kind::Person => ids(values, |id| among(self.known.people, id), &Wrong::UnknownPerson),
            // One that was merged is the other.
            Kind::Tags => ids(values, |id| self.known.words.tag(id.into()).map(|tag| tag.id.0), &Wrong::UnknownTag),
        }
    }
}

fn among(all: Option<&BTreeSet<Uuid>>, id: Uuid) -> Option<Uuid> {
    all.is_none_or(|all| all.contains(&id)).then_some(id)
}

/// By what stands for each of them.
fn ids(values: &[String], known: impl Fn(Uuid) -> Option<Uuid>, unknown: &Wrong) -> Result<Check, Wrong> {
    let id = |value: &String| value.trim().parse::<Uuid>().ok().and_then(&known).ok_or_else(|| unknown.clone());
    values.iter().map(id).collect::<Result<BTreeSet<Uuid>, _>>().map(Check::Ids)
}

fn unfit(value: &str, fitting: Fitting) -> Wrong {
    Wrong::Value { value: value.to_owned(), fitting }
}

fn folded(value: &str) -> Result<(Signs, String), Wrong> {
    let signs = Signs::of(value);
    let folded = signs.fold(value);
    if folded.is_empty() { Err(Wrong::NothingToCompare { value: value.to_owned() }) } else { Ok((signs, folded)) }
}

fn text(comparison: Comparison, value: &str) -> Result<Check, Wrong> {
    let (signs, word) = folded(value)?;
    Ok(match comparison {
        Comparison::StartsWith => Check::StartsWith(signs, word),
        _ => Check::Contains(signs, word),
    })
}

fn texts(values: &[String]) -> Result<Vec<Check>, Wrong> {
    let words = values.iter().map(|value| folded(value)).collect::<Result<Vec<_>, _>>()?;
    let of =
        |wanted: Signs| -> BTreeSet<String> { words.iter().filter(|(signs, _)| *signs == wanted).map(|(_, word)| word.clone()).collect() };
    let both = [Signs::Ignored, Signs::Kept].map(|signs| (signs, of(signs)));
    Ok(both.into_iter().filter(|(_, words)| !words.is_empty()).map(|(signs, words)| Check::Is(signs, words)).collect())
}

/// As fields keep one: with a point.
pub(super) fn number(value: &str) -> Result<f64, Wrong> {
    value.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(|| unfit(value, Fitting::Number))
}

fn date(value: &str) -> Result<Date, Wrong> {
    value.parse().map_err(|_| unfit(value, Fitting::Date))
}

fn time(value: &str) -> Result<Time, Wrong> {
    Time::strptime("%H:%M", value).map_err(|_| unfit(value, Fitting::Time))
}

fn weekday(value: &str) -> Result<Weekday, Wrong> {
    let place = WEEKDAYS.iter().position(|day| *day == value).and_then(|place| i8::try_from(place).ok());
    place.and_then(|place| Weekday::from_monday_zero_offset(place).ok()).ok_or_else(|| unfit(value, Fitting::Weekday))
}

/// The same with every value as it is kept, and as every browser reads it: `9:30` as `09:30`. What is no value stays as it is.
#[must_use]
pub fn tidy(condition: Condition, words: &Vocabulary) -> Condition {
    condition.with_leaves(&mut |leaf| {
        let kind = Subject::read(&leaf.subject).and_then(|subject| subject.kind(words));
        let kept = |value: &String| {
            let value = value.trim();
            let kept = match (kind, value) {
                (Some(Kind::YesNo), "true") => Some("yes".to_owned()),
                (Some(Kind::YesNo), "false") => Some("no".to_owned()),
                (Some(Kind::TimeOfDay), value) => time(value).ok().map(|time| time.strftime("%H:%M").to_string()),
                (Some(Kind::Date), value) => date(value).ok().map(|date| date.to_string()),
                _ => None,
            };
            kept.unwrap_or_else(|| value.to_owned())
        };
        Leaf { values: leaf.values.iter().map(kept).collect(), ..leaf }
    })
}
