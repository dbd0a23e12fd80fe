//! Hours as people type them and as JSON has them, and everything that is wrong with what was written, each with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Day, Hours, MINUTES_PER_DAY, Range};

/// Ranges of one day, days that are not as the week has them, and characters of such a day's name, at most.
pub const MOST_RANGES: usize = 12;
pub const MOST_DAYS: usize = 400;
pub const LONGEST_NAME: usize = 60;

/// From when to when, such as `("09:00", "12:00")`.
pub type Ranges = Vec<(String, String)>;

/// Hours that are not understood yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub time_zone: String,
    /// Monday first.
    pub weekly: [Ranges; 7],
    pub days: Vec<TypedDay>,
}

/// A day that is not as the week has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedDay {
    /// Such as `2026-12-24`.
    pub date: String,
    pub name: String,
    /// None: it is closed.
    pub ranges: Ranges,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub place: Place,
    pub wrong: Wrong,
}

/// Where. Ranges and days are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    TimeZone,
    /// Monday is 0.
    Weekday {
        weekday: usize,
        range: usize,
    },
    /// As it was typed.
    Day {
        date: String,
        range: usize,
    },
    /// Of those that are not as the week has them.
    DayNumber(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    UnknownTimeZone(String),
    NotATime(String),
    NotADate(String),
    /// It ends when it begins.
    NoTime(String),
    BeginsAtItsEnd,
    /// With another range of the same day.
    Overlaps,
    /// The day stands there twice.
    Twice,
    TooMany(usize),
    NameTooLong(usize),
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::TimeZone => {}
            Place::Weekday { weekday, range } => write!(f, "{}, range {range}: ", WEEKDAYS[weekday % 7])?,
            Place::Day { date, range } => write!(f, "{date}, range {range}: ")?,
            Place::DayNumber(number) => write!(f, "day {number}: ")?,
        }
        match &self.wrong {
            Wrong::UnknownTimeZone(name) => write!(f, "the time zone “{name}” is not known"),
            Wrong::NotATime(text) => write!(f, "“{text}” is not a time of day; write it as 09:00"),
            Wrong::NotADate(text) => write!(f, "“{text}” is not a day; write it as 2026-12-24"),
            Wrong::NoTime(text) => write!(f, "from {text} to {text} is no time at all"),
            Wrong::BeginsAtItsEnd => f.write_str("opening hours cannot begin at 24:00"),
            Wrong::Overlaps => f.write_str("it overlaps with another range of the day"),
            Wrong::Twice => f.write_str("this day stands there twice"),
            Wrong::TooMany(most) => write!(f, "there are more than {most}"),
            Wrong::NameTooLong(most) => write!(f, "its name is longer than {most} characters"),
        }
    }
}

impl Typed {
    /// What hours are, as they are typed.
    #[must_use]
    pub fn of(hours: &Hours) -> Self {
        let written = |ranges: &[Range]| ranges.iter().map(|range| (clock(range.from), clock(range.to))).collect::<Ranges>();
        let day = |(date, day): (&Date, &Day)| TypedDay { date: date.to_string(), name: day.name.clone(), ranges: written(&day.ranges) };
        Self {
            time_zone: hours.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            weekly: std::array::from_fn(|weekday| written(&hours.weekly[weekday])),
            days: hours.days.iter().map(day).collect(),
        }
    }

    /// Understands them.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn read(&self) -> Result<Hours, Vec<Fault>> {
        let mut faults = Vec::new();
        let time_zone = TimeZone::get(&self.time_zone).unwrap_or_else(|_| {
            faults.push(Fault { place: Place::TimeZone, wrong: Wrong::UnknownTimeZone(self.time_zone.clone()) });
            TimeZone::UTC
        });
        let weekly = std::array::from_fn(|weekday| {
            read_ranges(&self.weekly[weekday], &mut faults, |range| Place::Weekday { weekday, range }) //
        });
        let mut days = BTreeMap::new();
        for (number, typed) in self.days.iter().enumerate() {
            let mut fault = |wrong| faults.push(Fault { place: Place::DayNumber(number + 1), wrong });
            if number == MOST_DAYS {
                fault(Wrong::TooMany(MOST_DAYS));
                break;
            }
            let name = typed.name.trim().to_owned();
            if name.chars().count() > LONGEST_NAME {
                fault(Wrong::NameTooLong(LONGEST_NAME));
            }
            let Ok(date) = typed.date.trim().parse::<Date>() else {
                fault(Wrong::NotADate(typed.date.clone()));
                continue;
            };
            if days.contains_key(&date) {
                fault(Wrong::Twice);
            }
            let ranges = read_ranges(&typed.ranges, &mut faults, |range| Place::Day { date: date.to_string(), range });
            days.insert(date, Day { name, ranges });
        }
        if faults.is_empty() { Ok(Hours { time_zone, weekly, days }) } else { Err(faults) }
    }
}

