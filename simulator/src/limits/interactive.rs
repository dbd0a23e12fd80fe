//! Limits of interactive messages (fact sheet 5.3).

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{media, text, within};
use crate::errors::GraphError;

const BODY_LIMIT: usize = 1_024;
const LIST_BODY_LIMIT: usize = 4_096;
const HEADER_LIMIT: usize = 60;
const FOOTER_LIMIT: usize = 60;
const BUTTONS_LIMIT: usize = 3;
const BUTTON_TITLE_LIMIT: usize = 20;
const BUTTON_ID_LIMIT: usize = 256;
const SECTIONS_LIMIT: usize = 10;
const SECTION_TITLE_LIMIT: usize = 24;
const ROWS_LIMIT: usize = 10;
const ROW_TITLE_LIMIT: usize = 24;
const ROW_ID_LIMIT: usize = 200;
const ROW_DESCRIPTION_LIMIT: usize = 72;

/// Kinds taken as they are beyond body, header and footer.
const OTHER_KINDS: [&str; 13] = [
    "flow",
    "location_request_message",
    "address_message",
    "product",
    "product_list",
    "catalog_message",
    "carousel",
    "voice_call",
    "call_permission_request",
    "contact_request",
    "request_contact_info",
    "order_details",
    "order_status",
];

/// Checks the object `interactive`.
pub fn check(interactive: &Map<String, Value>) -> Result<(), GraphError> {
    let kind = text(interactive, "type").map_err(|_| GraphError::missing("interactive['type']"))?;
    body_and_footer(kind, interactive)?;
    if let Some(header) = interactive.get("header") {
        check_header(kind, header)?;
    }
    let action = interactive.get("action").and_then(Value::as_object);
    let action = action.ok_or_else(|| GraphError::missing("interactive['action']"))?;
    match kind {
        "button" => buttons(action),
        "list" => list(action),
        "cta_url" => link(action),
        kind if OTHER_KINDS.contains(&kind) => Ok(()),
        kind => Err(GraphError::new(100, format!("Param interactive['type'] must not be {kind}."))),
    }
}

fn body_and_footer(kind: &str, interactive: &Map<String, Value>) -> Result<(), GraphError> {
    let limit = if kind == "list" { LIST_BODY_LIMIT } else { BODY_LIMIT };
    match interactive.get("body").and_then(|body| body.get("text")).and_then(Value::as_str) {
        Some(body) if !body.is_empty() => within(body, limit, "interactive['body']['text']")?,
        _ if kind == "product" => {}
        _ => return Err(GraphError::missing("interactive['body']['text']")),
    }
    match interactive.get("footer") {
        None => Ok(()),
        Some(footer) => match footer.get("text").and_then(Value::as_str) {
            Some(footer) => within(footer, FOOTER_LIMIT, "interactive['footer']['text']"),
            None => Err(GraphError::missing("interactive['footer']['text']")),
        },
    }
}

fn check_header(kind: &str, header: &Value) -> Result<(), GraphError> {
    let header = header.as_object().ok_or_else(|| GraphError::invalid("Param interactive['header'] must be an object."))?;
    let header_kind = text(header, "type")?;
    if kind == "list" && header_kind != "text" {
        return Err(GraphError::invalid("The header of a list must be of type text."));
    }
    match (header_kind, header.get(header_kind)) {
        ("text", Some(Value::String(title))) => within(title, HEADER_LIMIT, "interactive['header']['text']"),
        ("image" | "video" | "document", Some(Value::Object(object))) => media(header_kind, object),
        _ => Err(GraphError::invalid("Param interactive['header'] must be a text, an image, a video or a document.")),
    }
}

