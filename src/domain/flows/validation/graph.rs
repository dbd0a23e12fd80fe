//! How nodes hang together: ways that lead nowhere, nodes that nothing leads to, circles, too many messages in a row.

use std::collections::{BTreeMap, BTreeSet};

use super::super::definition::Definition;
use super::super::nodes::Node;
use super::super::run::MAX_MESSAGES_PER_STEP;
use super::{Fault, Spot};

pub(super) fn faults(definition: &Definition, unread: &BTreeSet<String>) -> Vec<Fault> {
    let is_node = |key: &str| definition.nodes.contains_key(key) || unread.contains(key);
    let mut faults = Vec::new();
    if !is_node(&definition.start) {
        faults.push(Fault::of_flow("start", format!("there is no node “{}”", definition.start)));
    }
    for (key, node) in &definition.nodes {
        for (index, (field, target)) in node.targets().into_iter().enumerate().filter(|(_, (_, target))| !is_node(target)) {
            let spot = if field == "cases" { Spot::case(index, "next") } else { field.into() };
            faults.push(Fault::of_node(key, Some(spot), format!("there is no node “{target}”")));
        }
    }
    if faults.is_empty() && unread.is_empty() {
        faults.extend(unreachable(definition));
    }
    let circles = circles(definition);
    if circles.is_empty() {
        faults.extend(long_speeches(definition));
    }
    faults.extend(circles);
    faults
}

fn of_node(key: &str, what: String) -> Fault {
    Fault::of_node(key, None, what)
}

fn unreachable(definition: &Definition) -> Vec<Fault> {
    let reached = reached_from([definition.start.as_str()].into_iter().collect(), |key| targets(definition, key));
    let unreached = definition.nodes.keys().filter(|key| !reached.contains(key.as_str()));
    unreached.map(|key| of_node(key, "nothing leads here".to_owned())).collect()
}

/// Circles without a question: the flow would run in them for ever. Each is told once.
fn circles(definition: &Definition) -> Vec<Fault> {
    let silently_reached = |key| reached_from(silent_targets(definition, key), |key| silent_targets(definition, key));
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut faults = Vec::new();
    for key in definition.nodes.keys().map(String::as_str) {
        let reached = silently_reached(key);
        if reached.contains(key) && !told.contains(key) {
            faults.push(of_node(key, "the flow comes back here without having asked anything".to_owned()));
            told.extend(reached.into_iter().filter(|other| silently_reached(other).contains(key)));
        }
    }
    faults
}

/// From which questions, or from the start, more messages follow than may be sent in a row.
fn long_speeches(definition: &Definition) -> Vec<Fault> {
    let mut longest = BTreeMap::new();
    let keys = definition.nodes.keys().map(String::as_str);
    let found = keys.filter(|key| messages_from(definition, key, &mut longest) > MAX_MESSAGES_PER_STEP);
    found.map(|key| of_node(key, format!("more than {MAX_MESSAGES_PER_STEP} messages in a row begin here"))).take(1).collect()
}

/// How many messages are sent at most from a node to the next question. Only for flows without circles.
fn messages_from<'a>(definition: &'a Definition, key: &'a str, longest: &mut BTreeMap<&'a str, usize>) -> usize {
    if let Some(known) = longest.get(key) {
        return *known;
    }
    let own = match definition.nodes.get(key) {
        Some(Node::SendText(_) | Node::Ask(_)) => 1,
        Some(Node::HandOff(node)) => usize::from(node.text.is_some()),
        Some(Node::Branch(_) | Node::SetField(_) | Node::AddTag(_)) | None => 0,
    };
    let following = silent_targets(definition, key).into_iter().map(|target| messages_from(definition, target, longest));
    let total = own + following.max().unwrap_or(0);
    longest.insert(key, total);
    total
}

fn targets<'a>(definition: &'a Definition, key: &str) -> BTreeSet<&'a str> {
    definition.nodes.get(key).into_iter().flat_map(Node::targets).map(|(_, target)| target).collect()
}

/// Where a node leads without waiting for an answer.
fn silent_targets<'a>(definition: &'a Definition, key: &str) -> BTreeSet<&'a str> {
    match definition.nodes.get(key) {
        Some(Node::Ask(_)) => BTreeSet::new(),
        _ => targets(definition, key),
    }
}

/// Everything that can be reached from some nodes, these included.
fn reached_from<'a>(first: BTreeSet<&'a str>, targets: impl Fn(&'a str) -> BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<&str> = first.into_iter().collect();
    while let Some(key) = waiting.pop() {
        if reached.insert(key) {
            waiting.extend(targets(key));
        }
    }
    reached
}
