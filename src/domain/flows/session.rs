//! A session: one customer's way through one version of a flow, between two messages.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::brief::{Answer, Quote};
use crate::domain::ids::{FlowId, MessageId};

/// How many messages of either kind a session quotes; the thread has them all.
const MAX_QUOTES: usize = 50;

/// Where a customer stands in a flow and what they said so far. It keeps the version it began with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowSession {
    pub flow: FlowId,
    pub version: i32,
    /// The key of the question that waits for an answer.
    pub waiting_at: Option<String>,
    /// How often the waiting question was answered in a way the flow could not use.
    #[serde(default)]
    pub attempts: u32,
    /// In the order they were asked.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// What the customer wrote in the opening turn.
    #[serde(default)]
    pub opening: Vec<Quote>,
    /// What they wrote later that no question could use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unclear: Vec<Quote>,
    /// Until when further messages belong to the opening turn; `None` once a question was answered.
    #[serde(default)]
    pub turn_ends_at: Option<Timestamp>,
    #[serde(default)]
    pub topic: Option<Topic>,
    /// What this flow noted on the contact.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// The last promise the customer was given.
    #[serde(default)]
    pub promised: Option<String>,
    pub started_at: Timestamp,
    /// The customer's first message.
    pub waiting_since: Timestamp,
    /// When the flow stops waiting for an answer.
    #[serde(default)]
    pub gives_up_at: Option<Timestamp>,
}

/// What the customer wants, once an answer said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// The field whose answer it is.
    pub field: String,
    /// As agents read it: in the language of the definition.
    pub title: String,
    /// The key of its queue.
    pub queue: String,
}

impl FlowSession {
    /// A session that has asked nothing yet.
    #[must_use]
    pub fn new(flow: FlowId, version: i32, at: Timestamp) -> Self {
        Self {
            flow,
            version,
            waiting_at: None,
            attempts: 0,
            answers: Vec::new(),
            opening: Vec::new(),
            unclear: Vec::new(),
            turn_ends_at: None,
            topic: None,
            fields: BTreeMap::new(),
            promised: None,
            started_at: at,
            waiting_since: at,
            gives_up_at: None,
        }
    }

    #[must_use]
    pub fn is_in_opening_turn(&self, at: Timestamp) -> bool {
        self.turn_ends_at.is_some_and(|end| at <= end)
    }

    #[must_use]
    pub fn answer(&self, field: &str) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.field == field)
    }

    /// Keeps a message of the opening turn for the brief.
    pub(super) fn quote(&mut self, message: MessageId, text: String) {
        keep(&mut self.opening, Quote { message, text });
    }

    /// Keeps a message for the brief that a question could not use.
    pub(super) fn quote_unclear(&mut self, message: MessageId, text: String) {
        keep(&mut self.unclear, Quote { message, text });
    }

    /// Takes an answer; one to a question that was asked before replaces the old.
    pub(super) fn record(&mut self, answer: Answer) {
        self.answers.retain(|known| known.field != answer.field);
        self.answers.push(answer);
        self.attempts = 0;
        self.turn_ends_at = None;
    }

    /// Forgets the answer to a question and everything that was answered after it.
    pub(super) fn rewind_to(&mut self, field: &str) {
        if let Some(place) = self.answers.iter().position(|answer| answer.field == field) {
            self.answers.truncate(place);
        }
        if self.topic.as_ref().is_some_and(|topic| self.answer(&topic.field).is_none()) {
            self.topic = None;
        }
    }
}

fn keep(quotes: &mut Vec<Quote>, quote: Quote) {
    if quotes.len() < MAX_QUOTES {
        quotes.push(quote);
    }
}
