//! The client of the Graph API: sends, uploads, fetches. One attempt each; when to try again is decided elsewhere.

mod account;
mod answer;
mod gate;
mod media;
mod number;
#[cfg(test)]
mod tests;

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Response, StatusCode, redirect, retry};
use serde_json::Value;
use url::Url;

pub use account::{NumberNode, Token};
pub use media::MediaAddress;
pub use number::PhoneNumber;

use self::gate::Trace;
use super::payload;
use crate::channels::{LONGEST_SEND, MayLeave, Sent, Typing};
use crate::domain::delivery::{Backoff, Outcome, Reaction};
use crate::domain::message::Failure;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Short, so that a connection the far side is about to close is seldom written to: such a send would be unknown.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);
const IDLE_CONNECTIONS: usize = 256;
/// Most bytes that are read of an answer.
const LARGEST_ANSWER: usize = 256 * 1024;
/// Some of Meta's hosts refuse requests without one.
const USER_AGENT: &str = concat!("baton/", env!("CARGO_PKG_VERSION"));

/// Where the Graph API is and how long to wait for it.
#[derive(Debug, Clone)]
pub struct Settings {
    pub graph_url: Url,
    /// `v23.0`
    pub version: String,
    pub connect_timeout: Duration,
    /// For the whole of a call.
    pub timeout: Duration,
}

impl Settings {
    /// With the usual timeouts: 5 s to connect, 30 s in all.
    #[must_use]
    pub fn new(graph_url: Url, version: &str) -> Self {
        Self { graph_url, version: version.to_owned(), connect_timeout: CONNECT_TIMEOUT, timeout: LONGEST_SEND }
    }
}

/// Speaks to the Graph API; cheap to clone, and its clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    graph_url: Url,
    version: String,
}

/// Why a call other than a send came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("WhatsApp refused: {} (code {})", failure.title, failure.code)]
    Refused { failure: Failure, reaction: Reaction },
    #[error("WhatsApp could not be reached: {reason}")]
    Unreachable { reason: String },
    #[error("WhatsApp answered what was not expected: {reason}")]
    Unexpected { reason: String },
    #[error("the address of the file has expired; ask for it again")]
    Expired,
    #[error("the file has more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("{host} is not one of WhatsApp's addresses for files")]
    ForeignHost { host: String },
    #[error("the client cannot be made: {reason}")]
    Settings { reason: String },
}

