//! A drawing of a definition: nodes in layers from the start down, and what leads from one to the next. Also of one with faults.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::written::{Lead, targets};

/// Units of the drawing: a box, and the room between two in a layer and between two layers.
pub const BOX_WIDTH: i32 = 176;
pub const BOX_HEIGHT: i32 = 56;
const GAP: i32 = 24;
const BETWEEN_LAYERS: i32 = 56;
const MARGIN: i32 = 16;

/// Nodes that are drawn at most: more cannot be published either, and nobody could read it.
const MOST_NODES: usize = 400;

/// How often layers are put in order, down and up.
const SWEEPS: usize = 6;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    pub width: i32,
    pub height: i32,
    pub nodes: Vec<Drawn>,
    pub ways: Vec<Way>,
}

/// A node as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    pub key: String,
    /// As it is written, such as `ask`; empty where it has none.
    pub kind: String,
    /// What it says, asks or looks at.
    pub about: String,
    /// The upper left corner.
    pub x: i32,
    pub y: i32,
    pub is_start: bool,
    /// Something leads there from the start.
    pub is_reached: bool,
}

/// What leads from one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub from: String,
    /// The key that it names, also of a node that is not there.
    pub to: String,
    /// The values of a case; nothing on the way that is always gone.
    pub label: Label,
    /// Where it begins, bends and ends.
    pub points: [(i32, i32); 4],
    /// It leads up again.
    pub is_back: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    Nothing,
    Values(String),
    Otherwise,
}

/// Draws a definition as it is written.
#[must_use]
pub fn draw(json: &Value) -> Drawing {
    let Some(nodes) = json.get("nodes").and_then(Value::as_object) else {
        return Drawing { width: 0, height: 0, nodes: Vec::new(), ways: Vec::new() };
    };
    let start = json.get("start").and_then(Value::as_str).unwrap_or_default();
    let graph = Graph::of(nodes.iter().take(MOST_NODES).map(|(key, node)| (key.as_str(), node)), start);
    let rows = graph.rows();
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width_of = |count: usize| i32::try_from(count).unwrap_or(i32::MAX / 1_000).max(1) * (BOX_WIDTH + GAP) - GAP;
    let width = width_of(widest);
    let mut places = BTreeMap::new();
    for (layer, row) in rows.iter().enumerate() {
        let y = MARGIN + i32::try_from(layer).unwrap_or_default() * (BOX_HEIGHT + BETWEEN_LAYERS);
        let left = MARGIN + (width - width_of(row.len())) / 2;
        for (place, node) in row.iter().enumerate() {
            places.insert(*node, (left + i32::try_from(place).unwrap_or_default() * (BOX_WIDTH + GAP), y));
        }
    }
    let drawn = |(index, (key, node)): (usize, &(&str, &Value))| {
        let (x, y) = places.get(&index).copied().unwrap_or_default();
        let kind = node.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (is_start, is_reached) = (*key == start, graph.reached.contains(&index));
        Drawn { key: (*key).to_owned(), kind, about: about(node), x, y, is_start, is_reached }
    };
    let layers = i32::try_from(rows.len()).unwrap_or_default();
    let beginnings = Beginnings::of(&graph, &places);
    let way = |edge: &Edge| {
        let (from, to) = (places.get(&edge.from).copied().unwrap_or_default(), places.get(&edge.to).copied().unwrap_or_default());
        let label = match &edge.lead {
            Lead::Next => Label::Nothing,
            Lead::Case(values) => Label::Values(values.join(", ")),
            Lead::Otherwise => Label::Otherwise,
        };
        let name = |index: usize| graph.nodes.get(index).map(|(key, _)| (*key).to_owned()).unwrap_or_default();
        Way {
            from: name(edge.from),
            to: name(edge.to),
            label,
            points: bends(from, to, beginnings.beside(&places, edge)),
            is_back: from.1 >= to.1,
        }
    };
    Drawing {
        width: width + 2 * MARGIN,
        height: 2 * MARGIN + layers * (BOX_HEIGHT + BETWEEN_LAYERS) - BETWEEN_LAYERS.min(layers * BETWEEN_LAYERS),
        nodes: graph.nodes.iter().enumerate().map(drawn).collect(),
        ways: graph.edges.iter().map(way).collect(),
    }
}

/// The ways that begin at each box, from the left: those that lead further left, further left.
struct Beginnings(BTreeMap<usize, Vec<(i32, usize)>>);

impl Beginnings {
    fn of(graph: &Graph<'_>, places: &BTreeMap<usize, (i32, i32)>) -> Self {
        let mut ways: BTreeMap<usize, Vec<(i32, usize)>> = BTreeMap::new();
        for edge in &graph.edges {
            ways.entry(edge.from).or_default().push(Self::order(places, edge));
        }
        ways.values_mut().for_each(|ways| ways.sort_unstable());
        Self(ways)
    }

    fn order(places: &BTreeMap<usize, (i32, i32)>, edge: &Edge) -> (i32, usize) {
        (places.get(&edge.to).map_or(0, |place| place.0), edge.place)
    }

