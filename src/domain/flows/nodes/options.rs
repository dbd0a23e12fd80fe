//! The options of a question: how they go out as buttons, rows or numbered lines, and which one a typed answer means.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::text::{self, Text};
use super::super::validation::{Checks, Spot};
use crate::domain::channel::Rules;
use crate::domain::message::Choice;

/// One option of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// As it goes out.
    pub(super) fn choice(&self, language: &str, default: &str, longest: Longest) -> Choice {
        let description = self.description.as_ref().map(|words| words.in_language(language, default));
        Choice {
            id: self.id.clone(),
            title: text::truncate(self.title.in_language(language, default), longest.title),
            description: description.map(|words| text::truncate(words, longest.description)),
        }
    }
}

/// How long the parts of a question with options may be on a channel, and how many options it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Longest {
    pub most: usize,
    pub body: usize,
    pub title: usize,
    pub description: usize,
    pub id: usize,
}

impl Longest {
    /// Of buttons; `None` where the channel has none.
    pub fn of_buttons(rules: &Rules) -> Option<Self> {
        let (buttons, description) = (rules.buttons?, rules.list.map_or(rules.text, |list| list.description));
        Some(Self { most: buttons.most, body: buttons.body, title: buttons.title, description, id: buttons.id })
    }

    /// Of a list; `None` where the channel has none.
    pub fn of_list(rules: &Rules) -> Option<Self> {
        let list = rules.list?;
        Some(Self { most: list.most, body: list.body, title: list.title, description: list.description, id: list.id })
    }

    /// Of numbered lines in a text.
    pub fn of_lines(rules: &Rules) -> Self {
        Self { most: MOST_LINES, body: rules.text, title: rules.text, description: rules.text, id: rules.text }
    }
}

/// Options that somebody reads as lines of a text.
const MOST_LINES: usize = 20;

/// A question with its options as numbered lines, for a channel without buttons: the number or the words are the answer.
pub(super) fn numbered_lines(body: &str, options: &[Choice], longest: usize) -> String {
    let line = |(index, option): (usize, &Choice)| match option.description.as_deref().filter(|words| !words.is_empty()) {
        Some(description) => format!("{}. {}: {description}", index + 1, option.title),
        None => format!("{}. {}", index + 1, option.title),
    };
    let lines = options.iter().enumerate().map(line).collect::<Vec<_>>().join("\n");
    let room = longest.saturating_sub(lines.chars().count() + 2);
    text::truncate(&format!("{}\n\n{lines}", text::truncate(body, room)), longest)
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

pub(super) fn check(options: &[AskOption], longest: Longest, checks: &mut Checks<'_>) {
    let mut ids = BTreeSet::new();
    let mut titles = BTreeSet::new();
    for (index, option) in options.iter().enumerate() {
        let place = Spot::option(index, &option.id);
        checks.length(place.part("id"), &option.id, longest.id);
        checks.title(place.part("title"), &option.title, longest.title);
        if let Some(description) = &option.description {
            checks.title(place.part("description"), description, longest.description);
        }
        if let Some(queue) = &option.queue {
            checks.queue(place.part("queue"), queue);
        }
        if !ids.insert(option.id.as_str()) {
            checks.fault(place.clone(), "another option has the same id");
        }
        let own: BTreeSet<String> = option.title.wordings().map(text::normalise).collect();
        for title in own {
            if checks.is_hand_off_word(&title) {
                checks.fault(place.clone(), format!("“{title}” is a hand-off word; typing it would end the flow"));
            }
            if !title.is_empty() && !titles.insert(title.clone()) {
                checks.fault(place.clone(), format!("another option reads “{title}”, too"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(title: &str, description: Option<&str>) -> Choice {
        Choice { id: title.to_owned(), title: title.to_owned(), description: description.map(str::to_owned) }
    }

    #[test]
    fn numbered_lines_stay_whole_where_a_question_is_too_long() {
        let options = [choice("Orders", Some("delivery")), choice("Else", None)];
        assert_eq!(numbered_lines("Which?", &options, usize::MAX), "Which?\n\n1. Orders: delivery\n2. Else");
        let cut = numbered_lines(&"w".repeat(100), &options, 40);
        assert!(cut.ends_with("w…\n\n1. Orders: delivery\n2. Else"), "{cut}");
        assert_eq!(cut.chars().count(), 40);
    }
}
