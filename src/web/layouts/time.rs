//! Times for pages: machine-readable in `datetime`, a UTC text for browsers without scripts. The browser puts local time in its place.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::html::Html;

/// What `<time datetime>` holds: RFC 3339 in UTC with milliseconds.
#[must_use]
pub fn machine(at: &Timestamp) -> String {
    format!("{at:.3}")
}

/// Hours and minutes in UTC, e.g. `14:05`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%H:%M").to_string()
}

/// The day in UTC, e.g. `2026-11-20`.
#[must_use]
pub fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// The full time for a tooltip, e.g. `2026-11-20 14:05 UTC`.
#[must_use]
pub fn full(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Microseconds since 1970: the precision of the database, safe in a JavaScript number, sorts as the list does.
#[must_use]
pub fn micros(at: &Timestamp) -> i64 {
    at.as_microsecond()
}

/// A `<time>` element that the browser keeps up to date. `shown` says how: `clock` (time of day), `day`, `moment` (day and time),
/// `waiting` (how long since), `left` (how long until), `due` (how long until, or since).
#[must_use]
pub fn element(at: &Timestamp, shown: &str) -> Html {
    let text = match shown {
        "moment" => full(*at),
        "day" => day(*at),
        _ => clock(*at),
    };
    let (machine, full) = (machine(at), full(*at));
    Html::trusted(format!(
        r#"<time data-controller="clock" data-clock-shown-value="{shown}" datetime="{machine}" title="{full}">{text}</time>"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_for_machines_and_people() {
        let at: Timestamp = "2026-11-20T14:05:09.123456Z".parse().unwrap();
        assert_eq!(machine(&at), "2026-11-20T14:05:09.123Z");
        assert_eq!((clock(at).as_str(), day(at).as_str()), ("14:05", "2026-11-20"));
        assert_eq!(full(at), "2026-11-20 14:05 UTC");
        assert_eq!(micros(&at), 1_795_183_509_123_456);
    }
}
