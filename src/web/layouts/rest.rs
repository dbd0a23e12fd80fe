//! A queue that is paused or drained, in words.

use super::html::Html;
use super::time;
use super::words::{known, plain, sentence};
use crate::domain::rest::Rest;
use crate::web::locale::Locale;

/// For how many minutes a queue may be made to rest by a form; beside these, until somebody ends it.
pub const MINUTES: [i64; 7] = [15, 30, 60, 120, 240, 480, 1440];

/// `Paused`, or whatever a newer version calls it.
#[must_use]
pub fn kind(locale: Locale, rest: &Rest) -> String {
    known(&locale, &format!("rest.kind.{}", rest.kind)).unwrap_or_else(|| rest.kind.clone())
}

/// How it rests, until when, and why.
#[must_use]
pub fn told(locale: Locale, rest: &Rest) -> Html {
    let kind = kind(locale, rest);
    let until = match &rest.until {
        Some(until) => format!("{} {}", sentence(&locale, "rest.until", &[("kind", &kind)]), time::element(until, "moment")),
        None => sentence(&locale, "rest.open_end", &[("kind", &kind)]).into_string(),
    };
    Html::trusted(format!("{until}: {}", sentence(&locale, "rest.reason", &[("reason", &rest.reason)])))
}

/// The same without a time of day that a page would put into words.
#[must_use]
pub fn plainly(locale: Locale, rest: &Rest) -> String {
    let until = rest.until.map_or_else(|| locale.t("rest.somebody_ends_it").into_owned(), time::full);
    plain(&locale, "rest.plainly", &[("kind", &kind(locale, rest)), ("until", &until), ("reason", &rest.reason), ("name", &rest.by)])
}
