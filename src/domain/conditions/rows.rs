//! A condition as the rows of a page: each says how deep it stands, and a group comes before what is in it.

use super::DEEPEST;
use super::tree::{Comparison, Condition, Group, Leaf};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Of the outermost group 0.
    pub depth: usize,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Group(Group),
    Leaf(Leaf),
}

/// The rows of a condition. The first one is a group: a comparison that stands alone is put into one.
#[must_use]
pub fn of(condition: &Condition) -> Vec<Row> {
    let mut rows = Vec::new();
    match condition {
        Condition::Group(..) => add(&mut rows, condition, 0),
        Condition::Leaf(_) => {
            rows.push(Row { depth: 0, what: What::Group(Group::All) });
            add(&mut rows, condition, 1);
        }
    }
    rows
}

fn add(rows: &mut Vec<Row>, condition: &Condition, depth: usize) {
    match condition {
        Condition::Leaf(leaf) => rows.push(Row { depth, what: What::Leaf(leaf.clone()) }),
        Condition::Group(group, inner) => {
            rows.push(Row { depth, what: What::Group(*group) });
            inner.iter().for_each(|one| add(rows, one, depth + 1));
        }
    }
}

/// The condition that rows say, whatever depths they claim: each stands in the group before it that is not as deep; what stands in none
/// stands in the outermost, which is added where it is missing.
#[must_use]
pub fn read(rows: &[Row]) -> Condition {
    let mut open: Vec<(usize, Group, Vec<Condition>)> = Vec::new();
    let mut rest = rows;
    if let Some((Row { what: What::Group(group), .. }, others)) = rows.split_first() {
        open.push((0, *group, Vec::new()));
        rest = others;
    } else {
        open.push((0, Group::All, Vec::new()));
    }
    for row in rest {
        let depth = row.depth.max(1);
        while open.len() > 1 && open.last().is_some_and(|(known, ..)| *known >= depth) {
            close(&mut open);
        }
        match &row.what {
            What::Leaf(leaf) => put(&mut open, Condition::Leaf(leaf.clone())),
            What::Group(group) => open.push((depth, *group, Vec::new())),
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map_or_else(Condition::always, |(_, group, inner)| Condition::Group(group, inner))
}

fn put(open: &mut [(usize, Group, Vec<Condition>)], condition: Condition) {
    if let Some((_, _, inner)) = open.last_mut() {
        inner.push(condition);
    }
}

fn close(open: &mut Vec<(usize, Group, Vec<Condition>)>) {
    if let Some((_, group, inner)) = open.pop() {
        put(open, Condition::Group(group, inner));
    }
}

/// Adds an empty comparison, or a group with one, at the end of the group at `at`.
pub fn grow(rows: &mut Vec<Row>, at: usize, group: Option<Group>) {
    let Some(Row { depth, what: What::Group(_) }) = rows.get(at).cloned() else { return };
    let end = end_of(rows, at);
    let leaf = |depth| Row {
        depth,
        what: What::Leaf(Leaf { subject: "message.text".to_owned(), comparison: Comparison::Contains, values: Vec::new() }),
    };
    match group {
        Some(group) if depth + 1 < DEEPEST => {
            rows.splice(end..end, [Row { depth: depth + 1, what: What::Group(group) }, leaf(depth + 2)]);
        }
        Some(_) => {}
        None => rows.insert(end, leaf(depth + 1)),
    }
}

/// Takes a row away, with whatever is in it. The outermost group stays.
pub fn remove(rows: &mut Vec<Row>, at: usize) {
    if at == 0 || at >= rows.len() {
        return;
    }
    let end = if matches!(rows[at].what, What::Group(_)) { end_of(rows, at) } else { at + 1 };
    rows.drain(at..end);
}

/// Where what is in a group ends.
fn end_of(rows: &[Row], at: usize) -> usize {
    let depth = rows[at].depth;
    rows.iter().skip(at + 1).position(|row| row.depth <= depth).map_or(rows.len(), |after| at + 1 + after)
}
