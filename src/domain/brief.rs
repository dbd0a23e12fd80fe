//! The hand-off brief: what a flow or a bot learned, so that nobody asks twice.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::MessageId;

/// What a flow or a bot tells the person who takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    pub reason: HandOffReason,
    /// The title of the chosen topic.
    pub topic: Option<String>,
    /// The key of the queue it goes to.
    pub queue: String,
    pub answers: Vec<Answer>,
    /// Labels of the questions that were not answered.
    pub missing: Vec<String>,
    /// What the customer wrote before the first question reached them.
    pub opening: Vec<Quote>,
    /// What they wrote later that no question could use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unclear: Vec<Quote>,
    /// BCP 47, e.g. `en`, when known.
    pub language: Option<String>,
    /// What the customer was told to expect.
    pub promised: Option<String>,
    /// The customer's first unanswered message: how long they have waited counts from here.
    pub waiting_since: Timestamp,
    /// It is of a matter that was resolved: the customer came back since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_earlier: bool,
}

/// One answer, with the message it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The name of the field, e.g. `order_number`.
    pub field: String,
    /// What the agent reads, e.g. `Order number`.
    pub label: String,
    /// The value as validated: an option's id, digits, a date in ISO form, the text.
    pub value: String,
    /// The value as the customer gave it, e.g. an option's title.
    pub shown: String,
    pub message: MessageId,
    /// The other messages it was given in: further pictures of an album, the rest of a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<MessageId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub message: MessageId,
    pub text: String,
}

/// Why a flow or a bot gave the conversation to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HandOffReason {
    /// All questions were asked.
    Completed,
    /// The customer asked for a person.
    CustomerAsked,
    /// A question was answered in a way that could not be used, too often.
    NotUnderstood { question: String },
    /// The customer stopped answering.
    TimedOut { question: String },
    /// The flow could not go on (a definition fault caught at run time).
    FlowFault { reason: String },
    /// What was asked did not reach the customer.
    NotDelivered,
    /// Nobody knows whether the question reached the customer.
    Uncertain,
    /// The customer service window had closed: nothing more could be said.
    WindowClosed,
}
