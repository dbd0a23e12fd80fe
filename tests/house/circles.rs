//! No module uses one that uses it, directly or through others: each can be read after those below it.
//!
//! What is read is the source: `use` lists and paths that begin with `crate`, `super`, `self` or a child of the module.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Code, Source};

/// Rooms without a circle. Whichever has got rid of its own is added, and stays.
const ROOMS: [&str; 1] = ["web"];

/// A module by its path from the root of the crate, e.g. `["web", "edge", "error"]`.
type Module = Vec<String>;

/// Which modules each module uses.
type Uses = BTreeMap<Module, BTreeSet<Module>>;

/// The circles of the rooms, each told as the modules that one walks through until one is back.
pub fn circles(sources: &[Source]) -> Vec<String> {
    let uses = uses(sources);
    let mut told: BTreeSet<BTreeSet<Module>> = BTreeSet::new();
    let mut circles = Vec::new();
    for module in uses.keys() {
        let Some(circle) = way_back(&uses, module) else { continue };
        if told.insert(circle.iter().cloned().collect()) {
            let names: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
            circles.push(format!("{} uses itself: {}; put what both need into a module below them", names[0], names.join(" → ")));
        }
    }
    circles
}

fn uses(sources: &[Source]) -> Uses {
    let of_rooms: Vec<&Source> = sources.iter().filter(|source| !source.is_test_file() && is_in_a_room(&source.path)).collect();
    let modules: BTreeSet<Module> = of_rooms.iter().map(|source| module(&source.path)).collect();
    of_rooms.iter().map(|source| (module(&source.path), used(source, &modules))).collect()
}

fn is_in_a_room(path: &str) -> bool {
    ROOMS.iter().any(|room| path.strip_prefix("src/").is_some_and(|path| path.split(['/', '.']).next() == Some(room)))
}

fn module(path: &str) -> Module {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

fn used(source: &Source, modules: &BTreeSet<Module>) -> BTreeSet<Module> {
    let own = module(&source.path);
    let code = Code::of(source).without_tests().code;
    let mentioned = paths(&code).into_iter().filter_map(|path| absolute(&own, &path, modules));
    mentioned.filter_map(|path| holder(&path, modules)).filter(|module| *module != own).collect()
}

/// Every path of the code, its braces written out.
fn paths(code: &str) -> Vec<Module> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut paths = Vec::new();
    for (place, _) in code.match_indices("::") {
        let first = code[..place].rfind(|c| !is_word(c)).map_or(0, |before| before + 1);
        // The path began before: it was taken there.
        if first == place || code[..first].ends_with("::") {
            continue;
        }
        write_out(&[], &code[first..], &mut paths);
    }
    paths
}

/// Takes the path that `text` begins with; answers how long it is.
fn write_out(prefix: &[String], text: &str, paths: &mut Vec<Module>) -> usize {
    let mut path = prefix.to_vec();
    let mut place = 0;
    loop {
        let rest = &text[place..];
        if rest.starts_with('{') {
            return place + write_out_list(&path, rest, paths);
        }
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if word > 0 {
            path.push(rest[..word].to_owned());
        }
        place += word;
        if word == 0 || !text[place..].starts_with("::") {
            paths.push(path);
            return place;
        }
        place += 2;
    }
}

fn write_out_list(prefix: &[String], text: &str, paths: &mut Vec<Module>) -> usize {
    let mut place = 1;
    while let Some(next) = text[place..].chars().next() {
        match next {
            '}' => return place + 1,
            _ if next.is_alphanumeric() || next == '_' => place += write_out(prefix, &text[place..], paths),
            _ => place += next.len_utf8(),
        }
    }
    place
}

/// A path from the root of the crate; nothing when it leads to another crate or to what a `use` brought in.
fn absolute(own: &Module, path: &[String], modules: &BTreeSet<Module>) -> Option<Module> {
    let (first, rest) = path.split_first()?;
    let child: Module = own.iter().chain([first]).cloned().collect();
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "super" => {
            let climbs = path.iter().take_while(|part| *part == "super").count();
            let above = own.get(..own.len().checked_sub(climbs)?)?;
            Some(above.iter().chain(&path[climbs..]).cloned().collect())
        }
        "self" => Some(own.iter().chain(rest).cloned().collect()),
        _ if modules.contains(&child) => Some(own.iter().chain(path).cloned().collect()),
        _ => None,
    }
}

/// The module in which a path ends.
fn holder(path: &[String], modules: &BTreeSet<Module>) -> Option<Module> {
    (1..=path.len()).rev().map(|length| path[..length].to_vec()).find(|module| modules.contains(module))
}

/// The shortest way from a module back to itself.
fn way_back(uses: &Uses, start: &Module) -> Option<Vec<Module>> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in way.last().and_then(|last| uses.get(last)).into_iter().flatten() {
                let further: Vec<Module> = way.iter().chain([next]).cloned().collect();
                if next == start {
                    return Some(further);
                }
                if seen.insert(next.clone()) {
                    longer.push(further);
                }
            }
        }
        ways = longer;
    }
    None
}

#[test]
fn a_planted_circle_is_caught() {
    let found = |files: &[(&str, &str)]| circles(&files.iter().map(|(path, text)| Source::new(path, text)).collect::<Vec<_>>());
    let straight = [
        ("src/web/a.rs", "use super::b::{self, c::{D, E}};\nuse crate::store::x;\n#[cfg(test)]\nmod tests { use crate::web::f::G; }\n"),
        ("src/web/b/mod.rs", "pub mod c;\nfn f() { c::d() }\n"),
        ("src/web/b/c.rs", "// crate::web::a\nfn d() -> &'static str { \"super::super::a\" }\n"),
        ("src/web/f.rs", "use super::a::H;\n"),
        ("src/web/b/tests.rs", "use crate::web::a::H;\n"),
    ];
    assert_eq!(found(&straight), [""; 0]);
    let planted = |path: &'static str, text: &'static str| {
        let files: Vec<_> = straight.into_iter().map(|file| if file.0 == path { (path, text) } else { file }).collect();
        found(&files)
    };
    let of_three = planted("src/web/b/c.rs", "fn d() { super::super::f::g() }\n");
    assert!(of_three.iter().any(|circle| circle.contains("web::a → web::b::c → web::f → web::a")), "{of_three:?}");
    assert_eq!(planted("src/web/b/c.rs", "use super::f;\n").len(), 1, "a child uses its parent, which uses it");
    assert_eq!(planted("src/web/b/c.rs", "use crate::web::{\n    b::{g, h},\n};\n").len(), 1);
}
