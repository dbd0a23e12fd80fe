//! Reading the repository: files, and Rust code apart from its comments and strings.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 5] = ["target", "node_modules", "vendor", ".git", "var"];

/// A file of the repository.
#[derive(Debug, Clone)]
pub struct Source {
    /// From the root of the repository, e.g. `src/domain/message.rs`.
    pub path: String,
    pub text: String,
}

/// A broken rule and its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    pub sentence: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.sentence)
    }
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub fn fault(&self, line: usize, sentence: impl Into<String>) -> Fault {
        Fault { path: self.path.clone(), line, sentence: sentence.into() }
    }

    /// A file that holds only the tests of its neighbours.
    pub fn is_test_file(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.starts_with("tests/") || self.path.contains("/tests/")
    }

    /// The lines, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files under a folder with one of these endings (all files when there are none), by path.
pub fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut |path| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        if endings.is_empty() || endings.contains(&ending) {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.extend(fs::read_to_string(path).ok().map(|text| Source { path: name, text }));
        }
    });
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_symlink() || FOREIGN.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() { walk(&path, visit) } else { visit(&path) }
    }
}

/// Rust code without its comments, with its strings taken out. Lines and columns stay where they are.
#[derive(Debug, Clone)]
pub struct Code {
    pub code: String,
    /// What stands between quotes, with the line it begins on.
    pub strings: Vec<(usize, String)>,
}

impl Code {
    pub fn of(source: &Source) -> Self {
        Reader::new(&source.text).read()
    }

    /// Without what is only compiled for tests.
    pub fn without_tests(&self) -> Self {
        let mut code = self.code.clone();
        let mut tested = Vec::new();
        while let Some(start) = code.find("#[cfg(test)]") {
            let end = end_of_item(&code, start);
            tested.push(line_of(&code, start)..=line_of(&code, end.saturating_sub(1)));
            let blank: String = code[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            code.replace_range(start..end, &blank);
        }
        let strings = self.strings.iter().filter(|(line, _)| !tested.iter().any(|lines| lines.contains(line))).cloned().collect();
        Self { code, strings }
    }

    /// The lines, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines())
    }
}

/// Where the item that an attribute stands on ends: at its closing brace, or at the semicolon.
fn end_of_item(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (place, c) in code[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return start + place + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return start + place + 1,
            _ => {}
        }
    }
    code.len()
}

pub fn line_of(text: &str, place: usize) -> usize {
    text[..place].matches('\n').count() + 1
}

struct Reader<'a> {
    text: &'a str,
    place: usize,
    code: String,
    strings: Vec<(usize, String)>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, place: 0, code: String::with_capacity(text.len()), strings: Vec::new() }
    }

    fn read(mut self) -> Code {
        while let Some(next) = self.rest().chars().next() {
            let rest = self.rest();
            if rest.starts_with("//") {
                self.blank(rest.find('\n').unwrap_or(rest.len()));
            } else if rest.starts_with("/*") {
                self.blank(length_of_comment(rest));
            } else if let Some(hashes) = self.raw_string() {
                self.raw(hashes);
            } else if next == '"' {
                self.string();
            } else if let Some(length) = length_of_character(rest) {
                self.blank(length);
            } else {
                self.keep(next.len_utf8());
            }
        }
        Code { code: self.code, strings: self.strings }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.place..]
    }

    fn keep(&mut self, length: usize) {
        self.code.push_str(&self.text[self.place..self.place + length]);
        self.place += length;
    }

    fn blank(&mut self, length: usize) {
        let blanked = self.text[self.place..self.place + length].chars().map(|c| if c == '\n' { '\n' } else { ' ' });
        self.code.extend(blanked);
        self.place += length;
    }

    /// How many `#` the raw string has that begins here, if one does.
    fn raw_string(&self) -> Option<usize> {
        let after = self.rest().strip_prefix('r').or_else(|| self.rest().strip_prefix("br"))?;
        let is_inside_a_word = self.code.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let hashes = after.len() - after.trim_start_matches('#').len();
        (!is_inside_a_word && after[hashes..].starts_with('"')).then_some(hashes)
    }

    fn raw(&mut self, hashes: usize) {
        let opening = self.rest().find('"').unwrap() + 1;
        let closing = format!("\"{}", "#".repeat(hashes));
        self.keep(opening);
        let length = self.rest().find(&closing).unwrap_or(self.rest().len());
        self.take(length, closing.len());
    }

    fn string(&mut self) {
        self.keep(1);
        let mut is_escaped = false;
        let end = self.rest().char_indices().find(|(_, c)| {
            let ends = *c == '"' && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            ends
        });
        let length = end.map_or(self.rest().len(), |(place, _)| place);
        self.take(length, 1);
    }

    fn take(&mut self, length: usize, closing: usize) {
        self.strings.push((line_of(self.text, self.place), self.rest()[..length].to_owned()));
        self.blank(length);
        self.keep(closing.min(self.rest().len()));
    }
}

fn length_of_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut place = 0;
    while place < text.len() {
        if text[place..].starts_with("/*") {
            depth += 1;
            place += 2;
        } else if text[place..].starts_with("*/") {
            depth -= 1;
            place += 2;
            if depth == 0 {
                return place;
            }
        } else {
            place += text[place..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// A character such as `'x'` or `'\n'`; a lifetime is none.
fn length_of_character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    if let Some(escaped) = inside.strip_prefix('\\') {
        let first = escaped.chars().next()?.len_utf8();
        return escaped[first..].find('\'').map(|end| 1 + 1 + first + end + 1);
    }
    let first = inside.chars().next()?.len_utf8();
    inside[first..].starts_with('\'').then_some(1 + first + 1)
}

#[test]
fn comments_and_strings_are_no_code() {
    let source = Source::new(
        "src/x.rs",
        "let a = \"use \\\" of\"; // unwrap()\nlet b = r#\"raw \"text\"\"#; /* one /* two */ */ let c = 'x'; fn f<'a>(_: &'a str) {}\n",
    );
    let code = Code::of(&source);
    assert_eq!(code.strings, [(1, "use \\\" of".to_owned()), (2, "raw \"text\"".to_owned())]);
    assert!(!code.code.contains("unwrap") && !code.code.contains("two") && !code.code.contains("'x'"), "{}", code.code);
    assert!(code.code.contains("fn f<'a>(_: &'a str) {}"), "{}", code.code);
}

#[test]
fn what_is_only_compiled_for_tests_is_left_out() {
    let source = Source::new(
        "src/x.rs",
        "fn one() {}\n#[cfg(test)]\nmod tests { fn two() { \"said\"; } }\nfn three() {}\n#[cfg(test)]\nmod four;\n",
    );
    let code = Code::of(&source).without_tests();
    assert!(code.code.contains("one") && code.code.contains("three"));
    assert!(!code.code.contains("two") && !code.code.contains("four"));
    assert!(code.strings.is_empty());
    assert_eq!(code.lines().count(), 6);
}
