//! What entry rules would have done with conversations that came in.

use super::entry::EntryRules;
use crate::domain::conditions::{Case, Facts};
use crate::domain::ids::{EntryRuleId, QueueId};

/// A conversation that came in.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    pub facts: Facts<'a>,
    /// Where it went.
    pub went: QueueId,
    /// A flow or a bot named the queue: no rule is asked.
    pub is_named: bool,
    /// Where it goes when no rule is met.
    pub otherwise: QueueId,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Those that a flow or a bot sent by name.
    pub named: usize,
    /// Of the others: how many meet the rule,
    pub met: usize,
    /// of how many it is the first that is met,
    pub decided: usize,
    /// and how many of those would go elsewhere than they went.
    pub moved: usize,
    /// Those that it decides, by their place among the arrivals, each with where it would go.
    pub all: Vec<(usize, QueueId)>,
}

/// Holds the rules against conversations, and says what one of them does.
#[must_use]
pub fn trial(rules: &EntryRules, rule: EntryRuleId, arrivals: &[Arrival<'_>]) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(tried) = rules.rule(rule) else { return outcome };
    for (place, arrival) in arrivals.iter().enumerate() {
        if arrival.is_named {
            outcome.named += 1;
            continue;
        }
        let case = Case::of(arrival.facts);
        if !tried.condition.holds_of(&case) {
            continue;
        }
        outcome.met += 1;
        if rules.first(&case).is_some_and(|first| first.id == rule) {
            let goes = tried.queue.unwrap_or(arrival.otherwise);
            outcome.decided += 1;
            outcome.moved += usize::from(goes != arrival.went);
            outcome.all.push((place, goes));
        }
    }
    outcome
}
