//! What Meta accepts at `/messages`: bodies read and checked against its limits (fact sheet 5.1 to 5.4).

mod interactive;

use serde_json::{Map, Value};

use crate::{errors::GraphError, numbers};

/// Bytes of a whole body.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// Characters of a text message.
pub const TEXT_LIMIT: usize = 4_096;
/// Characters of a caption.
pub const CAPTION_LIMIT: usize = 1_024;
/// Characters of `biz_opaque_callback_data`.
pub const CALLBACK_DATA_LIMIT: usize = 512;
/// Contact cards in one message.
pub const CONTACTS_LIMIT: usize = 257;

const KINDS: [&str; 11] =
    ["text", "image", "video", "audio", "document", "sticker", "location", "contacts", "reaction", "interactive", "template"];

/// What is posted to `/messages`.
#[derive(Debug)]
pub enum Posted {
    /// A message to a person.
    Message(Outgoing),
    /// A read receipt, perhaps with a typing indicator (fact sheet 5.6).
    Receipt {
        /// The person's message that was read.
        message_id: String,
        /// Whether the phone shows "typing…".
        is_typing: bool,
    },
}

/// A message a business wants to send.
#[derive(Debug)]
pub struct Outgoing {
    /// Who shall get it.
    pub recipient: Recipient,
    /// The recipient as it was written.
    pub input: String,
    /// `type`, the object of that name and `context`.
    pub content: Map<String, Value>,
    /// What the business wants back in every status.
    pub callback_data: Option<String>,
}

/// Who shall get a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A phone number, digits only.
    Phone(String),
    /// A business-scoped user id.
    UserId(String),
}

impl Outgoing {
    /// Meta's name of its kind.
    pub fn kind(&self) -> &str {
        self.content.get("type").and_then(Value::as_str).unwrap_or("text")
    }

    /// Media objects it mentions: its own or its header's.
    pub fn media(&self) -> Vec<&Map<String, Value>> {
        let own = ["image", "video", "audio", "document", "sticker"].map(|kind| self.content.get(kind));
        let header = self.content.get("interactive").and_then(|interactive| interactive.get("header"));
        let headers = ["image", "video", "document"].map(|kind| header.and_then(|header| header.get(kind)));
        own.into_iter().chain(headers).flatten().filter_map(Value::as_object).collect()
    }
}

impl Outgoing {
    /// As [`Outgoing::media`], to change them.
    pub fn media_mut(&mut self) -> Vec<&mut Map<String, Value>> {
        let mut found = Vec::new();
        for (name, value) in &mut self.content {
            match name.as_str() {
                "image" | "video" | "audio" | "document" | "sticker" => found.extend(value.as_object_mut()),
                "interactive" => {
                    let header = value.get_mut("header").and_then(Value::as_object_mut);
                    let headers = header.into_iter().flatten().filter(|(name, _)| *name != "type");
                    found.extend(headers.filter_map(|(_, value)| value.as_object_mut()));
                }
                _ => {}
            }
        }
        found
    }
}

/// Reads a body of `/messages`.
pub fn read(body: &[u8]) -> Result<Posted, GraphError> {
    if body.len() > BODY_LIMIT {
        return Err(GraphError::new(100, format!("The body must have at most {BODY_LIMIT} bytes.")));
    }
    let body: Value = serde_json::from_slice(body).map_err(|error| GraphError::new(100, format!("The body is not JSON: {error}.")))?;
    let Value::Object(body) = body else {
        return Err(GraphError::new(100, "The body must be a JSON object."));
    };
    match body.get("messaging_product").and_then(Value::as_str) {
        Some("whatsapp") => {}
        Some(_) => return Err(GraphError::new(100, "Param messaging_product must be one of {WHATSAPP}.")),
        None => return Err(GraphError::new(100, "The parameter messaging_product is required.")),
    }
    if body.contains_key("status") {
        return receipt(&body);
    }
    message(body).map(Posted::Message)
}

