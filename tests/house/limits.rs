//! What channels allow is said once: the figures of `domain/channel.rs` stand in no place that asks what a channel allows.

use std::collections::BTreeSet;

use super::source::{Code, Fault, Source};

const SAID_IN: &str = "src/domain/channel.rs";

/// Where questions, answers and requests are measured.
const ASKED_IN: [&str; 9] = [
    "src/domain/answering.rs",
    "src/domain/flows/",
    "src/domain/message.rs",
    "src/domain/receiving.rs",
    "src/channels/whatsapp/payload.rs",
    "src/web/drafts.rs",
    "src/web/messages/picture.rs",
    "static/scripts/composer/picture.js",
    "templates/conversations/",
];

/// Smaller ones are also those of many other things.
const TELLING: u64 = 64;

/// Figures of channels that stand where they are asked for.
pub fn said_again(sources: &[Source]) -> Vec<Fault> {
    let said = sources.iter().find(|source| source.path == SAID_IN).map(of_channels).unwrap_or_default();
    let asked = sources.iter().filter(|source| !source.is_test_file() && ASKED_IN.iter().any(|place| source.path.starts_with(place)));
    let mut faults = Vec::new();
    for source in asked {
        let code = if source.path.ends_with(".rs") { Code::of(source).without_tests().code } else { source.text.clone() };
        for (line, text) in (1..).zip(code.lines()) {
            let again = whole_numbers(text).into_iter().filter(|number| said.contains(number));
            faults.extend(again.map(|number| source.fault(line, format!("{number} is what a channel allows; read it from {SAID_IN}"))));
        }
    }
    faults
}

fn of_channels(source: &Source) -> BTreeSet<u64> {
    let code = Code::of(source).without_tests().code;
    code.lines().flat_map(whole_numbers).filter(|number| *number >= TELLING).collect()
}

/// The whole numbers of a line; one with a fraction is none, nor is a part of a word.
fn whole_numbers(line: &str) -> Vec<u64> {
    let words = line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.');
    words.filter_map(|word| word.trim_matches('.').replace('_', "").parse().ok()).collect()
}

#[test]
fn a_planted_limit_is_caught() {
    let said = Source::new(SAID_IN, "const A: Rules = Rules { text: 4_096, most: 3, title: 72 };\n");
    let lines =
        |path: &str, text: &str| said_again(&[said.clone(), Source::new(path, text)]).iter().map(|fault| fault.line).collect::<Vec<_>>();
    assert_eq!(lines("src/domain/flows/x.rs", "const B: usize = 3;\nconst MAX: usize = 4096;\n"), [2]);
    assert_eq!(lines("templates/conversations/x.html", "<textarea maxlength=\"4096\">\n"), [1]);
    assert_eq!(
        lines("src/domain/flows/x.rs", "let c = 72.0;\nlet x4096 = 1;\n// 4096\n#[cfg(test)]\nmod tests { const D: u8 = 72; }\n"),
        [0; 0]
    );
    assert_eq!(lines("src/runner/x.rs", "const WAITING: usize = 4096;\n"), [0; 0]);
}
