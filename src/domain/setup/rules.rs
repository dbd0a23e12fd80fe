//! What must fit of entry rules, and what is odd about them without being wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;

use super::check::{LONGEST_KEY, fit_name};
use super::refusal::{SetupRefusal, Thing};
use super::value::{EntryRule, Setup};
use crate::domain::conditions::{Compiled, Fault, Known, MOST_STEPS_OF_ALL, hides, is_never, is_unconditional, stored, tidy};
use crate::domain::details::Vocabulary;
use crate::domain::ids::EntryRuleId;
use crate::domain::routing::Priority;

/// Rules of a workspace at most, and comparisons of all of them: each conversation that comes in is held against them, while nothing else
/// happens to its customer.
pub const MOST_RULES: usize = 200;
pub const MOST_COMPARISONS: usize = 2_000;

pub(super) fn faults(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    if setup.entry_rules.is_empty() {
        return;
    }
    let names = Nameable::of(setup);
    let (mut taken, mut comparisons) = (BTreeSet::new(), 0);
    for rule in setup.entry_rules.values() {
        fit_name(&rule.name, faults);
        if !taken.insert(rule.name.to_lowercase()) {
            faults.insert(SetupRefusal::RuleNameTaken { name: rule.name.clone() });
        }
        if rule.queue.is_none() && rule.priority.is_none() && rule.tags.is_empty() && rule.skills.is_empty() {
            faults.insert(SetupRefusal::RuleIdle { rule: rule.name.clone() });
        }
        if let Some(word) = rule.priority.as_ref().filter(|word| word.parse::<Priority>().is_err()) {
            faults.insert(SetupRefusal::PriorityUnknown { priority: word.chars().take(LONGEST_KEY).collect() });
        }
        if rule.queue.is_some_and(|queue| !setup.queues.contains_key(&queue)) {
            faults.insert(SetupRefusal::Unknown(Thing::Queue));
        }
        if rule.tags.iter().any(|tag| !setup.tags.contains_key(tag)) {
            faults.insert(SetupRefusal::Unknown(Thing::Tag));
        }
        match rule.compile(names.known()) {
            Ok(compiled) => comparisons += compiled.comparisons(),
            Err(found) => faults.extend(found.into_iter().map(|fault| SetupRefusal::RuleFaulty { rule: rule.name.clone(), fault })),
        }
    }
    if setup.entry_rules.len() > MOST_RULES || comparisons > MOST_COMPARISONS {
        faults.insert(SetupRefusal::TooManyRules { most: MOST_RULES, comparisons: MOST_COMPARISONS });
    }
}

/// Whether conditions were already as wrong before, whatever their rule was called: they are of a newer version, and stay as they are.
pub(super) fn was_so(refusal: &SetupRefusal, before: &Setup, after: &Setup) -> bool {
    let SetupRefusal::RuleFaulty { rule: name, fault } = refusal else { return false };
    let named = after.entry_rules.iter().filter(|(_, rule)| rule.name == *name);
    let was = |id: &EntryRuleId| before.entry_rules.get(id).is_some_and(|rule| condition_faults(before, rule).contains(fault));
    named.into_iter().all(|(id, _)| was(id))
}

/// Conditions as they are kept; what this version does not understand stays as it is.
pub(in crate::domain::setup) fn as_kept(setup: &Setup, conditions: Value) -> Value {
    match stored::read(&conditions) {
        Ok(condition) => stored::write(&tidy(condition, &setup.vocabulary())),
        Err(_) => conditions,
    }
}

/// What the conditions of a set-up may name.
#[derive(Debug)]
pub struct Nameable {
    words: Vocabulary,
    inboxes: BTreeSet<Uuid>,
    people: BTreeSet<Uuid>,
}

impl Nameable {
    #[must_use]
    pub fn of(setup: &Setup) -> Self {
        Self {
            words: setup.vocabulary(),
            inboxes: setup.inboxes.keys().map(|id| id.0).collect(),
            people: setup.members.keys().map(|id| id.0).collect(),
        }
    }

    #[must_use]
    pub fn known(&self) -> Known<'_> {
        Known { words: &self.words, inboxes: Some(&self.inboxes), people: Some(&self.people) }
    }
}

/// What is odd about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// It can plainly never be met.
    Never,
    /// Whatever meets it meets that one first.
    HiddenBy(String),
    /// It holds of everything, and others come after it.
    HidesLater,
    /// It puts a tag that nobody adds any more: by its name.
    TagArchived(String),
}

/// The rules in their order.
#[must_use]
pub fn in_order(rules: &BTreeMap<EntryRuleId, EntryRule>) -> Vec<(EntryRuleId, &EntryRule)> {
    let mut all: Vec<(EntryRuleId, &EntryRule)> = rules.iter().map(|(id, rule)| (*id, rule)).collect();
    all.sort_by(|(one, a), (other, b)| (a.position, one).cmp(&(b.position, other)));
    all
}

/// What is odd about each rule of a set-up; nothing of those that are off, or that this version does not understand.
#[must_use]
pub fn oddities(setup: &Setup) -> BTreeMap<EntryRuleId, Oddity> {
    let names = Nameable::of(setup);
    let on = in_order(&setup.entry_rules).into_iter().filter(|(_, rule)| rule.enabled);
    let ready: Vec<(EntryRuleId, &str, Compiled)> =
        on.filter_map(|(id, rule)| Some((id, rule.name.as_str(), rule.compile(names.known()).ok()?))).collect();
    let (mut found, mut steps) = (BTreeMap::new(), MOST_STEPS_OF_ALL);
    for (place, (id, _, compiled)) in ready.iter().enumerate() {
        let earlier = ready[..place].iter().find(|(_, _, earlier)| hides(earlier, compiled, &mut steps));
        let oddity = if is_never(compiled) {
            Some(Oddity::Never)
        } else if let Some((_, name, _)) = earlier {
            Some(Oddity::HiddenBy((*name).to_owned()))
        } else {
            let hides_later = is_unconditional(compiled) && place + 1 < ready.len();
            hides_later.then_some(Oddity::HidesLater).or_else(|| archived_tag(setup, *id))
        };
        found.extend(oddity.map(|oddity| (*id, oddity)));
    }
    found
}

/// A tag that the rule puts and nobody adds any more.
fn archived_tag(setup: &Setup, rule: EntryRuleId) -> Option<Oddity> {
    let words = setup.vocabulary();
    let tags = setup.entry_rules.get(&rule)?.tags.iter().filter_map(|tag| words.tag(*tag));
    tags.filter(|tag| tag.archived).map(|tag| Oddity::TagArchived(tag.name.clone())).next()
}

/// What is wrong with conditions that somebody wrote, as the set-up stands.
#[must_use]
pub fn condition_faults(setup: &Setup, rule: &EntryRule) -> Vec<Fault> {
    rule.compile(Nameable::of(setup).known()).err().unwrap_or_default()
}
