//! What is noted about a conversation and its customer, beside what was said: tags, and fields that administrators define.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::flows::values::Accept;
use super::ids::TagId;

/// What a conversation has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// In the order in which they were added.
    #[serde(default)]
    pub tags: Vec<TagId>,
    /// By the key of the field.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// A tag as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    /// One of [`COLOURS`], or a word of a newer version.
    pub colour: String,
    /// Nobody adds it any more.
    pub archived: bool,
    /// The one that counts in its place; that one was never merged itself.
    pub merged_into: Option<TagId>,
}

pub const COLOURS: [&str; 8] = ["gray", "red", "orange", "yellow", "green", "teal", "blue", "purple"];

/// A field as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub key: String,
    pub label: String,
    pub of: FieldOf,
    pub kind: FieldKind,
    /// Of [`FieldKind::Choice`].
    pub choices: Vec<String>,
    /// Whether those who answer see it beside the conversation.
    pub shown: bool,
}

/// Whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldOf {
    Contact,
    Conversation,
}

/// What stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Number,
    Date,
    Choice,
    Link,
    YesNo,
}

impl FieldOf {
    pub const ALL: [FieldOf; 2] = [FieldOf::Contact, FieldOf::Conversation];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FieldOf::Contact => "contact",
            FieldOf::Conversation => "conversation",
        }
    }

    /// As it is stored; nothing for a word that this version does not know.
    #[must_use]
    pub fn read(stored: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.as_str() == stored)
    }
}

impl FieldKind {
    pub const ALL: [FieldKind; 6] =
        [FieldKind::Text, FieldKind::Number, FieldKind::Date, FieldKind::Choice, FieldKind::Link, FieldKind::YesNo];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Number => "number",
            FieldKind::Date => "date",
            FieldKind::Choice => "choice",
            FieldKind::Link => "link",
            FieldKind::YesNo => "yes_no",
        }
    }

    /// As it is stored; nothing for a word that this version does not know.
    #[must_use]
    pub fn read(stored: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == stored)
    }
}

const YES: [&str; 6] = ["yes", "y", "true", "1", "sí", "si"];
const NO: [&str; 4] = ["no", "n", "false", "0"];

impl Field {
    /// What is kept of a value that somebody gave; nothing where it is none for such a field. `today` is the date where they are.
    #[must_use]
    pub fn value(&self, given: &str, today: Date) -> Option<String> {
        let given = given.trim();
        match self.kind {
            FieldKind::Text => Some(given.to_owned()),
            FieldKind::Number => Accept::Number { min: None, max: None }.read(given, today),
            FieldKind::Date => Accept::Date.read(given, today),
            FieldKind::Choice => self.choices.iter().find(|choice| choice.to_lowercase() == given.to_lowercase()).cloned(),
            FieldKind::Link => {
                let rest = given.strip_prefix("https://").or_else(|| given.strip_prefix("http://"))?;
                let is_link = !rest.is_empty() && !rest.starts_with('/') && !given.contains(|c: char| c.is_whitespace() || c.is_control());
                is_link.then(|| given.to_owned())
            }
            FieldKind::YesNo => {
                let word = given.to_lowercase();
                let is = |words: &[&str]| words.contains(&word.as_str());
                if is(&YES) { Some("yes".to_owned()) } else { is(&NO).then(|| "no".to_owned()) }
            }
        }
    }
}

/// What a page shows of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub tags: Vec<ShownTag>,
    /// Labels and values of the conversation.
    pub conversation: Vec<(String, String)>,
    /// Labels and values of the customer; where nobody defined a field, its key.
    pub contact: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownTag {
    pub name: String,
    pub colour: String,
}

/// What is defined, and what of it is shown.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    pub tags: Vec<Tag>,
    pub fields: Vec<Field>,
}

impl Vocabulary {
    /// The tag that counts in place of this one: another where it was merged.
    #[must_use]
    pub fn tag(&self, id: TagId) -> Option<&Tag> {
        let find = |id: TagId| self.tags.iter().find(|tag| tag.id == id);
        let found = find(id)?;
        found.merged_into.map_or(Some(found), find)
    }

    /// A tag that may be added, by its name.
    #[must_use]
    pub fn tag_named(&self, name: &str) -> Option<&Tag> {
        let name = name.to_lowercase();
        self.tags.iter().find(|tag| tag.name.to_lowercase() == name && !tag.archived && tag.merged_into.is_none())
    }

    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// What is shown of a customer's fields and of a conversation's details. Each tag once.
    #[must_use]
    pub fn facts(&self, contact: &BTreeMap<String, String>, details: Option<&Details>) -> Facts {
        let mut facts = Facts::default();
        for tag in details.iter().flat_map(|details| &details.tags).filter_map(|id| self.tag(*id)) {
            let shown = ShownTag { name: tag.name.clone(), colour: tag.colour.clone() };
            if !facts.tags.contains(&shown) {
                facts.tags.push(shown);
            }
        }
        if let Some(details) = details {
            facts.conversation = self.shown(FieldOf::Conversation, &details.fields);
        }
        facts.contact = self.shown(FieldOf::Contact, contact);
        facts
    }

