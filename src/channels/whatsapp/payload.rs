//! Request bodies for sending: `POST /{phone-number-id}/messages`. Pure.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::channels::Typing;
use crate::domain::channel::{WHATSAPP, WHATSAPP_BUTTONS, WHATSAPP_LIST, WHATSAPP_PICTURES};
use crate::domain::contact::Identity;
use crate::domain::message::{Choice, Content, Message};

/// The template that every account has from the beginning, in its only language.
const TEMPLATE: (&str, &str) = ("hello_world", "en_US");

/// Why a message cannot be put into a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("{part} is {length} long and may be {limit}")]
    TooLong { part: Part, length: usize, limit: usize },
    #[error("{part} is empty")]
    Empty { part: Part },
    /// WhatsApp tells answers apart by their ids, and people tell buttons apart by their titles.
    #[error("two choices have the same {part}")]
    Twice { part: Part },
    #[error("nobody is called by `{kind}` on WhatsApp")]
    NobodyHere { kind: String },
    #[error("the picture was not uploaded to WhatsApp first")]
    NotUploaded,
    #[error("a {kind} message is never sent")]
    NeverSent { kind: &'static str },
}

/// A part of a message that has a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Text,
    Caption,
    Question,
    Choices,
    ChoiceId,
    ChoiceTitle,
    ChoiceDescription,
    ListButton,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Part::Text => "text",
            Part::Caption => "caption",
            Part::Question => "question",
            Part::Choices => "list of choices",
            Part::ChoiceId => "id",
            Part::ChoiceTitle => "title",
            Part::ChoiceDescription => "description",
            Part::ListButton => "label of the list",
        })
    }
}

/// The body that sends `message` to `to`. `uploaded` is WhatsApp's id of the picture, from [`super::Client::upload`].
///
/// Our id travels as `biz_opaque_callback_data`: every status brings it back, and so tells what became of a send whose answer was lost.
///
/// # Errors
/// [`Unfit`], for what WhatsApp would refuse.
pub fn build(message: &Message, to: &Identity, uploaded: Option<&str>) -> Result<Value, Unfit> {
    fits(&message.content)?;
    let (kind, part) = content(&message.content, uploaded)?;
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "type": kind,
        kind: part,
        "biz_opaque_callback_data": message.id.to_string(),
    });
    match to {
        // Without `+` WhatsApp would put the business's own country code before it.
        Identity::Phone(digits) => body["to"] = Value::String(format!("+{digits}")),
        Identity::UserId(id) => body["recipient"] = Value::String(id.clone()),
        Identity::Other { kind, .. } => return Err(Unfit::NobodyHere { kind: kind.clone() }),
    }
    if let Some(answered) = &message.reply_to {
        body["context"] = json!({ "message_id": answered });
    }
    Ok(body)
}

/// The body that marks a customer's message as read and, with [`Typing::Shown`], shows "typing…" for up to 25 seconds.
#[must_use]
pub fn read_receipt(wamid: &str, typing: Typing) -> Value {
    let mut body = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": wamid });
    match typing {
        Typing::Shown => body["typing_indicator"] = json!({ "type": "text" }),
        Typing::Hidden => {}
    }
    body
}

/// The body that tries a number with a phone: words where it may be written to freely, otherwise the template that every account has.
#[must_use]
pub fn trial(id: Uuid, digits: &str, words: Option<&str>) -> Value {
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": format!("+{digits}"),
        "biz_opaque_callback_data": id.to_string(),
    });
    match words {
        Some(words) => {
            body["type"] = json!("text");
            body["text"] = json!({ "body": words });
        }
        None => {
            let (name, language) = TEMPLATE;
            body["type"] = json!("template");
            body["template"] = json!({ "name": name, "language": { "code": language } });
        }
    }
    body
}