    /// The how manieth from the left a way begins at its box, and how many do.
    fn beside(&self, places: &BTreeMap<usize, (i32, i32)>, edge: &Edge) -> (usize, usize) {
        let Some(ways) = self.0.get(&edge.from) else { return (0, 1) };
        let own = Self::order(places, edge);
        (ways.partition_point(|other| *other < own), ways.len())
    }
}

/// From the lower edge of one box to the upper edge of the other; several ways of a box begin beside one another.
fn bends(from: (i32, i32), to: (i32, i32), (place, count): (usize, usize)) -> [(i32, i32); 4] {
    let share = |of: usize, all: usize| {
        let (of, all) = (i32::try_from(of).unwrap_or_default(), i32::try_from(all).unwrap_or(1).max(1));
        BOX_WIDTH * (of + 1) / (all + 1)
    };
    let begin = (from.0 + share(place, count), from.1 + BOX_HEIGHT);
    let end = (to.0 + BOX_WIDTH / 2, to.1);
    if to.1 > from.1 {
        let middle = (begin.1 + end.1) / 2;
        return [begin, (begin.0, middle), (end.0, middle), end];
    }
    // Around the side of the box, and in from above.
    let side = from.0.max(to.0) + BOX_WIDTH + GAP / 2;
    [begin, (side, begin.1 + BETWEEN_LAYERS / 2), (side, end.1 - BETWEEN_LAYERS / 2), end]
}

/// What a node says, in the first language that it has.
fn about(node: &Value) -> String {
    let words = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(by_language) => by_language.values().find_map(Value::as_str).map(str::to_owned),
        _ => None,
    };
    let first = ["prompt", "text"].iter().find_map(|key| node.get(*key).and_then(words));
    let subject = || ["field", "hours"].iter().find_map(|key| node.get("on")?.get(*key)?.as_str()).map(str::to_owned);
    let queue = || node.get("queue").and_then(Value::as_str).map(str::to_owned);
    first.or_else(subject).or_else(|| node.get("field").and_then(Value::as_str).map(str::to_owned)).or_else(queue).unwrap_or_default()
}

struct Edge {
    from: usize,
    to: usize,
    lead: Lead,
    /// The how manieth of the ways of its node, as they are written.
    place: usize,
}

struct Graph<'a> {
    nodes: Vec<(&'a str, &'a Value)>,
    edges: Vec<Edge>,
    start: Option<usize>,
    reached: BTreeSet<usize>,
}

impl<'a> Graph<'a> {
    fn of(nodes: impl Iterator<Item = (&'a str, &'a Value)>, start: &str) -> Self {
        let nodes: Vec<(&str, &Value)> = nodes.collect();
        let index: BTreeMap<&str, usize> = nodes.iter().enumerate().map(|(index, (key, _))| (*key, index)).collect();
        let mut edges = Vec::new();
        for (from, (_, node)) in nodes.iter().enumerate() {
            let known = targets(node).into_iter().filter_map(|(lead, target)| Some((lead, *index.get(target.as_str())?)));
            edges.extend(known.enumerate().map(|(place, (lead, to))| Edge { from, to, lead, place }));
        }
        let start = index.get(start).copied();
        let mut graph = Self { nodes, edges, start, reached: BTreeSet::new() };
        let mut waiting: Vec<usize> = start.into_iter().collect();
        while let Some(node) = waiting.pop() {
            if graph.reached.insert(node) {
                waiting.extend(graph.following(node));
            }
        }
        graph
    }

    fn following(&self, node: usize) -> Vec<usize> {
        self.edges.iter().filter(|edge| edge.from == node).map(|edge| edge.to).collect()
    }

