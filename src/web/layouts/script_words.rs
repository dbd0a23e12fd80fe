//! The texts that scripts show, as a JSON block of the page.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::web::locale::Locale;

/// Keys of the locale files that scripts use.
const KEYS: [&str; 43] = [
    "clock.closed",
    "clock.days",
    "clock.hours",
    "clock.minutes",
    "clock.now",
    "clock.today",
    "clock.yesterday",
    "composer.cut",
    "composer.held",
    "composer.no_canned",
    "composer.not_sent",
    "composer.pending",
    "composer.too_large",
    "composer.waits",
    "composer.wrong_type",
    "connection.catching_up",
    "connection.connecting",
    "connection.live",
    "connection.not_done",
    "connection.offline",
    "finder.all",
    "finder.none",
    "finder.shown",
    "finder.ticked.one",
    "finder.ticked.other",
    "people.typing.one",
    "people.typing.other",
    "people.viewing.one",
    "people.viewing.other",
    "presence.away",
    "presence.go_away",
    "presence.go_online",
    "presence.online",
    "refusal.no_pictures",
    "row.typing",
    "row.viewing",
    "status.queued",
    "thread.new.one",
    "thread.new.other",
    "thread.steps.one",
    "thread.steps.other",
    "thread.to_end",
    "kind.image",
];

/// Element id `words`.
#[derive(Debug, Clone, Copy, Template)]
#[template(path = "layouts/words.html")]
pub(in crate::web) struct ScriptWords {
    pub locale: Locale,
}

impl HtmlSafe for ScriptWords {}

impl ScriptWords {
    fn words(&self) -> BTreeMap<&'static str, String> {
        KEYS.iter().map(|key| (*key, self.locale.t(key).into_owned())).collect()
    }
}
