//! What stands before every handler: where the request comes from, who sent it, what they may do, and the form's token.
//!
//! The handlers check none of this, so none can forget it.

use actix_web::body::{BoxBody, EitherBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, TRANSFER_ENCODING, USER_AGENT};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use super::bodies::{FORM, UPLOAD, Watch};
use super::client_address::client_address;
use super::csrf::{self, Origin};
use super::entry::{Entry, FORM_LIMIT, Kind, UPLOAD_LIMIT, Who};
use super::error::{Error, Result};
use super::proof;
use super::redirect::go_to;
use crate::config::Network;
use crate::domain::ids::WorkspaceId;
use crate::domain::setup::Origin as Come;
use crate::runner::origin::coming_from;
use crate::web::layouts::brand;
use crate::web::sessions::signed::Signed;
use crate::web::sessions::{self, Found};
use crate::web::state::State;

/// Where somebody sets up what shows codes.
const SECOND_FACTOR: &str = "/profile/second-factor";

/// Characters of what a program calls itself that are kept.
const LONGEST_AGENT: usize = 200;

/// The middleware of one route.
///
/// # Errors
/// None: what it refuses is answered.
pub async fn guard(
    entry: &'static Entry,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> actix_web::Result<ServiceResponse<EitherBody<BoxBody>>> {
    let admitted = admit(entry, &mut request).await;
    if shows_a_page(entry) {
        let signed = admitted.as_ref().ok().and_then(|found| found.as_ref()).map(|found| found.signed.workspace);
        dress(request.request(), signed).await;
    }
    let found = match admitted {
        Ok(found) => found,
        Err(Error::Unsigned) if asks_for_a_page(entry, &request) => return Ok(to_sign_in(request).map_into_right_body()),
        Err(Error::OwesSecondFactor) if asks_for_a_page(entry, &request) => {
            return Ok(request.into_response(go_to(SECOND_FACTOR)).map_into_right_body());
        }
        Err(error) => return Ok(request.error_response(error).map_into_right_body()),
    };
    let asked = match &found {
        Some(found) if entry.asks_proof => question(&found.signed, &mut request).await,
        Some(_) | None => Ok(None),
    };
    let cookies = found.map(|found| {
        request.extensions_mut().insert(found.signed);
        found.cookies
    });
    let mut response = match asked {
        Ok(None) => {
            // What is decided says from where.
            let trusted = request.app_data::<web::Data<State>>().map(|state| state.config.trusted_proxies.clone()).unwrap_or_default();
            coming_from(origin_of(request.request(), &trusted), next.call(request)).await?
        }
        Ok(Some(question)) => request.into_response(question),
        Err(error) => return Ok(request.error_response(error).map_into_right_body()),
    };
    for cookie in cookies.into_iter().flatten() {
        // A handler that set the same cookie (signing out) knows better.
        if response.response().cookies().all(|own| own.name() != cookie.name()) {
            response.response_mut().add_cookie(&cookie)?;
        }
    }
    Ok(response.map_into_left_body())
}

/// What is asked of somebody before it is done, if anything is.
async fn question(signed: &Signed, request: &mut ServiceRequest) -> Result<Option<HttpResponse>> {
    let state = state(request)?;
    proof::ask(&state, signed, request).await
}

fn state(request: &ServiceRequest) -> Result<web::Data<State>> {
    request.app_data::<web::Data<State>>().cloned().ok_or_else(|| Error::fault("the application has no state"))
}

/// Whether what is answered may be a page; what machines ask for asks for no brand, least of all whether we are well.
fn shows_a_page(entry: &Entry) -> bool {
    let is_a_machines =
        |path: &str| path.starts_with("/assets/") || path.starts_with("/schemas/") || path == "/healthz" || path == "/readyz";
    match entry.kind {
        Kind::Page | Kind::Form | Kind::Upload | Kind::SignIn => true,
        Kind::Open => !is_a_machines(entry.path),
        Kind::Part | Kind::Live | Kind::Door => false,
    }
}

/// Shows the pages of this request in the brand of who asks; of a stranger, in that of the workspace that the address names, or of the only one.
pub async fn dress(request: &HttpRequest, signed: Option<WorkspaceId>) {
    let Some(state) = request.app_data::<web::Data<State>>() else { return };
    let fields = form_urlencoded::parse(request.query_string().as_bytes());
    let named = || fields.into_iter().find(|(name, _)| name == "workspace").and_then(|(_, id)| id.parse().ok());
    // Whatever hinders this hinders the page itself, and is told there.
    if let Ok(Some(worn)) = state.runner.workplaces().brand(signed.or_else(named)).await {
        brand::wear(worn);
    }
}

/// Where a request comes from, as it is kept.
#[must_use]
pub fn origin_of(request: &HttpRequest, trusted: &[Network]) -> Come {
    let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Come { address: client_address(request, trusted).to_string(), agent: agent.chars().take(LONGEST_AGENT).collect() }
}

