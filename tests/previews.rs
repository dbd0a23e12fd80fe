//! Every page with believable content, written to `target/previews/` to be looked at, and what must hold for any of them: texts come
//! from the locale files, both languages are complete, ids are unique, nothing is inline.

#[path = "previews/pages.rs"]
mod pages;
#[path = "previews/people.rs"]
mod people;
#[path = "previews/rules.rs"]
mod rules;
#[path = "previews/thread.rs"]
mod thread;

use std::fs;
use std::path::PathBuf;

use baton::web::locale::Locale;

fn previews() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/previews")
}

#[test]
fn every_page_is_written_out_and_keeps_the_rules() {
    for locale in Locale::ALL {
        for (name, html) in pages::all(locale) {
            let file = previews().join(locale.as_str()).join(format!("{name}.html"));
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &html).unwrap();
            rules::check(&format!("{}/{name}", locale.as_str()), &html);
        }
    }
}

#[test]
fn both_languages_have_the_same_keys_and_the_same_places_in_them() {
    let english = rules::messages("en");
    let spanish = rules::messages("es");
    let keys = |messages: &std::collections::BTreeMap<String, String>| messages.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&english), keys(&spanish));
    for (key, text) in &english {
        assert!(!text.trim().is_empty() && !spanish[key].trim().is_empty(), "{key} has no words");
        assert_eq!(rules::places(text), rules::places(&spanish[key]), "{key} has other places to fill in");
    }
}

#[test]
fn every_key_that_templates_and_scripts_name_has_words() {
    let known = rules::messages("en");
    let named = rules::named_keys();
    assert!(named.len() > 150, "only {} keys were found: the search is broken", named.len());
    for key in named {
        assert!(known.contains_key(&key), "{key} is named but has no words");
    }
}

/// Whoever hides whose product this is finds its name in no text; only an installation that nobody has set up yet says it.
#[test]
fn no_text_names_the_product() {
    for language in ["en", "es"] {
        let all = rules::messages(language);
        let named = all.iter().filter(|(key, text)| text.contains("Baton") && !key.starts_with("begin.")).map(|(key, _)| key);
        assert_eq!(named.collect::<Vec<_>>(), Vec::<&String>::new(), "{language}");
    }
}

#[test]
fn templates_have_no_words_of_their_own() {
    for (file, text) in rules::files("templates", "html") {
        let words = rules::literal_words(&text);
        assert!(words.is_empty(), "{file} says {words:?} itself");
    }
}

#[test]
fn the_same_live_event_applied_to_any_page_is_the_same_text() {
    let item = thread::items(Locale::default()).pop().unwrap();
    let stream = baton::web::live::streams::upsert(&item);
    assert!(stream.starts_with(r#"<turbo-stream action="upsert" target="items"><template><li"#), "{stream}");
    assert_eq!(stream, baton::web::live::streams::upsert(&item));
    let state = thread::state(Locale::default());
    let streams = baton::web::live::streams::conversation_state(&state);
    for target in ["conversation-header", "standing", "brief", "assignment-reason", "contact-facts"] {
        assert!(streams.contains(&format!("target=\"{target}\"")), "{target} is not brought up to date");
    }
    assert!(!streams.contains("csrf"), "a fragment for everybody holds a token of one");
}

#[test]
fn a_name_from_outside_is_never_markup() {
    let html = pages::hostile(Locale::default());
    assert!(!html.contains("<img src=x"), "markup of a customer's name reached the page");
    assert!(html.contains("&#60;img") || html.contains("&lt;img"));
}
