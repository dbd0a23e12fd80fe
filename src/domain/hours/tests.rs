//! Offices, holidays and clocks that are changed.

mod counting;

use jiff::Timestamp;

use super::written::{Place, Typed, TypedDay, Wrong};
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
    assert_eq!(night.next_opening(at("2026-03-28T12:00:00Z")).unwrap().date().to_string(), "2026-04-05");
    let beyond = hours(serde_json::json!({ "time_zone": "Europe/Berlin", "weekly": { "sun": [["01:30", "02:30"]] } }));
    assert_eq!(beyond.closes_at(at("2026-03-29T00:45:00Z")), Some(at("2026-03-29T01:00:00Z")), "and is over where it would begin");
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
    for range in [["9:0", "10:00"], ["09:00", "25:00"], ["09:60", "10:00"], ["09:00", "09:00"], ["24:00", "02:00"], ["", ""]] {
        let sentence = refused(serde_json::json!({ "time_zone": "UTC", "weekly": { "mon": [range] } }));
        assert!(!sentence.is_empty(), "{range:?} passed");
    }
    assert!(refused(serde_json::json!({ "time_zone": "UTC", "weekly": { "monday": [] } })).contains("monday"));
}

#[test]
fn a_day_may_be_other_than_the_week_has_it() {
    let json = serde_json::json!({
        "time_zone": "Europe/Berlin",
        "weekly": { "thu": [["09:00", "18:00"]], "fri": [["09:00", "18:00"]] },
        "holidays": ["2026-12-25"],
        "days": { "2026-12-24": { "name": "Christmas Eve", "open": [["10:00", "12:00"]] }, "2026-12-27": { "open": [["12:00", "14:00"]] } },
    });
    let shop = hours(json.clone());
    assert!(!shop.is_open(at("2026-12-24T08:30:00Z")) && shop.is_open(at("2026-12-24T09:30:00Z")));
    assert_eq!(shop.closes_at(at("2026-12-24T09:30:00Z")), Some(at("2026-12-24T11:00:00Z")));
    let opening = shop.next_opening(at("2026-12-24T12:00:00Z")).unwrap();
    assert_eq!(opening.to_string(), "2026-12-27T12:00:00+01:00[Europe/Berlin]", "a Sunday on which it is open all the same");
    let written = serde_json::to_value(&shop).unwrap();
    assert_eq!((&written["days"], &written["holidays"]), (&json["days"], &json["holidays"]));
    assert_eq!(hours(written), shop);
    let special: Vec<_> = shop.special_days("2026-12-25".parse().unwrap()).map(|(date, name)| (date.to_string(), name)).collect();
    assert_eq!(special, [("2026-12-25".to_owned(), ""), ("2026-12-27".to_owned(), "")]);
}

#[test]
fn times_are_read_as_people_write_them() {
    let read = |from: &str, to: &str| {
        let mut typed = Typed { time_zone: "UTC".to_owned(), ..Typed::default() };
        typed.weekly[0].push((from.to_owned(), to.to_owned()));
        Typed::of(&typed.read().unwrap()).weekly[0][0].clone()
    };
    for (from, to, read_from, read_to) in [
        ("9", "17", "09:00", "17:00"),
        ("9:30", "5 pm", "09:30", "17:00"),
        ("930", "1745", "09:30", "17:45"),
        ("9.15", "12 a.m.", "09:15", "00:00"),
        (" 12pm", "24", "12:00", "24:00"),
        ("8h30", "23:59", "08:30", "23:59"),
    ] {
        assert_eq!(read(from, to), (read_from.to_owned(), read_to.to_owned()));
    }
}

#[test]
fn every_fault_is_told_with_its_place() {
    let range = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let day = |date: &str, ranges: &[(String, String)]| TypedDay { date: date.to_owned(), name: String::new(), ranges: ranges.to_vec() };
    let mut typed = Typed { time_zone: "Mars/Olympus".to_owned(), ..Typed::default() };
    typed.weekly[0] = vec![range("09:00", "12:00"), range("11:00", "13:00"), range("noon", "14:00")];
    typed.weekly[4] = vec![range("22:00", "02:00"), range("23:00", "23:30"), range("24:00", "02:00"), range("10:00", "10:00")];
    typed.days = vec![day("24.12.", &[]), day("2026-12-24", &[range("9", "x")]), day("2026-12-24", &[])];
    let faults = typed.read().unwrap_err();
    let on = |weekday, range| Place::Weekday { weekday, range };
    let expected = [
        (Place::TimeZone, Wrong::UnknownTimeZone("Mars/Olympus".to_owned())),
        (on(0, 2), Wrong::Overlaps),
        (on(0, 3), Wrong::NotATime("noon".to_owned())),
        (on(4, 2), Wrong::Overlaps),
        (on(4, 3), Wrong::BeginsAtItsEnd),
        (on(4, 4), Wrong::NoTime("10:00".to_owned())),
        (Place::DayNumber(1), Wrong::NotADate("24.12.".to_owned())),
        (Place::Day { date: "2026-12-24".to_owned(), range: 1 }, Wrong::NotATime("x".to_owned())),
        (Place::DayNumber(3), Wrong::Twice),
    ];
    assert_eq!(faults.iter().map(|fault| (fault.place.clone(), fault.wrong.clone())).collect::<Vec<_>>(), expected);
    assert_eq!(faults[2].to_string(), "Monday, range 3: “noon” is not a time of day; write it as 09:00");
}
