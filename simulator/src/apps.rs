//! Apps: who receives webhooks, and the challenge that proves the address is theirs (fact sheet 1.1).

use std::{sync::Arc, time::Duration};

use serde::{Serialize, Serializer};

use crate::{agenda::Task, clock::SECOND, ids, webhooks::Outbox, world::World};

/// Most apps at a time; each has its own couriers.
pub const APP_LIMIT: usize = 16;
/// Longest pause between two challenges of an app that has not passed, in milliseconds.
const CHALLENGE_PAUSE: i64 = 30 * SECOND;

/// A Meta app.
#[derive(Clone, Serialize)]
pub struct App {
    /// Its id, part of no path on the business's side.
    pub app_id: Arc<str>,
    /// Signs its webhooks.
    pub app_secret: String,
    /// Where its webhooks go; none until it is told.
    #[serde(serialize_with = "as_text")]
    pub callback_url: Option<reqwest::Url>,
    /// Proves to the callback that the challenge comes from Meta.
    pub verify_token: String,
    /// Whether the callback passed the challenge.
    pub verified: bool,
    /// Updates waiting for it.
    #[serde(skip)]
    pub outbox: Arc<Outbox>,
}

impl World {
    /// Performs the challenge against the app's callback and remembers the outcome. Errors are one sentence.
    pub async fn challenge(&self, app_id: &str) -> Result<(), String> {
        let (url, token, timeout) = {
            let state = self.state();
            let app = state.apps.get(app_id).ok_or("There is no such app.")?;
            let url = app.callback_url.clone().ok_or("The app has no callback_url.")?;
            (url, app.verify_token.clone(), state.settings.webhook_timeout_ms)
        };
        let expected = ids::number();
        let mut asked = url.clone();
        asked
            .query_pairs_mut()
            .append_pair("hub.mode", "subscribe")
            .append_pair("hub.challenge", &expected)
            .append_pair("hub.verify_token", &token);
        let timeout = Duration::from_millis(u64::from(timeout));
        let answer = self.http.get(asked).timeout(timeout).send().await;
        let answer = answer.map_err(|error| format!("The callback cannot be reached: {}.", cause(&error)))?;
        let status = answer.status();
        if status != reqwest::StatusCode::OK {
            return Err(format!("The callback answered the challenge with {status}, not with 200."));
        }
        let body = answer.text().await.map_err(|error| format!("The answer broke off: {error}."))?;
        if body != expected {
            return Err(String::from("The callback did not answer with the challenge it was given."));
        }
        if let Some(app) = self.state().apps.get_mut(app_id)
            && app.callback_url.as_ref() == Some(&url)
        {
            app.verified = true;
        }
        Ok(())
    }

    /// Asks again later, ever more slowly, as long as the app has not passed.
    pub fn challenge_later(&self, app_id: &Arc<str>, attempt: u32) {
        let pause = (SECOND << attempt.min(5)).min(CHALLENGE_PAUSE);
        let task = Task::Challenge { app_id: app_id.clone(), attempt };
        self.agenda.at(self.clock.now() + pause, task);
    }
}

/// The innermost reason of a failed request: "Connection refused" rather than the whole chain.
pub fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn as_text<S: Serializer>(url: &Option<reqwest::Url>, serializer: S) -> Result<S::Ok, S::Error> {
    url.as_ref().map(reqwest::Url::as_str).serialize(serializer)
}
