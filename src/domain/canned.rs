//! Canned replies: what is filled in where one is put into an answer.

pub mod sheet;

use super::contact::Contact;
use super::flows::text;

/// What a text may speak of.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'a> {
    pub contact: &'a Contact,
    /// Who answers.
    pub agent: &'a str,
    /// What the conversation is about, as the flow learned it.
    pub topic: Option<&'a str>,
    pub queue: Option<&'a str>,
}

/// Names that a placeholder may have, besides `contact.` and the key of a field.
pub const NAMES: [&str; 6] =
    ["contact.name", "contact.first_name", "agent.name", "agent.first_name", "conversation.topic", "conversation.queue"];

/// A piece of a text.
enum Piece<'a> {
    Words(&'a str),
    /// `{{name}}` or `{{name|fallback}}`.
    Placeholder {
        name: &'a str,
        fallback: &'a str,
    },
}

/// Takes a text apart. A `{{` that is never closed stands for itself.
fn pieces(body: &str) -> Vec<Piece<'_>> {
    let (mut found, mut rest) = (Vec::new(), body);
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, tail)) = after.split_once("}}") else { break };
        let (name, fallback) = inside.split_once('|').unwrap_or((inside, ""));
        found.extend([Piece::Words(before), Piece::Placeholder { name: name.trim(), fallback: fallback.trim() }]);
        rest = tail;
    }
    found.push(Piece::Words(rest));
    found
}

/// The placeholders of a text that mean nothing.
pub fn unknown_placeholders(body: &str) -> impl Iterator<Item = &str> {
    pieces(body).into_iter().filter_map(|piece| match piece {
        Piece::Placeholder { name, .. } if !is_known(name) => Some(name),
        Piece::Placeholder { .. } | Piece::Words(_) => None,
    })
}

fn is_known(name: &str) -> bool {
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    NAMES.contains(&name) || name.strip_prefix("contact.").is_some_and(is_key)
}

/// Fills a text in. What is filled in is never read for placeholders again. Where nothing is filled in, the space in front of it goes
/// too, so that `Hello {{contact.first_name}}, welcome` reads `Hello, welcome`.
#[must_use]
pub fn fill(body: &str, with: &Filling<'_>) -> String {
    let mut said = String::with_capacity(body.len());
    let mut is_gap = false;
    for piece in pieces(body) {
        match piece {
            Piece::Words(words) => {
                if is_gap && said.ends_with(' ') && !words.starts_with(char::is_alphanumeric) {
                    said.pop();
                }
                is_gap = false;
                said.push_str(words);
            }
            Piece::Placeholder { name, fallback } => {
                let value = value(name, with);
                let value = if value.is_empty() { fallback } else { &value };
                is_gap = value.is_empty();
                said.push_str(value);
            }
        }
    }
    said
}

/// Empty when it is not known.
fn value(name: &str, with: &Filling<'_>) -> String {
    match name {
        "contact.name" => text::name(&with.contact.name),
        "contact.first_name" => text::first_name(&with.contact.name),
        "agent.name" => text::clean(with.agent),
        "agent.first_name" => text::first_name(with.agent),
        "conversation.topic" => with.topic.map(text::clean).unwrap_or_default(),
        "conversation.queue" => with.queue.map(text::clean).unwrap_or_default(),
        _ => {
            let field = name.strip_prefix("contact.").and_then(|key| with.contact.fields.get(key));
            field.map(|value| text::clean(value)).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ContactId;

    #[test]
    fn a_text_is_filled_in_with_what_is_known_and_never_twice() {
        let mut contact = Contact::named(ContactId(uuid::Uuid::nil()), "Zoë {{agent.name}} Marin".to_owned());
        contact.fields.insert("last_order".to_owned(), "A-17".to_owned());
        let with = Filling { contact: &contact, agent: "Ana Duarte", topic: Some("Repair"), queue: None };
        for (body, said) in [
            ("Hello, this is {{agent.first_name}}.", "Hello, this is Ana."),
            ("{{ conversation.topic }}: order {{contact.last_order}}", "Repair: order A-17"),
            ("Hi {{contact.first_name|there}}!", "Hi there!"),
            ("Hi {{contact.first_name}}!", "Hi!"),
            ("{{conversation.queue|We}} will see {{ and {{never", "We will see {{ and {{never"),
            ("{single} braces stay", "{single} braces stay"),
        ] {
            assert_eq!(fill(body, &with), said, "{body}");
        }
        contact.name = "Zoë Marin".to_owned();
        let with = Filling { contact: &contact, agent: "{{contact.name}}", topic: None, queue: None };
        assert_eq!(fill("{{agent.name}} to {{contact.name}}", &with), "{{contact.name}} to Zoë Marin");
    }

    #[test]
    fn what_means_nothing_is_named() {
        let unknown: Vec<&str> = unknown_placeholders("{{contact.name}} {{contct.name}} {{contact.}} {{contact.size_2|x}} {{}}").collect();
        assert_eq!(unknown, ["contct.name", "contact.", ""]);
    }
}
