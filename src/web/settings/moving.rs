//! Things that stand in an order: one goes a place up or down, or to a place that is said.

use serde::Deserialize;

/// Where it is to go.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Move {
    /// `up`, or down.
    to: String,
    /// Counted from 1; the nearest that there is.
    place: String,
}

impl Move {
    /// Moves what stands at `from`; the others stay in their order.
    pub(super) fn apply<T>(&self, order: &mut [T], from: usize) {
        let last = order.len().saturating_sub(1);
        let to = match (self.place.trim().parse::<usize>(), self.to.as_str()) {
            (Ok(place), _) => place.saturating_sub(1),
            (Err(_), "up") => from.saturating_sub(1),
            (Err(_), "down") => from + 1,
            (Err(_), _) => from,
        };
        let to = to.min(last);
        if to < from {
            order[to..=from].rotate_right(1);
        } else {
            order[from..=to].rotate_left(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Move;

    #[test]
    fn one_goes_where_it_is_to_and_the_others_keep_their_order() {
        let moved = |to: &str, place: &str, from: usize| {
            let mut order = ['a', 'b', 'c', 'd'];
            Move { to: to.to_owned(), place: place.to_owned() }.apply(&mut order, from);
            order.iter().collect::<String>()
        };
        assert_eq!([moved("up", "", 2), moved("up", "", 0), moved("down", "", 0), moved("down", "", 3)], ["acbd", "abcd", "bacd", "abcd"]);
        assert_eq!([moved("", "1", 3), moved("", "4", 0), moved("", " 99 ", 1), moved("", "0", 1)], ["dabc", "bcda", "acdb", "bacd"]);
        assert_eq!([moved("", "soon", 1), moved("", "-3", 1), moved("", "", 1)], ["abcd", "abcd", "abcd"]);
    }
}
