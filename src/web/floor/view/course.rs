//! The day of a queue as three charts: how many waited, how many were taken, and the longest wait; and the same in words and by the hour.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};

use crate::domain::floor::FloorQueue;
use crate::domain::floor::history::{Point, QUARTER};
use crate::web::locale::Locale;

/// How high a chart is; its width is a quarter of an hour each.
const HEIGHT: f64 = 40.0;

/// Quarters of an hour.
const HOUR: usize = 4;

#[derive(Debug, Clone)]
pub struct Course {
    /// Of its elements.
    pub id: String,
    /// None of all together.
    pub name: Option<String>,
    pub team: Option<String>,
    pub charts: [Chart; 3],
    pub hours: Vec<Hour>,
    /// When what is drawn begins, and ends.
    pub begins: Timestamp,
    pub middle: Timestamp,
    pub ends: Timestamp,
}

/// One of the charts.
#[derive(Debug, Clone)]
pub struct Chart {
    pub kind: &'static str,
    pub key: &'static str,
    /// In units of its own: quarters of an hour, and [`HEIGHT`].
    pub width: usize,
    pub path: String,
    /// What of it is past the promise.
    pub late_path: String,
    /// Where the promise is.
    pub promise: Option<String>,
    /// What it was last, and the most it was, as they are said.
    pub now: Option<String>,
    pub most: Option<(String, Timestamp)>,
}

/// An hour of the table.
#[derive(Debug, Clone)]
pub struct Hour {
    pub begins: Timestamp,
    pub waiting: i64,
    pub taken: i64,
    pub longest: String,
}

impl Course {
    /// Of all queues in sight together.
    #[must_use]
    pub fn of_all(locale: Locale, points: &[Point], ends: Timestamp) -> Self {
        Self::drawn(locale, "all".to_owned(), None, None, None, points, ends)
    }

    #[must_use]
    pub fn of(locale: Locale, queue: &FloorQueue, points: &[Point], ends: Timestamp) -> Self {
        let promise = SignedDuration::from_mins(i64::from(queue.promise_minutes));
        let (name, team) = (Some(queue.name.clone()), Some(queue.team_name.clone()));
        Self::drawn(locale, queue.id.to_string(), name, team, Some(promise), points, ends)
    }

    fn drawn(
        locale: Locale,
        id: String,
        name: Option<String>,
        team: Option<String>,
        promise: Option<SignedDuration>,
        points: &[Point],
        ends: Timestamp,
    ) -> Self {
        let begins = points.first().map_or(ends, |point| point.begins);
        let length = ends.duration_since(begins);
        let width = usize::try_from(length.as_secs() / QUARTER.as_secs()).unwrap_or_default().clamp(points.len().max(1), 200);
        let waiting: Vec<f64> = points.iter().map(|point| point.waiting as f64).collect();
        let taken: Vec<f64> = points.iter().map(|point| point.taken as f64).collect();
        let longest: Vec<f64> = points.iter().map(|point| point.longest.as_secs_f64() / 60.0).collect();
        let count = |value: f64| format!("{value:.0}");
        let minutes = |value: f64| wait(locale, value);
        let promise = promise.map(|promise| promise.as_secs_f64() / 60.0);
        let over = |value: &f64| promise.is_some_and(|promise| *value > promise);
        let late: Vec<f64> = longest.iter().map(|value| if over(value) { *value } else { 0.0 }).collect();
        let in_time: Vec<f64> = longest.iter().map(|value| if over(value) { 0.0 } else { *value }).collect();
        let top = most(&longest).max(promise.filter(|_| most(&longest) > 0.0).unwrap_or_default());
        let chart = |(kind, key), values: &[f64], path, said: &dyn Fn(f64) -> String| Chart {
            kind,
            key,
            width,
            path,
            late_path: String::new(),
            promise: None,
            now: None,
            most: at_most(values, points).map(|(value, at)| (said(value), at)),
        };
        let charts = [
            Chart {
                now: waiting.last().map(|value| count(*value)),
                ..chart(("waiting", "course.waiting"), &waiting, steps(&waiting, most(&waiting)), &count)
            },
            Chart { now: Some(count(taken.iter().sum())), ..chart(("taken", "course.taken"), &taken, bars(&taken, most(&taken)), &count) },
            Chart {
                late_path: bars(&late, top),
                promise: promise.filter(|promise| top > 0.0 && *promise <= top).map(|promise| format!("{:.2}", height(promise, top))),
                ..chart(("longest", "course.longest"), &longest, bars(&in_time, top), &minutes)
            },
        ];
        let hour = |points: &[Point]| {
            let longest = points.iter().map(|point| point.longest).max().unwrap_or_default();
            Hour {
                begins: points[0].begins,
                waiting: points[points.len() - 1].waiting,
                taken: points.iter().map(|point| point.taken).sum(),
                longest: wait(locale, longest.as_secs_f64() / 60.0),
            }
        };
        let hours = points.chunks(HOUR).map(hour).collect();
        let middle = begins.saturating_add(length / 2).unwrap_or(begins);
        Self { id, name, team, charts, hours, begins, middle, ends }
    }

