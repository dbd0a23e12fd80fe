//! The kinds of node, one file each.

mod add_tag;
mod ask;
mod branch;
mod hand_off;
mod options;
mod send_text;
mod set_field;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use add_tag::AddTag;
pub use ask::{Ask, Form};
pub use branch::{Branch, Case, Subject};
pub use hand_off::{Destination, HandOff};
pub use options::AskOption;
pub use send_text::SendText;
pub use set_field::SetField;

use super::run::Run;
use super::text::Text;
use super::validation::Checks;

/// A node of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Node {
    SendText(SendText),
    Ask(Ask),
    Branch(Branch),
    SetField(SetField),
    AddTag(AddTag),
    HandOff(HandOff),
}

/// Where a flow goes from a node.
pub(super) enum Next<'a> {
    Node(&'a str),
    /// Here, until the customer answers.
    Wait,
    /// To people: the key of a queue, or the topic's queue.
    HandOff(Option<String>),
    /// To people, because nothing may be said.
    LetGo,
    Fault(String),
}

impl Node {
    pub(super) fn enter<'a>(&'a self, run: &mut Run<'a>) -> Next<'a> {
        match self {
            Node::SendText(node) => node.enter(run),
            Node::Ask(node) => node.enter(run),
            Node::Branch(node) => node.enter(run),
            Node::SetField(node) => node.enter(run),
            Node::AddTag(node) => node.enter(run),
            Node::HandOff(node) => node.enter(run),
        }
    }

    /// The question it asks, if it asks one.
    #[must_use]
    pub fn as_ask(&self) -> Option<&Ask> {
        match self {
            Node::Ask(ask) => Some(ask),
            Node::SendText(_) | Node::Branch(_) | Node::SetField(_) | Node::AddTag(_) | Node::HandOff(_) => None,
        }
    }

    /// Every text of it that is said.
    #[must_use]
    pub fn texts(&self) -> Vec<&Text> {
        match self {
            Node::SendText(node) => vec![&node.text],
            Node::Ask(ask) => {
                let options = ask.options.iter().flat_map(|option| [Some(&option.title), option.description.as_ref()]);
                [Some(&ask.prompt), ask.retry.as_ref(), ask.button.as_ref()].into_iter().chain(options).flatten().collect()
            }
            Node::HandOff(node) => node.text.iter().collect(),
            Node::Branch(_) | Node::SetField(_) | Node::AddTag(_) => Vec::new(),
        }
    }

    /// The nodes it may lead to, each with the field that says so.
    #[must_use]
    pub fn targets(&self) -> Vec<(&'static str, &str)> {
        match self {
            Node::SendText(node) => vec![("next", &node.next)],
            Node::Ask(node) => vec![("next", &node.next)],
            Node::Branch(node) => node.targets(),
            Node::SetField(node) => vec![("next", &node.next)],
            Node::AddTag(node) => vec![("next", &node.next)],
            Node::HandOff(_) => Vec::new(),
        }
    }

    /// Finds the faults of this node by itself.
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        match self {
            Node::SendText(node) => node.check(checks),
            Node::Ask(node) => node.check(checks),
            Node::Branch(node) => node.check(checks),
            Node::SetField(node) => node.check(checks),
            Node::AddTag(node) => node.check(checks),
            Node::HandOff(node) => node.check(checks),
        }
    }
}
