//! What is sensitive asks again who somebody is, when they last proved it too long ago. What they sent comes back with the question, and
//! goes on with the answer.

use actix_web::dev::ServiceRequest;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;
use url::form_urlencoded;

use super::answer::page;
use super::csrf;
use super::entry::UPLOAD_LIMIT;
use super::error::{Error, Result};
use super::parts::{fields, is_in_parts};
use super::redirect::go_to;
use super::wait;
use crate::web::layouts::ui;
use crate::web::locale::Locale;
use crate::web::sessions::proof::{Proof, by_either, credentials, is_fresh};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// The field that a proof is typed into.
const FIELD: &str = "proof";

/// Asks who somebody is, before what they asked for is done.
#[derive(Template, WebTemplate)]
#[template(path = "sign_in/proof.html")]
pub struct ProofPage {
    pub locale: Locale,
    pub name: String,
    pub email: String,
    /// Where the form goes: what was asked for.
    pub action: String,
    /// What was sent, and is sent again.
    pub fields: Vec<(String, String)>,
    /// It was sent in parts.
    pub in_parts: bool,
    /// A code of an app is taken as well.
    pub takes_code: bool,
    pub problem: Option<String>,
}

/// The answer in place of the one that was asked for, when a proof is missing; nothing when all is well. A proof that was sent along counts
/// from here on.
pub(super) async fn ask(state: &State, signed: &Signed, request: &mut ServiceRequest) -> Result<Option<HttpResponse>> {
    let now = Timestamp::now();
    if is_fresh(state, signed, now).await? {
        return Ok(None);
    }
    let action = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    if *request.method() == Method::GET {
        let next = form_urlencoded::byte_serialize(action.as_bytes()).collect::<String>();
        return Ok(Some(go_to(&format!("/proof?next={next}"))));
    }
    let body = csrf::read(request, UPLOAD_LIMIT).await?;
    let in_parts = is_in_parts(request.headers());
    let mut fields = texts(request.request(), body).await?;
    let typed = fields.iter().find(|(name, _)| name == FIELD).map(|(_, value)| value.clone());
    fields.retain(|(name, _)| name != FIELD);
    let credentials = credentials(state, signed).await?;
    let problem = match &typed {
        None => None,
        Some(typed) => match by_either(state, &credentials, typed, now).await? {
            Proof::Right => {
                let counts = state.store.prove_session(signed.workspace, signed.session, now).await?;
                return if counts { Ok(None) } else { Err(Error::Unsigned) };
            }
            Proof::Wrong => Some((StatusCode::UNPROCESSABLE_ENTITY, signed.locale.t("proof.wrong").into_owned())),
            Proof::TooMany(wait) => Some((StatusCode::TOO_MANY_REQUESTS, wait::in_words(signed.locale, wait))),
        },
    };
    let (status, problem) = problem.map_or((StatusCode::FORBIDDEN, None), |(status, problem)| (status, Some(problem)));
    let asked = ProofPage {
        locale: signed.locale,
        name: signed.name.clone(),
        email: credentials.email,
        action,
        fields,
        in_parts,
        takes_code: credentials.totp.is_some(),
        problem,
    };
    page(status, &asked).map(Some)
}

/// The fields of a form as texts; a file that is no text cannot be carried along.
async fn texts(request: &HttpRequest, body: Bytes) -> Result<Vec<(String, String)>> {
    let text = |(name, bytes): (String, Bytes)| Ok((name, String::from_utf8(bytes.into()).map_err(|_| Error::BadRequest)?));
    fields(request.headers(), body).await?.into_iter().map(text).collect()
}
