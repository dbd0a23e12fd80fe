//! How a queue's day went, by quarters of an hour.

use jiff::{SignedDuration, Timestamp};

/// How long a quarter is.
pub const QUARTER: SignedDuration = SignedDuration::from_mins(15);

/// The quarters that are gone through at most: of a little more than a week.
pub const MOST_QUARTERS: usize = 800;

/// What came to a queue and went from it in a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarter {
    pub begins: Timestamp,
    /// Conversations that began to wait in it.
    pub came: i64,
    /// Those that wait in it no longer, and how many of them somebody has.
    pub gone: i64,
    pub taken: i64,
    /// The longest that one of those had waited.
    pub longest: SignedDuration,
}

/// A quarter of an hour as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    pub begins: Timestamp,
    /// How many waited at its end.
    pub waiting: i64,
    pub taken: i64,
    pub longest: SignedDuration,
}

impl Quarter {
    #[must_use]
    pub fn empty(begins: Timestamp) -> Self {
        Self { begins, came: 0, gone: 0, taken: 0, longest: SignedDuration::ZERO }
    }

    #[must_use]
    pub fn ends(&self) -> Timestamp {
        self.begins.saturating_add(QUARTER).unwrap_or(Timestamp::MAX)
    }

    /// Both of them, of one quarter.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            begins: self.begins,
            came: self.came + other.came,
            gone: self.gone + other.gone,
            taken: self.taken + other.taken,
            longest: self.longest.max(other.longest),
        }
    }
}

/// When the quarter of an hour began that a moment is in.
#[must_use]
pub fn quarter_of(at: Timestamp) -> Timestamp {
    let seconds = QUARTER.as_secs();
    Timestamp::from_second(at.as_second().div_euclid(seconds) * seconds).unwrap_or(at)
}

/// Every quarter from the one of `since` to the one of `now`, in order, also those in which nothing happened.
#[must_use]
pub fn without_gaps(known: &[Quarter], since: Timestamp, now: Timestamp) -> Vec<Quarter> {
    let mut all = Vec::new();
    let first = quarter_of(since);
    let mut rest = known.iter().skip_while(|quarter| quarter.begins < first).peekable();
    let mut begins = first;
    while begins <= now && all.len() < MOST_QUARTERS {
        let is_known = rest.peek().is_some_and(|quarter| quarter.begins == begins);
        let quarter = if is_known { rest.next().copied() } else { None };
        all.push(quarter.unwrap_or_else(|| Quarter::empty(begins)));
        let Ok(next) = begins.checked_add(QUARTER) else { break };
        begins = next;
    }
    all
}

/// How many waited at the begin of each of these, which follow each other, and after the last one `waiting`.
#[must_use]
pub fn levels(quarters: &[Quarter], waiting: i64) -> Vec<i64> {
    let mut levels = vec![waiting];
    for quarter in quarters.iter().rev() {
        let after = levels.last().copied().unwrap_or(waiting);
        levels.push((after - quarter.came + quarter.gone).max(0));
    }
    levels.reverse();
    levels
}

/// What is shown of them, while so many wait now.
#[must_use]
pub fn course(known: &[Quarter], waiting: i64, since: Timestamp, now: Timestamp) -> Vec<Point> {
    let quarters = without_gaps(known, since, now);
    let levels = levels(&quarters, waiting);
    let ends = levels.into_iter().skip(1);
    let point = |(quarter, waiting): (Quarter, i64)| {
        let Quarter { begins, taken, longest, .. } = quarter;
        Point { begins, waiting, taken, longest }
    };
    quarters.into_iter().zip(ends).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn quarter(minutes: i64, came: i64, gone: i64) -> Quarter {
        Quarter { came, gone, taken: gone, longest: SignedDuration::from_mins(gone), ..Quarter::empty(at(minutes)) }
    }

    #[test]
    fn a_quarter_begins_on_the_quarter() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(quarter_of(at("2026-11-20T14:44:59.9Z")), at("2026-11-20T14:30:00Z"));
        assert_eq!(quarter_of(at("2026-11-20T14:45:00Z")), at("2026-11-20T14:45:00Z"));
        assert_eq!(quarter_of(at("1969-12-31T23:59:00Z")), at("1969-12-31T23:45:00Z"));
    }

    #[test]
    fn how_many_waited_is_reckoned_back_from_how_many_wait() {
        let known = [quarter(0, 5, 2), quarter(30, 0, 1), quarter(45, 4, 1)];
        let course = course(&known, 5, at(0), at(50));
        let waiting: Vec<i64> = course.iter().map(|point| point.waiting).collect();
        assert_eq!(waiting, [3, 3, 2, 5]);
        assert_eq!(course.iter().map(|point| point.taken).sum::<i64>(), 4);
        assert_eq!(course[0].longest, SignedDuration::from_mins(2));
    }

    #[test]
    fn what_was_before_is_left_out_and_there_is_an_end_to_what_is_shown() {
        let known = [quarter(0, 5, 2), quarter(30, 0, 1)];
        assert_eq!(without_gaps(&known, at(20), at(50)).iter().map(|quarter| quarter.gone).collect::<Vec<_>>(), [0, 1, 0]);
        assert_eq!(without_gaps(&[], Timestamp::MIN, at(0)).len(), MOST_QUARTERS);
    }

    #[test]
    fn nobody_waits_less_than_not_at_all() {
        assert_eq!(levels(&[quarter(0, 9, 0)], 3), [0, 3]);
    }
}
