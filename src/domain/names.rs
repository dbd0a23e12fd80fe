//! The order of names in lists, where no database puts them into it (there: the collation `names`).

use super::flows::text::normalise;

/// Digits of a number beyond which longer ones are not told apart.
const LONGEST: usize = 40;

/// Names stand in the order of these: digits by their value, whatever case and accents.
#[must_use]
pub fn order(name: &str) -> String {
    let bare = normalise(name);
    let (mut order, mut rest) = (String::with_capacity(bare.len()), bare.as_str());
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if is_number {
            let digits = run.trim_start_matches('0');
            // Of two numbers the one with more digits is the larger one.
            order.extend(u8::try_from(digits.len().min(LONGEST)).map(|length| char::from(b'0' + length)));
            order.push_str(digits);
        } else {
            order.push_str(run);
        }
        rest = after;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn digits_count_by_their_value_and_neither_case_nor_accents_do() {
        let in_order = ["Álvaro", "ana 2", "Ana 10", "ana 010 b", "Zoe", "Команда 9", "команда 11"];
        let mut sorted = in_order;
        sorted.reverse();
        sorted.sort_by_key(|name| order(name));
        assert_eq!(sorted, in_order);
        assert!(order(&"1".repeat(50)) > order("9"));
    }
}
