//! Opening hours: when a queue's people are there, in their own time zone.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde::{Deserialize, Serialize};

/// How far ahead the next opening is looked for.
const MAX_DAYS_AHEAD: usize = 400;
/// How many openings that touch each other are followed to find when it closes.
const MAX_JOINED: usize = 16;
const MINUTES_PER_DAY: u16 = 24 * 60;

/// Weekly opening hours with holidays, e.g.
/// `{"time_zone":"Europe/Berlin","weekly":{"mon":[["09:00","12:00"],["13:00","18:00"]]},"holidays":["2026-12-25"]}`.
///
/// A range that ends before it begins runs past midnight and belongs to the day it begins on, also when the next day is a holiday.
/// `"24:00"` ends a day. Days that are not named are closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Hours {
    time_zone: TimeZone,
    /// Monday first.
    weekly: [Vec<Range>; 7],
    holidays: BTreeSet<Date>,
}

/// Minutes since midnight; `to` may be smaller than `from`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    from: u16,
    to: u16,
}

impl Hours {
    /// Around the clock, every day.
    #[must_use]
    pub fn always() -> Self {
        let all_day = vec![Range { from: 0, to: MINUTES_PER_DAY }];
        Self { time_zone: TimeZone::UTC, weekly: std::array::from_fn(|_| all_day.clone()), holidays: BTreeSet::new() }
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
        if self.holidays.contains(&day) {
            return Vec::new();
        }
        let ranges = &self.weekly[monday_first(day.weekday())];
        ranges.iter().filter_map(|range| self.instants(day, *range)).collect()
    }

    fn instants(&self, day: Date, range: Range) -> Option<(Timestamp, Timestamp)> {
        let last_day = if range.to < range.from { day.tomorrow().ok()? } else { day };
        Some((self.instant(day, range.from)?, self.instant(last_day, range.to)?))
    }

    fn instant(&self, day: Date, minutes: u16) -> Option<Timestamp> {
        let day = if minutes == MINUTES_PER_DAY { day.tomorrow().ok()? } else { day };
        let minutes = minutes % MINUTES_PER_DAY;
        let (hour, minute) = (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
        Some(day.at(hour, minute, 0, 0).to_zoned(self.time_zone.clone()).ok()?.timestamp())
    }
}

/// Hours as JSON has them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    time_zone: String,
    #[serde(default)]
    weekly: Weekly,
    #[serde(default)]
    holidays: BTreeSet<Date>,
}

type Ranges = Vec<(String, String)>;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Weekly {
    mon: Ranges,
    tue: Ranges,
    wed: Ranges,
    thu: Ranges,
    fri: Ranges,
    sat: Ranges,
    sun: Ranges,
}

impl TryFrom<Written> for Hours {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let time_zone = TimeZone::get(&written.time_zone).map_err(|_| format!("the time zone “{}” is not known", written.time_zone))?;
        let Weekly { mon, tue, wed, thu, fri, sat, sun } = written.weekly;
        let mut weekly: [Vec<Range>; 7] = Default::default();
        for (day, ranges) in [mon, tue, wed, thu, fri, sat, sun].into_iter().enumerate() {
            weekly[day] = ranges.iter().map(|(from, to)| read_range(from, to)).collect::<Result<_, _>>()?;
        }
        Ok(Self { time_zone, weekly, holidays: written.holidays })
    }
}

impl From<Hours> for Written {
    fn from(hours: Hours) -> Self {
        let mut days =
            hours.weekly.into_iter().map(|ranges| ranges.into_iter().map(|range| (clock(range.from), clock(range.to))).collect());
        let mut next = || -> Ranges { days.next().unwrap_or_default() };
        let weekly = Weekly { mon: next(), tue: next(), wed: next(), thu: next(), fri: next(), sat: next(), sun: next() };
        Self { time_zone: hours.time_zone.iana_name().unwrap_or("UTC").to_owned(), weekly, holidays: hours.holidays }
    }
}

fn read_range(from: &str, to: &str) -> Result<Range, String> {
    let range = Range { from: read_clock(from)?, to: read_clock(to)? };
    if range.from == range.to {
        return Err(format!("the opening hours {from} to {to} are empty"));
    }
    if range.from == MINUTES_PER_DAY {
        return Err("opening hours cannot begin at 24:00".to_owned());
    }
    Ok(range)
}

