//! Numbers, business accounts, apps and tokens on the Graph side (fact sheet 1.5, 11).

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{auth, faulty::Struck, media};
use crate::{
    clock::Millis,
    errors::GraphError,
    faults::Target,
    world::{State, World},
};

type Answer = Result<Value, GraphError>;

fn answer(answer: Answer) -> HttpResponse {
    match answer {
        Ok(body) => HttpResponse::Ok().json(body),
        Err(error) => error.response(),
    }
}

/// `GET /{id}`: a number, a business account, an app or a file.
pub async fn node(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let id = super::id(&request);
    let token = auth::token(&request);
    let known = {
        let state = world.state();
        match state.app_of(token.as_deref()) {
            Some(app) if *app.app_id == *id => Ok(Some(json!({"id": app.app_id, "name": "Simulated app"}))),
            Some(_) => Err(GraphError::unknown_object("get", id)),
            None => {
                let now = world.clock.now();
                state.authorized(token.as_deref(), now).map(|_| ()).and_then(|()| find(&state, token.as_deref(), id, now))
            }
        }
    };
    let known = match known {
        Ok(known) => known,
        Err(error) => return error.response(),
    };
    if let Some(node) = known {
        return HttpResponse::Ok().json(only(node, &fields(&request)));
    }
    let struck = Struck::roll(&world, Target::Media, "");
    struck.delay().await;
    if let Some(answer) = struck.before(&request) {
        return answer;
    }
    let described = answer(media::describe(&world, &request, id));
    struck.after(&request, described)
}

fn find(state: &State, token: Option<&str>, id: &str, now: Millis) -> Result<Option<Value>, GraphError> {
    if state.number(id).is_some() {
        let number = state.authorized_number(token, id, "get", now)?;
        return Ok(Some(number.node(state.settings.mps)));
    }
    if state.numbers.iter().any(|number| &*number.waba_id == id) {
        let number = state.authorized_account(token, id, "get", now)?;
        return Ok(Some(json!({
            "id": id, "name": number.verified_name, "timezone_id": "1", "currency": "EUR",
            "message_template_namespace": "simulator", "account_review_status": "APPROVED",
        })));
    }
    Ok(state.apps.get(id).map(|app| json!({"id": app.app_id, "name": "Simulated app"})))
}

/// The fields asked for: by default those Graph gives unasked.
fn fields(request: &HttpRequest) -> Vec<String> {
    let query = reqwest::Url::parse(&format!("http://s/?{}", request.query_string())).ok();
    let asked = query.and_then(|query| query.query_pairs().find(|(name, _)| name == "fields").map(|(_, fields)| fields.into_owned()));
    let unasked = "id,display_phone_number,verified_name,quality_rating,code_verification_status,platform_type,throughput,\
                   name,timezone_id,currency,message_template_namespace";
    let fields = asked.unwrap_or_else(|| unasked.to_owned());
    fields.split(',').map(|field| field.trim().to_owned()).collect()
}

fn only(node: Value, fields: &[String]) -> Value {
    let Value::Object(node) = node else { return node };
    let is_asked = |name: &String| name == "id" || fields.contains(name);
    Value::Object(node.into_iter().filter(|(name, _)| is_asked(name)).collect::<Map<_, _>>())
}

/// `GET /{waba-id}/phone_numbers`.
pub async fn phone_numbers(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let id = super::id(&request);
    let token = auth::token(&request);
    let state = world.state();
    let list = state.authorized_account(token.as_deref(), id, "get", world.clock.now()).map(|_| {
        let fields = fields(&request);
        let own = state.numbers.iter().filter(|number| &*number.waba_id == id);
        let data: Vec<Value> = own.map(|number| only(number.node(state.settings.mps), &fields)).collect();
        page(data)
    });
    answer(list)
}

/// `GET /{waba-id}/message_templates`: the one that every account begins with; any other is taken when sent.
pub async fn templates(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let token = auth::token(&request);
    let state = world.state();
    answer(state.authorized_account(token.as_deref(), super::id(&request), "get", world.clock.now()).map(|_| page(vec![hello_world()])))
}