/// In their order over the day. A place is made of a range's number.
fn read_ranges(typed: &Ranges, faults: &mut Vec<Fault>, place: impl Fn(usize) -> Place) -> Vec<Range> {
    let mut known: Vec<Range> = Vec::new();
    for (number, (from, to)) in typed.iter().enumerate() {
        let mut fault = |wrong| faults.push(Fault { place: place(number + 1), wrong });
        if number == MOST_RANGES {
            fault(Wrong::TooMany(MOST_RANGES));
            break;
        }
        let (begin, end) = (read_clock(from), read_clock(to));
        [(from, begin), (to, end)].iter().filter(|(_, read)| read.is_none()).for_each(|(text, _)| fault(Wrong::NotATime((*text).clone())));
        let (Some(begin), Some(end)) = (begin, end) else { continue };
        let range = Range { from: begin, to: end };
        if begin == MINUTES_PER_DAY {
            fault(Wrong::BeginsAtItsEnd);
        } else if begin == end {
            fault(Wrong::NoTime(clock(begin)));
        } else if known.iter().any(|other| overlap(*other, range)) {
            fault(Wrong::Overlaps);
        } else {
            known.push(range);
        }
    }
    known.sort_by_key(|range| range.from);
    known
}

fn overlap(one: Range, other: Range) -> bool {
    let end = |range: Range| if range.to < range.from { range.to + MINUTES_PER_DAY } else { range.to };
    one.from < end(other) && other.from < end(one)
}

/// `09:00`, and as people write it: `9`, `9:00`, `9.30`, `930`, `5 pm`. `24:00` ends a day.
fn read_clock(text: &str) -> Option<u16> {
    let text = text.trim().to_lowercase();
    let (text, half) = match text.strip_suffix("am").or_else(|| text.strip_suffix("a.m.")) {
        Some(rest) => (rest, Some(0)),
        None => text.strip_suffix("pm").or_else(|| text.strip_suffix("p.m.")).map_or((text.as_str(), None), |rest| (rest, Some(12))),
    };
    let text = text.trim();
    let (hour, minute) = match text.split_once([':', '.', 'h']) {
        Some((hour, minute)) if minute.len() == 2 => (hour, minute),
        Some(_) => return None,
        None if text.len() > 2 && text.is_ascii() => text.split_at(text.len() - 2),
        None => (text, "00"),
    };
    let number = |part: &str| (part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<u16>().ok())?;
    let (hour, minute) = (number(hour)?, number(minute)?);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    (minute < 60 && hour * 60 + minute <= MINUTES_PER_DAY).then_some(hour * 60 + minute)
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Hours as JSON has them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    time_zone: String,
    #[serde(default)]
    weekly: Weekly,
    /// Closed, and nothing else to be said of them.
    #[serde(default)]
    holidays: BTreeSet<Date>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    days: BTreeMap<Date, WrittenDay>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenDay {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    open: Ranges,
}

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
        let Weekly { mon, tue, wed, thu, fri, sat, sun } = written.weekly;
        let closed = |date: Date| TypedDay { date: date.to_string(), ..TypedDay::default() };
        let other = |(date, day): (Date, WrittenDay)| TypedDay { date: date.to_string(), name: day.name, ranges: day.open };
        let days = written.holidays.into_iter().map(closed).chain(written.days.into_iter().map(other)).collect();
        let typed = Typed { time_zone: written.time_zone, weekly: [mon, tue, wed, thu, fri, sat, sun], days };
        typed.read().map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}

impl From<Hours> for Written {
    fn from(hours: Hours) -> Self {
        let Typed { time_zone, weekly: [mon, tue, wed, thu, fri, sat, sun], days } = Typed::of(&hours);
        let weekly = Weekly { mon, tue, wed, thu, fri, sat, sun };
        let mut written = Self { time_zone, weekly, ..Self::default() };
        for ((date, day), typed) in hours.days.iter().zip(days) {
            if day.name.is_empty() && day.ranges.is_empty() {
                written.holidays.insert(*date);
            } else {
                written.days.insert(*date, WrittenDay { name: typed.name, open: typed.ranges });
            }
        }
        written
    }
}
