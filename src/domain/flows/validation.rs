//! Validation: everything that is wrong with a definition, at once, each in a sentence that names the place.

mod blame;
mod graph;
mod reading;
mod spot;

use std::collections::BTreeSet;
use std::fmt;

use jiff::SignedDuration;
use serde_json::Value;

use super::definition::{Definition, FORMAT};
use super::nodes::Node;
use super::promise;
use super::text::{self, Piece, Text};
use crate::domain::channel::Rules;
use crate::domain::details::Vocabulary;

pub use spot::Spot;

/// No more than may follow one message, so that a definition without circles never runs out of steps.
pub const MAX_NODES: usize = super::run::MAX_NODES_PER_STEP;
pub const MAX_SETTLE_SECONDS: u32 = 30;
/// How long a question may wait at most, where the channel's window does not end it before.
const MAX_WAIT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What has to be left of the window when a flow gives up: people are to answer in it.
const LEFT_OF_WINDOW: SignedDuration = SignedDuration::from_hours(1);
const MAX_HAND_OFF_WORDS: usize = 100;
const MAX_KEY: usize = 40;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub node: Option<String>,
    pub field: Option<String>,
    /// What is wrong, without the place.
    pub what: String,
    /// The way there from the whole: keys of objects, and numbers of lists from 0. It may lead further than what was written.
    pub path: Vec<String>,
}

impl Fault {
    fn of_flow(spot: impl Into<Spot>, what: String) -> Self {
        let Spot { words, path } = spot.into();
        Self { node: None, field: Some(words), what, path }
    }

    fn of_node(node: &str, spot: Option<Spot>, what: String) -> Self {
        let (field, path) = spot.map(|Spot { words, path }| (words, path)).unzip();
        let path = ["nodes".to_owned(), node.to_owned()].into_iter().chain(path.unwrap_or_default()).collect();
        Self { node: Some(node.to_owned()), field, what, path }
    }
}

impl Fault {
    /// Where it is, without what is wrong: `main_menu · options`.
    #[must_use]
    pub fn place(&self) -> String {
        [&self.node, &self.field].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" · ")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.node, &self.field) {
            (Some(node), Some(field)) => write!(f, "Node “{node}”, {field}: {}.", self.what),
            (Some(node), None) => write!(f, "Node “{node}”: {}.", self.what),
            (None, Some(field)) => write!(f, "The flow's {field}: {}.", self.what),
            (None, None) => write!(f, "The flow: {}.", self.what),
        }
    }
}

/// Reads a definition as an author wrote it, for a channel of these rules. `queues` are the keys of the workspace's queues.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check(json: &Value, queues: &[&str], rules: &Rules) -> Result<Definition, Vec<Fault>> {
    check_with(json, queues, None, rules)
}

/// As [`check`], in a workspace that has these tags and fields; what it does not have is a fault.
///
/// # Errors
/// As [`check`].
pub fn check_with(json: &Value, queues: &[&str], words: Option<&Vocabulary>, rules: &Rules) -> Result<Definition, Vec<Fault>> {
    let format = json.get("format").and_then(Value::as_u64);
    if format != Some(u64::from(FORMAT)) {
        let what = format!("must be {FORMAT}; other formats cannot be read");
        return Err(vec![Fault::of_flow("format", what)]);
    }
    let read = reading::read(json)?;
    let mut checks = Checks { words, ..Checks::new(&read.definition, queues, rules, read.faults) };
    checks.whole();
    for (key, node) in &read.definition.nodes {
        checks.at(key);
        node.check(&mut checks);
    }
    checks.same_languages();
    let mut faults = checks.faults;
    if read.definition.nodes.len() <= MAX_NODES {
        faults.extend(graph::faults(&read.definition, &read.unread));
    }
    if faults.is_empty() { Ok(read.definition) } else { Err(faults) }
}

/// The faults found so far, and what a node may ask about the rest of the flow.
pub struct Checks<'a> {
    definition: &'a Definition,
    queues: &'a [&'a str],
    /// What tags and fields there are, if that is known.
    words: Option<&'a Vocabulary>,
    rules: &'a Rules,
    /// Every field some question answers.
    fields: BTreeSet<&'a str>,
    hand_off_words: BTreeSet<String>,
    /// The languages of each text that has several, with its place.
    languages: Vec<(Option<&'a str>, Spot, BTreeSet<String>)>,
    node: Option<&'a str>,
    faults: Vec<Fault>,
}

