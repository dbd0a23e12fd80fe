//! Promises: when a customer will hear from a person, told from the queue's opening hours.

use std::borrow::Cow;

use jiff::{Span, Timestamp, ToSpan, Zoned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::hours::monday_first;
use crate::domain::queue::Queue;
use crate::domain::sla::Promised;

type Phrase = Cow<'static, str>;

/// The words the engine itself uses in one language. `{n}`, `{time}`, `{day}` and `{month}` stand for what is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub within_minute: Phrase,
    pub within_minutes: Phrase,
    pub within_hour: Phrase,
    pub within_hours: Phrase,
    pub today: Phrase,
    pub tomorrow: Phrase,
    pub weekday: Phrase,
    pub date: Phrase,
    /// For a queue that never opens.
    pub whenever: Phrase,
    /// Monday first.
    pub weekdays: [Phrase; 7],
    pub months: [Phrase; 12],
    /// On the button that opens a list.
    pub list_button: Phrase,
    /// Before a question that is asked again.
    pub not_understood: Phrase,
    /// Before a question that was answered with a picture, a recording or the like.
    pub not_in_words: Phrase,
    /// What an agent reads as the answer where a picture was welcome.
    pub picture: Phrase,
    /// Said to a customer who comes back, with placeholders as in texts; empty where an author did not write it.
    #[serde(default)]
    pub welcome_back: Phrase,
}

const fn phrase(text: &'static str) -> Phrase {
    Cow::Borrowed(text)
}

pub static ENGLISH: Words = Words {
    within_minute: phrase("within a minute"),
    within_minutes: phrase("within {n} minutes"),
    within_hour: phrase("within an hour"),
    within_hours: phrase("within {n} hours"),
    today: phrase("today from {time}"),
    tomorrow: phrase("tomorrow from {time}"),
    weekday: phrase("on {day} from {time}"),
    date: phrase("on {day} {month} from {time}"),
    whenever: phrase("as soon as we can"),
    weekdays: [
        phrase("Monday"),
        phrase("Tuesday"),
        phrase("Wednesday"),
        phrase("Thursday"),
        phrase("Friday"),
        phrase("Saturday"),
        phrase("Sunday"),
    ],
    months: [
        phrase("January"),
        phrase("February"),
        phrase("March"),
        phrase("April"),
        phrase("May"),
        phrase("June"),
        phrase("July"),
        phrase("August"),
        phrase("September"),
        phrase("October"),
        phrase("November"),
        phrase("December"),
    ],
    list_button: phrase("Choose"),
    not_understood: phrase("Sorry, I did not understand that."),
    not_in_words: phrase("Thank you, I will pass that on. I cannot read it myself, so please answer in words."),
    picture: phrase("Picture"),
    welcome_back: phrase("Thank you for writing again. One of us will answer you here {queue.promise}."),
};

pub static SPANISH: Words = Words {
    within_minute: phrase("en un minuto"),
    within_minutes: phrase("en menos de {n} minutos"),
    within_hour: phrase("en menos de una hora"),
    within_hours: phrase("en menos de {n} horas"),
    today: phrase("hoy a partir de las {time}"),
    tomorrow: phrase("mañana a partir de las {time}"),
    weekday: phrase("el {day} a partir de las {time}"),
    date: phrase("el {day} de {month} a partir de las {time}"),
    whenever: phrase("lo antes posible"),
    weekdays: [
        phrase("lunes"),
        phrase("martes"),
        phrase("miércoles"),
        phrase("jueves"),
        phrase("viernes"),
        phrase("sábado"),
        phrase("domingo"),
    ],
    months: [
        phrase("enero"),
        phrase("febrero"),
        phrase("marzo"),
        phrase("abril"),
        phrase("mayo"),
        phrase("junio"),
        phrase("julio"),
        phrase("agosto"),
        phrase("septiembre"),
        phrase("octubre"),
        phrase("noviembre"),
        phrase("diciembre"),
    ],
    list_button: phrase("Elegir"),
    not_understood: phrase("Perdona, no lo he entendido."),
    not_in_words: phrase("Gracias, se lo haré llegar al equipo. Yo no puedo leerlo, así que responde con palabras, por favor."),
    picture: phrase("Foto"),
    welcome_back: phrase("Gracias por escribir de nuevo. Te responderemos aquí {queue.promise}."),
};

/// The words of a language that is built in.
#[must_use]
pub fn built_in(language: &str) -> Option<&'static Words> {
    match language {
        "en" => Some(&ENGLISH),
        "es" => Some(&SPANISH),
        _ => None,
    }
}

/// When a queue answers, e.g. `within 10 minutes`, `today from 13:00`, `tomorrow from 09:00`, `on Monday from 09:00`.
///
/// While it is open but closes before its usual time to answer is over, the promise is the next opening.
#[must_use]
pub fn promise(queue: &Queue, now: Timestamp, words: &Words) -> String {
    match answers(queue, now) {
        Answers::Within => within(queue.promise_minutes, words),
        Answers::From(at) => opening(at, now, words),
    }
}

