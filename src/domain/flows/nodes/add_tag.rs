//! Add tag: puts a tag on the conversation and goes on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::engine::Step;
use super::super::run::Run;
use super::super::validation::Checks;
use super::Next;

/// `{"kind":"add_tag","tag":"VIP","next":"…"}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddTag {
    /// Its name, as administrators defined it.
    pub tag: String,
    pub next: String,
}

impl AddTag {
    pub(super) fn enter<'a>(&'a self, run: &mut Run<'a>) -> Next<'a> {
        run.steps.push(Step::AddTag { tag: self.tag.clone() });
        Next::Node(&self.next)
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.tag("tag", &self.tag);
    }
}
