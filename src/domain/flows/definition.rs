//! A definition: what the author of a flow writes, as versioned JSON. `docs/flows.md` explains it to authors.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::nodes::Node;
use super::promise::{self, Words};
use super::text::Text;

/// The version of the JSON format that this code reads and writes.
pub const FORMAT: u32 = 1;

/// A flow. Read one from an author with [`super::validation::check`]; one that was published may be deserialised as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    pub format: u32,
    pub name: String,
    /// The language of plain texts, and the one spoken to customers whose own is unknown or not written for.
    #[serde(default = "english")]
    pub language: String,
    /// The key of the first node.
    pub start: String,
    /// The key of the queue for customers whose topic is not known.
    pub default_queue: String,
    /// How long a silence ends a turn: what a customer says before it belongs together.
    #[serde(default = "settle_seconds")]
    pub settle_seconds: u32,
    /// How long a question waits for its answer before people take over.
    #[serde(default = "wait_minutes")]
    pub wait_minutes: u32,
    /// A message that is one of these and nothing else goes to people at once. Replaces the usual words.
    #[serde(default = "hand_off_words")]
    pub hand_off_words: Vec<String>,
    /// Said when people take over before all questions are answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_off_text: Option<Text>,
    /// Said when people take over because the customer stopped answering; usually nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timed_out_text: Option<Text>,
    /// Said when a customer comes back soon after their matter was resolved; built in when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome_back_text: Option<Text>,
    /// The words the engine itself uses, by language; English and Spanish are built in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, Words>,
    pub nodes: BTreeMap<String, Node>,
}

impl Definition {
    /// The engine's own words in a language, or in that of the definition, or in English.
    #[must_use]
    pub fn words(&self, language: &str) -> &Words {
        self.words_of(language).or_else(|| self.words_of(&self.language)).unwrap_or(&promise::ENGLISH)
    }

    /// What is said to a customer who speaks `language` and comes back: the author's words, or built-in ones.
    #[must_use]
    pub fn welcome_back(&self, language: &str) -> Text {
        let own = self.welcome_back_text.clone();
        own.unwrap_or_else(|| {
            let nearest = [language, &self.language].into_iter().find_map(|tag| {
                let own = self.words.get(tag).or_else(|| self.words.get(super::text::primary(tag)));
                own.filter(|words| !words.welcome_back.is_empty()).or_else(|| promise::built_in(super::text::primary(tag)))
            });
            Text::Plain(nearest.unwrap_or(&promise::ENGLISH).welcome_back.to_string())
        })
    }

    /// Every text of it that is said.
    #[must_use]
    pub fn texts(&self) -> Vec<&Text> {
        let own = [&self.hand_off_text, &self.timed_out_text, &self.welcome_back_text];
        own.into_iter().flatten().chain(self.nodes.values().flat_map(Node::texts)).collect()
    }

    fn words_of(&self, language: &str) -> Option<&Words> {
        let primary = super::text::primary(language);
        self.words.get(language).or_else(|| self.words.get(primary)).or_else(|| promise::built_in(primary))
    }
}

fn english() -> String {
    "en".to_owned()
}

fn settle_seconds() -> u32 {
    4
}

fn wait_minutes() -> u32 {
    60
}

/// English and Spanish; compared without case, accents and punctuation.
const HAND_OFF_WORDS: [&str; 32] = [
    "agent",
    "an agent",
    "agent please",
    "human",
    "a human",
    "human please",
    "a human please",
    "person",
    "a person",
    "a person please",
    "real person",
    "a real person",
    "operator",
    "representative",
    "talk to a person",
    "talk to a human",
    "talk to an agent",
    "speak to an agent",
    "agente",
    "un agente",
    "agente por favor",
    "humano",
    "un humano",
    "persona",
    "una persona",
    "una persona por favor",
    "asesor",
    "operador",
    "persona real",
    "hablar con una persona",
    "hablar con un agente",
    "hablar con un humano",
];

fn hand_off_words() -> Vec<String> {
    HAND_OFF_WORDS.map(str::to_owned).to_vec()
}