fn buttons(action: &Map<String, Value>) -> Result<(), GraphError> {
    let buttons = action.get("buttons").and_then(Value::as_array);
    let buttons = buttons.ok_or_else(|| GraphError::missing("interactive['action']['buttons']"))?;
    if buttons.is_empty() || buttons.len() > BUTTONS_LIMIT {
        return Err(GraphError::invalid(format!("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: {BUTTONS_LIMIT}")));
    }
    let (mut titles, mut ids) = (HashSet::new(), HashSet::new());
    for button in buttons {
        if button.get("type").and_then(Value::as_str) != Some("reply") {
            return Err(GraphError::invalid("Button type must be reply."));
        }
        let reply = button.get("reply").and_then(Value::as_object);
        let reply = reply.ok_or_else(|| GraphError::missing("interactive['action']['buttons']['reply']"))?;
        let title = text(reply, "title")?;
        within_value(title, BUTTON_TITLE_LIMIT, "Button title")?;
        let id = text(reply, "id")?;
        within_value(id, BUTTON_ID_LIMIT, "Button id")?;
        if !titles.insert(title) || !ids.insert(id) {
            return Err(GraphError::invalid("Button titles and ids must be unique."));
        }
    }
    Ok(())
}

fn list(action: &Map<String, Value>) -> Result<(), GraphError> {
    let label = text(action, "button").map_err(|_| GraphError::missing("interactive['action']['button']"))?;
    within_value(label, BUTTON_TITLE_LIMIT, "Button label")?;
    let sections = action.get("sections").and_then(Value::as_array);
    let sections = sections.ok_or_else(|| GraphError::missing("interactive['action']['sections']"))?;
    if sections.is_empty() || sections.len() > SECTIONS_LIMIT {
        return Err(GraphError::invalid(format!(
            "Invalid sections count. Min allowed sections: 1, Max allowed sections: {SECTIONS_LIMIT}"
        )));
    }
    let mut ids = HashSet::new();
    for section in sections {
        match section.get("title").and_then(Value::as_str) {
            Some(title) => within_value(title, SECTION_TITLE_LIMIT, "Section title")?,
            None if sections.len() > 1 => return Err(GraphError::missing("section['title']")),
            None => {}
        }
        let rows = section.get("rows").and_then(Value::as_array).ok_or_else(|| GraphError::missing("section['rows']"))?;
        if rows.is_empty() {
            return Err(GraphError::invalid("A section must have at least one row."));
        }
        for row in rows {
            let id = check_row(row)?;
            if !ids.insert(id) {
                return Err(GraphError::invalid("Row ids must be unique."));
            }
        }
    }
    match ids.len() <= ROWS_LIMIT {
        true => Ok(()),
        false => Err(GraphError::invalid(format!("Total row count exceed max allowed count: {ROWS_LIMIT}"))),
    }
}

fn check_row(row: &Value) -> Result<&str, GraphError> {
    let row = row.as_object().ok_or_else(|| GraphError::invalid("A row must be an object."))?;
    within_value(text(row, "title")?, ROW_TITLE_LIMIT, "Row title")?;
    let id = text(row, "id")?;
    within_value(id, ROW_ID_LIMIT, "Row id")?;
    match row.get("description") {
        None => {}
        Some(Value::String(description)) => within_value(description, ROW_DESCRIPTION_LIMIT, "Row description")?,
        Some(_) => return Err(GraphError::invalid("Row description must be a string.")),
    }
    Ok(id)
}

fn link(action: &Map<String, Value>) -> Result<(), GraphError> {
    let parameters = action.get("parameters").and_then(Value::as_object);
    let parameters = parameters.ok_or_else(|| GraphError::missing("interactive['action']['parameters']"))?;
    within_value(text(parameters, "display_text")?, BUTTON_TITLE_LIMIT, "display_text")?;
    let url = text(parameters, "url")?;
    match url.starts_with("https://") || url.starts_with("http://") {
        true => Ok(()),
        false => Err(GraphError::invalid("Param url must be a web address.")),
    }
}

fn within_value(text: &str, limit: usize, name: &str) -> Result<(), GraphError> {
    match text.chars().count() <= limit {
        true => Ok(()),
        false => Err(GraphError::invalid(format!("{name} length invalid. Min length: 1, Max length: {limit}"))),
    }
}