/// The template that Meta gives every account.
fn hello_world() -> Value {
    json!({
        "id": "1192339204654487", "name": "hello_world", "language": "en_US", "status": "APPROVED", "category": "UTILITY",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
            {"type": "BODY", "text": "Welcome and congratulations!! This message demonstrates your ability to send a WhatsApp message \
                                      notification from the Cloud API, hosted by Meta. Thank you for taking the time to test with us."},
            {"type": "FOOTER", "text": "WhatsApp Business Platform sample message"},
        ],
    })
}

fn page(data: Vec<Value>) -> Value {
    json!({"data": data, "paging": {"cursors": {"before": "MA", "after": "MA"}}})
}

/// `GET /{waba-id}/subscribed_apps`.
pub async fn subscribed(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let id = super::id(&request);
    let token = auth::token(&request);
    let state = world.state();
    let list = state.authorized_account(token.as_deref(), id, "get", world.clock.now()).map(|_| {
        let apps = state.subscriptions.get(id).into_iter().flatten();
        let data: Vec<Value> = apps
            .map(|app_id| json!({"whatsapp_business_api_data": {"id": app_id, "name": "Simulated app", "link": "https://example.com/"}}))
            .collect();
        json!({"data": data})
    });
    answer(list)
}

/// `POST /{waba-id}/subscribed_apps`: the token's app hears of the account from now on.
pub async fn subscribe(world: web::Data<World>, request: HttpRequest, _body: Bytes) -> HttpResponse {
    let token = auth::token(&request);
    let mut state = world.state();
    let named = state.authorized_account(token.as_deref(), super::id(&request), "post", world.clock.now());
    let done = named.map(|number| (number.waba_id.clone(), number.app_id.clone())).map(|(waba_id, app_id)| {
        state.subscriptions.entry(waba_id).or_default().insert(app_id);
        json!({"success": true})
    });
    answer(done)
}

/// `DELETE /{waba-id}/subscribed_apps`.
pub async fn unsubscribe(world: web::Data<World>, request: HttpRequest, _body: Bytes) -> HttpResponse {
    let token = auth::token(&request);
    let mut state = world.state();
    let named = state.authorized_account(token.as_deref(), super::id(&request), "delete", world.clock.now());
    let done = named.map(|number| (number.waba_id.clone(), number.app_id.clone())).map(|(waba_id, app_id)| {
        if let Some(apps) = state.subscriptions.get_mut(&waba_id) {
            apps.remove(&app_id);
        }
        json!({"success": true})
    });
    answer(done)
}

#[derive(Default, Deserialize)]
struct Callback {
    object: Option<String>,
    callback_url: Option<String>,
    verify_token: Option<String>,
}

/// `POST /{app-id}/subscriptions`: sets where webhooks go, once the address passed the challenge.
/// Takes the app token (`{app-id}|{secret}`) or any token of the app's numbers; parameters in the
/// query, as a form or as JSON.
pub async fn set_callback(world: web::Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    answer(change_callback(&world, &request, &body).await)
}

async fn change_callback(world: &World, request: &HttpRequest, body: &[u8]) -> Answer {
    let app_id = super::id(request);
    let wanted = parameters(request.query_string(), body);
    let object = wanted.object.as_deref().unwrap_or("whatsapp_business_account");
    if object != "whatsapp_business_account" {
        return Err(GraphError::new(100, "Param object must be whatsapp_business_account."));
    }
    let url = wanted.callback_url.ok_or_else(|| GraphError::new(100, "The parameter callback_url is required."))?;
    let verify_token = wanted.verify_token.ok_or_else(|| GraphError::new(100, "The parameter verify_token is required."))?;
    let url = reqwest::Url::parse(&url).map_err(|_| GraphError::new(100, "Param callback_url must be a web address."))?;
    let before = {
        let mut state = world.state();
        let token = auth::token(request);
        may_change(&state, token.as_deref(), app_id)?;
        let app = state.apps.get_mut(app_id).ok_or_else(|| GraphError::unknown_object("post", app_id))?;
        let before = (app.callback_url.replace(url), std::mem::replace(&mut app.verify_token, verify_token), app.verified);
        app.verified = false;
        before
    };
    if let Err(why) = world.challenge(app_id).await {
        if let Some(app) = world.state().apps.get_mut(app_id) {
            (app.callback_url, app.verify_token, app.verified) = before;
        }
        return Err(GraphError::new(2_200, format!("(#2200) Callback verification failed. {why}")));
    }
    Ok(json!({"success": true}))
}

