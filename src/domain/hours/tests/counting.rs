//! Open time against a reference that goes from minute to minute, in zones whose clocks are changed in different ways.

use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

use super::super::Hours;
use super::{at, hours, office};

const ZONES: [&str; 5] = ["Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata"];

/// Days around which clocks are changed in one of the zones, and some on which they are not.
const BEGINNINGS: [&str; 8] = [
    "2026-03-27T00:00:00Z", // Berlin in spring
    "2026-10-23T00:00:00Z", // and in autumn
    "2026-03-06T00:00:00Z", // New York
    "2026-10-30T00:00:00Z",
    "2018-11-02T00:00:00Z", // Sao Paulo, at midnight, when it still did
    "2019-02-15T00:00:00Z",
    "2026-04-03T00:00:00Z", // Lord Howe, by half an hour
    "2026-10-02T00:00:00Z",
];

const MINUTES: i64 = 5 * 24 * 60;

/// Numbers that are the same on every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn clock(minute: u64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Ranges of a day that do not overlap; the last one may run past midnight.
fn ranges(chance: &mut Chance) -> Value {
    let mut edges: Vec<u64> = (0..2 * chance.below(3)).map(|_| chance.below(24 * 12) * 5).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut ranges: Vec<Value> = edges.chunks_exact(2).map(|pair| json!([clock(pair[0]), clock(pair[1])])).collect();
    if let Some(last) = edges.last().filter(|last| **last < 23 * 60 && chance.below(3) == 0) {
        ranges.push(json!([clock(last + 30), clock(chance.below(3) * 45)]));
    }
    Value::Array(ranges)
}

fn any_hours(chance: &mut Chance, zone: &str, begins: Timestamp) -> Hours {
    let week: Vec<Value> = (0..7).map(|_| ranges(chance)).collect();
    let day = |days: i64| begins.to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(days.days()).to_string();
    let (holiday, special) = (i64::try_from(chance.below(4)).unwrap(), ranges(chance));
    hours(json!({
        "time_zone": zone,
        "weekly": { "mon": week[0], "tue": week[1], "wed": week[2], "thu": week[3], "fri": week[4], "sat": week[5], "sun": week[6] },
        "holidays": [day(holiday)],
        "days": { day(holiday + 1): { "open": special } },
    }))
}

/// Whether a clock on the wall shows a time at which it is open.
fn is_shown_open(hours: &Hours, now: Timestamp) -> bool {
    let shown = now.to_zoned(hours.time_zone.clone());
    let minute = u16::try_from(shown.hour()).unwrap() * 60 + u16::try_from(shown.minute()).unwrap();
    let of =
        |day: jiff::civil::Date| hours.days.get(&day).map_or(&hours.weekly[super::super::monday_first(day.weekday())], |day| &day.ranges);
    let today = of(shown.date()).iter().any(|range| minute >= range.from && (minute < range.to || range.to < range.from));
    today || of(shown.date().yesterday().unwrap()).iter().any(|range| range.to < range.from && minute < range.to)
}

/// For each minute, how many before it were open.
fn reference(hours: &Hours, begins: Timestamp) -> Vec<i64> {
    let mut count = 0;
    let minutes = (0..=MINUTES).map(|minute| {
        let before = count;
        let now = begins + SignedDuration::from_mins(minute);
        assert_eq!(hours.is_open(now), is_shown_open(hours, now), "{now} of {}", serde_json::to_string(hours).unwrap());
        count += i64::from(hours.is_open(now));
        before
    });
    minutes.collect()
}

