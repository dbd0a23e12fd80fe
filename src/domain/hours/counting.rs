//! Open time: how much of it lies between two instants, and when so much of it has passed.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::Hours;

/// Days that are looked at, at most. Open time further away than this is not counted.
pub const MAX_DAYS: usize = 800;

impl Hours {
    /// The instant at which so much open time has passed since another one; nothing where it has not after [`MAX_DAYS`] days.
    ///
    /// What falls due at closing time is due then, not at the next opening.
    #[must_use]
    pub fn after(&self, from: Timestamp, open: SignedDuration) -> Option<Timestamp> {
        if open <= SignedDuration::ZERO {
            return Some(from);
        }
        if self.never_closes() {
            return from.checked_add(open).ok();
        }
        let mut left = open;
        for (begins, ends) in self.open_from(from) {
            let length = ends.duration_since(begins);
            if left <= length {
                return begins.checked_add(left).ok();
            }
            left -= length;
        }
        None
    }

    /// How much of the time between two instants it is open; none where the second is not later.
    #[must_use]
    pub fn open_between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        if to <= from {
            return SignedDuration::ZERO;
        }
        if self.never_closes() {
            return to.duration_since(from);
        }
        let until = self.open_from(from).take_while(|(begins, _)| *begins < to);
        until.map(|(begins, ends)| ends.min(to).duration_since(begins)).sum()
    }

    fn never_closes(&self) -> bool {
        self.is_around_the_clock() && self.days.is_empty()
    }

    /// When it is open from an instant on, in order, and no moment twice: of a range past midnight, what the next day has too counts once.
    fn open_from(&self, from: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = from.to_zoned(self.time_zone.clone()).date().yesterday().unwrap_or(Date::MIN);
        let days = first.series(1.day()).take(MAX_DAYS);
        let ordered = days.flat_map(|day| {
            let mut openings = self.openings(day);
            openings.sort_unstable();
            openings
        });
        let mut counted_to = from;
        ordered.filter_map(move |(begins, ends)| {
            let begins = begins.max(counted_to);
            (begins < ends).then(|| {
                counted_to = ends;
                (begins, ends)
            })
        })
    }
}
