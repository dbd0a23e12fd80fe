//! What holds for every page, and the searches that the tests of texts use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Words that are the same in every language: the product's name and the names of keys.
const SAME_EVERYWHERE: [&str; 12] = ["Baton", "j", "k", "r", "n", "a", "t", "e", "u", "Enter", "Ctrl", "Esc"];

/// Fails where a page breaks a rule of pages.
pub fn check(name: &str, html: &str) {
    ids_are_unique(name, html);
    icons_are_there(name, html);
    assert!(!html.contains(" style="), "{name}: an inline style");
    assert!(!html.contains("&#60;script type="), "{name}: our own markup is escaped");
    for script in html.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains("src=") || tag.contains("application/json"), "{name}: an inline script");
    }
    for section in sections() {
        for language in ["en", "es"] {
            assert!(!html.contains(&format!(">{language}.{section}.")), "{name}: a key of {section} without words");
        }
    }
}

fn ids_are_unique(name: &str, html: &str) {
    let mut seen = BTreeSet::new();
    for id in html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(seen.insert(id), "{name}: two elements are called {id}");
    }
}

fn icons_are_there(name: &str, html: &str) {
    let sprite = fs::read_to_string(root().join("static/icons.svg")).unwrap();
    for icon in html.split("<use href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let icon = icon.split_once('#').unwrap().1;
        assert!(sprite.contains(&format!("<symbol id=\"{icon}\"")), "{name}: the sprite has no {icon}");
    }
}

fn sections() -> BTreeSet<String> {
    messages("en").keys().map(|key| key.split('.').next().unwrap().to_owned()).collect()
}

/// Every key of a language with its words.
pub fn messages(language: &str) -> BTreeMap<String, String> {
    let messages = rust_i18n::Backend::messages_for_locale(baton::_rust_i18n_backend(), language).expect("a language");
    messages.into_iter().map(|(key, text)| (key.into_owned(), text.into_owned())).collect()
}

/// The names of the places to fill in, e.g. `name` of `%{name}`.
pub fn places(text: &str) -> BTreeSet<&str> {
    text.split("%{").skip(1).filter_map(|rest| rest.split('}').next()).collect()
}

/// Keys written out in templates, view-models and scripts: quoted, dotted, beginning with a section.
pub fn named_keys() -> BTreeSet<String> {
    let sections = sections();
    let mut keys = BTreeSet::new();
    for (folder, ending) in [("templates", "html"), ("src/web", "rs"), ("static/scripts", "js")] {
        for (_, text) in files(folder, ending) {
            for quoted in text.split('"').skip(1) {
                let is_key =
                    quoted.contains('.') && quoted.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.');
                let section = quoted.split('.').next().unwrap();
                if is_key
                    && sections.contains(section)
                    && !quoted.ends_with('.')
                    && !is_prefix(quoted)
                    && !quoted.ends_with(".js")
                    && !quoted.ends_with(".css")
                {
                    keys.insert(quoted.to_owned());
                }
            }
        }
    }
    keys
}

/// Keys to which code adds a last part: plural forms and who did it.
fn is_prefix(key: &str) -> bool {
    const PREFIXES: &[&str] = &[
        "finder.ticked",
        "floor.alert.paused",
        "floor.alert.nobody_here",
        "floor.alert.nobody_has_room",
        "floor.alert.late",
        "floor.alert.gone",
        "floor.alert.overdue",
        "floor.alert.waits_for",
        "floor.wait_here",
        "sign_off.holds",
        "sign_off.offer",
        "floor.holds",
        "profile.codes_left",
        "security.browsers",
        "security.days",
        "security.hours",
        "security.minutes",
        "security.without_app",
        "password.too_short",
        "invitation.too_many_mails",
        "start.left",
        "newcomers.here",
        "numbers.open",
        "system.aside",
        "numbers.waiting",
        "settings.holds",
        "settings.role_invited",
        "file.more",
        "flows.versions",
        "flows.sessions",
        "flows.roll_back_hint",
        "flows.problems",
        "flows.publish_used",
        "changes.more",
        "settings.people",
        "settings.queues",
        "settings.waiting",
        "settings.held",
        "settings.past",
        "hours.days",
        "tags.conversations",
        "fields.noted_contact",
        "fields.noted_conversation",
        "flows.draft_lines",
        "profile.sessions_count",
        "settings.invitations",
        "file.gone.people",
        "file.gone.held",
        "file.gone.teams",
        "file.gone.roles",
        "file.gone.canned_replies",
        "file.gone.tags",
        "file.gone.fields",
        "file.gone.entry_rules",
        "file.gone.skills",
        "skills.people",
        "file.gone.sla_policies",
        "floor.alert.breached",
        "floor.alert.breaching",
        "rules.tried.seen",
        "rules.tried.named",
        "rules.tried.met",
        "rules.tried.decided",
        "rules.tried.moved",
        "tags.colour",
        "tags.archive_counts",
        "tags.merge_counts",
        "canned.count",
        "canned.uses",
        "canned.new",
        "canned.changed",
        "canned.same",
        "canned.faults",
        "line.reopened",
        "line.resolved",
        "line.resent",
        "line.left",
        "line.contacts_parted",
        "thread.steps",
        "thread.new",
        "people.viewing",
        "people.typing",
        "sign_in.too_fast",
        "sign_in.too_many",
    ];
    PREFIXES.contains(&key)
}

/// Words that stand in a template outside tags and expressions, or in attributes that people read.
pub fn literal_words(template: &str) -> Vec<String> {
    let text = without(&without(&without(template, "{#", "#}"), "{%", "%}"), "{{", "}}");
    // Actions of controllers: their arrows would end the tag.
    let text = text.replace("->", "");
    let mut said: Vec<String> = Vec::new();
    for attribute in ["title", "aria-label", "placeholder", "alt"] {
        let opening = format!(" {attribute}=\"");
        said.extend(text.split(&opening).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    said.push(without(&text, "<", ">"));
    said.iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphabetic()).map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| !word.is_empty() && !SAME_EVERYWHERE.contains(&word.as_str()))
        .collect()
}

fn without(text: &str, opening: &str, closing: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(opening) {
        kept.push_str(before);
        rest = after.split_once(closing).map_or("", |(_, following)| following);
    }
    kept.push_str(rest);
    kept
}

/// Name and text of every file with this ending under `folder`.
pub fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root().join(folder), ending, &mut found);
    assert!(!found.is_empty(), "no {ending} under {folder}");
    found
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
