//! What a flow did not get to ask: for the brief of a hand-off that came early.

use std::collections::BTreeSet;

use super::nodes::Node;
use super::run::Run;

/// The labels of the questions that were not answered: the one that waits, and those behind it for as long as there is only one
/// way to go. The questions of a branch that depends on the missing answer are not known.
pub(super) fn questions(run: &Run<'_>) -> Vec<String> {
    let mut labels = Vec::new();
    let mut passed = BTreeSet::new();
    let mut key = Some(run.session.waiting_at.as_deref().unwrap_or(&run.definition.start));
    while let Some(node) = key.filter(|key| passed.insert(*key)).and_then(|key| run.definition.nodes.get(key)) {
        if let Node::Ask(ask) = node
            && run.session.answer(&ask.field).is_none()
        {
            labels.push(ask.label.clone());
        }
        key = only_way(node, run);
    }
    labels
}

fn only_way<'a>(node: &'a Node, run: &Run<'_>) -> Option<&'a str> {
    match node {
        Node::SendText(node) => Some(&node.next),
        Node::Ask(node) => Some(&node.next),
        Node::SetField(node) => Some(&node.next),
        Node::AddTag(node) => Some(&node.next),
        Node::Branch(node) => node.only_way(run),
        Node::HandOff(_) => None,
    }
}
