//! The pages of tags.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::details::{COLOURS, Tag};
use crate::domain::ids::EntryRuleId;
use crate::store::tags::TagSummary;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

/// What a form says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// Read from a form.
    pub is_of_form: bool,
    pub name: String,
    pub colour: String,
}

impl Typed {
    #[must_use]
    pub fn of(tag: &Tag) -> Self {
        Self { is_of_form: false, name: tag.name.clone(), colour: tag.colour.clone() }
    }
}

/// `GET /settings/tags`
#[derive(Template, WebTemplate)]
#[template(path = "settings/tags.html")]
pub struct TagsPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub tags: Vec<TagSummary>,
    /// The one that was not added.
    pub typed: Typed,
}

impl TagsPage {
    fn conversations(&self, tag: &TagSummary) -> String {
        self.chrome.locale.count("tags.conversations", tag.conversations)
    }

    fn colour_name(&self, colour: &str) -> String {
        colour_name(&self.chrome, colour)
    }

    fn colours(&self) -> [&'static str; COLOURS.len()] {
        COLOURS
    }
}

/// `GET /settings/tags/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "settings/tag.html")]
pub struct TagPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub tag: TagSummary,
    /// Those that were not merged.
    pub others: Vec<TagSummary>,
    /// Published flows that name it, with the places.
    pub flows: Vec<(String, Vec<String>)>,
    /// Rules that name it.
    pub rules: Vec<(EntryRuleId, String)>,
    pub typed: Typed,
    pub acts: Vec<Act>,
}

impl TagPage {
    /// What archiving does to how many.
    fn archive_counts(&self) -> String {
        self.chrome.locale.count("tags.archive_counts", self.tag.conversations)
    }

    /// What merging does to how many.
    fn merge_counts(&self) -> String {
        self.chrome.locale.count("tags.merge_counts", self.tag.conversations)
    }

    fn conversations(&self) -> String {
        self.chrome.locale.count("tags.conversations", self.tag.conversations)
    }

    fn colour_name(&self, colour: &str) -> String {
        colour_name(&self.chrome, colour)
    }

    fn colours(&self) -> [&'static str; COLOURS.len()] {
        COLOURS
    }
}

/// The word of a colour; of one that only a newer version knows, as it is stored.
fn colour_name(chrome: &Chrome, colour: &str) -> String {
    if COLOURS.contains(&colour) { chrome.locale.t(&format!("tags.colour.{colour}")).into_owned() } else { colour.to_owned() }
}
