//! Set field: notes something on the contact and goes on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::engine::Step;
use super::super::run::Run;
use super::super::text::{self, Text};
use super::super::validation::Checks;
use super::Next;

/// How long the value of a contact's field may be.
pub const MAX_VALUE: usize = 500;

/// `{"kind":"set_field","field":"last_order","value":"{answer.order_number}","next":"…"}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetField {
    pub field: String,
    pub value: Text,
    pub next: String,
}

impl SetField {
    /// A value that comes out empty changes nothing.
    pub(super) fn enter<'a>(&'a self, run: &mut Run<'a>) -> Next<'a> {
        let value = text::truncate(&run.expand_for_the_record(&self.value), MAX_VALUE);
        if !value.is_empty() {
            run.session.fields.insert(self.field.clone(), value.clone());
            run.steps.push(Step::SetField { field: self.field.clone(), value });
        }
        Next::Node(&self.next)
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.field("field", &self.field);
        checks.text("value", &self.value, MAX_VALUE);
    }
}
