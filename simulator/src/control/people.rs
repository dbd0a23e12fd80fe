//! `/control/users`: people, what they write, and the chat as their phone has it.

use actix_web::{HttpResponse, web};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::read;
use crate::{
    chats::{Chat, ChatKey, ChatMessage},
    clock::{self, SECOND},
    errors::Refused,
    graph,
    ids::Origin,
    media,
    users::{NAME_LIMIT, User, parse_wa_id},
    world::{State, World},
};

/// Kinds of messages that carry a file.
const FILES: [&str; 5] = ["image", "video", "audio", "document", "sticker"];

/// What is to be changed about a person; what is missing stays.
#[derive(Deserialize)]
pub struct Wanted {
    wa_id: Option<String>,
    name: Option<String>,
    user_id: Option<String>,
    phone_hidden: Option<bool>,
    online: Option<bool>,
    receipts: Option<bool>,
    blocked: Option<bool>,
    auto_read: Option<bool>,
}

/// Which chat.
#[derive(Deserialize)]
pub struct WhichChat {
    phone_number_id: Option<String>,
}

/// Lists them by number.
pub async fn list(world: web::Data<World>) -> HttpResponse {
    let state = world.state();
    let mut users: Vec<&User> = state.users.values().collect();
    users.sort_by(|left, right| left.wa_id.cmp(&right.wa_id));
    HttpResponse::Ok().json(users)
}

/// Makes or changes one.
pub async fn put(world: web::Data<World>, body: Bytes) -> Result<HttpResponse, Refused> {
    let wanted: Wanted = read(&body)?;
    let wa_id = wanted.wa_id.as_deref().ok_or_else(|| Refused::bad("wa_id is required."))?;
    let wa_id = parse_wa_id(wa_id)?;
    let mut state = world.state();
    state.user_or_new(&wa_id)?;
    apply(&world, &mut state, &wa_id, wanted)
}

/// One of them.
pub async fn show(world: web::Data<World>, wa_id: web::Path<String>) -> Result<HttpResponse, Refused> {
    let wa_id = parse_wa_id(&wa_id)?;
    let state = world.state();
    let user = state.users.get(wa_id.as_str()).ok_or_else(unknown)?;
    Ok(HttpResponse::Ok().json(user))
}

/// Changes one that exists.
pub async fn change(world: web::Data<World>, wa_id: web::Path<String>, body: Bytes) -> Result<HttpResponse, Refused> {
    let wanted: Wanted = read(&body)?;
    let wa_id = parse_wa_id(&wa_id)?;
    let mut state = world.state();
    apply(&world, &mut state, &wa_id, wanted)
}

fn apply(world: &World, state: &mut State, wa_id: &str, wanted: Wanted) -> Result<HttpResponse, Refused> {
    if wanted.name.as_ref().is_some_and(|name| name.chars().count() > NAME_LIMIT) {
        return Err(Refused::bad(format!("A name may have at most {NAME_LIMIT} characters.")));
    }
    let user = state.users.get_mut(wa_id).ok_or_else(unknown)?;
    let was_online = user.online;
    user.name = wanted.name.unwrap_or_else(|| user.name.clone());
    user.user_id = wanted.user_id.or_else(|| user.user_id.take());
    user.phone_hidden = wanted.phone_hidden.unwrap_or(user.phone_hidden);
    user.online = wanted.online.unwrap_or(user.online);
    user.receipts = wanted.receipts.unwrap_or(user.receipts);
    user.blocked = wanted.blocked.unwrap_or(user.blocked);
    user.auto_read = wanted.auto_read.unwrap_or(user.auto_read);
    let user = user.clone();
    if user.online && !was_online {
        world.post_pending(state, &user.wa_id);
        world.catch_up(state, &user.wa_id);
    }
    world.show_phone(state, &user.wa_id);
    Ok(HttpResponse::Ok().json(user))
}

