//! The page of the workspace itself.

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::lease::Lease;
use crate::domain::overdue::AnswerWithin;
use crate::domain::setup::command::WorkspaceChange;
use crate::domain::setup::value::Workspace;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::zones::zones;
use crate::web::locale::Locale;
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

/// `GET /settings/workspace`
#[derive(Template, WebTemplate)]
#[template(path = "settings/workspace.html")]
pub struct WorkspacePage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub typed: Typed,
    /// As it is.
    pub now: Typed,
    /// What the clock says where the workspace is.
    pub clock: String,
    /// What became of it.
    pub acts: Vec<Act>,
}

/// What stands in the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    pub name: String,
    pub locale: String,
    pub time_zone: String,
    pub lease_minutes: i32,
    pub answer_minutes: Option<i32>,
}

impl Typed {
    #[must_use]
    pub fn of(workspace: &Workspace) -> Self {
        let Workspace { name, locale, time_zone, lease_minutes, answer_minutes, brand: _ } = workspace.clone();
        Self { name, locale, time_zone, lease_minutes, answer_minutes }
    }

    /// With what somebody typed.
    pub(super) fn with(&self, change: WorkspaceChange) -> Self {
        let WorkspaceChange { name, locale, time_zone, lease_minutes, answer_minutes, .. } = change;
        Self {
            name: name.unwrap_or_else(|| self.name.clone()),
            locale: locale.unwrap_or_else(|| self.locale.clone()),
            time_zone: time_zone.unwrap_or_else(|| self.time_zone.clone()),
            lease_minutes: lease_minutes.unwrap_or(self.lease_minutes),
            answer_minutes: answer_minutes.unwrap_or(self.answer_minutes),
        }
    }
}

/// What the clock says in a time zone: hours and minutes.
#[must_use]
pub fn clock(time_zone: &str, now: Timestamp) -> String {
    now.to_zoned(TimeZone::get(time_zone).unwrap_or(TimeZone::UTC)).strftime("%H:%M").to_string()
}

impl WorkspacePage {
    fn time_zones(&self) -> &'static [String] {
        zones()
    }

    /// What the language of that tag is called; a tag that nobody knows calls itself.
    fn language(&self, tag: &str) -> String {
        Locale::of(tag).map_or_else(|| tag.to_owned(), |locale| locale.t("language.own_name").into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_that_of_the_place_and_of_nowhere_utc() {
        let noon = "2026-07-01T12:00:00Z".parse().unwrap();
        assert_eq!((clock("Europe/Madrid", noon).as_str(), clock("Mars/Olympus", noon).as_str()), ("14:00", "12:00"));
    }
}