fn receipt(body: &Map<String, Value>) -> Result<Posted, GraphError> {
    if body.get("status").and_then(Value::as_str) != Some("read") {
        return Err(GraphError::new(100, "Param status must be one of {read}."));
    }
    let message_id = text(body, "message_id")?.to_owned();
    let typing = body.get("typing_indicator");
    if typing.is_some_and(|typing| typing.get("type").and_then(Value::as_str) != Some("text")) {
        return Err(GraphError::new(100, "Param typing_indicator[type] must be one of {text}."));
    }
    Ok(Posted::Receipt { message_id, is_typing: typing.is_some() })
}

fn message(mut body: Map<String, Value>) -> Result<Outgoing, GraphError> {
    match body.get("recipient_type").map(Value::as_str) {
        None | Some(Some("individual")) => {}
        _ => return Err(GraphError::new(100, "Param recipient_type must be one of {individual}.")),
    }
    let (recipient, input) = recipient(&body)?;
    let kind = match body.get("type") {
        None => "text",
        Some(kind) => kind.as_str().unwrap_or_default(),
    };
    let Some(kind) = KINDS.into_iter().find(|known| *known == kind) else {
        return Err(GraphError::new(100, format!("Param type must be one of {{{}}}.", KINDS.join(", ").to_uppercase())));
    };
    check_kind(kind, &body)?;
    let callback_data = match body.get("biz_opaque_callback_data") {
        None => None,
        Some(Value::String(value)) if value.chars().count() <= CALLBACK_DATA_LIMIT => Some(value.clone()),
        Some(_) => {
            return Err(GraphError::new(
                100,
                format!("Param biz_opaque_callback_data must be a string of at most {CALLBACK_DATA_LIMIT} characters."),
            ));
        }
    };
    if let Some(context) = body.get("context") {
        let context = context.as_object().ok_or_else(|| GraphError::new(100, "Param context must be an object."))?;
        text(context, "message_id")?;
    }
    let mut content = Map::new();
    content.insert(String::from("type"), Value::from(kind));
    for name in [kind, "context"] {
        if let Some(value) = body.remove(name) {
            content.insert(name.to_owned(), value);
        }
    }
    Ok(Outgoing { recipient, input, content, callback_data })
}

/// `to` wins over `recipient` when both are there (fact sheet 2.10).
fn recipient(body: &Map<String, Value>) -> Result<(Recipient, String), GraphError> {
    let to = body.get("to").filter(|to| !to.is_null());
    if let Some(to) = to {
        let input = to.as_str().ok_or_else(|| GraphError::new(100, "Param to must be a string."))?;
        let digits = numbers::digits(input);
        let is_number = input.chars().all(|character| character.is_ascii_digit() || "+ -()".contains(character));
        if !is_number || !(5..=20).contains(&digits.len()) {
            return Err(GraphError::invalid("Param to must be a phone number."));
        }
        return Ok((Recipient::Phone(digits), input.to_owned()));
    }
    let Some(user_id) = body.get("recipient") else {
        return Err(GraphError::new(100, "The parameter to is required."));
    };
    match user_id.as_str().filter(|user_id| user_id.contains('.') && user_id.len() <= 140) {
        Some(user_id) => Ok((Recipient::UserId(user_id.to_owned()), user_id.to_owned())),
        None => Err(GraphError::invalid("Param recipient must be a business-scoped user id.")),
    }
}

