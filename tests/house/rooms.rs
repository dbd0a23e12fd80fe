//! Who may mention whom: the table of `docs/architecture.md`, as a test.

use super::source::{Code, Fault, Source, line_of, root};

struct Room {
    name: &'static str,
    /// Other rooms it may mention.
    rooms: &'static [&'static str],
    /// Crates it must not use.
    never: &'static [&'static str],
}

const fn room(name: &'static str, rooms: &'static [&'static str], never: &'static [&'static str]) -> Room {
    Room { name, rooms, never }
}

const HTTP_SERVER: [&str; 4] = ["actix_web", "actix_ws", "actix_multipart", "askama"];

/// The arrows of the drawing. `domain` is told what it may use instead of what it may not; see [`OF_THE_RULES`].
const ROOMS: [Room; 16] = [
    room("domain", &[], &[]),
    room("store", &["domain"], &["redis", "reqwest", "actix_web", "actix_ws", "actix_multipart", "askama"]),
    room("live", &["domain", "redis_servers"], &["tokio_postgres", "deadpool_postgres", "reqwest", "actix_web", "actix_ws", "askama"]),
    room("channels", &["domain"], &["tokio_postgres", "deadpool_postgres", "redis", "actix_web", "actix_ws", "askama"]),
    room("media", &["domain"], &["tokio_postgres", "deadpool_postgres", "redis", "reqwest", "actix_web", "askama"]),
    room("mail", &["config", "domain"], &["tokio_postgres", "deadpool_postgres", "redis", "actix_web", "actix_ws", "askama"]),
    room("runner", &["domain", "store", "live"], &["reqwest", "redis", "actix_web", "actix_ws", "askama"]),
    room("web", &["domain", "store", "live", "channels", "media", "runner", "config", "metrics", "doctor"], &["tokio_postgres", "reqwest"]),
    room(
        "workers",
        &["domain", "store", "live", "channels", "mail", "media", "runner"],
        &["tokio_postgres", "actix_web", "actix_ws", "askama"],
    ),
    room("redis_servers", &[], &["tokio_postgres", "deadpool_postgres", "reqwest", "actix_web", "actix_ws", "askama"]),
    room("config", &["redis_servers"], &HTTP_SERVER),
    room("metrics", &[], &HTTP_SERVER),
    room("doctor", &["config", "store", "domain", "channels", "mail", "redis_servers"], &HTTP_SERVER),
    room("demo", &["app", "config", "domain", "store", "media", "runner", "web"], &["actix_web", "actix_ws", "tokio_postgres"]),
    room(
        "app",
        &[
            "config",
            "domain",
            "store",
            "live",
            "channels",
            "mail",
            "media",
            "runner",
            "web",
            "workers",
            "doctor",
            "metrics",
            "redis_servers",
        ],
        &["tokio_postgres"],
    ),
    room("cli", &["app", "config", "demo", "doctor", "domain", "live", "runner", "store", "web"], &["tokio_postgres", "actix_web"]),
];

/// The crates that the rules may use, besides the standard library.
const OF_THE_RULES: [&str; 12] = [
    "serde",
    "serde_json",
    "serde_saphyr",
    "schemars",
    "uuid",
    "jiff",
    "thiserror",
    "hmac",
    "sha1",
    "data_encoding",
    "memchr",
    "unicode_normalization",
];

/// What would make the rules depend on when and where they run.
const IMPURE: [(&str, &str); 15] = [
    ("std::fs", "files"),
    ("std::net", "the network"),
    ("std::env", "the environment"),
    ("std::process", "processes"),
    ("std::thread", "threads"),
    ("std::io", "input and output"),
    ("Instant", "the clock"),
    ("SystemTime", "the clock"),
    ("Timestamp::now", "the clock"),
    ("Zoned::now", "the clock"),
    ("TimeZone::system", "this machine's time zone"),
    ("new_v4", "chance"),
    ("now_v7", "the clock and chance"),
    (".await", "waiting"),
    ("async fn", "waiting"),
];

/// The room of a file: the first part of its path below `src`.
fn room_of(source: &Source) -> Option<&'static Room> {
    let name = source.path.strip_prefix("src/")?.split(['/', '.']).next()?;
    ROOMS.iter().find(|room| room.name == name)
}

/// Parts of the source that the table does not know.
pub fn unknown_rooms(sources: &[Source]) -> Vec<String> {
    let outside = ["src/lib.rs", "src/main.rs"];
    sources
        .iter()
        .filter(|source| !outside.contains(&source.path.as_str()) && room_of(source).is_none())
        .map(|source| source.path.clone())
        .collect()
}

pub fn other_rooms(source: &Source) -> Vec<Fault> {
    let Some(room) = room_of(source) else { return Vec::new() };
    let code = Code::of(source);
    let mentioned = mentioned(&code.code, "crate::").into_iter().chain(mentioned(&code.code, "baton::"));
    let mentioned = mentioned.chain(climbed(source, &code.without_tests().code));
    let is_wrong = |name: &str| name != room.name && ROOMS.iter().any(|other| other.name == name) && !room.rooms.contains(&name);
    let faults = mentioned.filter(|(_, name)| is_wrong(name));
    let say = |name: &str| format!("`{}` may not mention `{name}`; move this to a room above both, or pass in what it needs", room.name);
    faults.map(|(line, name)| source.fault(line, say(&name))).collect()
}

/// The names right after a prefix, also those in its braces.
fn mentioned(code: &str, prefix: &str) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    for (place, _) in code.match_indices(prefix) {
        if code[..place].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[place + prefix.len()..];
        let line = line_of(code, place);
        match rest.strip_prefix('{') {
            Some(inside) => names.extend(heads(inside).into_iter().map(|name| (line, name))),
            None => names.push((line, word(rest))),
        }
    }
    names
}

