//! Every page of settings that has a name of its own, with the words that people look for it by.

use crate::web::locale::Locale;

/// A page of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub path: &'static str,
    pub icon: &'static str,
    /// The key of its title.
    pub title: &'static str,
    /// Keys of more words that stand on it.
    words: &'static [&'static str],
    /// Whether it is among the places beside every page of settings.
    pub is_listed: bool,
}

const fn place(path: &'static str, icon: &'static str, title: &'static str, words: &'static [&'static str]) -> Place {
    Place { path, icon, title, words, is_listed: true }
}

/// A page that another one leads to.
const fn inner(path: &'static str, icon: &'static str, title: &'static str, words: &'static [&'static str]) -> Place {
    Place { path, icon, title, words, is_listed: false }
}

/// The one place of whoever does not set up the workspace.
pub const OF_EVERYBODY: &str = "canned-replies";
/// The place that is left out when it was hidden.
pub const START: &str = "start";

/// In the order in which they are offered.
pub static PLACES: &[Place] = &[
    place("/settings/start", "clipboard-list", "start.title", &["start.lead"]),
    place(
        "/settings/workspace",
        "store",
        "settings.workspace",
        &["settings.workspace_lead", "settings.time_zone", "settings.language", "settings.lease", "settings.answer"],
    ),
    place("/settings/brand", "palette", "brand.title", &["brand.lead", "brand.logo", "brand.accent", "brand.white_label"]),
    place(
        "/settings/people",
        "user",
        "settings.people_title",
        &["settings.seek.people", "change.part.role", "change.part.capacity", "skills.title"],
    ),
    inner("/settings/invitations", "user", "invitation.list", &["invitation.invite", "invitation.make_link"]),
    inner("/settings/newcomers", "user", "newcomers.title", &["newcomers.lead", "newcomers.link", "newcomers.mail"]),
    place("/settings/roles", "user-check", "settings.roles", &["settings.roles_lead", "change.part.permissions", "change.part.visibility"]),
    place(
        "/settings/numbers",
        "phone",
        "numbers.title",
        &["numbers.lead", "numbers.webhook", "numbers.token", "numbers.queue", "numbers.reopen_hours"],
    ),
    inner("/settings/numbers/new", "phone", "numbers.connect", &["numbers.app.title", "numbers.hook.title", "numbers.access.title"]),
    place("/settings/teams", "users", "settings.teams", &["settings.teams_lead"]),
    place(
        "/settings/queues",
        "inbox",
        "settings.queues_title",
        &[
            "settings.seek.queues",
            "change.part.hours",
            "change.part.promise_minutes",
            "settings.queue_strategy",
            "widening.title",
            "announcements.title",
            "sticky.title",
            "overflow.title",
            "overflow.lead",
            "rest.title",
            "rest.pause",
            "rest.drain",
            "settings.queue_sla",
        ],
    ),
    place("/settings/skills", "award", "skills.title", &["skills.lead", "skills.language", "skills.required", "skills.level_label"]),
    place("/settings/sla", "timer", "sla.title", &["sla.lead", "sla.clock.first_response", "sla.clock.resolution", "sla.warn"]),
    place(
        "/settings/rules",
        "sliders-horizontal",
        "rules.title",
        &["rules.lead", "rules.conditions", "rules.try", "change.part.conditions"],
    ),
    inner("/settings/rules/new", "sliders-horizontal", "rules.new", &["rules.lead"]),
    place(
        "/settings/security",
        "shield-check",
        "security.title",
        &["security.lead", "security.code_for", "security.idle", "security.life", "security.least"],
    ),
    place("/settings/canned-replies", "square-slash", "canned.title", &["canned.lead", "canned.folder", "canned.shortcut"]),
    place("/settings/flows", "bot", "flows.title", &["flows.lead"]),
    inner("/settings/flows/new", "bot", "flows.new", &["flows.lead"]),
    place("/settings/tags", "tag", "tags.title", &["tags.lead", "tags.colour_label", "tags.merging"]),
    place("/settings/fields", "list", "fields.title", &["fields.lead", "fields.label", "fields.choices"]),
    place("/settings/file", "file-text", "settings.file", &["file.lead", "file.take", "file.bring"]),
    place("/settings/changes", "history", "settings.changes", &["settings.changes_lead", "changes.table", "settings.undo"]),
];

impl Place {
    /// Whether a page of this section stands in it: the name that its path ends in.
    #[must_use]
    pub fn holds(&self, section: &str) -> bool {
        self.path.strip_prefix("/settings/") == Some(section)
    }

    /// How well it answers, the best first; nothing, where not every word stands on it.
    #[must_use]
    pub fn rank(&self, locale: Locale, sought: &[String]) -> Option<u8> {
        let title = locale.t(self.title).to_lowercase();
        let all = self.words.iter().fold(title.clone(), |all, key| all + " " + &locale.t(key).to_lowercase());
        sought.iter().all(|word| all.contains(word)).then(|| u8::from(!sought.iter().all(|word| title.contains(word))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::routes::ROUTES;
    use crate::web::settings::view::Shell;

    /// Addresses of the pages there are; what is taken away as a file is none.
    fn pages() -> impl Iterator<Item = &'static str> {
        let is_page = |path: &&str| path.starts_with("/settings/") && !path.contains('.') && !path.ends_with("/export");
        ROUTES.iter().filter(|entry| entry.method == "GET").map(|entry| entry.path).filter(is_page)
    }

    #[test]
    fn every_page_of_settings_can_be_looked_for() {
        for path in pages().filter(|path| !path.contains('{') && *path != "/settings/search") {
            assert!(PLACES.iter().any(|place| place.path == path), "{path}");
        }
    }

    #[test]
    fn every_page_of_settings_is_looked_at_in_a_browser() {
        let looked_at = include_str!("../../../tests/browser/support/admin_pages.mjs");
        for path in pages() {
            let is_looked_at = [format!("\"{path}\""), format!("\"{path}?")].iter().any(|address| looked_at.contains(address));
            assert!(is_looked_at, "tests/browser/support/admin_pages.mjs leaves out {path}");
        }
    }

    #[test]
    fn whoever_does_not_set_up_is_offered_their_own_place_and_a_hidden_start_stands_only_beside_itself() {
        let offered = |shows_start: bool, may_set_up: bool, section: &str| {
            let shell = Shell { seq: 0, did: None, problem: None, shows_start };
            shell.places(may_set_up, section).map(|place| place.path.trim_start_matches("/settings/")).collect::<Vec<_>>()
        };
        assert_eq!(offered(true, false, OF_EVERYBODY), [OF_EVERYBODY]);
        assert!(offered(true, true, "teams").contains(&START) && offered(false, true, START).contains(&START));
        let places = offered(false, true, "teams");
        assert!(!places.contains(&START) && places.contains(&"roles") && !places.contains(&"invitations"), "{places:?}");
    }

    #[test]
    fn the_words_of_a_page_are_words() {
        for locale in Locale::ALL {
            for key in PLACES.iter().flat_map(|place| place.words.iter().chain([&place.title])) {
                assert!(!locale.t(key).ends_with(key), "{key}");
            }
        }
    }
}