impl<'a> Checks<'a> {
    fn new(definition: &'a Definition, queues: &'a [&'a str], rules: &'a Rules, faults: Vec<Fault>) -> Self {
        let fields = definition.nodes.values().filter_map(Node::as_ask).map(|ask| ask.field.as_str()).collect();
        let hand_off_words = definition.hand_off_words.iter().map(|word| text::normalise(word)).collect();
        Self { definition, queues, words: None, rules, fields, hand_off_words, languages: Vec::new(), node: None, faults }
    }

    /// What the channel allows.
    #[must_use]
    pub fn rules(&self) -> &'a Rules {
        self.rules
    }

    /// Minutes.
    fn longest_wait(&self) -> i64 {
        self.rules.window.map_or(MAX_WAIT, |window| window - LEFT_OF_WINDOW).as_mins()
    }

    fn at(&mut self, node: &'a str) {
        self.node = Some(node);
    }

    /// Notes a fault of a field of the node at hand.
    pub fn fault(&mut self, spot: impl Into<Spot>, what: impl Into<String>) {
        let (spot, what) = (spot.into(), what.into());
        self.faults.push(match self.node {
            Some(node) => Fault::of_node(node, Some(spot), what),
            None => Fault::of_flow(spot, what),
        });
    }

    fn whole(&mut self) {
        let definition = self.definition;
        self.length("name", &definition.name, MAX_KEY * 2);
        self.queue("default_queue", &definition.default_queue);
        if definition.settle_seconds > MAX_SETTLE_SECONDS {
            self.fault("settle_seconds", format!("must be 0 to {MAX_SETTLE_SECONDS}"));
        }
        let longest_wait = self.longest_wait();
        if !(1..=longest_wait).contains(&i64::from(definition.wait_minutes)) {
            self.fault("wait_minutes", format!("must be 1 to {longest_wait}"));
        }
        if definition.hand_off_words.len() > MAX_HAND_OFF_WORDS || self.is_hand_off_word("") {
            self.fault("hand_off_words", format!("must be at most {MAX_HAND_OFF_WORDS} words of letters or digits"));
        }
        if definition.nodes.is_empty() || definition.nodes.len() > MAX_NODES {
            self.fault("nodes", format!("must be 1 to {MAX_NODES}, not {}", definition.nodes.len()));
        }
        for (field, words) in [
            ("hand_off_text", &definition.hand_off_text),
            ("timed_out_text", &definition.timed_out_text),
            ("welcome_back_text", &definition.welcome_back_text),
        ] {
            if let Some(words) = words {
                self.text(field, words, self.rules.text);
            }
        }
    }

    /// A text that is said: not empty, within the channel's limit, in the flow's language, with placeholders that exist.
    pub fn text(&mut self, spot: impl Into<Spot>, words: &Text, limit: usize) {
        let spot = spot.into();
        self.wordings(&spot, words, limit);
        for (language, wording) in words.by_language() {
            let place = spot.in_language(language);
            if wording.matches('{').count() != wording.matches('}').count() {
                self.fault(place.clone(), "a “{” or “}” stands alone");
            }
            for piece in text::pieces(wording) {
                if let Piece::Placeholder { name, .. } = piece {
                    self.placeholder(&place, name, words);
                }
            }
        }
    }

    /// A title: like a text, but without placeholders.
    pub fn title(&mut self, spot: impl Into<Spot>, words: &Text, limit: usize) {
        let spot = spot.into();
        self.wordings(&spot, words, limit);
        if words.wordings().any(|wording| wording.contains(['{', '}'])) {
            self.fault(spot, "placeholders cannot stand in titles, buttons and descriptions");
        }
    }

    fn wordings(&mut self, spot: &Spot, words: &Text, limit: usize) {
        for (language, wording) in words.by_language() {
            self.length(spot.in_language(language), wording, limit);
        }
        if let Text::Languages(texts) = words {
            self.languages.push((self.node, spot.clone(), texts.keys().cloned().collect()));
            if !texts.contains_key(&self.definition.language) {
                self.fault(spot.clone(), format!("has no text in the flow's own language, “{}”", self.definition.language));
            }
        }
    }

    /// A text that lacks a language other texts have would change the language in the middle of a conversation.
    fn same_languages(&mut self) {
        let all: BTreeSet<String> = self.languages.iter().flat_map(|(_, _, languages)| languages).cloned().collect();
        for (node, spot, languages) in std::mem::take(&mut self.languages) {
            self.node = node;
            for language in all.difference(&languages).filter(|language| **language != self.definition.language) {
                self.fault(spot.clone(), format!("has no text in “{language}”, which other texts have"));
            }
        }
    }

