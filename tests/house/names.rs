//! Names say what a thing is, in the words of the field.

use super::source::{Code, Fault, Source};

/// Endings that say nothing.
const VAGUE: [&str; 6] = ["Manager", "Service", "Helper", "Util", "Utils", "Processor"];

const DEFINES: [&str; 4] = ["struct ", "enum ", "trait ", "type "];

pub fn vague(source: &Source) -> Vec<Fault> {
    let code = Code::of(source);
    let mut faults = Vec::new();
    for (line, text) in code.lines() {
        let words = text.trim_start().trim_start_matches("pub ").trim_start_matches("pub(super) ").trim_start_matches("pub(crate) ");
        let Some(rest) = DEFINES.iter().find_map(|define| words.strip_prefix(define)) else { continue };
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
        if VAGUE.iter().any(|ending| name.ends_with(ending)) {
            faults.push(source.fault(line, format!("`{name}` says nothing about what it is; take a word of the field")));
        }
    }
    faults
}

#[test]
fn a_planted_manager_is_caught() {
    let count = |text: &str| vague(&Source::new("src/x.rs", text)).len();
    assert_eq!(count("pub struct MessageManager;\nenum FlowService {}\npub struct Manageress;\n"), 2);
}
