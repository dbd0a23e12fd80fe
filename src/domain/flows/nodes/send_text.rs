//! Send text: says something and goes on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::run::Run;
use super::super::text::Text;
use super::super::validation::Checks;
use super::Next;

/// `{"kind":"send_text","text":"…","next":"…"}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendText {
    pub text: Text,
    /// Whose promise and name the text speaks of; the topic's queue or the default one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    pub next: String,
}

impl SendText {
    pub(super) fn enter<'a>(&'a self, run: &mut Run<'a>) -> Next<'a> {
        run.say_text(&self.text, self.queue.as_deref());
        Next::Node(&self.next)
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.text("text", &self.text, checks.rules().text);
        if let Some(queue) = &self.queue {
            checks.queue("queue", queue);
        }
    }
}
