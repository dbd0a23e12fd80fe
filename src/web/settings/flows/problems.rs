//! What is wrong with a definition, in the words of whoever reads it. The rules say it in English; the same sentences stand in the locale
//! files, with places for what is filled in.

use crate::domain::flows::inspection::Problem;
use crate::web::locale::Locale;

/// A problem as a page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub line: usize,
    pub column: usize,
    pub node: Option<String>,
    pub field: Option<String>,
    pub what: String,
}

/// Sentences of the rules; of two that begin alike, the longer first.
const SENTENCES: [&str; 57] = [
    "flow_fault.format",
    "flow_fault.range_not",
    "flow_fault.range",
    "flow_fault.hand_off_words",
    "flow_fault.brace",
    "flow_fault.no_placeholders",
    "flow_fault.own_language",
    "flow_fault.other_language",
    "flow_fault.no_question",
    "flow_fault.placeholder",
    "flow_fault.no_promise",
    "flow_fault.empty",
    "flow_fault.too_long",
    "flow_fault.too_many_bytes",
    "flow_fault.no_name",
    "flow_fault.no_queue",
    "flow_fault.no_node",
    "flow_fault.no_tag",
    "flow_fault.no_field",
    "flow_fault.unreachable",
    "flow_fault.circle",
    "flow_fault.speech",
    "flow_fault.no_object",
    "flow_fault.no_nodes",
    "flow_fault.unknown_field_of",
    "flow_fault.unknown_field",
    "flow_fault.unknown_variant_of",
    "flow_fault.unknown_variant",
    "flow_fault.missing_field",
    "flow_fault.invalid_type",
    "flow_fault.invalid_value",
    "flow_fault.invalid_length",
    "flow_fault.text_form",
    "flow_fault.queue_form",
    "flow_fault.not_for_text",
    "flow_fault.for_text",
    "flow_fault.for_lists",
    "flow_fault.min_max_one",
    "flow_fault.min_max_most",
    "flow_fault.min_max",
    "flow_fault.long_pattern",
    "flow_fault.empty_pattern",
    "flow_fault.same_id",
    "flow_fault.hand_off_word",
    "flow_fault.same_title",
    "flow_fault.no_case",
    "flow_fault.case_values",
    "flow_fault.idle_value",
    "flow_fault.twice",
    "flow_fault.json_end",
    "flow_fault.json_value",
    "flow_fault.json_colon",
    "flow_fault.json_comma",
    "flow_fault.json_comma_too_many",
    "flow_fault.json_more",
    "flow_fault.json_key",
    "flow_fault.json_other",
];

/// Places in a node, as the rules call them.
const PLACES: [&str; 2] = ["flow_fault.option_part", "flow_fault.option"];

impl Listed {
    #[must_use]
    pub fn of(locale: Locale, problem: Problem) -> Self {
        let Problem { at, node, field, what } = problem;
        let field = field.map(|field| translated(locale, &PLACES, &field).unwrap_or(field));
        let what = said(locale, &what);
        Self { line: at.line, column: at.column, node, field, what }
    }
}

/// What is wrong, without its place, in the language of whoever reads it.
#[must_use]
pub fn said(locale: Locale, what: &str) -> String {
    translated(locale, &SENTENCES, what).unwrap_or_else(|| what.to_owned())
}

/// The sentence in another language; nothing when it is none of these.
fn translated(locale: Locale, keys: &[&str], said: &str) -> Option<String> {
    let english = Locale::default();
    if locale == english {
        return None;
    }
    keys.iter().find_map(|key| {
        let values = filled_in(&english.t(key), said)?;
        let places: Vec<(String, String)> = values.into_iter().collect();
        let names: Vec<&str> = places.iter().map(|(name, _)| name.as_str()).collect();
        let values: Vec<String> = places.iter().map(|(_, value)| value.clone()).collect();
        Some(rust_i18n::replace_patterns(&locale.t(key), &names, &values))
    })
}

/// What stands in the places (`%{a}`) of a sentence, when `said` is that sentence.
fn filled_in(sentence: &str, said: &str) -> Option<Vec<(String, String)>> {
    let mut parts = sentence.split("%{");
    let mut rest = said.strip_prefix(parts.next()?)?;
    let mut values = Vec::new();
    for part in parts {
        let (name, words) = part.split_once('}')?;
        let end = if words.is_empty() { rest.len() } else { rest.find(words)? };
        values.push((name.to_owned(), rest[..end].to_owned()));
        rest = &rest[end + words.len()..];
    }
    rest.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_found_by_what_stands_around_its_places() {
        let values = |sentence: &str, said: &str| {
            filled_in(sentence, said).map(|values| values.into_iter().map(|(_, value)| value).collect::<Vec<_>>())
        };
        assert_eq!(values("there is no node “%{a}”", "there is no node “x”"), Some(vec!["x".to_owned()]));
        assert_eq!(values("must be %{a} to %{b}", "must be 1 to 30"), Some(vec!["1".to_owned(), "30".to_owned()]));
        assert_eq!(values("is empty", "is empty"), Some(vec![]));
        assert_eq!(values("is empty", "is emptied"), None);
    }

    #[test]
    fn what_the_rules_say_is_said_in_spanish_too() {
        let spanish = Locale::of("es").unwrap();
        let text = std::fs::read_dir("tests/flows").unwrap().filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok());
        let expected =
            text.filter_map(|text| serde_json::from_str::<serde_json::Value>(&text).ok()).filter(|file| file.get("turns").is_none());
        for what in ["there is no tag “VIP”", "there is no field “plan”"] {
            assert!(translated(spanish, &SENTENCES, what).is_some_and(|said| said.contains("VIP»") || said.contains("plan»")), "{what}");
        }
        let mut seen = 0;
        for sentence in expected.flat_map(|file| file["expected"].as_array().cloned().unwrap_or_default()) {
            let sentence = sentence.as_str().unwrap_or_default().to_owned();
            let what = sentence.split_once(": ").map_or("", |(_, what)| what).trim_end_matches('.');
            assert!(translated(spanish, &SENTENCES, what).is_some(), "{what}");
            seen += 1;
        }
        assert!(seen > 60, "only {seen} sentences were found");
    }
}