    /// Whether anything happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.charts.iter().all(|chart| chart.path.is_empty() && chart.late_path.is_empty())
    }
}

fn wait(locale: Locale, minutes: f64) -> String {
    locale.t1("floor.promised", "minutes", minutes.round())
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

/// The most that it was, and when first.
fn at_most(values: &[f64], points: &[Point]) -> Option<(f64, Timestamp)> {
    let most = most(values);
    let place = values.iter().position(|value| *value >= most && most > 0.0)?;
    Some((most, points[place].begins))
}

/// How far below the top of a chart a value stands.
fn height(value: f64, top: f64) -> f64 {
    HEIGHT - HEIGHT * (value / top).clamp(0.0, 1.0)
}

/// A line that goes up and down with each quarter, and what is below it.
fn steps(values: &[f64], top: f64) -> String {
    if top <= 0.0 {
        return String::new();
    }
    let mut path = format!("M0 {HEIGHT}");
    for (place, value) in values.iter().enumerate() {
        _ = write!(path, "V{:.2}H{}", height(*value, top), place + 1);
    }
    path + &format!("V{HEIGHT}Z")
}

/// A bar for each quarter in which there is something.
fn bars(values: &[f64], top: f64) -> String {
    let mut path = String::new();
    for (place, value) in values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        _ = write!(path, "M{place}.1 {HEIGHT}V{:.2}h.8V{HEIGHT}Z", height(*value, top));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_by_quarters_and_bars_stand_where_something_is() {
        assert_eq!(steps(&[0.0, 2.0], 2.0), "M0 40V40.00H1V0.00H2V40Z");
        assert_eq!(bars(&[0.0, 1.0, 2.0], 2.0), "M1.1 40V20.00h.8V40ZM2.1 40V0.00h.8V40Z");
        assert_eq!(steps(&[0.0, 0.0], 0.0), "");
        assert_eq!(bars(&[], 0.0), "");
    }

    #[test]
    fn a_day_is_drawn_as_wide_as_it_is_long_and_what_was_late_by_itself() {
        let at = |quarters: i64| Timestamp::UNIX_EPOCH + QUARTER * i32::try_from(quarters).unwrap();
        let point =
            |quarters, waiting, minutes| Point { begins: at(quarters), waiting, taken: 1, longest: SignedDuration::from_mins(minutes) };
        let points = [point(0, 1, 5), point(1, 4, 20), point(2, 2, 0)];
        let locale = Locale::of("en").unwrap();
        let course = Course::drawn(locale, "q".to_owned(), None, None, Some(SignedDuration::from_mins(15)), &points, at(96));
        assert_eq!(course.charts[0].width, 96);
        assert_eq!(course.charts[0].most, Some(("4".to_owned(), at(1))));
        assert_eq!(course.charts[1].now.as_deref(), Some("3"));
        assert!(course.charts[2].late_path.starts_with("M1.1") && course.charts[2].path.starts_with("M0.1"), "{:?}", course.charts[2]);
        assert_eq!(course.charts[2].promise.as_deref(), Some("10.00"));
        assert_eq!((course.hours.len(), course.hours[0].waiting, course.hours[0].taken), (1, 2, 3));
        assert!(!course.is_empty());
        let none = Course::drawn(locale, "q".to_owned(), None, None, None, &[], at(0));
        assert!(none.is_empty() && none.hours.is_empty());
    }
}
