//! Hand off: gives the conversation to people, with the brief.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::run::Run;
use super::super::text::Text;
use super::super::validation::Checks;
use super::Next;

/// `{"kind":"hand_off"}`, with `"queue":"orders"` or `"queue":{"field":"department"}`, and a closing `"text"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOff {
    /// The topic's queue, or the default one, when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Destination>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
}

/// Which queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a queue is written as its key, or as {\"field\": \"…\"}")]
pub enum Destination {
    Key(String),
    Field(FieldName),
}

/// The field whose value is the queue's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldName {
    pub field: String,
}

impl HandOff {
    pub(super) fn enter<'a>(&'a self, run: &mut Run<'a>) -> Next<'a> {
        let queue = match &self.queue {
            None => None,
            Some(Destination::Key(key)) => Some(key.clone()),
            Some(Destination::Field(name)) => match run.field(&name.field) {
                Some(key) => Some(key.to_owned()),
                None => return Next::Fault(format!("the field “{}”, which names the queue, is not known", name.field)),
            },
        };
        if let Some(key) = queue.as_deref().filter(|key| run.queue(key).is_none()) {
            return Next::Fault(format!("there is no queue “{key}”"));
        }
        if let Some(text) = &self.text {
            run.say_text(text, queue.as_deref());
        }
        Next::HandOff(queue)
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        match &self.queue {
            Some(Destination::Key(key)) => checks.queue("queue", key),
            Some(Destination::Field(name)) => {
                let ids: Vec<&str> = checks.option_ids(&name.field).unwrap_or_default();
                ids.into_iter().for_each(|id| checks.queue("queue", id));
            }
            None => {}
        }
        if let Some(text) = &self.text {
            checks.text("text", text, checks.rules().text);
        }
    }
}
