//! Numbers: which are connected, how each is, and what was decided of it.

pub mod asking;
pub mod connecting;
pub mod testing;
pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use self::asking::{self as ask, words};
use self::view::{DisconnectionPage, NumberPage, NumbersPage, Typed};
use super::changes::about;
use super::{Did, configure, done, shell};
use crate::channels::whatsapp::client;
use crate::domain::ids::InboxId;
use crate::domain::setup::value::InboxState;
use crate::domain::setup::{Secret, SetupCommand};
use crate::store::numbers::Number;
use crate::web::conversations::act::person;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::go_to;
use crate::web::layouts::html::Html;
use crate::web::layouts::words::sentence;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const LIST: &str = "/settings/numbers";

/// How long ago WhatsApp may have been asked how a number is before a page that is opened has it asked again.
const STALE: SignedDuration = SignedDuration::from_mins(5);

/// `GET /settings/numbers`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    let (chrome, shell) = shell(&state, &signed, &did).await?;
    let draft = async { Ok(state.store.connection_draft(signed.workspace, signed.user, chrome.now).await?) };
    let numbers = async { Ok::<_, Error>(state.store.numbers(signed.workspace).await?) };
    let (draft, numbers) = tokio::try_join!(draft, numbers)?;
    page(StatusCode::OK, &NumbersPage { chrome, shell, numbers, has_begun: draft.is_some() })
}

/// `GET /settings/numbers/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    number: web::Path<InboxId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    one(&state, &signed, *number, &did, None).await
}

/// What the form of a number says.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Changed {
    #[serde(flatten)]
    typed: Typed,
    seen: Option<i64>,
}

/// `POST /settings/numbers/{id}`: its name, where its conversations go, and when a message reopens one, as one act.
pub(in crate::web) async fn update(
    state: web::Data<State>,
    signed: Signed,
    number: web::Path<InboxId>,
    changed: web::Form<Changed>,
) -> Result<HttpResponse> {
    let (id, Changed { typed, seen }) = (*number, changed.into_inner());
    known(&state, &signed, id).await?;
    let change = match typed.read() {
        Some(change) => change,
        None => return one(&state, &signed, id, &Did::default(), Some((typed, Refused::Words("numbers.form_unfit")))).await,
    };
    match configure(&state, &signed, SetupCommand::ChangeInbox { inbox: id, change }, seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{id}"), &configured)),
        Err(error) => one(&state, &signed, id, &Did::default(), Some((typed, Refused::Error(error)))).await,
    }
}

#[derive(Deserialize)]
pub(in crate::web) struct NewToken {
    #[serde(default)]
    token: String,
}

/// `POST /settings/numbers/{id}/token`: another access token, once WhatsApp says that it is good for this number.
pub(in crate::web) async fn replace_token(
    state: web::Data<State>,
    signed: Signed,
    number: web::Path<InboxId>,
    new: web::Form<NewToken>,
) -> Result<HttpResponse> {
    let id = *number;
    let known = known(&state, &signed, id).await?;
    let address = known.address.as_ref().ok_or(Error::NotFound)?;
    let app = state.store.app(&address.app_id).await?.ok_or(Error::NotFound)?;
    let token = new.token.trim();
    if let Err(problem) = ask::is_good(&state.graph, &app, token, signed.locale).await {
        return one(&state, &signed, id, &Did::default(), Some((Typed::default(), Refused::Told(problem)))).await;
    }
    if let Err(error) = state.graph.number(&address.phone_number_id, token).await {
        let problem = words(signed.locale, &error);
        return one(&state, &signed, id, &Did::default(), Some((Typed::default(), Refused::Told(problem)))).await;
    }
    let command = SetupCommand::ReplaceAccessToken { inbox: id, token: Secret::new(token.to_owned()) };
    match configure(&state, &signed, command, None).await {
        Ok(_) => Ok(go_to(&format!("{LIST}/{id}"))),
        Err(error) => one(&state, &signed, id, &Did::default(), Some((Typed::default(), Refused::Error(error)))).await,
    }
}

/// `POST /settings/numbers/{id}/health`: asks WhatsApp how the number is, now.
pub(in crate::web) async fn look(state: web::Data<State>, signed: Signed, number: web::Path<InboxId>) -> Result<HttpResponse> {
    let id = *number;
    known(&state, &signed, id).await?;
    match asked(&state, &signed, id).await? {
        Ok(()) => Ok(go_to(&format!("{LIST}/{id}"))),
        Err(error) => {
            let problem = words(signed.locale, &error);
            one(&state, &signed, id, &Did::default(), Some((Typed::default(), Refused::Told(problem)))).await
        }
    }
}

#[derive(Deserialize)]
pub(in crate::web) struct Wish {
    #[serde(default)]
    state: String,
}

