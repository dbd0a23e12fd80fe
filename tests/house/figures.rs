//! What `/metrics` gives is said in words beside it.

use super::source::{Fault, Source};

const DESCRIBED_IN: &str = "src/metrics.rs";

/// Names of figures are strings that begin like this.
const PREFIX: &str = "\"baton_";

/// Figures that `metrics.rs` has no words for.
pub fn undescribed(sources: &[Source]) -> Vec<Fault> {
    let words = |path: &str| sources.iter().find(|source| source.path == path).map(|source| source.text.clone()).unwrap_or_default();
    let described: Vec<String> = names(&words(DESCRIBED_IN)).into_iter().map(|(_, name)| name).collect();
    let elsewhere = sources.iter().filter(|source| source.path != DESCRIBED_IN);
    elsewhere
        .flat_map(|source| names(&source.text).into_iter().map(move |(line, name)| (source, line, name)))
        .filter(|(_, _, name)| !described.contains(name))
        .map(|(source, line, name)| {
            source.fault(line, format!("`baton_{name}` is described nowhere; say in {DESCRIBED_IN} what it counts"))
        })
        .collect()
}

/// The names in a text, each with its line.
fn names(text: &str) -> Vec<(usize, String)> {
    let of_line = |(index, line): (usize, &str)| {
        let parts: Vec<String> =
            line.split(PREFIX).skip(1).filter_map(|rest| rest.split_once('"').map(|(name, _)| name.to_owned())).collect();
        parts
            .into_iter()
            .filter(|name| name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit()))
            .map(move |name| (index + 1, name))
    };
    text.lines().enumerate().flat_map(of_line).collect()
}

#[test]
fn a_planted_figure_without_words_is_caught() {
    let words = Source::new(DESCRIBED_IN, "describe_gauge!(\"baton_sockets\", \"Live pages\");\n");
    let used =
        Source::new("src/x.rs", "metrics::gauge!(\"baton_sockets\").set(1.0);\nmetrics::counter!(\"baton_riddles_total\").increment(1);\n");
    let faults = undescribed(&[words, used]);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().contains("src/x.rs:2") && faults[0].to_string().contains("riddles"), "{}", faults[0]);
}
