//! How Rust is written here: no giving up, no guessing at time, no file that outgrew its reader.

use super::source::{Code, Fault, Source};

/// Lines of code that a reader takes in at one sitting.
const LONGEST_FILE: usize = 400;

/// Where start-up may give up: the file, the call, and why nothing better can be done.
const START_UP: [(&str, &str, &str); 2] = [
    ("src/metrics.rs", "expect(", "a second recorder is a fault of the program, found at its first start"),
    ("src/config.rs", "expect(", "the root of the file system is a folder on every machine"),
];

/// Words that end the program, or the thread.
const GIVING_UP: [&str; 6] = ["unwrap(", "expect(", "panic!", "todo!", "unimplemented!", "unreachable!"];

pub fn environment(source: &Source) -> Vec<Fault> {
    let of_config = source.path == "src/config.rs" || source.path.starts_with("src/config/");
    if of_config || source.is_test_file() {
        return Vec::new();
    }
    let code = Code::of(source).without_tests();
    let reads = ["env::var", "env::vars", "option_env!", "env::set_var"];
    find(source, &code, &reads, "the environment is read in `config` only; take a field of `Config`")
}

pub fn giving_up(source: &Source) -> Vec<Fault> {
    if source.is_test_file() {
        return Vec::new();
    }
    let excused = |word: &str| START_UP.iter().any(|(path, which, _)| *path == source.path && *which == word);
    let code = Code::of(source).without_tests();
    let say = |word: &str| format!("`{word}…` ends the request of whoever waits; return an error, or excuse start-up by name here");
    let words = GIVING_UP.iter().filter(|word| !excused(word));
    words.flat_map(|word| lines_with(&code, word).into_iter().map(|line| source.fault(line, say(word)))).collect()
}

pub fn thrown_away(source: &Source) -> Vec<Fault> {
    find(source, &Code::of(source), &["let _ ="], "a result is thrown away unseen; handle it, or say with `.ok()` and a reason why not")
}

/// JSON of a row, other than by the reader that takes whatever stands there: `row.get` panics where it does not.
pub fn careless_json(source: &Source) -> Vec<Fault> {
    if !source.path.starts_with("src/store/") || source.path == "src/store/reading.rs" {
        return Vec::new();
    }
    let words = ["from_value(row", "Value>(", "Value>>(", "Json<"];
    let code = Code::of(source).without_tests();
    find(source, &code, &words, "stored JSON is read by `store::reading`, which does not panic whatever stands there")
}

/// Tests, and what code holds for tests. The waiting helper of the tests' own world is the one place that may pause.
pub fn sleeping_tests(source: &Source) -> Vec<Fault> {
    let is_waiting_helper = source.path.starts_with("tests/support/");
    let code = Code::of(source);
    let outside = code.without_tests();
    if is_waiting_helper {
        return Vec::new();
    }
    let lines = lines_with(&code, "sleep(");
    let of_tests = lines.into_iter().filter(|line| source.is_test_file() || !lines_with(&outside, "sleep(").contains(line));
    of_tests.map(|line| source.fault(line, "a test that sleeps is slow on a good day and fails on a bad one; wait for the event")).collect()
}

/// A time limit for a whole program, and waiting in general, stand in the support of the browser tests.
pub fn sleeping_browser_tests(source: &Source) -> Vec<Fault> {
    if source.path.starts_with("tests/browser/support/") {
        return Vec::new();
    }
    let words = ["waitForTimeout(", "setTimeout("];
    let lines = source.lines().filter(|(_, text)| words.iter().any(|word| text.contains(word)));
    lines
        .map(|(line, _)| source.fault(line, "a test that sleeps is slow on a good day and fails on a bad one; wait for what is to be seen"))
        .collect()
}

/// Lines of code: no comments, no blanks, no tests in the file.
pub fn too_long(source: &Source) -> Vec<Fault> {
    let code = Code::of(source);
    let code = if source.is_test_file() { code } else { code.without_tests() };
    let count = code.lines().filter(|(_, line)| !line.trim().is_empty()).count();
    let fault = source
        .fault(1, format!("{count} lines of code are more than a reader takes in ({LONGEST_FILE}); give a part of it a file of its own"));
    if count > LONGEST_FILE { vec![fault] } else { Vec::new() }
}

/// Tests that stand beside their file speak of that file.
pub fn nameless(source: &Source) -> Vec<Fault> {
    let begins = source.path.ends_with("/tests.rs")
        || source.text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with("//!"));
    if begins { Vec::new() } else { vec![source.fault(1, "a file begins with a sentence about itself (`//! …`)")] }
}

