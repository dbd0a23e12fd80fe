//! Who may call: bearer tokens, one per business number.

use actix_web::{HttpRequest, http::header::AUTHORIZATION};

use crate::{
    apps::App,
    clock::{Millis, SECOND},
    errors::GraphError,
    numbers::Number,
    world::State,
};

/// The bearer token of a request; Graph also takes `?access_token=`.
pub fn token(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let bearer = header.and_then(|header| header.strip_prefix("Bearer ").or_else(|| header.strip_prefix("OAuth ")));
    let bearer = bearer.map(|token| token.trim().to_owned());
    bearer.or_else(|| {
        let pairs = reqwest::Url::parse(&format!("http://s/?{}", request.query_string())).ok()?;
        pairs.query_pairs().find(|(name, _)| name == "access_token").map(|(_, token)| token.into_owned())
    })
}

impl State {
    /// A number the token belongs to; 190 when there is none, or it has ended.
    pub fn authorized(&self, token: Option<&str>, now: Millis) -> Result<&Number, GraphError> {
        let token = token.ok_or_else(GraphError::bad_token)?;
        let number = self.numbers.iter().find(|number| number.access_token == token).ok_or_else(GraphError::bad_token)?;
        match number.expires_at == 0 || now < number.expires_at.saturating_mul(SECOND) {
            true => Ok(number),
            false => Err(GraphError::new(190, "")),
        }
    }

    /// The app whose own token this is: its id and secret (fact sheet 1.5).
    pub fn app_of(&self, token: Option<&str>) -> Option<&App> {
        let (app_id, secret) = token?.split_once('|')?;
        self.apps.get(app_id).filter(|app| app.app_secret == secret)
    }

    /// The number with this id, if the token may use it.
    pub fn authorized_number(&self, token: Option<&str>, id: &str, method: &str, now: Millis) -> Result<&Number, GraphError> {
        self.authorized(token, now)?;
        let number = self.number(id).ok_or_else(|| GraphError::unknown_object(method, id))?;
        match Some(number.access_token.as_str()) == token {
            true => Ok(number),
            false => Err(GraphError::bad_token()),
        }
    }

    /// A business account the token may see.
    pub fn authorized_account(&self, token: Option<&str>, id: &str, method: &str, now: Millis) -> Result<&Number, GraphError> {
        self.authorized(token, now)?;
        let seen = |number: &&Number| &*number.waba_id == id && Some(number.access_token.as_str()) == token;
        self.numbers.iter().find(seen).ok_or_else(|| GraphError::unknown_object(method, id))
    }
}
