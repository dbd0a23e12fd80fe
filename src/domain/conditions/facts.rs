//! What is known of a conversation that comes in.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::brief::{Answer, Quote};
use crate::domain::details::{Details, Vocabulary};
use crate::domain::ids::{InboxId, TagId, UserId};

/// What conditions are held against.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub name: &'a str,
    pub language: Option<&'a str>,
    /// Of the customer.
    pub fields: &'a BTreeMap<String, String>,
    /// Of the conversation.
    pub details: Option<&'a Details>,
    /// What a flow noted on its way, in fields of either: it counts before what was noted earlier.
    pub noted: Option<&'a BTreeMap<String, String>>,
    /// Tags that a flow added on its way.
    pub tags: &'a [TagId],
    pub answers: &'a [Answer],
    /// The customer's words.
    pub said: &'a [&'a str],
    pub inbox: InboxId,
    pub previous_agent: Option<UserId>,
    /// Whether the queue is open that it would go to otherwise.
    pub is_open: Option<bool>,
    pub now: Timestamp,
    /// Where the workspace is.
    pub zone: &'a TimeZone,
    /// Which tag counts in place of which.
    pub words: &'a Vocabulary,
}

/// The words of the customer that a brief repeats: what they wrote, and what they answered.
#[must_use]
pub fn said<'a>(opening: &'a [Quote], unclear: &'a [Quote], answers: &'a [Answer]) -> Vec<&'a str> {
    let quoted = opening.iter().chain(unclear).map(|quote| quote.text.as_str());
    quoted.chain(answers.iter().map(|answer| answer.shown.as_str())).collect()
}