    fn placeholder(&mut self, spot: &Spot, name: &str, words: &Text) {
        match name.split_once('.') {
            Some(("contact", "name" | "first_name")) => {}
            Some(("contact", noted)) if !noted.is_empty() => self.defined(spot.clone(), noted),
            Some(("queue", "name")) => {}
            Some(("queue", "promise")) => self.promise(spot, words),
            Some(("answer", asked)) if self.fields.contains(asked) => {}
            Some(("answer", asked)) => self.fault(spot.clone(), format!("no question answers “{asked}”")),
            Some(_) | None => self.fault(spot.clone(), format!("the placeholder “{{{name}}}” is not known")),
        }
    }

    /// A promise can only be told in a language the engine has words for.
    fn promise(&mut self, spot: &Spot, words: &Text) {
        let definition = self.definition;
        let languages: Vec<&str> = match words {
            Text::Plain(_) => vec![&definition.language],
            Text::Languages(texts) => texts.keys().map(String::as_str).collect(),
        };
        for language in languages {
            let primary = text::primary(language);
            let is_known = definition.words.contains_key(language) || definition.words.contains_key(primary);
            if !is_known && promise::built_in(primary).is_none() {
                self.fault(spot.clone(), format!("{{queue.promise}} has no words in “{language}”; give them under “words”"));
            }
        }
    }

    /// A text that has something in it and is not too long.
    pub fn length(&mut self, spot: impl Into<Spot>, text: &str, limit: usize) {
        let length = text.chars().count();
        if text.trim().is_empty() {
            self.fault(spot, "is empty");
        } else if length > limit {
            self.fault(spot, format!("has {length} characters, {limit} are allowed"));
        } else if text.contains('\0') {
            self.fault(spot, "has a character that cannot be kept (NUL)");
        }
    }

    /// The name of a field: small letters, digits and underscores.
    pub fn name(&mut self, spot: impl Into<Spot>, name: &str) {
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.len() <= MAX_KEY
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_name {
            self.fault(spot, format!("“{name}” is no name: small letters, digits and “_”, at most {MAX_KEY}"));
        }
    }

    /// A field that is written.
    pub fn field(&mut self, spot: impl Into<Spot>, key: &str) {
        let (spot, known) = (spot.into(), self.faults.len());
        self.name(spot.clone(), key);
        if self.faults.len() == known {
            self.defined(spot, key);
        }
    }

    /// A field that is read: an answer, or what administrators defined.
    pub fn answer_or_field(&mut self, spot: impl Into<Spot>, key: &str) {
        if !self.fields.contains(key) {
            self.defined(spot, key);
        }
    }

    fn defined(&mut self, spot: impl Into<Spot>, key: &str) {
        if self.words.is_some_and(|words| words.field(key).is_none()) {
            self.fault(spot, format!("there is no field “{key}”"));
        }
    }

    /// A tag that may be added.
    pub fn tag(&mut self, field: &str, name: &str) {
        if name.trim().is_empty() || self.words.is_some_and(|words| words.tag_named(name).is_none()) {
            self.fault(field, format!("there is no tag “{name}”"));
        }
    }

    pub fn queue(&mut self, spot: impl Into<Spot>, key: &str) {
        if !self.queues.contains(&key) {
            self.fault(spot, format!("there is no queue “{key}”"));
        }
    }

    #[must_use]
    pub fn is_hand_off_word(&self, normalised: &str) -> bool {
        self.hand_off_words.contains(normalised)
    }

    /// The values a field can have, where only buttons and lists answer it.
    #[must_use]
    pub fn option_ids(&self, field: &str) -> Option<Vec<&'a str>> {
        let definition: &'a Definition = self.definition;
        let is_set = |node: &Node| matches!(node, Node::SetField(node) if node.field == field);
        if definition.nodes.values().any(is_set) {
            return None;
        }
        let asks: Vec<_> = definition.nodes.values().filter_map(Node::as_ask).filter(|ask| ask.field == field).collect();
        if asks.is_empty() || asks.iter().any(|ask| ask.options.is_empty()) {
            return None;
        }
        Some(asks.into_iter().flat_map(|ask| &ask.options).map(|option| option.id.as_str()).collect())
    }
}
