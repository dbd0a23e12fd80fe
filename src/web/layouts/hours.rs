//! Opening hours in words, and what a customer is told of them.

use std::fmt::Write as _;

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use crate::domain::channel::WHATSAPP;
use crate::domain::contact::Contact;
use crate::domain::flows::definition::Definition;
use crate::domain::flows::engine::{self, Context};
use crate::domain::flows::promise::{self, Words};
use crate::domain::flows::text;
use crate::domain::hours::Hours;
use crate::domain::hours::monday_first;
use crate::domain::hours::written::{Fault, Place, Ranges, Typed, Wrong};
use crate::domain::ids::ContactId;
use crate::domain::message::Content;
use crate::domain::queue::Queue;
use crate::web::layouts::words::plain;
use crate::web::locale::Locale;

/// Days of the week as they are named in forms and in JSON, Monday first.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Days that are not as the week has them, of which a preview tells.
const SPECIAL_DAYS: usize = 3;

/// What a customer is told at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub when: String,
    pub words: String,
}

/// In one line, such as `Mon–Fri 09:00–18:00, Sat 10:00–14:00 (Europe/Madrid)`.
#[must_use]
pub fn summary(locale: Locale, hours: &Hours) -> String {
    let typed = Typed::of(hours);
    let mut parts =
        if hours.is_around_the_clock() { vec![locale.t("hours.always").into_owned()] } else { by_weekday(locale, &typed.weekly) };
    if !typed.days.is_empty() {
        parts.push(locale.count("hours.days", i64::try_from(typed.days.len()).unwrap_or(i64::MAX)));
    }
    format!("{} ({})", parts.join(", "), typed.time_zone)
}

/// Neighbours that are alike stand together.
fn by_weekday(locale: Locale, weekly: &[Ranges; 7]) -> Vec<String> {
    let mut parts = Vec::new();
    let mut first = 0;
    while first < 7 {
        let last = (first..7).take_while(|day| weekly[*day] == weekly[first]).last().unwrap_or(first);
        if !weekly[first].is_empty() {
            let mut days = short(locale, first);
            if last > first {
                _ = write!(days, "–{}", short(locale, last));
            }
            let ranges: Vec<String> = weekly[first].iter().map(|(from, to)| format!("{from}–{to}")).collect();
            parts.push(format!("{days} {}", ranges.join(" + ")));
        }
        first = last + 1;
    }
    if parts.is_empty() { vec![locale.t("hours.never").into_owned()] } else { parts }
}

fn short(locale: Locale, weekday: usize) -> String {
    locale.t(&format!("hours.short.{}", WEEKDAYS[weekday % 7])).into_owned()
}

/// What is wrong, with its place.
#[must_use]
pub fn fault(locale: Locale, fault: &Fault) -> String {
    let place = match &fault.place {
        Place::TimeZone => String::new(),
        Place::Weekday { weekday, range } => {
            let day = locale.t(&format!("hours.weekday.{}", WEEKDAYS[weekday % 7])).into_owned();
            plain(&locale, "hours.fault.place", &[("day", &day), ("range", &range.to_string())])
        }
        Place::Day { date, range } => plain(&locale, "hours.fault.place", &[("day", date), ("range", &range.to_string())]),
        Place::DayNumber(number) => plain(&locale, "hours.fault.day", &[("number", &number.to_string())]),
    };
    let (key, value) = match &fault.wrong {
        Wrong::UnknownTimeZone(name) => ("time_zone", name.clone()),
        Wrong::NotATime(text) => ("not_a_time", text.clone()),
        Wrong::NotADate(text) => ("not_a_date", text.clone()),
        Wrong::NoTime(text) => ("no_time", text.clone()),
        Wrong::BeginsAtItsEnd => ("begins_at_its_end", String::new()),
        Wrong::Overlaps => ("overlaps", String::new()),
        Wrong::Twice => ("twice", String::new()),
        Wrong::TooMany(most) => ("too_many", most.to_string()),
        Wrong::NameTooLong(most) => ("name_too_long", most.to_string()),
    };
    let words = plain(&locale, &format!("hours.fault.{key}"), &[("value", &value)]);
    if place.is_empty() { words } else { format!("{place} {words}") }
}