/// What [`promise`] says, as an instant; nothing of a queue that never opens.
#[must_use]
pub fn promised(queue: &Queue, now: Timestamp) -> Option<Promised> {
    match answers(queue, now) {
        Answers::Within => now.checked_add(usual(queue)).ok().map(Promised::By),
        Answers::From(opening) => opening.map(|at| Promised::From(at.timestamp())),
    }
}

enum Answers {
    Within,
    From(Option<Zoned>),
}

fn answers(queue: &Queue, now: Timestamp) -> Answers {
    if !queue.hours.is_open(now) {
        return Answers::From(queue.hours.next_opening(now));
    }
    match queue.hours.closes_at(now) {
        Some(closing) if is_before(closing, now, usual(queue)) => Answers::From(queue.hours.next_opening(closing)),
        Some(_) | None => Answers::Within,
    }
}

fn usual(queue: &Queue) -> Span {
    i64::from(queue.promise_minutes.min(u32::from(u16::MAX))).minutes()
}

fn is_before(closing: Timestamp, now: Timestamp, soon: Span) -> bool {
    now.checked_add(soon).is_ok_and(|due| closing < due)
}

/// Such as `within 10 minutes`.
#[must_use]
pub fn within_minutes(minutes: i64, words: &Words) -> String {
    within(u32::try_from(minutes).unwrap_or(u32::MAX), words)
}

fn within(minutes: u32, words: &Words) -> String {
    match minutes {
        0 | 1 => words.within_minute.to_string(),
        60 => words.within_hour.to_string(),
        _ if minutes.is_multiple_of(60) => words.within_hours.replace("{n}", &(minutes / 60).to_string()),
        _ => words.within_minutes.replace("{n}", &minutes.to_string()),
    }
}

fn opening(opening: Option<Zoned>, now: Timestamp, words: &Words) -> String {
    let Some(opening) = opening else {
        return words.whenever.to_string();
    };
    let time = format!("{:02}:{:02}", opening.hour(), opening.minute());
    let today = now.to_zoned(opening.time_zone().clone()).date();
    let days = today.duration_until(opening.date()).as_hours() / 24;
    match days {
        0 => words.today.replace("{time}", &time),
        1 => words.tomorrow.replace("{time}", &time),
        2..=6 => {
            let day = &words.weekdays[monday_first(opening.weekday())];
            words.weekday.replace("{day}", day).replace("{time}", &time)
        }
        _ => {
            let month = &words.months[usize::from(opening.month().unsigned_abs()).clamp(1, 12) - 1];
            words.date.replace("{day}", &opening.day().to_string()).replace("{month}", month).replace("{time}", &time)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{QueueId, TeamId};

    fn queue(promise_minutes: u32) -> Queue {
        let day = [["09:00", "12:00"], ["13:00", "18:00"]];
        let weekly = serde_json::json!({ "mon": day, "tue": day, "wed": day });
        let hours =
            serde_json::json!({ "time_zone": "Europe/Madrid", "weekly": weekly, "holidays": ["2026-03-16", "2026-03-17", "2026-03-18"] });
        Queue {
            id: QueueId(uuid::Uuid::nil()),
            key: "support".to_owned(),
            name: "Support".to_owned(),
            team: TeamId(uuid::Uuid::nil()),
            hours: serde_json::from_value(hours).unwrap(),
            promise_minutes,
        }
    }

    #[test]
    fn a_promise_keeps_to_the_hours_of_the_queue() {
        // 9 March 2026 is a Monday; Madrid is one hour ahead.
        for (now, minutes, english, spanish) in [
            ("2026-03-09T09:00:00Z", 10, "within 10 minutes", "en menos de 10 minutos"),
            ("2026-03-09T09:00:00Z", 1, "within a minute", "en un minuto"),
            ("2026-03-09T09:00:00Z", 60, "within an hour", "en menos de una hora"),
            ("2026-03-09T09:00:00Z", 120, "within 2 hours", "en menos de 2 horas"),
            ("2026-03-09T10:30:00Z", 45, "today from 13:00", "hoy a partir de las 13:00"),
            ("2026-03-09T10:30:00Z", 30, "within 30 minutes", "en menos de 30 minutos"),
            ("2026-03-09T11:30:00Z", 10, "today from 13:00", "hoy a partir de las 13:00"),
            ("2026-03-09T16:55:00Z", 10, "tomorrow from 09:00", "mañana a partir de las 09:00"),
            ("2026-03-08T23:30:00Z", 10, "today from 09:00", "hoy a partir de las 09:00"),
            ("2026-03-06T12:00:00Z", 10, "on Monday from 09:00", "el lunes a partir de las 09:00"),
            ("2026-03-11T20:00:00Z", 10, "on 23 March from 09:00", "el 23 de marzo a partir de las 09:00"),
        ] {
            let now = now.parse().unwrap();
            assert_eq!(promise(&queue(minutes), now, &ENGLISH), english, "{now}");
            assert_eq!(promise(&queue(minutes), now, &SPANISH), spanish, "{now}");
        }
    }
}
