//! What two versions of a flow differ in, in words.

use similar::{ChangeTag, TextDiff};

use crate::domain::flows::difference::{Change, Difference, Part, What};
use crate::web::layouts::html::{Html, escape_into};
use crate::web::layouts::words::{field_label, known, sentence};
use crate::web::locale::Locale;

/// Characters of a text that is compared word by word; of a longer one both are shown.
const LONGEST_COMPARED: usize = 4_000;

/// What is another about one node, or about the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The key of the node.
    pub node: Option<String>,
    pub lines: Vec<Line>,
}

/// One thing that is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub words: Html,
    /// What it was and what it is, as `<del>` and `<ins>`.
    pub change: Option<Html>,
}

impl Group {
    /// By node, in their order.
    #[must_use]
    pub fn of(locale: Locale, differences: Vec<Difference>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for Difference { node, what } in differences {
            let line = Line::of(locale, &what);
            match groups.last_mut().filter(|group| group.node == node) {
                Some(group) => group.lines.push(line),
                None => groups.push(Self { node, lines: vec![line] }),
            }
        }
        groups
    }
}

impl Line {
    fn of(locale: Locale, what: &What) -> Self {
        let told = |key: &str, values: &[(&str, &str)]| sentence(&locale, &format!("flow_difference.{key}"), values);
        let plain = |words: Html| Self { words, change: None };
        match what {
            What::NodeAdded(kind) => plain(told("node_added", &[("kind", &kind_words(locale, kind))])),
            What::NodeRemoved(kind) => plain(told("node_removed", &[("kind", &kind_words(locale, kind))])),
            What::NodeRenamed(before) => plain(told("node_renamed", &[("before", before)])),
            What::KindChanged(Change { before, after }) => {
                plain(told("kind_changed", &[("before", &kind_words(locale, before)), ("after", &kind_words(locale, after))]))
            }
            What::Part { part, change } => {
                Self { words: told("part_changed", &[("part", &part_words(locale, part))]), change: Some(marked(change)) }
            }
            What::PartAdded { part, value } => {
                Self { words: told("part_added", &[("part", &part_words(locale, part))]), change: Some(element("ins", value)) }
            }
            What::PartRemoved { part, value } => {
                Self { words: told("part_removed", &[("part", &part_words(locale, part))]), change: Some(element("del", value)) }
            }
            What::OptionAdded { id, title } => plain(told("option_added", &[("option", id), ("title", title)])),
            What::OptionRemoved { id, title } => plain(told("option_removed", &[("option", id), ("title", title)])),
            What::OptionsMoved => plain(told("options_moved", &[])),
            What::CaseAdded { values, next } => plain(told("case_added", &[("values", values), ("next", next)])),
            What::CaseRemoved { values, next } => plain(told("case_removed", &[("values", values), ("next", next)])),
            What::CasesMoved => plain(told("cases_moved", &[])),
            What::Way { part, change: Change { before, after } } => {
                let values = [("before", before.as_str()), ("after", after.as_str())];
                plain(match (&part.case, part.key.as_str()) {
                    (Some(case), _) => told("way_of_case", &[values[0], values[1], ("values", case)]),
                    (None, "otherwise") => told("way_otherwise", &values),
                    (None, "start") => told("way_from_the_start", &values),
                    (None, _) => told("way", &values),
                })
            }
        }
    }
}

/// What people call a kind of node.
#[must_use]
pub fn kind_words(locale: Locale, kind: &str) -> String {
    known(&locale, &format!("flow_kind.{kind}")).unwrap_or_else(|| kind.to_owned())
}

/// A part by its name; of an option or a language, these too.
fn part_words(locale: Locale, part: &Part) -> String {
    let name = known(&locale, &format!("flow_part.{}", part.key)).unwrap_or_else(|| field_label(&part.key));
    let name = match &part.option {
        Some(option) => locale.t2("flow_difference.of_option", ("part", &name), ("option", option)),
        None => name,
    };
    match &part.language {
        Some(language) => format!("{name} ({language})"),
        None => name,
    }
}