async fn admit(entry: &Entry, request: &mut ServiceRequest) -> Result<Option<Found>> {
    let state = state(request)?;
    if let Some(origin) = origin(entry) {
        csrf::check_origin(request.headers(), &state.config.public_url, origin)?;
    }
    let found = match entry.who {
        Who::Public => None,
        Who::Anyone | Who::Scraper(_) | Who::May(_) | Who::Owner => sessions::find(&state, request.request(), Timestamp::now()).await?,
    };
    may(entry.who, &state, request, found.as_ref().map(|found| &found.signed))?;
    if found.as_ref().is_some_and(|found| found.signed.owes_second_factor) && !is_open_to_owing(entry) {
        return Err(Error::OwesSecondFactor);
    }
    if entry.who == Who::Owner {
        let signed = &found.as_ref().ok_or(Error::Unsigned)?.signed;
        if !state.store.is_owner(signed.workspace, signed.user).await? {
            return Err(Error::NotAllowed);
        }
    }
    if found.is_some() {
        trust_body(entry.kind, &state, request);
    }
    if let Some(limit) = form_limit(entry.kind) {
        let signed = &found.as_ref().ok_or(Error::Unsigned)?.signed;
        csrf::check(request, &signed.csrf, limit).await?;
    }
    Ok(found)
}

fn may(who: Who, state: &State, request: &ServiceRequest, signed: Option<&Signed>) -> Result<()> {
    match (who, signed) {
        (Who::Public | Who::Anyone, _) => Ok(()),
        (Who::Owner, Some(signed)) if signed.is_owner => Ok(()),
        (Who::Scraper(_), _) if knows_token(request.headers(), state.config.metrics_token.as_deref()) => Ok(()),
        (Who::Scraper(permission) | Who::May(permission), Some(signed)) if signed.may(permission) => Ok(()),
        (Who::Scraper(_) | Who::May(_) | Who::Owner, Some(_)) => Err(Error::NotAllowed),
        (Who::Scraper(_) | Who::May(_) | Who::Owner, None) => Err(Error::Unsigned),
    }
}

/// Whether somebody may ask for it whose role is asked for a code and who has nothing yet that shows one.
fn is_open_to_owing(entry: &Entry) -> bool {
    entry.is_open_to_owing || matches!(entry.who, Who::Public | Who::Anyone)
}

/// Whether a program sends the token that was set. Coming from this machine proves nothing: a proxy on it brings everybody.
fn knows_token(headers: &HeaderMap, token: Option<&str>) -> bool {
    let sent = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    sent.zip(token).is_some_and(|(sent, token)| bool::from(sent.ct_eq(token.as_bytes())))
}

/// The body of somebody who signed in has a budget of its own, a picture its time, and a socket no end.
fn trust_body(kind: Kind, state: &State, request: &mut ServiceRequest) {
    let Some(watch) = Watch::of(request.request()) else { return };
    match kind {
        Kind::Upload => watch.vouch(&state.bodies.signed_in, UPLOAD),
        // What is chunked is no socket.
        Kind::Live if !request.headers().contains_key(TRANSFER_ENCODING) => request.set_payload(watch.take_off()),
        Kind::Page | Kind::Part | Kind::Form | Kind::SignIn | Kind::Live | Kind::Door | Kind::Open => {
            watch.vouch(&state.bodies.signed_in, FORM)
        }
    }
}

fn origin(entry: &Entry) -> Option<Origin> {
    match entry.kind {
        Kind::Live => Some(Origin::Required),
        Kind::Form | Kind::Upload | Kind::SignIn => Some(Origin::IfSent),
        Kind::Page | Kind::Part | Kind::Door | Kind::Open => None,
    }
}

/// How long a form of this kind may be; only these carry a token.
fn form_limit(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Form => Some(FORM_LIMIT),
        Kind::Upload => Some(UPLOAD_LIMIT),
        Kind::Page | Kind::Part | Kind::SignIn | Kind::Live | Kind::Door | Kind::Open => None,
    }
}

/// Whether a browser shows the answer as a page; scripts are told 401 and go to the sign-in themselves.
fn asks_for_a_page(entry: &Entry, request: &ServiceRequest) -> bool {
    let is_by_script = request.headers().contains_key("x-baton")
        || request.headers().contains_key("turbo-frame")
        || request.headers().get(ACCEPT).is_some_and(|accept| String::from_utf8_lossy(accept.as_bytes()).contains("turbo-stream"));
    match entry.kind {
        Kind::Page => !request.headers().contains_key("turbo-frame"),
        Kind::Form | Kind::Upload => !is_by_script,
        Kind::Part | Kind::SignIn | Kind::Live | Kind::Door | Kind::Open => false,
    }
}

/// Off to the sign-in, and back afterwards to what can be asked for again.
fn to_sign_in(request: ServiceRequest) -> ServiceResponse {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let location = match *request.method() {
        Method::GET if path != "/" => format!("/sign-in?next={}", form_urlencoded::byte_serialize(path.as_bytes()).collect::<String>()),
        _ => "/sign-in".to_owned(),
    };
    let mut response = HttpResponse::new(StatusCode::SEE_OTHER);
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    request.into_response(response)
}

#[cfg(test)]
mod tests;