/// The first words of the entries of a use list; `inside` begins behind its brace.
fn heads(inside: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut entries = vec![String::new()];
    for c in inside.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => entries.push(String::new()),
            _ if depth == 0 => entries.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    entries.iter().map(|entry| word(entry.trim())).filter(|name| !name.is_empty()).collect()
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Names reached through so many `super::` that they stand at the root.
fn climbed(source: &Source, code: &str) -> Vec<(usize, String)> {
    let parts = source.path.trim_start_matches("src/").trim_end_matches(".rs").split('/');
    let depth = parts.filter(|part| *part != "mod").count();
    let chain = "super::".repeat(depth);
    let is_longer = |place: usize| code[place + chain.len()..].starts_with("super::") || code[..place].ends_with("super::");
    let found = mentioned(code, &chain).into_iter();
    let longer: Vec<usize> =
        code.match_indices(&chain).filter(|(place, _)| is_longer(*place)).map(|(place, _)| line_of(code, place)).collect();
    found.filter(|(line, _)| !longer.contains(line)).collect()
}

pub fn crates(source: &Source) -> Vec<Fault> {
    let Some(room) = room_of(source) else { return Vec::new() };
    let code = Code::of(source).without_tests().code;
    let is_wrong = |name: &str| if room.name == "domain" { !OF_THE_RULES.contains(&name) } else { room.never.contains(&name) };
    let mut faults = Vec::new();
    if source.is_test_file() {
        return faults;
    }
    for name in dependencies().iter().filter(|name| is_wrong(name)) {
        let uses = mentions_of_crate(&code, name).into_iter();
        faults.extend(uses.map(|line| source.fault(line, format!("`{}` does not use `{name}`; that belongs to another room", room.name))));
    }
    faults
}

/// The crates of `Cargo.toml`, as code names them.
fn dependencies() -> Vec<String> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    section.lines().filter_map(|line| line.split_once(" =")).map(|(name, _)| name.replace('-', "_")).collect()
}

fn mentions_of_crate(code: &str, name: &str) -> Vec<usize> {
    let path = format!("{name}::");
    let is_start = |place: usize| !code[..place].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    code.match_indices(&path).filter(|(place, _)| is_start(*place)).map(|(place, _)| line_of(code, place)).collect()
}

pub fn purity(source: &Source) -> Vec<Fault> {
    if room_of(source).is_none_or(|room| room.name != "domain") {
        return Vec::new();
    }
    let code = Code::of(source).without_tests();
    let of_line = |(line, text): (usize, &str)| {
        let found = IMPURE.iter().find(|(token, _)| has_token(text, token))?;
        Some(source.fault(line, format!("the rules know nothing of {}; pass it in", found.1)))
    };
    code.lines().filter_map(of_line).collect()
}

/// Whether a token stands in the text and is not part of a longer word.
fn has_token(text: &str, token: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let begins_with_word = token.starts_with(is_part);
    text.match_indices(token).any(|(place, _)| {
        let before = begins_with_word && text[..place].ends_with(is_part);
        let after = text[place + token.len()..].starts_with(is_part);
        !before && !after
    })
}

#[test]
fn a_planted_mention_of_another_room_is_caught() {
    let lines = |path: &str, text: &str| other_rooms(&Source::new(path, text)).iter().map(|fault| fault.line).collect::<Vec<_>>();
    assert_eq!(lines("src/domain/x.rs", "use std::fmt;\nuse crate::store::Store;\n"), [2]);
    assert_eq!(lines("src/store/x.rs", "use crate::{domain::ids::UserId, live::Live};\n"), [1]);
    assert_eq!(lines("src/store/x.rs", "use super::super::runner::Runner;\n"), [1]);
    assert_eq!(lines("src/workers/x.rs", "fn f() {\n    crate::web::routes::configure();\n}\n"), [2]);
    assert_eq!(lines("src/runner/x.rs", "use crate::{domain, store::{self, live::x}};\nuse super::super::runner;\n"), [0; 0]);
    assert_eq!(lines("src/store/x.rs", "// crate::web\nuse super::media;\nconst A: &str = \"crate::web\";\n"), [0; 0]);
    assert_eq!(unknown_rooms(&[Source::new("src/lib.rs", ""), Source::new("src/cellar/x.rs", "")]), ["src/cellar/x.rs"]);
}

#[test]
fn a_planted_crate_is_caught() {
    let count = |path: &str, text: &str| crates(&Source::new(path, text)).len();
    assert_eq!(count("src/domain/x.rs", "use tokio::sync::Mutex;\n"), 1);
    assert_eq!(count("src/store/x.rs", "use redis::Client;\nfn f() { reqwest::get(); }\n"), 2);
    assert_eq!(count("src/live/x.rs", "use tokio_postgres::Row;\n"), 1);
    assert_eq!(count("src/domain/x.rs", "use serde::Serialize;\nuse jiff::Timestamp;\n"), 0);
    assert_eq!(count("src/demo/x.rs", "use super::redis::Server;\n"), 0);
}

#[test]
fn a_planted_clock_is_caught() {
    let count = |text: &str| purity(&Source::new("src/domain/x.rs", text)).len();
    assert_eq!(count("let now = Timestamp::now();\nlet id = Uuid::new_v4();\nasync fn f() { g().await }\n"), 3);
    assert_eq!(count("use std::fs;\nfn instants() {}\n#[cfg(test)]\nmod tests { fn f() { std::fs::read(\"\"); } }\n"), 1);
}
