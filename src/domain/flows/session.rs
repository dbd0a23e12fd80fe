//! A session: one customer's way through one version of a flow, between two messages.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::engine::Kind;
use super::turn::{Bubble, Turn};
use crate::domain::brief::{Answer, Quote};
use crate::domain::ids::{FlowId, MessageId, UserId};

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
    /// Until when what comes in belongs to the turn that was answered last: the question that waits had not reached them.
    #[serde(default)]
    pub turn_ends_at: Option<Timestamp>,
    /// What they are saying at the question that waits; read once they pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<Box<Turn>>,
    /// Our latest messages; the last of them is the question that waits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<MessageId>,
    /// A tap that came before its question was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Box<Given>>,
    /// The question that waits was put again because something could not be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_asked_for_words: bool,
    #[serde(default)]
    pub topic: Option<Topic>,
    /// What this flow noted on the contact.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Who held the customer's conversation before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_agent: Option<UserId>,
    /// When that one was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_at: Option<Timestamp>,
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

/// An option that was chosen before its question was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    pub option: String,
    pub tap: Bubble,
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
            turn: None,
            asked: Vec::new(),
            given: None,
            has_asked_for_words: false,
            topic: None,
            fields: BTreeMap::new(),
            previous_agent: None,
            previous_at: None,
            promised: None,
            started_at: at,
            waiting_since: at,
            gives_up_at: None,
        }
    }

    /// Whether what comes in at `at` was begun before the question that waits had reached them.
    #[must_use]
    pub fn is_early(&self, at: Timestamp) -> bool {
        match &self.turn {
            Some(turn) => turn.is_early,
            None => self.turn_ends_at.is_some_and(|end| at <= end),
        }
    }

    /// Whether nothing was answered yet.
    #[must_use]
    pub fn is_opening(&self) -> bool {
        self.answers.is_empty()
    }

    #[must_use]
    pub fn answer(&self, field: &str) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.field == field)
    }

    /// Keeps for the brief what no question could use.
    pub(super) fn quote(&mut self, bubble: Bubble, when: When) {
        let quotes = match when {
            When::Opening => &mut self.opening,
            When::Later => &mut self.unclear,
        };
        // A picture alone says nothing that could be quoted, but it tells what they came with.
        let is_brought = when == When::Opening && bubble.kind == Kind::Attachment;
        if quotes.len() < MAX_QUOTES && (is_brought || !bubble.text.is_empty()) {
            quotes.push(bubble.quote());
        }
    }

    /// Ends the turn that is under way: what was said in it and is not part of an answer is kept for the brief.
    pub(super) fn release(&mut self, answered: &[MessageId]) {
        let Some(turn) = self.turn.take() else { return };
        let when = if turn.is_early && self.is_opening() { When::Opening } else { When::Later };
        let left = turn.bubbles.into_iter().filter(|bubble| !answered.contains(&bubble.message));
        left.for_each(|bubble| self.quote(bubble, when));
    }

    /// Takes an answer; one to a question that was asked before replaces the old.
    pub(super) fn record(&mut self, answer: Answer) {
        self.answers.retain(|known| known.field != answer.field);
        self.answers.push(answer);
        self.attempts = 0;
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

/// When something was said that no question could use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Before the first question had reached them.
    Opening,
    Later,
}