fn check_kind(kind: &str, body: &Map<String, Value>) -> Result<(), GraphError> {
    if kind == "contacts" {
        return contacts(body);
    }
    let object = match body.get(kind) {
        Some(Value::Object(object)) => object,
        Some(_) => return Err(GraphError::new(100, format!("Param {kind} must be an object."))),
        None => return Err(GraphError::missing(kind)),
    };
    match kind {
        "text" => {
            let written = text(object, "body").map_err(|_| GraphError::missing("text['body']"))?;
            within(written, TEXT_LIMIT, "text['body']")
        }
        "image" | "video" | "audio" | "document" | "sticker" => media(kind, object),
        "location" => location(object),
        "reaction" => {
            text(object, "message_id")?;
            match object.get("emoji") {
                Some(Value::String(_)) => Ok(()),
                _ => Err(GraphError::missing("reaction['emoji']")),
            }
        }
        "interactive" => interactive::check(object),
        _ => template(object),
    }
}

/// A media object: exactly one of `id` and `link`, a caption where one is allowed.
pub(super) fn media(kind: &str, object: &Map<String, Value>) -> Result<(), GraphError> {
    match (object.get("id"), object.get("link")) {
        (Some(Value::String(id)), None) if !id.is_empty() => {}
        (None, Some(Value::String(link))) if link.starts_with("http://") || link.starts_with("https://") => {}
        _ => return Err(GraphError::invalid(format!("Param {kind} must have exactly one of id and link, a string."))),
    }
    match object.get("caption") {
        None => Ok(()),
        Some(Value::String(_)) if matches!(kind, "audio" | "sticker") => {
            Err(GraphError::invalid(format!("Param {kind} must not have a caption.")))
        }
        Some(Value::String(caption)) => within(caption, CAPTION_LIMIT, &format!("{kind}['caption']")),
        Some(_) => Err(GraphError::invalid(format!("Param {kind}['caption'] must be a string."))),
    }
}

fn location(object: &Map<String, Value>) -> Result<(), GraphError> {
    for (name, limit) in [("latitude", 90.0), ("longitude", 180.0)] {
        let degrees = match object.get(name) {
            Some(Value::Number(degrees)) => degrees.as_f64(),
            Some(Value::String(degrees)) => degrees.parse().ok(),
            _ => None,
        };
        if !degrees.is_some_and(|degrees: f64| degrees.abs() <= limit) {
            return Err(GraphError::invalid(format!("Param location['{name}'] must be degrees.")));
        }
    }
    Ok(())
}

fn contacts(body: &Map<String, Value>) -> Result<(), GraphError> {
    let cards = body.get("contacts").and_then(Value::as_array).ok_or_else(|| GraphError::missing("contacts"))?;
    if cards.is_empty() || cards.len() > CONTACTS_LIMIT {
        return Err(GraphError::invalid(format!("Param contacts must have 1 to {CONTACTS_LIMIT} cards.")));
    }
    let is_named = |card: &Value| card["name"]["formatted_name"].as_str().is_some_and(|name| !name.is_empty());
    match cards.iter().all(is_named) {
        true => Ok(()),
        false => Err(GraphError::missing("contacts['name']['formatted_name']")),
    }
}

fn template(object: &Map<String, Value>) -> Result<(), GraphError> {
    let name = text(object, "name").map_err(|_| GraphError::missing("template['name']"))?;
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.len() > 512 || !name.bytes().all(is_name) {
        return Err(GraphError::new(132_001, format!("template name ({name}) does not exist in the translation")));
    }
    match object.get("language").and_then(|language| language.get("code")) {
        Some(Value::String(_)) => Ok(()),
        _ => Err(GraphError::missing("template['language']['code']")),
    }
}

/// A string that must be there and not be empty.
pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a str, GraphError> {
    match object.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(_)) | None => Err(GraphError::missing(name)),
        Some(_) => Err(GraphError::new(100, format!("Param {name} must be a string."))),
    }
}

/// Refuses text of more than `limit` characters.
pub(super) fn within(text: &str, limit: usize, name: &str) -> Result<(), GraphError> {
    match text.chars().count() <= limit {
        true => Ok(()),
        false => Err(GraphError::new(100, format!("Param {name} must be at most {limit} characters long."))),
    }
}

#[cfg(test)]
mod tests;
