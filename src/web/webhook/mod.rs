//! Meta's door. A body is proved, taken in, and answered; nothing else happens in the request, and nothing stands around it: no
//! session, no log line, no compression.

mod apps;
mod body;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

pub use self::apps::Apps;
use self::body::Unread;
use super::edge::bodies::{self, Watch};
use super::state::State;
use crate::channels::whatsapp::signature;
use crate::domain::channel::{Channel, source};
use crate::live::wakes::Wake;
use crate::runner::intake::{Accepted, Rejected};
use crate::runner::{self, now};
use crate::store;
use crate::store::payloads::NewPayload;

/// Meta's signature of the body (Meta, "Create a webhook endpoint").
const SIGNATURE: &str = "x-hub-signature-256";

/// As long as the secrets of apps are.
const NOBODYS: &str = "00000000000000000000000000000000";

/// Seconds after which Meta may come again; it does so by itself anyway.
const COME_AGAIN: &str = "5";

/// Why a request is turned away.
#[derive(Debug)]
enum Refused {
    /// Not signed with the secret of an app of ours; which of the two, nobody is told.
    NotMetas,
    TooLarge,
    /// The body broke off.
    Broken,
    /// The body came too slowly.
    Slow,
    /// It could not be held or stored: Meta is to come again.
    Away,
}

/// `GET /webhooks/whatsapp/{app_id}`: Meta asks whether this door is ours.
pub(super) async fn challenge(state: web::Data<State>, apps: web::Data<Apps>, request: HttpRequest) -> HttpResponse {
    let app = match apps.find(&state.store, app_id(&request)).await {
        Ok(app) => app,
        Err(_) => return Refused::Away.answer(),
    };
    let question = Question::of(request.query_string());
    let is_metas = app.is_some_and(|app| question.is_from_who_knows(&app.verify_token));
    // Whoever connects a number waits for it; Meta does not.
    if is_metas && let Err(error) = state.runner.was_challenged(app_id(&request)).await {
        tracing::warn!(%error, "that Meta asked could not be kept");
    }
    if is_metas { plain(StatusCode::OK).body(question.challenge) } else { plain(StatusCode::FORBIDDEN).body("forbidden\n") }
}

/// `POST /webhooks/whatsapp/{app_id}`: answered 200 only once the body is committed.
pub(super) async fn receive(state: web::Data<State>, apps: web::Data<Apps>, request: HttpRequest, body: web::Payload) -> HttpResponse {
    match take_in(&state, &apps, &request, body).await {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(refused) => refused.answer(),
    }
}

/// Every other method.
pub(super) async fn wrong_method() -> HttpResponse {
    plain(StatusCode::METHOD_NOT_ALLOWED).body("wrong method\n")
}

async fn take_in(state: &State, apps: &Apps, request: &HttpRequest, body: web::Payload) -> Result<(), Refused> {
    let app_id = app_id(request);
    let app = apps.find(&state.store, app_id).await?;
    let body = body::read(bodies::announced(request.headers()), Watch::of(request).as_ref(), body).await?;
    let given = request.headers().get(SIGNATURE).and_then(|value| value.to_str().ok());
    // Looked at also for an app that is not ours: how long it takes must not tell which ones are.
    let is_signed = signature::verify(app.as_ref().map_or(NOBODYS, |app| &app.app_secret), given, &body);
    if app.is_none() || !is_signed {
        return Err(Refused::NotMetas);
    }
    state.runner.check_clock()?;
    let source = source(&Channel::WHATSAPP, app_id);
    if state.intake.take(NewPayload { source: source.clone(), received_at: now(), body }).await? == Accepted::Stored {
        state.live.wake(Wake::Payloads(source));
    }
    Ok(())
}

fn app_id(request: &HttpRequest) -> &str {
    request.match_info().get("app_id").unwrap_or_default()
}

/// What Meta asks with `GET`.
#[derive(Debug, Default)]
struct Question {
    mode: String,
    token: String,
    challenge: String,
}

impl Question {
    fn of(query: &str) -> Self {
        let mut question = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "hub.mode" => question.mode = value.into_owned(),
                "hub.verify_token" => question.token = value.into_owned(),
                "hub.challenge" => question.challenge = value.into_owned(),
                _ => {}
            }
        }
        question
    }

    fn is_from_who_knows(&self, verify_token: &str) -> bool {
        self.mode == "subscribe" && bool::from(self.token.as_bytes().ct_eq(verify_token.as_bytes()))
    }
}

impl Refused {
    /// The same bytes for every request that is refused for the same reason.
    fn answer(&self) -> HttpResponse {
        match self {
            Self::NotMetas => plain(StatusCode::UNAUTHORIZED).body("not signed by Meta\n"),
            Self::TooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE).body("too large\n"),
            Self::Broken => plain(StatusCode::BAD_REQUEST).body("the body broke off\n"),
            Self::Slow => plain(StatusCode::REQUEST_TIMEOUT).body("too slow\n"),
            Self::Away => plain(StatusCode::SERVICE_UNAVAILABLE).insert_header((RETRY_AFTER, COME_AGAIN)).body("come again\n"),
        }
    }
}

/// What is echoed must not be taken for a page.
fn plain(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, "no-store"));
    response
}

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Self {
        // Away for Meta in either case; but only one of them ends by itself.
        if !error.is_passing() {
            tracing::error!(%error, "an app could not be looked up");
        }
        Self::Away
    }
}

/// A clock that is off: Meta comes again, to another node.
impl From<runner::Error> for Refused {
    fn from(_: runner::Error) -> Self {
        Self::Away
    }
}

impl From<Unread> for Refused {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge => Self::TooLarge,
            Unread::Broken => Self::Broken,
            Unread::Slow => Self::Slow,
            Unread::Crowded => Self::Away,
        }
    }
}

impl From<Rejected> for Refused {
    fn from(_: Rejected) -> Self {
        Self::Away
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metas_question_is_read_and_only_its_token_is_believed() {
        let question = Question::of("hub.mode=subscribe&hub.challenge=11%2058&hub.verify_token=secret&x=1");
        assert_eq!(question.challenge, "11 58");
        assert!(question.is_from_who_knows("secret"));
        for query in ["hub.mode=subscribe&hub.verify_token=Secret", "hub.mode=other&hub.verify_token=secret", "hub.mode=subscribe", ""] {
            assert!(!Question::of(query).is_from_who_knows("secret"), "{query}");
        }
    }

    #[actix_web::test]
    async fn every_refusal_has_its_own_answer() {
        let answers = [Refused::NotMetas, Refused::TooLarge, Refused::Broken, Refused::Slow, Refused::Away].map(|refused| refused.answer());
        assert_eq!(answers.each_ref().map(|answer| answer.status().as_u16()), [401, 413, 400, 408, 503]);
        assert_eq!(answers[4].headers().get(RETRY_AFTER).unwrap(), COME_AGAIN);
    }
}
