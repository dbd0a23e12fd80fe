//! Sentences from the locale files with placeholders (`%{name}`) filled in one pass, so that a filled-in text is never read as one.

use super::html::{Html, escape_into};
use crate::domain::routing::{Priority, WideningStep};
use crate::web::locale::Locale;

/// The sentence under `key` as HTML: every filled-in text is escaped and isolated, so that its direction or markup stays its own.
#[must_use]
pub fn sentence(locale: &Locale, key: &str, values: &[(&str, &str)]) -> Html {
    let mut html = String::new();
    fill(&locale.t(key), values, |part| match part {
        Part::Words(words) => escape_into(&mut html, words),
        Part::Value(value) => {
            html.push_str("<bdi>");
            escape_into(&mut html, value);
            html.push_str("</bdi>");
        }
    });
    Html::trusted(html)
}

/// The sentence under `key` as plain text.
#[must_use]
pub fn plain(locale: &Locale, key: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    fill(&locale.t(key), values, |part| match part {
        Part::Words(piece) | Part::Value(piece) => text.push_str(piece),
    });
    text
}

/// The words under `key`, or `None` when the locale files have none.
#[must_use]
pub fn known(locale: &Locale, key: &str) -> Option<String> {
    let words = locale.t(key);
    (!words.ends_with(key)).then(|| words.into_owned())
}

enum Part<'text> {
    Words(&'text str),
    Value(&'text str),
}

fn fill<'text>(sentence: &'text str, values: &[(&str, &'text str)], mut take: impl FnMut(Part<'text>)) {
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once("%{") {
        take(Part::Words(before));
        let Some((name, following)) = after.split_once('}') else { return };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            take(Part::Value(value));
        }
        rest = following;
    }
    take(Part::Words(rest));
}

/// What a priority is called.
#[must_use]
pub fn priority(locale: Locale, priority: Priority) -> String {
    locale.t(&format!("priority.{}", priority.as_str())).into_owned()
}

/// What a step of a queue does; a word of a newer version stands for itself.
#[must_use]
pub fn step(locale: Locale, does: &str) -> String {
    known(&locale, &format!("widening.{does}")).unwrap_or_else(|| does.to_owned())
}

/// The steps of a queue, such as `60 s: nothing is preferred any more`.
#[must_use]
pub fn steps(locale: Locale, steps: &[WideningStep]) -> String {
    let one = |it: &WideningStep| format!("{} s: {}", it.after, step(locale, &it.does));
    if steps.is_empty() { "–".to_owned() } else { steps.iter().map(one).collect::<Vec<_>>().join("; ") }
}

/// So many minutes or a little more, in a unit that suits them.
#[must_use]
pub fn span(locale: Locale, minutes: i64) -> String {
    const HOUR: i64 = 60;
    const DAY: i64 = 24 * HOUR;
    match minutes {
        ..HOUR => locale.count("security.minutes", minutes),
        HOUR..=DAY => locale.count("security.hours", minutes / HOUR),
        _ => locale.count("security.days", minutes / DAY),
    }
}

/// So many minutes, in the largest unit that says them whole.
#[must_use]
pub fn exactly(locale: Locale, minutes: i64) -> String {
    match minutes {
        _ if minutes % (24 * 60) == 0 => locale.count("security.days", minutes / (24 * 60)),
        _ if minutes % 60 == 0 => locale.count("security.hours", minutes / 60),
        _ => locale.count("security.minutes", minutes),
    }
}

/// The name of a field as words: `last_order` is "Last order".
pub(in crate::web) fn field_label(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(sentence: &str, values: &[(&str, &str)]) -> String {
        let mut text = String::new();
        fill(sentence, values, |part| match part {
            Part::Words(piece) | Part::Value(piece) => text.push_str(piece),
        });
        text
    }

    #[test]
    fn a_filled_in_text_is_not_read_as_a_placeholder() {
        assert_eq!(filled("%{a} and %{b}", &[("a", "%{b}"), ("b", "two")]), "%{b} and two");
    }

    #[test]
    fn spans_are_said_in_a_unit_that_suits_them() {
        let said: Vec<String> = [1, 59, 60, 150, 1440, 4400].iter().map(|minutes| span(Locale::default(), *minutes)).collect();
        assert_eq!(said, ["1 minute", "59 minutes", "1 hour", "2 hours", "24 hours", "3 days"]);
    }

    #[test]
    fn a_placeholder_nobody_fills_leaves_nothing() {
        assert_eq!(filled("before %{missing} after", &[]), "before  after");
    }
}