/// `POST /settings/numbers/{id}/state`: sends nothing from now on, or speaks again.
pub(in crate::web) async fn set_state(
    state: web::Data<State>,
    signed: Signed,
    number: web::Path<InboxId>,
    wish: web::Form<Wish>,
) -> Result<HttpResponse> {
    let id = *number;
    known(&state, &signed, id).await?;
    let command = match InboxState::read(&wish.state) {
        InboxState::Paused => SetupCommand::PauseInbox { inbox: id },
        InboxState::Active => SetupCommand::ResumeInbox { inbox: id },
        InboxState::Disconnected | InboxState::Strange => return Err(Error::BadRequest),
    };
    match configure(&state, &signed, command, None).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{id}"), &configured)),
        Err(error) => one(&state, &signed, id, &Did::default(), Some((Typed::default(), Refused::Error(error)))).await,
    }
}

/// `GET /settings/numbers/{id}/disconnection`: what becomes of its conversations, before it is done.
pub(in crate::web) async fn ask_disconnection(state: web::Data<State>, signed: Signed, number: web::Path<InboxId>) -> Result<HttpResponse> {
    let (chrome, shell) = shell(&state, &signed, &Did::default()).await?;
    let number = known(&state, &signed, *number).await?;
    let (open, waiting) = state.store.at_stake(signed.workspace, number.id).await?;
    page(StatusCode::OK, &DisconnectionPage { chrome, shell, number, open, waiting })
}

#[derive(Deserialize)]
pub(in crate::web) struct Disconnection {
    #[serde(default)]
    conversations: String,
}

/// `POST /settings/numbers/{id}/disconnection`
pub(in crate::web) async fn disconnect(
    state: web::Data<State>,
    signed: Signed,
    number: web::Path<InboxId>,
    wish: web::Form<Disconnection>,
) -> Result<HttpResponse> {
    let id = *number;
    known(&state, &signed, id).await?;
    let resolves = wish.conversations == "resolve";
    match state.runner.disconnect(signed.workspace, &person(&signed), id, resolves).await {
        Ok(_) => Ok(go_to(&format!("{LIST}/{id}"))),
        Err(error) => one(&state, &signed, id, &Did::default(), Some((Typed::default(), Refused::Error(error.into())))).await,
    }
}

/// Asks WhatsApp how a number is, and keeps what it says.
async fn asked(state: &State, signed: &Signed, id: InboxId) -> Result<std::result::Result<(), client::Error>> {
    let connection = ask::connection(state, signed, id).await?;
    let token = connection.secret()?;
    state.runner.keep_number_asked(signed.workspace, id).await?;
    match state.graph.number(&connection.address, token).await {
        Ok(node) => {
            state.runner.keep_number_health(signed.workspace, id, &ask::health(node, Timestamp::now())).await?;
            Ok(Ok(()))
        }
        Err(error) => Ok(Err(error)),
    }
}

async fn known(state: &State, signed: &Signed, id: InboxId) -> Result<Number> {
    state.store.number(signed.workspace, id).await?.ok_or(Error::NotFound)
}

/// Why something was not done.
enum Refused {
    Error(Error),
    Words(&'static str),
    Told(Html),
}

/// The page of a number; after a refusal with what was typed, where anything was.
async fn one(state: &web::Data<State>, signed: &Signed, id: InboxId, did: &Did, refused: Option<(Typed, Refused)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let number = async { Ok::<_, Error>(state.store.number(signed.workspace, id).await?) };
    let choices = async { Ok(state.store.number_choices(signed.workspace).await?) };
    let test = async { Ok(state.store.number_test(signed.workspace, id).await?) };
    let (number, choices, test, acts) = tokio::try_join!(number, choices, test, about(state, signed, id.0))?;
    let number = number.ok_or(Error::NotFound)?;
    let mut status = StatusCode::OK;
    let typed = match refused {
        None => None,
        Some((typed, refused)) => {
            status = StatusCode::UNPROCESSABLE_ENTITY;
            match refused {
                Refused::Error(error) => status = shell.refuse(signed.locale, error)?,
                Refused::Words(key) => shell.problem = Some(sentence(&signed.locale, key, &[])),
                Refused::Told(problem) => shell.problem = Some(problem),
            }
            Some(typed)
        }
    };
    if status == StatusCode::OK && is_stale(&number, chrome.now) {
        look_beside(state, signed, id);
    }
    let typed = typed.filter(|typed| typed.is_of_form()).unwrap_or_else(|| Typed::of(&number));
    let webhook =
        number.address.as_ref().map(|address| ask::webhook_address(&state.config.public_url, &address.app_id)).unwrap_or_default();
    page(status, &NumberPage { chrome, shell, number, choices, test, typed, acts, webhook })
}

/// What was asked in vain is not asked again at once either: a page that looks again every few seconds would be never done asking.
fn is_stale(number: &Number, now: Timestamp) -> bool {
    number.address.is_some()
        && number.state != InboxState::Disconnected
        && number.asked_at.is_none_or(|asked_at| now.duration_since(asked_at) > STALE)
}

/// Nobody waits for it: the page shows it when it has come.
fn look_beside(state: &web::Data<State>, signed: &Signed, id: InboxId) {
    let (state, signed) = (state.clone(), signed.clone());
    actix_web::rt::spawn(async move {
        match asked(&state, &signed, id).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, inbox = %id, "WhatsApp does not say how a number is"),
            Err(error) => tracing::warn!(%error, inbox = %id, "how a number is could not be kept"),
        }
    });
}
