//! When something is due: stretches that do not count, warnings, promises.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::due::Counted;
use super::policy::SlaPolicy;
use crate::domain::hours::Hours;

fn at(text: &str) -> Timestamp {
    format!("2026-02-10T{text}:00Z").parse().unwrap()
}

fn office() -> Hours {
    let day = json!([["09:00", "12:00"], ["13:00", "17:00"]]);
    let hours = json!({ "time_zone": "UTC", "weekly": { "mon": day, "tue": day, "wed": day, "thu": day, "fri": day } });
    serde_json::from_value(hours).unwrap()
}

fn policy(in_hours: bool, warn_minutes: Option<i32>, warn_percent: Option<i32>) -> SlaPolicy {
    SlaPolicy { in_hours, warn_minutes, warn_percent, ..SlaPolicy::default() }
}

#[test]
fn time_counts_while_it_is_open_and_nothing_stands_still() {
    let (hours, minutes, percent) = (office(), policy(true, Some(30), None), policy(false, None, Some(75)));
    let in_hours = Counted { policy: &minutes, hours: &hours };
    let due = |gaps: &[(Timestamp, Option<Timestamp>)]| in_hours.due(at("11:00"), 120, gaps, None);
    assert_eq!(due(&[]), Some((Some(at("13:30")), at("14:00"))));
    assert_eq!(due(&[(at("11:30"), Some(at("12:30")))]), Some((Some(at("14:00")), at("14:30"))), "half of it was closed anyway");
    assert_eq!(due(&[(at("11:30"), None)]), None, "it stands still");
    assert_eq!(due(&[(at("14:00"), None)]), Some((Some(at("13:30")), at("14:00"))), "it was due before");
    let several = [(at("11:00"), Some(at("11:15"))), (at("11:30"), Some(at("11:45"))), (at("15:00"), None)];
    assert_eq!(due(&several), Some((Some(at("14:00")), at("14:30"))));
    let always = Counted { policy: &percent, hours: &hours };
    assert_eq!(always.due(at("11:00"), 120, &[], None), Some((Some(at("12:30")), at("13:00"))));
}

#[test]
fn a_promise_that_is_sooner_is_what_is_due_and_is_warned_of_as_long_before() {
    let (hours, minutes, percent, quiet) = (office(), policy(true, Some(5), None), policy(true, None, Some(50)), policy(true, None, None));
    let due = |policy: &SlaPolicy, by: &str| Counted { policy, hours: &hours }.due(at("10:00"), 60, &[], Some(at(by)));
    assert_eq!(due(&minutes, "10:20"), Some((Some(at("10:15")), at("10:20"))));
    assert_eq!(due(&percent, "10:20"), Some((Some(at("10:10")), at("10:20"))));
    assert_eq!(due(&minutes, "10:03"), Some((Some(at("10:00")), at("10:03"))), "never before it begins");
    assert_eq!(due(&quiet, "12:00"), Some((None, at("11:00"))));
    let never: Hours = serde_json::from_value(json!({ "time_zone": "UTC" })).unwrap();
    let closed = Counted { policy: &minutes, hours: &never };
    assert_eq!(closed.due(at("10:00"), 60, &[], None), None, "a queue that never opens");
    assert_eq!(closed.due(at("10:00"), 60, &[], Some(at("11:00"))).map(|(_, at)| at), Some(at("11:00")));
    let long = SignedDuration::from_hours(24 * 365 * 20);
    assert_eq!(closed.due(at("10:00") + long, 1, &[], None), None);
}
