//! The options of a question: how they go out as buttons or rows, and which one a typed answer means.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::text::{self, Text};
use super::super::validation::Checks;
use crate::domain::message::Choice;

/// One option of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskOption {
    pub id: String,
    pub title: Text,
    /// Under the title, in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Choosing it makes it the topic, and this key its queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

impl AskOption {
    /// As WhatsApp takes it.
    pub(super) fn choice(&self, language: &str, default: &str, longest_title: usize) -> Choice {
        let description = self.description.as_ref().map(|words| words.in_language(language, default));
        Choice {
            id: self.id.clone(),
            title: text::truncate(self.title.in_language(language, default), longest_title),
            description: description.map(|words| text::truncate(words, text::MAX_DESCRIPTION)),
        }
    }
}

/// The option a typed answer means: its title in any language, its id, its number, or some words of just one title.
pub(super) fn typed<'a>(options: &'a [AskOption], said: &str) -> Option<&'a AskOption> {
    let said = text::normalise(said);
    titled(options, &said).or_else(|| numbered(options, &said)).or_else(|| named_in_part(options, &said))
}

/// The option whose title or id was typed; `said` is normalised.
pub(super) fn titled<'a>(options: &'a [AskOption], said: &str) -> Option<&'a AskOption> {
    if said.is_empty() {
        return None;
    }
    let is_title = |option: &&AskOption| option.title.wordings().any(|title| text::normalise(title) == said);
    options.iter().find(is_title).or_else(|| options.iter().find(|option| text::normalise(&option.id) == said))
}

fn numbered<'a>(options: &'a [AskOption], said: &str) -> Option<&'a AskOption> {
    let number: usize = said.parse().ok()?;
    options.get(number.checked_sub(1)?)
}

fn named_in_part<'a>(options: &'a [AskOption], said: &str) -> Option<&'a AskOption> {
    const FEWEST_LETTERS: usize = 3;
    if said.chars().count() < FEWEST_LETTERS {
        return None;
    }
    let has_all = |title: &str| {
        let title = text::normalise(title);
        said.split(' ').all(|word| title.split(' ').any(|known| known == word))
    };
    let mut meant = options.iter().filter(|option| option.title.wordings().any(has_all));
    let (first, another) = (meant.next(), meant.next());
    first.filter(|_| another.is_none())
}

pub(super) fn check(options: &[AskOption], longest_title: usize, checks: &mut Checks<'_>) {
    let mut ids = BTreeSet::new();
    let mut titles = BTreeSet::new();
    for option in options {
        let place = format!("option “{}”", option.id);
        checks.length(&format!("{place}, id"), &option.id, text::MAX_OPTION_ID);
        checks.title(&format!("{place}, title"), &option.title, longest_title);
        if let Some(description) = &option.description {
            checks.title(&format!("{place}, description"), description, text::MAX_DESCRIPTION);
        }
        if let Some(queue) = &option.queue {
            checks.queue(&format!("{place}, queue"), queue);
        }
        if !ids.insert(option.id.as_str()) {
            checks.fault(&place, "another option has the same id");
        }
        let own: BTreeSet<String> = option.title.wordings().map(text::normalise).collect();
        for title in own {
            if checks.is_hand_off_word(&title) {
                checks.fault(&place, format!("“{title}” is a hand-off word; typing it would end the flow"));
            }
            if !title.is_empty() && !titles.insert(title.clone()) {
                checks.fault(&place, format!("another option reads “{title}”, too"));
            }
        }
    }
}