/// What a flow tells a customer who comes back: now, tonight, at the weekend, on the next days that are not as the week has them, and at a
/// time of one's own. Without a flow, by the words that are built in.
#[must_use]
pub fn told(locale: Locale, flow: Option<&Definition>, queue: &Queue, now: Timestamp, own: Option<DateTime>) -> Vec<Told> {
    let words = promise::built_in(locale.as_str()).unwrap_or(&promise::ENGLISH);
    let contact = Contact { language: Some(locale.as_str().to_owned()), ..Contact::named(ContactId(Uuid::nil()), String::new()) };
    let zone = queue.hours.time_zone();
    let local = now.to_zoned(zone.clone());
    let today = local.date();
    let mut told = Vec::new();
    let mut tell = |when: String, at: Timestamp| {
        let context =
            Context { contact: &contact, queues: std::slice::from_ref(queue), rules: &WHATSAPP, now: at, may_speak: true, entry: None };
        let built_in = || {
            let value = |name: &str| if name == "queue.promise" { promise::promise(queue, at, words) } else { String::new() };
            text::expand(&words.welcome_back, value)
        };
        let said = match flow.map(|flow| engine::welcome_back(flow, &context, &queue.key)) {
            None => built_in(),
            Some(Some(Content::Text { body })) => body,
            Some(_) => String::new(),
        };
        told.push(Told { when, words: said });
    };
    let at = |date: Date, hour: i8| date.at(hour, 0, 0, 0).to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp());
    tell(plain(&locale, "hours.told.now", &[("time", &time(local.time()))]), now);
    if let Some(tonight) = at(today, 22).filter(|tonight| *tonight > now) {
        tell(locale.t("hours.told.tonight").into_owned(), tonight);
    }
    let days_to_saturday = (5 + 7 - i64::try_from(monday_first(today.weekday())).unwrap_or(0)) % 7;
    let saturday = today.checked_add(if days_to_saturday == 0 { 7.days() } else { days_to_saturday.days() });
    if let Some(saturday) = saturday.ok().and_then(|day| at(day, 11)) {
        tell(locale.t("hours.told.saturday").into_owned(), saturday);
    }
    for (date, name) in queue.hours.special_days(today).take(SPECIAL_DAYS) {
        if let Some(noon) = at(date, 11).filter(|noon| *noon > now) {
            let day = if name.is_empty() { day(date, words) } else { format!("{} ({name})", day(date, words)) };
            tell(plain(&locale, "hours.told.at", &[("day", &day), ("time", "11:00")]), noon);
        }
    }
    if let Some((own, instant)) = own.and_then(|own| Some((own, own.to_zoned(zone.clone()).ok()?.timestamp()))) {
        tell(plain(&locale, "hours.told.at", &[("day", &day(own.date(), words)), ("time", &time(own.time()))]), instant);
    }
    told
}

fn time(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// Such as `25 December`.
fn day(date: Date, words: &Words) -> String {
    let month = &words.months[usize::from(date.month().unsigned_abs()).clamp(1, 12) - 1];
    format!("{} {month}", date.day())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{QueueId, TeamId};

    fn hours() -> Hours {
        let day = serde_json::json!([["09:00", "18:00"]]);
        let weekly = serde_json::json!({ "mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": [["10:00", "12:00"], ["13:00", "14:00"]] });
        let days = serde_json::json!({ "2026-12-24": { "name": "Christmas Eve", "open": [["09:00", "12:00"]] } });
        let json = serde_json::json!({ "time_zone": "Europe/Madrid", "weekly": weekly, "holidays": ["2026-12-25"], "days": days });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn hours_are_told_in_one_line() {
        let english = Locale::of("en").unwrap();
        assert_eq!(summary(english, &hours()), "Mon–Fri 09:00–18:00, Sat 10:00–12:00 + 13:00–14:00, 2 other days (Europe/Madrid)");
        assert_eq!(summary(english, &Hours::always()), "Always open (UTC)");
    }

    #[test]
    fn a_preview_tells_what_the_flow_would_say_in_its_own_words() {
        let (id, team) = (QueueId(uuid::Uuid::nil()), TeamId(uuid::Uuid::nil()));
        let queue = Queue { id, key: "support".to_owned(), name: "Support".to_owned(), team, hours: Hours::always(), promise_minutes: 10 };
        let flow = serde_json::json!({
            "format": 1, "name": "Welcome", "language": "en", "start": "over", "default_queue": "support",
            "welcome_back_text": { "en": "Back so soon? We write {queue.promise}.", "es": "¿De vuelta? Escribimos {queue.promise}." },
            "nodes": { "over": { "kind": "hand_off", "queue": "support" } },
        });
        let flow: Definition = serde_json::from_value(flow).unwrap();
        let now = "2026-12-23T16:30:00Z".parse().unwrap();
        let says = |locale: &str, flow| told(Locale::of(locale).unwrap(), flow, &queue, now, None)[0].words.clone();
        assert_eq!(says("en", Some(&flow)), "Back so soon? We write within 10 minutes.");
        assert_eq!(says("es", Some(&flow)), "¿De vuelta? Escribimos en menos de 10 minutos.");
        assert!(says("en", None).starts_with("Thank you for writing again."));
        let silent = Definition { welcome_back_text: None, ..flow.clone() };
        assert_eq!(says("en", Some(&silent)), says("en", None), "one without words of its own says the built-in ones");
    }

    #[test]
    fn a_preview_tells_what_the_engine_would_say() {
        let (id, team) = (QueueId(uuid::Uuid::nil()), TeamId(uuid::Uuid::nil()));
        let queue = Queue { id, key: "support".to_owned(), name: "Support".to_owned(), team, hours: hours(), promise_minutes: 10 };
        // A Wednesday, 17:30 in Madrid.
        let now = "2026-12-23T16:30:00Z".parse().unwrap();
        let told = told(Locale::of("en").unwrap(), None, &queue, now, "2026-12-28T17:55".parse().ok());
        let told: Vec<(&str, &str)> =
            told.iter().map(|told| (told.when.as_str(), told.words.trim_start_matches(|c| c != '.').trim_start_matches(". "))).collect();
        assert_eq!(
            told,
            [
                ("Now (17:30)", "One of us will answer you here within 10 minutes."),
                ("Tonight at 22:00", "One of us will answer you here tomorrow from 09:00."),
                ("On Saturday at 11:00", "One of us will answer you here within 10 minutes."),
                ("24 December (Christmas Eve), 11:00", "One of us will answer you here within 10 minutes."),
                ("25 December, 11:00", "One of us will answer you here tomorrow from 10:00."),
                ("28 December, 17:55", "One of us will answer you here tomorrow from 09:00."),
            ]
        );
    }
}
