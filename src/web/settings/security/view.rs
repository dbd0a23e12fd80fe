//! The page of how people sign in.

use std::collections::BTreeSet;

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::setup::value::Security;
use crate::store::securities::RoleStand;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::locale::Locale;
use crate::web::settings::changes::view::Act;
use crate::web::settings::people::view::role_words;
use crate::web::settings::view::Shell;

const HOUR: i32 = 60;
const DAY: i32 = 24 * HOUR;

/// What there is to choose from, in minutes.
const IDLE: [i32; 8] = [15, 30, HOUR, 4 * HOUR, 8 * HOUR, DAY, 7 * DAY, 14 * DAY];
const LIFE: [i32; 7] = [8 * HOUR, 12 * HOUR, DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY];

/// What stands in the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// Minutes.
    pub idle: i32,
    pub life: i32,
    /// Characters.
    pub least: i32,
    pub roles: BTreeSet<String>,
}

/// A role that may be asked for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleChoice {
    pub word: String,
    pub name: String,
    pub is_ticked: bool,
    /// Whom it concerns, in words.
    pub people: String,
}

impl RoleChoice {
    pub(super) fn of(locale: Locale, stand: RoleStand, ticked: &BTreeSet<String>) -> Self {
        let RoleStand { role, name, people, without_app } = stand;
        let word = Security::word_of(role);
        let without = if without_app == 0 { String::new() } else { format!(" · {}", locale.count("security.without_app", without_app)) };
        Self {
            is_ticked: ticked.contains(&word),
            word,
            name: role_words(locale, role, name.as_deref()),
            people: format!("{}{without}", locale.count("settings.people", people)),
        }
    }
}

/// `GET /settings/security`
#[derive(Template, WebTemplate)]
#[template(path = "settings/security.html")]
pub struct SecurityPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub typed: Typed,
    pub now: Typed,
    pub roles: Vec<RoleChoice>,
    /// What became of it.
    pub acts: Vec<Act>,
}

impl SecurityPage {
    /// What there is to choose from, and what is set beside it.
    fn idle(&self) -> Vec<i32> {
        with(&IDLE, self.typed.idle)
    }

    fn life(&self) -> Vec<i32> {
        with(&LIFE, self.typed.life)
    }

    fn minutes(&self, minutes: &i32) -> String {
        in_words(self.chrome.locale, *minutes)
    }
}

fn with(known: &[i32], set: i32) -> Vec<i32> {
    let all: BTreeSet<i32> = known.iter().copied().chain([set]).collect();
    all.into_iter().collect()
}

/// So many minutes, in the largest unit that says it exactly.
fn in_words(locale: Locale, minutes: i32) -> String {
    let (key, count) = if minutes % DAY == 0 {
        ("security.days", minutes / DAY)
    } else if minutes % HOUR == 0 {
        ("security.hours", minutes / HOUR)
    } else {
        ("security.minutes", minutes)
    };
    locale.count(key, i64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_the_largest_unit_and_what_is_set_is_among_them() {
        let english = Locale::default();
        let said: Vec<String> = [15, 60, 240, DAY, 14 * DAY].iter().map(|minutes| in_words(english, *minutes)).collect();
        assert_eq!(said, ["15 minutes", "1 hour", "4 hours", "1 day", "14 days"]);
        assert_eq!(with(&LIFE, 65)[0], 65);
        assert_eq!(with(&IDLE, 30).len(), IDLE.len());
    }
}