impl Client {
    /// # Errors
    /// [`Error::Settings`], when the address cannot be one of a server or the machine has no usable TLS roots.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        if settings.graph_url.cannot_be_a_base() || !settings.graph_url.has_host() {
            return Err(Error::Settings { reason: "the Graph address names no host".to_owned() });
        }
        // HTTP/1.1, no retries, no redirects, no proxy from the environment: a request is on the wire at most once. See `send`.
        let http = reqwest::Client::builder()
            .http1_only()
            .retry(retry::never())
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .pool_idle_timeout(IDLE_CONNECTION)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .tcp_nodelay(true)
            .user_agent(USER_AGENT)
            .build()
            .map_err(|error| Error::Settings { reason: words(error) })?;
        Ok(Self { http, graph_url: settings.graph_url, version: settings.version })
    }

    /// Sends one message, once, if it `may_leave` when its first byte could. `body` is from [`payload::build`].
    ///
    /// [`Sent::NotLeft`] is what never asked for a byte of the body, or asked too late: no connection came about, or it broke before
    /// (hyper 1, hyper-util 0.1 and reqwest 0.13 as read in their sources; a request without its body is none to the Graph API).
    /// Everything else that has no answer is [`Sent::Silence`], even where the request was probably never read: hyper does not
    /// tell how much of it was written.
    ///
    /// What is never repeated behind our back: reqwest's own retries (by default it repeats what HTTP/2 refuses, even a POST) are off
    /// and the protocol is HTTP/1.1. One repetition is left, in hyper-util, and it is safe: a request that was queued for a pooled
    /// connection which turned out closed is handed back by hyper *unstarted* (`TrySendError` with its message) and goes to
    /// another connection. Once hyper has begun to write it, it is never handed back.
    pub async fn send(&self, phone_number_id: &str, access_token: &str, body: &Value, may_leave: MayLeave) -> Sent {
        let trace = Trace::default();
        let request = self.http.post(self.address(&[phone_number_id, "messages"])).bearer_auth(access_token);
        let request = request.header(CONTENT_TYPE, "application/json");
        let gated = trace.body(body.to_string().into(), may_leave);
        let response = match request.body(reqwest::Body::wrap(gated)).send().await {
            Ok(response) => response,
            Err(error) if trace.has_left() => return Sent::Silence { reason: words(error) },
            Err(error) => {
                let backoff = if error.is_connect() { Backoff::Connection } else { Backoff::Preparation };
                return Sent::NotLeft { reason: words(error), backoff };
            }
        };
        let status = response.status().as_u16();
        match read(response, LARGEST_ANSWER).await {
            Ok(body) => Sent::Answered { status, body },
            Err(fault) => Sent::BrokenOff { status, reason: fault.to_string() },
        }
    }

    /// Marks a customer's message, and with it all before it, as read, and may show "typing…".
    ///
    /// # Errors
    /// [`Error`]; nothing depends on a read receipt, so there is no need to try again.
    pub async fn mark_read(&self, phone_number_id: &str, access_token: &str, wamid: &str, typing: Typing) -> Result<(), Error> {
        let address = self.address(&[phone_number_id, "messages"]);
        let request = self.http.post(address).bearer_auth(access_token).json(&payload::read_receipt(wamid, typing));
        self.ask(request).await.map(|_| ())
    }

    /// Makes a call that may be repeated, and reads the JSON of its answer.
    async fn ask(&self, request: RequestBuilder) -> Result<Value, Error> {
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let answer = read(response, LARGEST_ANSWER).await?;
        if status.is_success() {
            let json: Option<Value> = serde_json::from_slice(&answer).ok();
            return json.filter(|json| json.get("error").is_none()).ok_or_else(|| refusal(status, &answer));
        }
        Err(refusal(status, &answer))
    }

    /// The address of a node of the graph: `{base}/{version}/{segments…}`.
    fn address(&self, segments: &[&str]) -> Url {
        let mut address = self.graph_url.clone();
        if let Ok(mut path) = address.path_segments_mut() {
            path.pop_if_empty().push(&self.version).extend(segments);
        }
        address
    }
}

/// What is to be made of what was heard of a send.
#[must_use]
pub fn outcome(sent: Sent) -> Outcome {
    match sent {
        Sent::Answered { status, body } => answer::outcome(status, &body),
        Sent::BrokenOff { status, reason } => answer::outcome_of_lost_body(status, &reason),
        Sent::NotLeft { reason, backoff } => Outcome::Unsent { reason, backoff },
        Sent::Silence { reason } => Outcome::Unknown { reason },
    }
}

/// What an answer that is no success means for a call that may be repeated.
fn refusal(status: StatusCode, answer: &[u8]) -> Error {
    match answer::outcome(status.as_u16(), answer) {
        Outcome::Refused { failure, reaction } => Error::Refused { failure, reaction },
        Outcome::Unknown { reason } | Outcome::Unsent { reason, .. } => Error::Unexpected { reason },
        Outcome::Accepted { .. } => Error::Unexpected { reason: format!("HTTP {status} with the answer to a send") },
    }
}

/// Reads a body of at most `limit` bytes, whatever length it claims.
async fn read(response: Response, limit: usize) -> Result<Bytes, Error> {
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(Error::TooLarge { limit });
    }
    let mut body = BytesMut::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(unreachable)?;
        if body.len() + chunk.len() > limit {
            return Err(Error::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn unreachable(error: reqwest::Error) -> Error {
    Error::Unreachable { reason: words(error) }
}

/// The error and its causes in one line, without the address, which names the number.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_words = inner.to_string();
        if !line.contains(&inner_words) {
            line.push_str(": ");
            line.push_str(&inner_words);
        }
        cause = inner.source();
    }
    line
}
