//! What the repository does not speak of: the machine it was written on, and where its parts were fetched from.

use super::source::{Fault, Source, sources};

/// This file names what it forbids.
const OWN: &str = "tests/house/words.rs";

/// Files that programs write, which name where each part comes from.
const LOCK_FILES: [&str; 2] = ["Cargo.lock", "package-lock.json"];

/// The only place that a lock file may name: Cargo writes it whatever a machine's settings are.
const PUBLIC: &str = "https://github.com/rust-lang/crates.io-index";

const MACHINE: [&str; 4] = ["/work/", "/root/", "/home/", "/Users/"];

/// Hosts of package registries, in two halves so that this file does not name them either.
const REGISTRIES: [(&str, &str); 6] = [
    ("registry.", "npmjs.org"),
    ("registry.", "yarnpkg.com"),
    ("static.", "crates.io"),
    ("index.", "crates.io"),
    ("pypi", ".org"),
    ("proxy.", "golang.org"),
];

const UNFINISHED: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];

/// Every file of text.
pub fn everything() -> Vec<Source> {
    sources("", &[]).into_iter().filter(|source| source.path != OWN).collect()
}

pub fn forbidden(source: &Source) -> Vec<Fault> {
    let is_lock_file = LOCK_FILES.iter().any(|name| source.path.ends_with(name));
    source.lines().filter_map(|(line, text)| complaint(text, is_lock_file).map(|sentence| source.fault(line, sentence))).collect()
}

fn complaint(text: &str, is_lock_file: bool) -> Option<String> {
    if let Some(path) = MACHINE.iter().find(|path| names_folder(text, path)) {
        return Some(format!("`{path}…` is a folder of one machine; work it out, or take it as a setting"));
    }
    if is_lock_file {
        let stranger = text.split('"').find(|part| part.contains("://") && !part.contains(PUBLIC));
        return stranger
            .filter(|part| !part.contains("funding") && is_source(text))
            .map(|part| format!("`{part}` is not where everybody fetches from"));
    }
    if let Some(host) = REGISTRIES.iter().map(|(first, rest)| [*first, *rest].concat()).find(|host| text.contains(host)) {
        return Some(format!("`{host}` is the business of each machine's own settings"));
    }
    UNFINISHED
        .iter()
        .find(|word| text.split(|c: char| !c.is_alphanumeric()).any(|part| part == **word))
        .map(|word| format!("`{word}` is a promise nobody keeps; do it now, or write down why not in docs/decisions"))
}

/// Whether the line says where a part comes from.
fn is_source(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("source =") || text.starts_with("\"resolved\"")
}

/// Whether an absolute path begins with this folder; `https://host/home/` and `src/work/` do not.
fn names_folder(text: &str, folder: &str) -> bool {
    let is_path_before = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | '}' | '*');
    text.match_indices(folder).any(|(place, _)| !text[..place].ends_with(is_path_before))
}

#[test]
fn a_planted_path_of_this_machine_is_caught() {
    let count = |text: &str| forbidden(&Source::new("docs/x.md", text)).len();
    let [first, second, third, _] = MACHINE;
    assert_eq!(count(&format!("see {first}ana/x\nin `{second}x`\n\"{third}ana/baton\"\n")), 3);
    assert_eq!(count("https://example.com/home/page\nsrc/work/x.rs\n/var/lib\n"), 0);
}

#[test]
fn a_planted_registry_is_caught() {
    let count = |path: &str, text: &str| forbidden(&Source::new(path, text)).len();
    assert_eq!(count("README.md", &format!("npm install --registry https://{}{}/\n", REGISTRIES[0].0, REGISTRIES[0].1)), 1);
    assert_eq!(count("Cargo.lock", "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n"), 0);
    assert_eq!(count("Cargo.lock", "source = \"registry+https://mirror.example/index\"\n"), 1);
    assert_eq!(count("tests/browser/package-lock.json", "  \"resolved\": \"https://mirror.example/axe.tgz\",\n"), 1);
}

#[test]
fn a_planted_promise_is_caught() {
    let count = |text: &str| forbidden(&Source::new("src/x.rs", text)).len();
    assert_eq!(count("// TODO: later\n// FIXME\nlet todo = mastodon();\n"), 2);
}