fn read_clock(text: &str) -> Result<u16, String> {
    let minutes = || {
        let (hour, minute) = text.split_once(':')?;
        let is_two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_two_digits(hour) || !is_two_digits(minute) {
            return None;
        }
        let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
        (minute < 60 && hour * 60 + minute <= MINUTES_PER_DAY).then_some(hour * 60 + minute)
    };
    minutes().ok_or_else(|| format!("“{text}” is not a time of day; write it as 09:00"))
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The place of a weekday in a list that begins with Monday.
#[must_use]
pub fn monday_first(weekday: Weekday) -> usize {
    usize::from(weekday.to_monday_zero_offset().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(json: serde_json::Value) -> Hours {
        serde_json::from_value(json).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn office() -> Hours {
        let day = serde_json::json!([["09:00", "12:00"], ["13:00", "18:00"]]);
        hours(serde_json::json!({
            "time_zone": "Europe/Berlin",
            "weekly": { "mon": day, "tue": day, "wed": day, "thu": day, "fri": day },
            "holidays": ["2026-12-25"],
        }))
    }

    #[test]
    fn it_is_open_from_the_first_minute_and_closed_from_the_last() {
        // A Tuesday in winter: Berlin is one hour ahead.
        assert!(!office().is_open(at("2026-02-10T07:59:59Z")));
        assert!(office().is_open(at("2026-02-10T08:00:00Z")));
        assert!(office().is_open(at("2026-02-10T10:59:59Z")));
        assert!(!office().is_open(at("2026-02-10T11:00:00Z")));
        assert!(office().is_open(at("2026-02-10T12:00:00Z")));
    }

    #[test]
    fn summer_time_moves_the_opening_by_an_hour() {
        // Berlin goes to summer time on 29 March 2026.
        assert_eq!(office().next_opening(at("2026-03-28T12:00:00Z")).unwrap().to_string(), "2026-03-30T09:00:00+02:00[Europe/Berlin]");
        assert!(office().is_open(at("2026-03-30T07:00:00Z")));
        assert!(!office().is_open(at("2026-03-30T16:00:00Z")));
        // And back on 25 October.
        assert!(!office().is_open(at("2026-10-26T07:30:00Z")));
        assert!(office().is_open(at("2026-10-26T08:00:00Z")));
    }

    #[test]
    fn a_range_in_the_hour_that_does_not_exist_is_not_open() {
        let night = hours(serde_json::json!({ "time_zone": "Europe/Berlin", "weekly": { "sun": [["02:00", "03:00"]] } }));
        assert!(!night.is_open(at("2026-03-29T00:59:59Z")));
        assert!(!night.is_open(at("2026-03-29T01:00:00Z")));
        assert!(night.is_open(at("2026-03-22T01:30:00Z")));
        assert_eq!(night.next_opening(at("2026-03-28T12:00:00Z")).unwrap().date().to_string(), "2026-03-29");
    }

    #[test]
    fn the_hour_that_comes_twice_is_open_twice() {
        let night = hours(serde_json::json!({ "time_zone": "Europe/Berlin", "weekly": { "sun": [["02:00", "03:00"]] } }));
        assert!(night.is_open(at("2026-10-25T00:30:00Z")));
        assert!(night.is_open(at("2026-10-25T01:30:00Z")));
        assert!(!night.is_open(at("2026-10-25T02:00:00Z")));
        assert_eq!(night.closes_at(at("2026-10-25T00:30:00Z")), Some(at("2026-10-25T02:00:00Z")));
    }

    #[test]
    fn a_range_past_midnight_belongs_to_its_first_day() {
        let late = hours(serde_json::json!({
            "time_zone": "UTC", "weekly": { "fri": [["22:00", "02:00"]] }, "holidays": ["2026-02-14", "2026-02-20"],
        }));
        assert!(late.is_open(at("2026-02-13T23:00:00Z")));
        assert!(late.is_open(at("2026-02-14T01:59:00Z")), "the holiday begins after the shift did");
        assert!(!late.is_open(at("2026-02-14T02:00:00Z")));
        assert!(!late.is_open(at("2026-02-21T01:00:00Z")), "the shift of a holiday does not happen");
        assert_eq!(late.next_opening(at("2026-02-14T02:00:00Z")).unwrap().timestamp(), at("2026-02-27T22:00:00Z"));
    }

    #[test]
    fn a_holiday_and_a_weekend_are_skipped() {
        // 25 December 2026 is a Friday.
        let opening = office().next_opening(at("2026-12-24T18:00:00Z")).unwrap();
        assert_eq!(opening.to_string(), "2026-12-28T09:00:00+01:00[Europe/Berlin]");
    }

    #[test]
    fn always_never_closes_and_empty_hours_never_open() {
        let now = at("2026-02-10T10:00:00Z");
        assert!(Hours::always().is_open(now));
        assert_eq!(Hours::always().closes_at(now), None);
        let never = hours(serde_json::json!({ "time_zone": "UTC" }));
        assert!(!never.is_open(now));
        assert_eq!(never.next_opening(now), None);
    }

    #[test]
    fn open_hours_are_open_next_at_once() {
        let now = at("2026-02-10T10:00:00Z");
        assert_eq!(office().next_opening(now).unwrap().timestamp(), now);
        assert_eq!(office().closes_at(now), Some(at("2026-02-10T11:00:00Z")));
        assert_eq!(office().closes_at(at("2026-02-10T11:30:00Z")), None);
    }

    #[test]
    fn hours_come_back_as_they_were_written() {
        let written = serde_json::to_value(office()).unwrap();
        assert_eq!(hours(written.clone()), office());
        assert_eq!(written["weekly"]["mon"][1][0], "13:00");
        assert_eq!(serde_json::to_value(Hours::always()).unwrap()["time_zone"], "UTC");
        assert_eq!(hours(serde_json::to_value(Hours::always()).unwrap()), Hours::always());
    }

    #[test]
    fn faulty_hours_are_refused_in_words() {
        let refused = |json| serde_json::from_value::<Hours>(json).unwrap_err().to_string();
        assert!(refused(serde_json::json!({ "time_zone": "Mars/Olympus" })).contains("Mars/Olympus"));
        for range in [["9:00", "10:00"], ["09:00", "25:00"], ["09:60", "10:00"], ["09:00", "09:00"], ["24:00", "02:00"], ["", ""]] {
            let sentence = refused(serde_json::json!({ "time_zone": "UTC", "weekly": { "mon": [range] } }));
            assert!(!sentence.is_empty(), "{range:?} passed");
        }
        assert!(refused(serde_json::json!({ "time_zone": "UTC", "weekly": { "monday": [] } })).contains("monday"));
    }
}
