//! A condition held against facts. It never fails: what is not known meets no comparison but that it is absent.

use jiff::civil::{Date, Time};
use memchr::memmem;
use uuid::Uuid;

use super::case::Case;
use super::compile::{Check, Compiled, Node, Test, number};
use super::facts::Facts;
use super::subject::Subject;
use super::tree::{Comparison, Group};

impl Compiled {
    /// Whether it is so. Of several conditions, [`Self::holds_of`] costs less.
    #[must_use]
    pub fn holds(&self, facts: &Facts<'_>) -> bool {
        self.holds_of(&Case::of(*facts))
    }

    /// Whether it is so of a case that others are held against too.
    #[must_use]
    pub fn holds_of(&self, case: &Case<'_>) -> bool {
        holds(&self.0, case)
    }
}

fn holds(node: &Node, case: &Case<'_>) -> bool {
    match node {
        Node::Group(Group::All, inner) => inner.iter().all(|one| holds(one, case)),
        Node::Group(Group::Any, inner) => inner.iter().any(|one| holds(one, case)),
        Node::Group(Group::Not, inner) => !inner.iter().any(|one| holds(one, case)),
        Node::Test(test) => is_met(test, case),
    }
}

fn is_met<'a>(Test { subject, check }: &Test, case: &Case<'a>) -> bool {
    let facts = &case.facts;
    match subject {
        Subject::MessageText => one_of(case.said().iter().copied(), check, case),
        Subject::ContactName => one_of(Some(facts.name).into_iter(), check, case),
        Subject::ContactLanguage => one_of(facts.language.into_iter(), check, case),
        Subject::ContactField(key) => one_of(noted(facts, key).or_else(|| word(facts.fields.get(key))).into_iter(), check, case),
        Subject::ConversationField(key) => {
            let known = || word(facts.details.and_then(|details| details.fields.get(key)));
            one_of(noted(facts, key).or_else(known).into_iter(), check, case)
        }
        Subject::Answer(name) => one_of(answer(facts, name), check, case),
        Subject::ConversationTags => match check {
            Check::Present(is_present) => case.tags().is_empty() != *is_present,
            Check::Ids(wanted) => !wanted.is_disjoint(case.tags()),
            _ => false,
        },
        Subject::Inbox => is_one(Some(facts.inbox.0), check),
        Subject::PreviousAgent => is_one(facts.previous_agent.map(|user| user.0), check),
        Subject::QueueOpen => matches!((check, facts.is_open), (Check::YesNo(wanted), Some(is_open)) if *wanted == is_open),
        Subject::Weekday => matches!(check, Check::Weekdays(days) if days.contains(&case.local().weekday())),
        Subject::TimeOfDay => matches!(check, Check::Clock(from, to) if is_within(case.local().time(), *from, *to)),
    }
}

/// From the first to just before the second; over midnight, where the second comes first.
fn is_within(time: Time, from: Time, to: Time) -> bool {
    if from < to { from <= time && time < to } else { from <= time || time < to }
}

fn noted<'a>(facts: &Facts<'a>, key: &str) -> Option<&'a str> {
    word(facts.noted.and_then(|noted| noted.get(key)))
}

/// What is empty is nothing.
fn word(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

/// As it was validated, and as the customer gave it.
fn answer<'a>(facts: &Facts<'a>, name: &str) -> impl Iterator<Item = &'a str> {
    let answer = facts.answers.iter().find(|answer| answer.field == name);
    answer.into_iter().flat_map(|answer| [answer.value.as_str(), answer.shown.as_str()])
}

fn is_one(known: Option<Uuid>, check: &Check) -> bool {
    match (check, known) {
        (Check::Present(is_present), known) => known.is_some() == *is_present,
        (Check::Ids(wanted), Some(known)) => wanted.contains(&known),
        (_, _) => false,
    }
}

fn one_of<'a>(mut texts: impl Iterator<Item = &'a str>, check: &Check, case: &Case<'a>) -> bool {
    match check {
        Check::Present(is_present) => texts.any(|text| !text.is_empty()) == *is_present,
        _ => texts.any(|text| is_so(text, check, case)),
    }
}

fn is_so<'a>(text: &'a str, check: &Check, case: &Case<'a>) -> bool {
    match check {
        Check::Is(signs, words) => case.signs(text) == *signs && words.contains(&*case.folded(text, *signs)),
        Check::Contains(signs, word) => memmem::find(case.folded(text, *signs).as_bytes(), word.as_bytes()).is_some(),
        Check::StartsWith(signs, word) => case.folded(text, *signs).starts_with(word.as_str()),
        Check::Choice(wanted) => wanted.contains(&text.trim().to_lowercase()),
        Check::Number(comparison, wanted) => number(text.trim()).is_ok_and(|number| is_number(*comparison, number, *wanted)),
        Check::Date(comparison, wanted) => text.trim().parse::<Date>().is_ok_and(|date| match comparison {
            Comparison::Before => date < *wanted,
            Comparison::After => date > *wanted,
            _ => date == *wanted,
        }),
        Check::YesNo(wanted) => text == if *wanted { "yes" } else { "no" },
        Check::Clock(..) | Check::Weekdays(_) | Check::Ids(_) | Check::Present(_) => false,
    }
}

/// What is no number at all meets no comparison.
fn is_number(comparison: Comparison, number: f64, wanted: f64) -> bool {
    number.partial_cmp(&wanted).is_some_and(|order| match comparison {
        Comparison::AtLeast => order.is_ge(),
        Comparison::AtMost => order.is_le(),
        Comparison::MoreThan => order.is_gt(),
        Comparison::LessThan => order.is_lt(),
        _ => order.is_eq(),
    })
}