    /// The nodes of each layer from the left, each layer below everything that leads down to it.
    fn rows(&self) -> Vec<Vec<usize>> {
        let layers = self.layers();
        let count = layers.iter().max().map_or(0, |deepest| deepest + 1);
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); count];
        for node in self.order() {
            rows[layers[node]].push(node);
        }
        for sweep in 0..SWEEPS {
            let order: Vec<usize> = if sweep % 2 == 0 { (1..count).collect() } else { (0..count.saturating_sub(1)).rev().collect() };
            for layer in order {
                let near = if sweep % 2 == 0 { layer - 1 } else { layer + 1 };
                let place: BTreeMap<usize, usize> = rows[near].iter().enumerate().map(|(place, node)| (*node, place)).collect();
                let middle = |node: &usize| self.middle(*node, &place);
                let mut row: Vec<(usize, usize)> =
                    rows[layer].iter().enumerate().map(|(old, node)| (middle(node).unwrap_or(old * 1_000), *node)).collect();
                row.sort_by_key(|(middle, _)| *middle);
                rows[layer] = row.into_iter().map(|(_, node)| node).collect();
            }
        }
        rows
    }

    /// The middle of a node's neighbours in another layer, in thousandths of a place.
    fn middle(&self, node: usize, place: &BTreeMap<usize, usize>) -> Option<usize> {
        let other = |edge: &Edge| if edge.from == node { Some(edge.to) } else { (edge.to == node).then_some(edge.from) };
        let near: Vec<usize> = self.edges.iter().filter_map(other).filter_map(|node| place.get(&node).copied()).collect();
        (!near.is_empty()).then(|| near.iter().sum::<usize>() * 1_000 / near.len())
    }

    /// The layer of each node: one below the lowest that leads there, ways back left aside. What nothing reaches begins at the bottom.
    fn layers(&self) -> Vec<usize> {
        let order = self.order();
        let rank: BTreeMap<usize, usize> = order.iter().enumerate().map(|(rank, node)| (*node, rank)).collect();
        let mut layers = vec![0; self.nodes.len()];
        let reached = self.reached.len();
        for (place, node) in order.iter().enumerate() {
            if place == reached && place > 0 {
                let below = order[..place].iter().map(|node| layers[*node]).max().map_or(0, |deepest| deepest + 1);
                order[place..].iter().for_each(|node| layers[*node] = below);
            }
            for to in self.following(*node) {
                if rank.get(&to) > rank.get(node) {
                    layers[to] = layers[to].max(layers[*node] + 1);
                }
            }
        }
        layers
    }

    /// Each node before what it leads to, but for ways back; first what the start reaches.
    fn order(&self) -> Vec<usize> {
        let mut done = Vec::new();
        let mut seen = BTreeSet::new();
        let others = (0..self.nodes.len()).rev().filter(|node| !self.reached.contains(node));
        for root in others.chain(self.start) {
            // A way in, and a way out after everything below it: without recursion, as flows may be long.
            let mut waiting = vec![(root, false)];
            while let Some((node, is_through)) = waiting.pop() {
                if is_through {
                    done.push(node);
                } else if seen.insert(node) {
                    waiting.push((node, true));
                    waiting.extend(
                        self.following(node)
                            .into_iter()
                            .filter(|to| self.reached.contains(to) == self.reached.contains(&node))
                            .map(|to| (to, false)),
                    );
                }
            }
        }
        done.reverse();
        done
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_follows_stands_below_and_nothing_stands_on_anything() {
        let json: Value = serde_json::from_str(include_str!("../../demo/flow.json")).unwrap();
        let drawing = draw(&json);
        assert_eq!(drawing.nodes.len(), json["nodes"].as_object().unwrap().len());
        assert!(drawing.nodes.iter().all(|node| node.is_reached));
        assert!(drawing.ways.iter().all(|way| !way.is_back), "nothing leads back in it");
        let start = drawing.nodes.iter().find(|node| node.is_start).unwrap();
        assert_eq!((start.key.as_str(), start.y), ("welcome", MARGIN));
        for (index, one) in drawing.nodes.iter().enumerate() {
            assert!(one.x >= 0 && one.x + BOX_WIDTH <= drawing.width && one.y + BOX_HEIGHT <= drawing.height);
            let apart = |other: &Drawn| (one.x - other.x).abs() >= BOX_WIDTH || (one.y - other.y).abs() >= BOX_HEIGHT;
            assert!(drawing.nodes[index + 1..].iter().all(apart), "{one:?}");
        }
    }

    #[test]
    fn circles_and_what_nothing_leads_to_are_drawn_too() {
        let json = json!({ "start": "a", "nodes": {
            "a": { "kind": "ask", "prompt": { "en": "?" }, "next": "b" },
            "b": { "kind": "branch", "on": { "field": "x" }, "cases": [{ "in": ["1", "2"], "next": "a" }], "otherwise": "c" },
            "c": { "kind": "dance" },
            "lost": { "kind": "send_text", "text": "!", "next": "gone" },
            "lost_too": { "kind": "send_text", "text": "!", "next": "lost" },
        } });
        let drawing = draw(&json);
        let node = |key: &str| drawing.nodes.iter().find(|node| node.key == key).unwrap();
        assert!(node("c").is_reached && !node("lost").is_reached);
        assert!(
            node("a").y < node("b").y
                && node("b").y < node("c").y
                && node("c").y < node("lost_too").y
                && node("lost_too").y < node("lost").y
        );
        let labels: Vec<_> = drawing.ways.iter().map(|way| (way.from.as_str(), way.to.as_str(), way.label.clone(), way.is_back)).collect();
        assert_eq!(labels[1], ("b", "a", Label::Values("1, 2".to_owned()), true));
        assert_eq!(labels[2], ("b", "c", Label::Otherwise, false));
        assert_eq!(draw(&json!([])).nodes.len(), 0);
    }

    #[test]
    fn a_long_flow_is_drawn_at_once() {
        let node =
            |index: usize| (format!("n{index}"), json!({ "kind": "send_text", "text": "x", "next": format!("n{}", (index + 1) % 400) }));
        let nodes: serde_json::Map<String, Value> = (0..400).map(node).collect();
        assert_eq!(draw(&json!({ "start": "n0", "nodes": nodes })).ways.iter().filter(|way| way.is_back).count(), 1);
    }
}