fn find(source: &Source, code: &Code, words: &[&str], sentence: &str) -> Vec<Fault> {
    words.iter().flat_map(|word| lines_with(code, word)).map(|line| source.fault(line, sentence)).collect()
}

/// The lines on which a word begins; `unwrap(` is not found in `try_unwrap(`, nor `expect(` in `#[expect(`.
fn lines_with(code: &Code, word: &str) -> Vec<usize> {
    let begins = |text: &str, place: usize| !text[..place].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '[');
    let has = |text: &str| text.match_indices(word).any(|(place, _)| begins(text, place));
    code.lines().filter(|(_, text)| has(text)).map(|(line, _)| line).collect()
}

#[cfg(test)]
fn count(rule: fn(&Source) -> Vec<Fault>, path: &str, text: &str) -> usize {
    rule(&Source::new(path, text)).len()
}

#[test]
fn a_planted_look_at_the_environment_is_caught() {
    let text = "fn f() { std::env::var(\"HOME\"); }\nfn g() { std::env::vars_os(); }\n";
    assert!(count(environment, "src/web/x.rs", text) >= 2);
    assert_eq!(count(environment, "src/config/x.rs", text), 0);
    assert_eq!(count(environment, "src/web/x.rs", "const V: &str = env!(\"CARGO_PKG_VERSION\");"), 0);
}

#[test]
fn a_planted_unwrap_is_caught() {
    assert_eq!(count(giving_up, "src/web/x.rs", "fn f() { a.unwrap(); b.expect(\"c\"); panic!(\"d\") }\n"), 3);
    assert_eq!(
        count(
            giving_up,
            "src/web/x.rs",
            "#[expect(unused)] a.unwrap_or(1); // unwrap()\n#[cfg(test)]\nmod tests { fn f() { a.unwrap(); } }\n"
        ),
        0
    );
    assert_eq!(count(giving_up, "src/metrics.rs", "a.expect(\"the only one\");"), 0);
    assert_eq!(count(giving_up, "src/metrics.rs", "a.unwrap();"), 1);
}

#[test]
fn a_planted_result_thrown_away_is_caught() {
    assert_eq!(count(thrown_away, "tests/x.rs", "let _ = send();\n"), 1);
    assert_eq!(count(thrown_away, "src/x.rs", "let _permit = take();\nlet _all = take();\n"), 0);
}

#[test]
fn planted_json_that_is_read_carelessly_is_caught() {
    let text = "let a = serde_json::from_value(row.get(2))?;\nlet b = row.get::<_, Option<serde_json::Value>>(3);\n";
    assert_eq!(count(careless_json, "src/store/x.rs", text), 2);
    assert_eq!(count(careless_json, "src/store/reading.rs", text), 0);
    assert_eq!(count(careless_json, "src/store/x.rs", "let a = json(row, 2)?;\n"), 0);
}

#[test]
fn a_planted_sleep_is_caught() {
    let text = "fn f() { tokio::time::sleep(second).await; }\n";
    assert_eq!(count(sleeping_tests, "tests/inbox.rs", text), 1);
    assert_eq!(count(sleeping_tests, "simulator/tests/x.rs", text), 1);
    assert_eq!(count(sleeping_tests, "src/x.rs", &format!("#[cfg(test)]\nmod tests {{ {text} }}\n")), 1);
    assert_eq!(count(sleeping_tests, "src/x.rs", text), 0);
    assert_eq!(count(sleeping_tests, "tests/support/waiting.rs", text), 0);
    assert_eq!(count(sleeping_browser_tests, "tests/browser/x.mjs", "await page.waitForTimeout(500);\n"), 1);
    assert_eq!(count(sleeping_browser_tests, "tests/browser/support/waiting.mjs", "setTimeout(look, 25);\n"), 0);
}

#[test]
fn a_file_that_is_too_long_is_caught() {
    let long = "let a = 1;\n".repeat(LONGEST_FILE + 1);
    assert_eq!(count(too_long, "src/x.rs", &long), 1);
    assert_eq!(count(too_long, "src/x.rs", &"// a remark\n\n".repeat(LONGEST_FILE)), 0);
    assert_eq!(count(too_long, "src/x.rs", &format!("#[cfg(test)]\nmod tests {{\n{long}}}\n")), 0);
}

#[test]
fn a_file_without_a_sentence_is_caught() {
    assert_eq!(count(nameless, "src/x.rs", "use std::fmt;\n"), 1);
    assert_eq!(count(nameless, "src/x.rs", "//! Things.\n"), 0);
}
