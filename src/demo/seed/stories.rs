//! What customers and agents say to each other, from `stories.json`.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::chance::Chance;

#[derive(Deserialize)]
pub(super) struct Stories {
    /// What `{item}` may stand for, by language.
    items: HashMap<String, Vec<String>>,
    stories: Vec<Story>,
}

/// One conversation as people remember it.
#[derive(Deserialize, Clone)]
pub(super) struct Story {
    pub language: String,
    /// What the customer wants from the flow, by the name of the field.
    pub answers: HashMap<String, String>,
    /// What `{item}` may stand for here, when not just anything makes sense.
    #[serde(default)]
    items: Vec<String>,
    /// What the customer writes before the flow has asked anything.
    pub opening: Vec<String>,
    pub turns: Vec<Turn>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "snake_case")]
pub(super) enum Turn {
    Agent(String),
    Customer(String),
    /// For colleagues only.
    Note(String),
}

const CITIES: [&str; 6] = ["Bristol", "Leeds", "Keswick", "Cardiff", "Fort William", "Sheffield"];

impl Stories {
    pub fn read() -> Result<Self> {
        serde_json::from_str(include_str!("stories.json")).context("stories.json cannot be read")
    }

    /// A story in `language`, about some item in some city, with an order number of its own.
    pub fn tell(&self, language: &str, chance: &mut Chance) -> Story {
        let known: Vec<&Story> = self.stories.iter().filter(|story| story.language == language).collect();
        let story = (*chance.pick(&known)).clone();
        let any = self.items.get(language).map_or(&[][..], Vec::as_slice);
        let item = chance.pick(if story.items.is_empty() { any } else { &story.items }).clone();
        let city = *chance.pick(&CITIES);
        let order = chance.digits(6);
        story.map(&|text| text.replace("{item}", &item).replace("{city}", city).replace("{order}", &order)).with_number(order)
    }
}

impl Story {
    /// The same with the customer's first name filled in.
    pub fn with_name(self, name: &str) -> Self {
        let first = name.split_whitespace().next().unwrap_or("").to_owned();
        self.map(&|text| text.replace("{name}", &first))
    }

    /// What the customer says when asked for a number: the bare one.
    fn with_number(mut self, order: String) -> Self {
        for field in ["order_number", "invoice_number"] {
            self.answers.insert(field.to_owned(), order.clone());
        }
        self
    }

    fn map(mut self, change: &impl Fn(&str) -> String) -> Self {
        self.opening = self.opening.iter().map(|text| change(text)).collect();
        self.answers.values_mut().for_each(|text| *text = change(text));
        for Turn::Agent(text) | Turn::Customer(text) | Turn::Note(text) in &mut self.turns {
            *text = change(text);
        }
        self
    }
}