#[test]
fn open_time_is_what_counting_each_minute_says() {
    let mut chance = Chance(49);
    for (zone, begins) in ZONES.iter().flat_map(|zone| BEGINNINGS.iter().map(move |begins| (*zone, at(begins)))) {
        let hours = any_hours(&mut chance, zone, begins);
        let counted = reference(&hours, begins);
        let instant = |minute: i64| begins + SignedDuration::from_mins(minute);
        for _ in 0..60 {
            let (a, b) = (chance.below(MINUTES.unsigned_abs()), chance.below(MINUTES.unsigned_abs()));
            let (from, to) = (a.min(b).cast_signed(), a.max(b).cast_signed());
            let of = |minute: i64| counted[usize::try_from(minute).unwrap()];
            let said = format!("{zone} {from} to {to} of {}", serde_json::to_string(&hours).unwrap());
            let open = hours.open_between(instant(from), instant(to));
            assert_eq!(open, SignedDuration::from_mins(of(to) - of(from)), "{said}");
            // The parts make the whole.
            let middle = from + chance.below((to - from).unsigned_abs() + 1).cast_signed();
            let parts = hours.open_between(instant(from), instant(middle)) + hours.open_between(instant(middle), instant(to));
            assert_eq!(open, parts, "{said}");
            // There is that much until the instant at which so much has passed, and less until any before it.
            let wanted = i64::try_from(chance.below(600)).unwrap() + 1;
            let minute = counted.iter().position(|before| *before == of(from) + wanted);
            if let Some(minute) = minute {
                let due = hours.after(instant(from), SignedDuration::from_mins(wanted));
                assert_eq!(due, Some(instant(minute.try_into().unwrap())), "{wanted} {said}");
                assert_eq!(hours.open_between(instant(from), due.unwrap()).as_mins(), wanted, "{said}");
            }
            // After one part and then the other is after both.
            let first = wanted / 2;
            let twice = hours.after(instant(from), SignedDuration::from_mins(first));
            let twice = twice.and_then(|then| hours.after(then, SignedDuration::from_mins(wanted - first)));
            assert_eq!(twice, hours.after(instant(from), SignedDuration::from_mins(wanted)), "{wanted} {said}");
        }
    }
}

#[test]
fn seconds_count_too_and_nothing_is_due_at_once() {
    let (from, second) = (at("2026-02-10T10:59:30Z"), SignedDuration::from_secs(1));
    assert_eq!(office().after(from, second * 30), Some(at("2026-02-10T11:00:00Z")), "due as it closes");
    assert_eq!(office().after(from, second * 31), Some(at("2026-02-10T12:00:01Z")), "and after the break");
    assert_eq!(office().after(at("2026-02-10T11:30:00Z"), SignedDuration::ZERO), Some(at("2026-02-10T11:30:00Z")));
    assert_eq!(office().open_between(from, at("2026-02-10T12:00:01Z")), second * 31);
    assert_eq!(office().open_between(at("2026-02-10T12:00:01Z"), from), SignedDuration::ZERO);
}

#[test]
fn what_the_next_day_has_too_counts_once() {
    let late = hours(json!({ "time_zone": "UTC", "weekly": { "mon": [["20:00", "06:00"]], "tue": [["00:00", "08:00"]] } }));
    let (begins, ends) = (at("2026-02-09T00:00:00Z"), at("2026-02-11T00:00:00Z"));
    assert_eq!(late.open_between(begins, ends), SignedDuration::from_hours(12));
    assert_eq!(late.after(begins, SignedDuration::from_hours(11)), Some(at("2026-02-10T07:00:00Z")));
}

#[test]
fn around_the_clock_is_every_hour_and_never_is_none() {
    let (from, long) = (at("2026-03-29T00:00:00Z"), SignedDuration::from_hours(24 * 90));
    assert_eq!(Hours::always_in("Europe/Berlin").unwrap().after(from, long), Some(from + long));
    let holiday = hours(json!({
        "time_zone": "UTC",
        "weekly": { "mon": [["00:00", "24:00"]], "tue": [["00:00", "24:00"]], "wed": [["00:00", "24:00"]], "thu": [["00:00", "24:00"]],
                    "fri": [["00:00", "24:00"]], "sat": [["00:00", "24:00"]], "sun": [["00:00", "24:00"]] },
        "holidays": ["2026-03-30"],
    }));
    assert_eq!(holiday.after(from, SignedDuration::from_hours(25)), Some(at("2026-03-31T01:00:00Z")));
    let never = hours(json!({ "time_zone": "UTC" }));
    assert_eq!(never.after(from, SignedDuration::from_secs(1)), None);
    assert_eq!(never.open_between(from, from + long), SignedDuration::ZERO);
}

/// Whoever says that it is open for a minute a week, and wants an answer within a year of such minutes, holds nobody up: 800 days are looked
/// at, and no more.
#[test]
fn however_far_away_it_is_the_work_is_bounded() {
    let rare = hours(json!({ "time_zone": "America/New_York", "weekly": { "mon": [["09:00", "09:01"]] } }));
    assert_eq!(rare.after(at("2026-02-10T11:00:00Z"), SignedDuration::from_mins(365)), None);
    let whole = rare.open_between(at("2026-02-10T11:00:00Z"), at("2196-02-10T11:00:00Z"));
    assert!(whole < SignedDuration::from_mins(120), "{whole:?}");
}
