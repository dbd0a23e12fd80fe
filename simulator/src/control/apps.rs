//! `/control/apps`: who receives webhooks.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::read;
use crate::{
    apps::{APP_LIMIT, App},
    errors::Refused,
    ids,
    world::World,
};

/// An app to make or to change; what is missing stays, or gets a believable default.
#[derive(Deserialize)]
pub struct Wanted {
    app_id: Option<String>,
    app_secret: Option<String>,
    callback_url: Option<String>,
    verify_token: Option<String>,
}

/// Lists them.
pub async fn list(world: web::Data<World>) -> HttpResponse {
    let state = world.state();
    HttpResponse::Ok().json(state.apps.values().collect::<Vec<_>>())
}

/// Makes or changes one and performs the challenge against its callback.
pub async fn put(world: web::Data<World>, body: Bytes) -> Result<HttpResponse, Refused> {
    let wanted: Wanted = read(&body)?;
    let world = world.into_inner();
    let app_id = keep(&world, wanted)?;
    let outcome = world.challenge(&app_id).await;
    let has_callback = world.state().apps.get(&app_id).is_some_and(|app| app.callback_url.is_some());
    let mut answer = {
        let state = world.state();
        let app = state.apps.get(&app_id).ok_or_else(|| Refused::conflict("The simulator was reset meanwhile."))?;
        json!(app)
    };
    if let Err(why) = outcome {
        answer["error"] = Value::from(why);
        if has_callback {
            world.challenge_later(&app_id, 0);
        }
    }
    Ok(HttpResponse::Ok().json(answer))
}

fn keep(world: &Arc<World>, wanted: Wanted) -> Result<Arc<str>, Refused> {
    let callback_url = match wanted.callback_url.as_deref() {
        None => None,
        Some(url) => match reqwest::Url::parse(url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Some(url),
            _ => return Err(Refused::bad("callback_url must be an http or https address.")),
        },
    };
    let app_id: Arc<str> = Arc::from(wanted.app_id.unwrap_or_else(ids::number));
    if app_id.is_empty() || !app_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(Refused::bad("app_id must consist of letters, digits, - and _."));
    }
    let mut state = world.state();
    if !state.apps.contains_key(&app_id) {
        if state.apps.len() >= APP_LIMIT {
            return Err(Refused::full(format!("The simulator holds at most {APP_LIMIT} apps.")));
        }
        let app = App {
            app_id: app_id.clone(),
            app_secret: ids::key(),
            callback_url: None,
            verify_token: ids::key(),
            verified: false,
            outbox: world.open_outbox(&app_id),
        };
        state.apps.insert(app_id.clone(), app);
    }
    if let Some(app) = state.apps.get_mut(&app_id) {
        app.verified = false;
        if let Some(secret) = wanted.app_secret {
            app.app_secret = secret;
        }
        if let Some(token) = wanted.verify_token {
            app.verify_token = token;
        }
        if callback_url.is_some() {
            app.callback_url = callback_url;
        }
    }
    Ok(app_id)
}