/// Writes a message as this person.
pub async fn write(world: web::Data<World>, wa_id: web::Path<String>, body: Bytes) -> Result<HttpResponse, Refused> {
    let wa_id = parse_wa_id(&wa_id)?;
    let mut message: Map<String, Value> = read(&body)?;
    let number_id = match message.remove("phone_number_id") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => Some(id),
        Some(_) => return Err(Refused::bad("phone_number_id must be a string.")),
    };
    attach(&world, number_id.as_deref(), &mut message).await?;
    let written = world.write(&wa_id, number_id.as_deref(), message, None)?;
    Ok(HttpResponse::Ok().json(json!({
        "id": written.id,
        "sent_at": written.at as f64 / SECOND as f64,
        "at": clock::rfc3339(written.at),
        "pending": written.is_pending,
    })))
}

/// Completes the file of a message: from `id`, `link` or `data_base64` to what Meta sends.
async fn attach(world: &World, number_id: Option<&str>, message: &mut Map<String, Value>) -> Result<(), Refused> {
    let kind = message.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !FILES.contains(&kind.as_str()) {
        return Ok(());
    }
    let Some(Value::Object(object)) = message.get_mut(&kind) else { return Ok(()) };
    let named = object.get("mime_type").and_then(Value::as_str).map(str::to_owned);
    let fresh = match (object.remove("data_base64"), object.remove("link")) {
        (Some(Value::String(data)), _) => {
            let bytes = STANDARD.decode(data).map_err(|_| Refused::bad("data_base64 is not base64."))?;
            let mime_type = named.clone().unwrap_or_else(|| media::sniff(&bytes).to_owned());
            Some((mime_type, Bytes::from(bytes)))
        }
        (None, Some(Value::String(link))) => {
            let (mime_type, bytes) = graph::download(world, &link).await.map_err(Refused::bad)?;
            Some((named.clone().unwrap_or(mime_type), bytes))
        }
        (None, None) => None,
        _ => return Err(Refused::bad("data_base64 and link must be strings.")),
    };
    let now = world.clock.now();
    let mut state = world.state();
    let number = state.number_or_first(number_id)?.phone_number_id.clone();
    let file = match fresh {
        Some((_, bytes)) if bytes.is_empty() || bytes.len() > media::INBOUND_LIMIT => {
            return Err(Refused::bad(format!("A file may have 1 to {} bytes.", media::INBOUND_LIMIT)));
        }
        Some((mime_type, bytes)) => Some(state.media.add(&number, &mime_type, bytes, Origin::User, now)),
        None => object.get("id").and_then(Value::as_str).and_then(|id| state.media.get(id, now)).cloned(),
    };
    // An id nobody knows goes out as it is: a business must bear that too.
    let Some(file) = file else { return Ok(()) };
    let key = state.media.open_url(&file.id, now);
    let url = format!("{}/media-files/{key}", world.base_url);
    if let Value::Object(described) = file.in_message(&url) {
        for (name, value) in described {
            let keeps_own = matches!(name.as_str(), "sha256" | "url") && object.contains_key(&name);
            if !keeps_own {
                object.insert(name, value);
            }
        }
    }
    Ok(())
}

/// The chat of this person with a number, as the phone has it.
pub async fn chat(world: web::Data<World>, wa_id: web::Path<String>, which: web::Query<WhichChat>) -> Result<HttpResponse, Refused> {
    let wa_id = parse_wa_id(&wa_id)?;
    let now = world.clock.now();
    let state = world.state();
    let user = state.users.get(wa_id.as_str()).ok_or_else(unknown)?;
    let number = state.number_or_first(which.phone_number_id.as_deref())?.phone_number_id.clone();
    let key = ChatKey { number, user: user.wa_id.clone() };
    let empty = Chat::default();
    let chat = state.chats.get(&key).unwrap_or(&empty);
    Ok(HttpResponse::Ok().json(json!({
        "wa_id": key.user,
        "phone_number_id": key.number,
        "window_open": chat.window.is_open(now),
        "window_closes_at": chat.window.closes_at().map(clock::rfc3339),
        "typing": chat.is_typing(now),
        "unread": chat.unread(),
        "messages": chat.messages.iter().map(ChatMessage::view).collect::<Vec<_>>(),
    })))
}

fn unknown() -> Refused {
    Refused::unknown("There is no such person.")
}
