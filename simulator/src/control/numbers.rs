//! `/control/numbers`: business numbers.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use serde::Deserialize;

use super::read;
use crate::{
    errors::Refused,
    ids,
    numbers::{NUMBER_LIMIT, Number},
    rates::Bucket,
    world::{State, World},
};

/// A number to make or to change; what is missing stays, or gets a believable default.
#[derive(Deserialize)]
pub struct Wanted {
    phone_number_id: Option<String>,
    display_phone_number: Option<String>,
    waba_id: Option<String>,
    app_id: Option<String>,
    access_token: Option<String>,
    verified_name: Option<String>,
    registered: Option<bool>,
    pin: Option<String>,
    quality_rating: Option<String>,
    messaging_limit: Option<String>,
    scopes: Option<Vec<String>>,
    expires_at: Option<i64>,
    subscribed: Option<bool>,
}

/// Lists them.
pub async fn list(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(&world.state().numbers)
}

/// Makes or changes one; its app hears of its account from then on, unless it is to be subscribed by the business itself.
pub async fn put(world: web::Data<World>, body: Bytes) -> Result<HttpResponse, Refused> {
    let wanted: Wanted = read(&body)?;
    let mut state = world.state();
    let id = wanted.phone_number_id.clone().unwrap_or_else(ids::number);
    for (name, value) in [("phone_number_id", Some(&id)), ("waba_id", wanted.waba_id.as_ref())] {
        if value.is_some_and(|value| value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(Refused::bad(format!("{name} must consist of digits.")));
        }
    }
    if state.number(&id).is_none() {
        if state.numbers.len() >= NUMBER_LIMIT {
            return Err(Refused::full(format!("The simulator holds at most {NUMBER_LIMIT} numbers.")));
        }
        let number = believable(&state, &id);
        state.numbers.push(number);
    }
    let place = state.numbers.iter().position(|number| *number.phone_number_id == *id);
    let number = place.and_then(|place| state.numbers.get_mut(place));
    let number = number.ok_or_else(|| Refused::unknown("There is no such number."))?;
    let is_subscribed = wanted.subscribed.unwrap_or(true);
    change(number, wanted);
    let number = number.clone();
    let hearing = state.subscriptions.entry(number.waba_id.clone()).or_default();
    match is_subscribed {
        true => _ = hearing.insert(number.app_id.clone()),
        false => _ = hearing.remove(&number.app_id),
    }
    drop(state);
    world.tell(crate::phones::News::reset());
    Ok(HttpResponse::Ok().json(number))
}

fn believable(state: &State, id: &str) -> Number {
    let place = state.numbers.len();
    let app_id = state.apps.keys().next().cloned();
    let waba_id = state.numbers.first().map(|number| number.waba_id.clone());
    Number {
        phone_number_id: Arc::from(id),
        display_phone_number: format!("+49 30 901820{place:02}"),
        waba_id: waba_id.unwrap_or_else(|| Arc::from("102290129340398")),
        app_id: app_id.unwrap_or_else(|| Arc::from("1234567890123456")),
        access_token: format!("EAAsim{}", ids::key()),
        verified_name: if place == 0 { String::from("Harbour Supplies") } else { format!("Harbour Supplies {}", place + 1) },
        registered: true,
        pin: None,
        quality_rating: String::from("GREEN"),
        messaging_limit: String::from("TIER_UNLIMITED"),
        scopes: ["whatsapp_business_management", "whatsapp_business_messaging"].map(String::from).to_vec(),
        expires_at: 0,
        throughput: Bucket::default(),
    }
}

fn change(number: &mut Number, wanted: Wanted) {
    if let Some(display) = wanted.display_phone_number {
        number.display_phone_number = display;
    }
    if let Some(waba_id) = wanted.waba_id {
        number.waba_id = Arc::from(waba_id);
    }
    if let Some(app_id) = wanted.app_id {
        number.app_id = Arc::from(app_id);
    }
    if let Some(token) = wanted.access_token {
        number.access_token = token;
    }
    if let Some(name) = wanted.verified_name {
        number.verified_name = name;
    }
    change_standing(number, wanted.registered, wanted.pin, wanted.expires_at);
    if let Some(quality) = wanted.quality_rating {
        number.quality_rating = quality;
    }
    if let Some(limit) = wanted.messaging_limit {
        number.messaging_limit = limit;
    }
    if let Some(scopes) = wanted.scopes {
        number.scopes = scopes;
    }
}

fn change_standing(number: &mut Number, registered: Option<bool>, pin: Option<String>, expires_at: Option<i64>) {
    number.registered = registered.unwrap_or(number.registered);
    number.pin = pin.or_else(|| number.pin.take());
    number.expires_at = expires_at.unwrap_or(number.expires_at);
}