fn may_change(state: &State, token: Option<&str>, app_id: &str) -> Result<(), GraphError> {
    let token = token.ok_or_else(GraphError::bad_token)?;
    let is_app_token = state.app_of(Some(token)).is_some_and(|app| *app.app_id == *app_id);
    let is_number_token = state.numbers.iter().any(|number| *number.app_id == *app_id && number.access_token == token);
    match is_app_token || is_number_token {
        true => Ok(()),
        false => Err(GraphError::bad_token()),
    }
}

#[derive(Default, Deserialize)]
struct Registration {
    messaging_product: Option<String>,
    pin: Option<String>,
}

/// `POST /{phone-number-id}/register` (fact sheet 11): a number without a PIN gets this one, another has to be told the one it has.
pub async fn register(world: web::Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let token = auth::token(&request);
    let id = super::id(&request);
    let wanted: Registration = serde_json::from_slice(&body).unwrap_or_default();
    let mut state = world.state();
    let done = state.authorized_number(token.as_deref(), id, "post", world.clock.now()).map(|_| ()).and_then(|()| {
        if wanted.messaging_product.as_deref() != Some("whatsapp") {
            return Err(GraphError::new(100, "The parameter messaging_product is required."));
        }
        let pin = wanted.pin.filter(|pin| pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit()));
        let pin = pin.ok_or_else(|| GraphError::new(100, "Param pin must be six digits."))?;
        let number = state.numbers.iter_mut().find(|number| *number.phone_number_id == *id);
        let number = number.ok_or_else(|| GraphError::unknown_object("post", id))?;
        if number.pin.as_ref().is_some_and(|known| *known != pin) {
            return Err(GraphError::new(133_005, "Two step verification PIN mismatch."));
        }
        number.pin = Some(pin);
        number.registered = true;
        Ok(json!({"success": true}))
    });
    answer(done)
}

fn parameters(query: &str, body: &[u8]) -> Callback {
    if let Ok(callback) = serde_json::from_slice::<Callback>(body) {
        return callback;
    }
    let mut callback = Callback::default();
    let form = String::from_utf8_lossy(body);
    for text in [query, form.trim()] {
        let Ok(parsed) = reqwest::Url::parse(&format!("http://s/?{text}")) else { continue };
        for (name, value) in parsed.query_pairs() {
            match name.as_ref() {
                "object" => callback.object = Some(value.into_owned()),
                "callback_url" => callback.callback_url = Some(value.into_owned()),
                "verify_token" => callback.verify_token = Some(value.into_owned()),
                _ => {}
            }
        }
    }
    callback
}

/// `GET /debug_token?input_token=`.
pub async fn debug_token(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let query = reqwest::Url::parse(&format!("http://s/?{}", request.query_string())).ok();
    let asked = query.and_then(|query| query.query_pairs().find(|(name, _)| name == "input_token").map(|(_, token)| token.into_owned()));
    let Some(asked) = asked.or_else(|| auth::token(&request)) else {
        return GraphError::new(100, "The parameter input_token is required.").response();
    };
    let state = world.state();
    let (caller, now) = (auth::token(&request), world.clock.now());
    if state.app_of(caller.as_deref()).is_none() && state.authorized(caller.as_deref(), now).is_err() {
        return GraphError::bad_token().response();
    }
    let accounts: BTreeSet<&str> =
        state.numbers.iter().filter(|number| number.access_token == asked).map(|number| &*number.waba_id).collect();
    let data = match state.authorized(Some(&asked), now) {
        Ok(number) => json!({
            "app_id": number.app_id, "type": "SYSTEM_USER", "application": "Simulated app", "expires_at": number.expires_at,
            "is_valid": true, "scopes": number.scopes,
            "granular_scopes": number.scopes.iter().map(|scope| json!({"scope": scope, "target_ids": accounts})).collect::<Vec<_>>(),
        }),
        Err(error) => json!({"is_valid": false, "scopes": [], "error": {"code": error.code, "message": error.title, "subcode": 463}}),
    };
    HttpResponse::Ok().json(json!({"data": data}))
}