/// Whether WhatsApp takes content of this size.
///
/// # Errors
/// The first [`Unfit`] part.
pub fn fits(content: &Content) -> Result<(), Unfit> {
    match content {
        Content::Text { body } => within(Part::Text, body, WHATSAPP.text),
        Content::Buttons { body, options } => {
            within(Part::Question, body, WHATSAPP_BUTTONS.body)?;
            choices(options, WHATSAPP_BUTTONS.most, WHATSAPP_BUTTONS.id, WHATSAPP_BUTTONS.title)?;
            distinct(Part::ChoiceTitle, options, |button| &button.title)
        }
        Content::List { body, button, options } => {
            within(Part::Question, body, WHATSAPP_LIST.body)?;
            within(Part::ListButton, button, WHATSAPP_LIST.label)?;
            choices(options, WHATSAPP_LIST.most, WHATSAPP_LIST.id, WHATSAPP_LIST.title)?;
            let mut descriptions = options.iter().filter_map(|row| row.description.as_deref());
            descriptions.try_for_each(|text| at_most(Part::ChoiceDescription, text, WHATSAPP_LIST.description))
        }
        Content::Image { caption, .. } => at_most(Part::Caption, caption.as_deref().unwrap_or(""), WHATSAPP_PICTURES.caption),
        Content::Reply { .. } | Content::Unsupported { .. } | Content::Unreadable { .. } | Content::Unspoken(_) => {
            Err(Unfit::NeverSent { kind: content.kind() })
        }
    }
}

fn choices(options: &[Choice], most: usize, longest_id: usize, longest_title: usize) -> Result<(), Unfit> {
    if options.is_empty() {
        return Err(Unfit::Empty { part: Part::Choices });
    }
    if options.len() > most {
        return Err(Unfit::TooLong { part: Part::Choices, length: options.len(), limit: most });
    }
    for option in options {
        within(Part::ChoiceId, &option.id, longest_id)?;
        within(Part::ChoiceTitle, &option.title, longest_title)?;
    }
    distinct(Part::ChoiceId, options, |option| &option.id)
}

fn distinct(part: Part, options: &[Choice], of: impl Fn(&Choice) -> &str) -> Result<(), Unfit> {
    let is_repeated = |(index, option): (usize, &Choice)| options[..index].iter().any(|before| of(before) == of(option));
    if options.iter().enumerate().any(is_repeated) { Err(Unfit::Twice { part }) } else { Ok(()) }
}

fn within(part: Part, text: &str, limit: usize) -> Result<(), Unfit> {
    if text.trim().is_empty() { Err(Unfit::Empty { part }) } else { at_most(part, text, limit) }
}

fn at_most(part: Part, text: &str, limit: usize) -> Result<(), Unfit> {
    let length = text.chars().count();
    if length > limit { Err(Unfit::TooLong { part, length, limit }) } else { Ok(()) }
}

fn content(content: &Content, uploaded: Option<&str>) -> Result<(&'static str, Value), Unfit> {
    Ok(match content {
        Content::Text { body } => ("text", json!({ "body": body })),
        Content::Buttons { body, options } => ("interactive", buttons(body, options)),
        Content::List { body, button, options } => ("interactive", list(body, button, options)),
        Content::Image { caption, .. } => ("image", image(uploaded.ok_or(Unfit::NotUploaded)?, caption.as_deref())),
        Content::Reply { .. } | Content::Unsupported { .. } | Content::Unreadable { .. } | Content::Unspoken(_) => {
            return Err(Unfit::NeverSent { kind: content.kind() });
        }
    })
}

fn buttons(body: &str, options: &[Choice]) -> Value {
    let button = |option: &Choice| json!({ "type": "reply", "reply": { "id": option.id, "title": option.title } });
    let buttons: Vec<Value> = options.iter().map(button).collect();
    json!({ "type": "button", "body": { "text": body }, "action": { "buttons": buttons } })
}

fn list(body: &str, button: &str, options: &[Choice]) -> Value {
    let rows: Vec<Value> = options.iter().map(row).collect();
    json!({ "type": "list", "body": { "text": body }, "action": { "button": button, "sections": [{ "rows": rows }] } })
}

fn row(option: &Choice) -> Value {
    let mut row = json!({ "id": option.id, "title": option.title });
    if let Some(description) = option.description.as_deref().filter(|text| !text.is_empty()) {
        row["description"] = Value::String(description.to_owned());
    }
    row
}

fn image(id: &str, caption: Option<&str>) -> Value {
    let mut image = json!({ "id": id });
    if let Some(caption) = caption.filter(|text| !text.is_empty()) {
        image["caption"] = Value::String(caption.to_owned());
    }
    image
}

#[cfg(test)]
mod tests;
