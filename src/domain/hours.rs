//! Opening hours: when a queue's people are there, in their own time zone.

mod counting;
#[cfg(test)]
mod tests;
pub mod written;

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use serde::{Deserialize, Serialize};

use self::written::Written;

/// How far ahead the next opening is looked for.
const MAX_DAYS_AHEAD: usize = 400;
/// How many openings that touch each other are followed to find when it closes.
const MAX_JOINED: usize = 16;
const MINUTES_PER_DAY: u16 = 24 * 60;
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// Weekly opening hours, with holidays and other days that are not as the week has them, e.g.
/// `{"time_zone":"Europe/Berlin","weekly":{"mon":[["09:00","12:00"],["13:00","18:00"]]},"holidays":["2026-12-25"],
/// "days":{"2026-12-24":{"name":"Christmas Eve","open":[["09:00","12:00"]]}}}`.
///
/// A range that ends before it begins runs past midnight and belongs to the day it begins on, also when the next day is a holiday.
/// `"24:00"` ends a day. Days of the week that are not named are closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Hours {
    time_zone: TimeZone,
    /// Monday first.
    weekly: [Vec<Range>; 7],
    /// Days that are not as the week has them.
    days: BTreeMap<Date, Day>,
}

/// A day that is not as the week has it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Day {
    /// What people call it; may be empty.
    name: String,
    /// None: it is closed.
    ranges: Vec<Range>,
}

/// Minutes since midnight; `to` may be smaller than `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    from: u16,
    to: u16,
}

impl Hours {
    /// Around the clock, every day.
    #[must_use]
    pub fn always() -> Self {
        let all_day = vec![Range { from: 0, to: MINUTES_PER_DAY }];
        Self { time_zone: TimeZone::UTC, weekly: std::array::from_fn(|_| all_day.clone()), days: BTreeMap::new() }
    }

    /// As [`Hours::always`], in a time zone; nothing when there is no such time zone.
    #[must_use]
    pub fn always_in(time_zone: &str) -> Option<Self> {
        Some(Self { time_zone: TimeZone::get(time_zone).ok()?, ..Self::always() })
    }

    /// Whether the week has no hour at which it is closed.
    #[must_use]
    pub fn is_around_the_clock(&self) -> bool {
        self.weekly.iter().all(|ranges| matches!(ranges[..], [Range { from: 0, to: MINUTES_PER_DAY }]))
    }

    /// The next days that are not as the week has them, from a day on.
    pub fn special_days(&self, from: Date) -> impl Iterator<Item = (Date, &str)> {
        self.days.range(from..).map(|(date, day)| (*date, day.name.as_str()))
    }

    #[must_use]
    pub fn time_zone(&self) -> &TimeZone {
        &self.time_zone
    }

    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.closes_next(now).is_some()
    }

    /// When it opens next: `now` itself while it is open, `None` when it does not open again for more than a year.
    #[must_use]
    pub fn next_opening(&self, now: Timestamp) -> Option<Zoned> {
        let local = now.to_zoned(self.time_zone.clone());
        if self.is_open(now) {
            return Some(local);
        }
        let days = local.date().series(1.day()).take(MAX_DAYS_AHEAD);
        days.flat_map(|day| self.openings(day))
            .map(|(from, _)| from)
            .filter(|from| *from > now)
            .min_by_key(|from| *from)
            .map(|from| from.to_zoned(self.time_zone.clone()))
    }

    /// When it closes, following ranges that touch (24:00 to 00:00). `None` when it is closed now, or does not close for days.
    #[must_use]
    pub fn closes_at(&self, now: Timestamp) -> Option<Timestamp> {
        let mut end = self.closes_next(now)?;
        for _ in 0..MAX_JOINED {
            match self.closes_next(end) {
                Some(later) => end = later,
                None => return Some(end),
            }
        }
        None
    }

    /// The end of the range that `now` falls into.
    fn closes_next(&self, now: Timestamp) -> Option<Timestamp> {
        let today = now.to_zoned(self.time_zone.clone()).date();
        let days = today.yesterday().into_iter().chain([today]);
        days.flat_map(|day| self.openings(day)).filter(|(from, to)| *from <= now && now < *to).map(|(_, to)| to).max()
    }

    /// The ranges of a day as instants, so that days of 23 or 25 hours come out right.
    fn openings(&self, day: Date) -> Vec<(Timestamp, Timestamp)> {
        let ranges = self.days.get(&day).map_or(&self.weekly[monday_first(day.weekday())], |day| &day.ranges);
        ranges.iter().filter_map(|range| self.instants(day, *range)).flatten().collect()
    }

    /// When a clock on the wall shows a time of the range: a time that there is not is never shown, and one that comes twice is shown twice.
    fn instants(&self, day: Date, range: Range) -> Option<Vec<(Timestamp, Timestamp)>> {
        let last_day = if range.to < range.from { day.tomorrow().ok()? } else { day };
        let (from, to) = (local(day, range.from)?, local(last_day, range.to)?);
        // However the clock is set, by less than a day.
        let begins = Offset::UTC.to_timestamp(from).ok()?.checked_sub(A_DAY).ok()?;
        let ends = Offset::UTC.to_timestamp(to).ok()?.checked_add(A_DAY).ok()?;
        if self.time_zone.to_offset(begins) == self.time_zone.to_offset(ends) {
            let offset = self.time_zone.to_offset(begins);
            return Some(vec![(offset.to_timestamp(from).ok()?, offset.to_timestamp(to).ok()?)]);
        }
        let mut since = begins;
        let changes = self.time_zone.following(begins).map(|change| change.timestamp()).take_while(|change| *change < ends);
        let shown = changes.chain([ends]).filter_map(|until| {
            let first = std::mem::replace(&mut since, until);
            let offset = self.time_zone.to_offset(first);
            let (from, to) = (offset.to_timestamp(from).ok()?.max(first), offset.to_timestamp(to).ok()?.min(until));
            (from < to).then_some((from, to))
        });
        Some(shown.collect())
    }
}

/// Minutes after the beginning of a day, as a clock on the wall shows them.
fn local(day: Date, minutes: u16) -> Option<DateTime> {
    let day = if minutes == MINUTES_PER_DAY { day.tomorrow().ok()? } else { day };
    let minutes = minutes % MINUTES_PER_DAY;
    Some(day.at(i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?, 0, 0))
}

/// The place of a weekday in a list that begins with Monday.
#[must_use]
pub fn monday_first(weekday: Weekday) -> usize {
    usize::from(weekday.to_monday_zero_offset().unsigned_abs())
}
