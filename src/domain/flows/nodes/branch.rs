//! Branch: goes one way or another, by what is known or by whether a queue is open.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::run::Run;
use super::super::text;
use super::super::validation::{Checks, Spot};
use super::Next;

/// `{"kind":"branch","on":{"field":"topic"},"cases":[{"equals":"orders","next":"…"},{"in":["a","b"],"next":"…"}],"otherwise":"…"}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    pub on: Subject,
    pub cases: Vec<Case>,
    pub otherwise: String,
}

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An answer, or a field of the contact.
    Field(String),
    /// The hours of a queue: `open` or `closed`.
    Hours(String),
}

/// One way; exactly one of `equals` and `in`. Compared without case, accents and punctuation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<String>,
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub any_of: Option<Vec<String>>,
    pub next: String,
}

impl Branch {
    pub(super) fn enter<'a>(&'a self, run: &mut Run<'a>) -> Next<'a> {
        match self.way(run) {
            Ok(next) => Next::Node(next),
            Err(reason) => Next::Fault(reason),
        }
    }

    /// Where it leads as things stand.
    fn way(&self, run: &Run<'_>) -> Result<&str, String> {
        let value = match &self.on {
            Subject::Field(field) => run.field(field).unwrap_or(""),
            Subject::Hours(key) => {
                let queue = run.queue(key).ok_or_else(|| format!("there is no queue “{key}”"))?;
                if queue.hours.is_open(run.context.now) { "open" } else { "closed" }
            }
        };
        let case = self.cases.iter().find(|case| case.is_met_by(value));
        Ok(case.map_or(&self.otherwise, |case| &case.next))
    }

    /// Where it is sure to lead: by what is known already, or because all ways lead there.
    pub(in super::super) fn only_way<'a>(&'a self, run: &Run<'_>) -> Option<&'a str> {
        let is_known = match &self.on {
            Subject::Field(field) => run.field(field).is_some(),
            Subject::Hours(_) => true,
        };
        if is_known {
            return self.way(run).ok();
        }
        self.cases.iter().all(|case| case.next == self.otherwise).then_some(&self.otherwise)
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        if self.cases.is_empty() {
            checks.fault("cases", "has none, so it is no branch");
        }
        let known = match &self.on {
            Subject::Field(field) => {
                checks.answer_or_field("on", field);
                checks.option_ids(field)
            }
            Subject::Hours(key) => {
                checks.queue("on", key);
                Some(vec!["open", "closed"])
            }
        };
        for (index, case) in self.cases.iter().enumerate() {
            if case.equals.is_some() == case.any_of.is_some() || case.values().next().is_none() {
                checks.fault(Spot::of_case(index), "each case needs either “equals” or “in”, with at least one value");
            }
            for (place, value) in case.values().enumerate() {
                let is_known = |known: &Vec<&str>| known.iter().any(|id| text::normalise(id) == text::normalise(value));
                if !known.as_ref().is_none_or(is_known) {
                    checks.fault(case.spot(index, place), format!("the value “{value}” never comes up"));
                }
            }
        }
    }

    pub(super) fn targets(&self) -> Vec<(&'static str, &str)> {
        let cases = self.cases.iter().map(|case| ("cases", case.next.as_str()));
        cases.chain([("otherwise", self.otherwise.as_str())]).collect()
    }
}

impl Case {
    /// The values it is met by.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.equals.iter().chain(self.any_of.iter().flatten()).map(String::as_str)
    }

    /// Where one of its values stands.
    fn spot(&self, index: usize, place: usize) -> Spot {
        if self.equals.is_some() { Spot::case(index, "equals") } else { Spot::case(index, "in").at(place) }
    }

    fn is_met_by(&self, value: &str) -> bool {
        let value = text::normalise(value);
        self.values().any(|wanted| text::normalise(wanted) == value)
    }
}