    /// Those that are defined in their order, then those that are not.
    fn shown(&self, of: FieldOf, values: &BTreeMap<String, String>) -> Vec<(String, String)> {
        let of_them = |field: &&Field| field.of == of;
        let defined = self.fields.iter().filter(of_them).filter(|field| field.shown);
        let defined = defined.filter_map(|field| Some((field.label.clone(), values.get(&field.key)?.clone())));
        let is_defined = |key: &String| self.fields.iter().filter(of_them).any(|field| field.key == *key);
        let others = values.iter().filter(|(key, _)| !is_defined(key)).map(|(key, value)| (label(key), value.clone()));
        defined.chain(others).collect()
    }
}

/// A key as words: `last_order` is "Last order".
fn label(key: &str) -> String {
    let words = key.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const fn id(number: u128) -> TagId {
        TagId(Uuid::from_u128(number))
    }

    fn tag(number: u128, name: &str, merged_into: Option<u128>) -> Tag {
        Tag { id: id(number), name: name.to_owned(), colour: "red".to_owned(), archived: name == "Old", merged_into: merged_into.map(id) }
    }

    fn field(key: &str, of: FieldOf, kind: FieldKind) -> Field {
        let choices = ["Small", "Large"].map(str::to_owned).to_vec();
        Field { key: key.to_owned(), label: format!("The {key}"), of, kind, choices, shown: key != "secret" }
    }

    #[test]
    fn a_merged_tag_counts_as_the_other_and_stands_once() {
        let tags = vec![tag(1, "VIP", None), tag(2, "Very important", Some(1)), tag(3, "Gold", Some(1)), tag(4, "Old", None)];
        let words = Vocabulary { tags, fields: Vec::new() };
        let details = Details { tags: vec![id(3), id(1), id(4), id(9)], ..Details::default() };
        let names: Vec<String> = words.facts(&BTreeMap::new(), Some(&details)).tags.into_iter().map(|tag| tag.name).collect();
        assert_eq!(names, ["VIP", "Old"]);
        let found = |name| words.tag_named(name).map(|tag| tag.id);
        assert_eq!((found("vip"), found("Gold"), found("Old"), found("None")), (Some(id(1)), None, None, None));
    }

    #[test]
    fn fields_are_shown_by_their_labels_in_their_order_and_others_by_their_keys() {
        let fields = vec![
            field("size", FieldOf::Contact, FieldKind::Choice),
            field("plan", FieldOf::Contact, FieldKind::Text),
            field("secret", FieldOf::Contact, FieldKind::Text),
            field("order", FieldOf::Conversation, FieldKind::Text),
        ];
        let words = Vocabulary { tags: Vec::new(), fields };
        let of = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let contact: BTreeMap<String, String> = of(&[("last_order", "A1"), ("plan", "gold"), ("secret", "x"), ("size", "Large")]);
        let facts = words.facts(&contact, Some(&Details { fields: of(&[("order", "A-17")]), ..Details::default() }));
        let shown: Vec<(&str, &str)> = facts.contact.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
        assert_eq!(shown, [("The size", "Large"), ("The plan", "gold"), ("Last order", "A1")]);
        assert_eq!(facts.conversation, [("The order".to_owned(), "A-17".to_owned())]);
    }

    #[test]
    fn a_value_is_kept_in_one_form_or_not_at_all() {
        let today = "2026-11-28".parse().unwrap();
        let kept = |kind, given: &str| field("x", FieldOf::Contact, kind).value(given, today);
        for (kind, given, expected) in [
            (FieldKind::Text, " a b ", Some("a b")),
            (FieldKind::Number, "3,50", Some("3.5")),
            (FieldKind::Number, "many", None),
            (FieldKind::Date, "24.12.2026", Some("2026-12-24")),
            (FieldKind::Date, "soon", None),
            (FieldKind::Choice, "large", Some("Large")),
            (FieldKind::Choice, "huge", None),
            (FieldKind::Link, "https://example.com/a?b=1", Some("https://example.com/a?b=1")),
            (FieldKind::Link, "javascript:alert(1)", None),
            (FieldKind::Link, "https:// example.com", None),
            (FieldKind::YesNo, "Sí", Some("yes")),
            (FieldKind::YesNo, "0", Some("no")),
            (FieldKind::YesNo, "maybe", None),
        ] {
            assert_eq!(kept(kind, given).as_deref(), expected, "{kind:?} {given}");
        }
    }
}
