//! Whatever stands in a field or in an address, it is answered, and nothing fails here because of it.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::http::header::ACCEPT;
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::web::edge::csrf;
use baton::web::edge::entry::{Entry, Kind};

use crate::house::{Browser, House, PASSWORD};
use crate::matrix::{Place, entries, is_file, names_a_thing};

/// What a field is filled in with: what PostgreSQL keeps in no text, and the ends of figures and of the calendar.
const POISON: [&str; 3] = ["x\0y", "-9223372036854775808", "9999-12-31T23:59"];

/// Fields that are read as figures: one that is none ends the request before anything else is looked at.
const FIGURES: [&str; 8] = ["did", "seen", "seen_version", "seq", "version", "turn", "page", "viewport"];

/// Parameters of addresses that no form has.
const OF_ADDRESSES: [&str; 10] = ["view", "before", "after", "page", "did", "workspace", "thing", "who", "to", "state"];

/// The fields of all forms there are.
fn names() -> BTreeSet<String> {
    let mut names: BTreeSet<String> = OF_ADDRESSES.iter().map(|name| (*name).to_owned()).collect();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/templates"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let found = text.split(" name=\"").skip(1).filter_map(|rest| rest.split('"').next());
            names.extend(found.filter(|name| !name.contains(['{', '%'])).map(str::to_owned));
        }
    }
    names.remove("csrf");
    names
}

/// What a field is sent with: the poison, where the field does not decide which way a form goes.
fn filled(name: &str, poison: &str) -> String {
    let value = match name {
        "proof" | "current" => PASSWORD,
        "kind" => "text",
        "of" => "contact",
        "colour" => "red",
        "audience" => "everybody",
        "way" => "link",
        _ if FIGURES.contains(&name) && poison.parse::<i64>().is_err() => "1",
        _ => poison,
    };
    value.to_owned()
}

async fn asked(browser: &mut Browser<'_>, entry: &Entry, path: &str, fields: &[(String, String)]) -> u16 {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let token = browser.csrf().await;
    let request = match entry.method {
        Method::POST => TestRequest::post().uri(path).insert_header((csrf::HEADER, token)).set_form(fields),
        _ => TestRequest::with_uri(&format!("{path}?{query}")),
    };
    browser.ask(request.insert_header((ACCEPT, "text/html"))).await.status.as_u16()
}

#[actix_web::test]
async fn nothing_that_is_typed_or_asked_for_makes_a_page_fail() {
    let here = Place::of(House::new().await, "amber", "34600000001").await;
    let mut browser = here.browser(Role::Admin).await;
    let names = names();
    assert!(names.len() > 60, "{names:?}");
    let mut faults = Vec::new();
    for entry in entries() {
        if entry.kind == Kind::Door || is_file(entry) || entry.path == "/sign-out" || entry.path.ends_with("/sign-out") {
            continue;
        }
        let thing = if names_a_thing(entry) { here.named_by(entry).to_string() } else { String::new() };
        let path = entry.path.replace("{id}", &thing).replace("{token}", "x%00").replace("{secret}", "x%00").replace("{name}", "x%00.png");
        if path.contains('{') {
            continue;
        }
        for poison in POISON {
            let fields: Vec<(String, String)> = names.iter().map(|name| (name.clone(), filled(name, poison))).collect();
            let status = asked(&mut browser, entry, &path, &fields).await;
            if status >= 500 {
                faults.push(format!("{} {} with {poison:?}: {status}", entry.method, entry.path));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}