/// Both texts as one, with what went and what came marked word by word; of two that have little in common, one after the other.
fn marked(change: &Change) -> Html {
    let Change { before, after } = change;
    if before.chars().count().max(after.chars().count()) > LONGEST_COMPARED {
        return both(before, after);
    }
    let diff = TextDiff::from_words(before.as_str(), after.as_str());
    if diff.ratio() < 0.5 {
        return both(before, after);
    }
    let changes: Vec<(ChangeTag, &str)> = diff.iter_all_changes().map(|change| (change.tag(), change.value())).collect();
    let (mut html, mut went, mut came) = (String::new(), String::new(), String::new());
    for run in changes.chunk_by(|one, other| one.0 == other.0) {
        let words: String = run.iter().map(|(_, words)| *words).collect();
        match run[0].0 {
            ChangeTag::Delete => went.push_str(&words),
            ChangeTag::Insert => came.push_str(&words),
            // A space between two words that changed is a part of the change.
            ChangeTag::Equal if words.trim().is_empty() && !(went.is_empty() && came.is_empty()) => {
                went.push_str(&words);
                came.push_str(&words);
            }
            ChangeTag::Equal => {
                flush(&mut html, &mut went, &mut came);
                escape_into(&mut html, &words);
            }
        }
    }
    flush(&mut html, &mut went, &mut came);
    Html::trusted(format!("<bdi>{html}</bdi>"))
}

fn flush(html: &mut String, went: &mut String, came: &mut String) {
    for (name, words) in [("del", std::mem::take(went)), ("ins", std::mem::take(came))] {
        if !words.trim().is_empty() {
            html.push_str(element(name, words.trim_end()).as_str());
        }
        if name == "ins" && words.ends_with(' ') {
            html.push(' ');
        }
    }
}

fn both(before: &str, after: &str) -> Html {
    Html::trusted(format!("{} {}", element("del", before), element("ins", after)))
}

fn element(name: &str, text: &str) -> Html {
    let mut html = format!("<{name}><bdi>");
    escape_into(&mut html, text);
    html.push_str(&format!("</bdi></{name}>"));
    Html::trusted(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: &str, after: &str) -> Change {
        Change { before: before.to_owned(), after: after.to_owned() }
    }

    #[test]
    fn what_went_and_what_came_is_marked_by_words() {
        let told = marked(&change("Hello there, <we> answer soon", "Hello you, <we> answer soon")).into_string();
        assert_eq!(told, "<bdi>Hello <del><bdi>there,</bdi></del><ins><bdi>you,</bdi></ins> &lt;we&gt; answer soon</bdi>");
        let words = marked(&change("And what is it about?", "And what went wrong?")).into_string();
        assert_eq!(words, "<bdi>And what <del><bdi>is it about?</bdi></del><ins><bdi>went wrong?</bdi></ins></bdi>");
        assert_eq!(marked(&change("60", "30")).as_str(), "<del><bdi>60</bdi></del> <ins><bdi>30</bdi></ins>");
    }

    #[test]
    fn differences_come_by_node() {
        let difference = |node: Option<&str>, what| Difference { node: node.map(str::to_owned), what };
        let part = |key: &str| Part { key: key.to_owned(), option: Some("a".to_owned()), language: Some("es".to_owned()), case: None };
        let groups = Group::of(
            Locale::default(),
            vec![
                difference(None, What::Part { part: Part { key: "name".to_owned(), ..Part::default() }, change: change("A", "B") }),
                difference(Some("topic"), What::Part { part: part("title"), change: change("A", "B") }),
                difference(Some("topic"), What::NodeRenamed("subject".to_owned())),
            ],
        );
        let told: Vec<(Option<&str>, usize)> = groups.iter().map(|group| (group.node.as_deref(), group.lines.len())).collect();
        assert_eq!(told, [(None, 1), (Some("topic"), 2)]);
        assert_eq!(groups[1].lines[0].words.as_str(), "<bdi>Title of the option a (es)</bdi> changed");
    }
}
