//! Connecting a number, step by step. What was typed and found is kept, sealed, until it is connected: nobody begins again.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use super::asking::{self as ask, words};
use super::view::{ConnectPage, Steps, Typed};
use crate::domain::channel::Channel;
use crate::domain::ids::InboxId;
use crate::domain::setup::command::InboxChange;
use crate::domain::setup::value::{Inbox, InboxState, Number, REOPEN_HOURS, is_meta_id};
use crate::domain::setup::{Secret, SetupCommand};
use crate::store::connection_drafts::{ConnectionDraft, DraftApp, DraftToken};
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result, status};
use crate::web::edge::redirect::go_to;
use crate::web::edge::view::refusal_words;
use crate::web::layouts::html::Html;
use crate::web::layouts::words::sentence;
use crate::web::sessions::signed::Signed;
use crate::web::settings::{Did, configure, shell};
use crate::web::state::State;

const HERE: &str = "/settings/numbers/new";

/// Why a step is not done, beside that step.
struct Problem {
    step: &'static str,
    words: Html,
    status: StatusCode,
    typed: Steps,
}

impl Problem {
    fn of(step: &'static str, words: Html) -> Self {
        Self { step, words, status: StatusCode::UNPROCESSABLE_ENTITY, typed: Steps::default() }
    }

    fn with(self, typed: Steps) -> Self {
        Self { typed, ..self }
    }
}

/// What became of a step.
type Stepped = std::result::Result<(), Problem>;

/// `GET /settings/numbers/new`
pub(in crate::web) async fn show(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    answer(&state, &signed, draft(&state, &signed).await?, None).await
}

#[derive(Deserialize)]
pub(in crate::web) struct AppForm {
    app_id: String,
    app_secret: String,
}

/// `POST /settings/numbers/new/app`: an app, once Meta says that id and secret belong together.
pub(in crate::web) async fn app(state: web::Data<State>, signed: Signed, form: web::Form<AppForm>) -> Result<HttpResponse> {
    let (id, secret) = (form.app_id.trim(), form.app_secret.trim());
    let mut draft = draft(&state, &signed).await?;
    let typed = || Steps { app_id: id.to_owned(), ..Steps::default() };
    if !is_meta_id(id) || secret.is_empty() {
        return refused(&state, &signed, draft, unfit(&signed, "app", "numbers.app_unfit").with(typed())).await;
    }
    let name = match state.graph.app_name(id, secret).await {
        Ok(name) => name,
        Err(error) => return refused(&state, &signed, draft, Problem::of("app", of_app(&signed, &error)).with(typed())).await,
    };
    state.runner.keep_app(id, secret).await?;
    if draft.app.as_ref().is_some_and(|app| app.id != id) {
        // A token is of one app.
        draft = ConnectionDraft::default();
    }
    draft.app = Some(DraftApp { id: id.to_owned(), name });
    keep(&state, &signed, &draft).await
}

/// A wrong secret is refused as a token would be; here it is said of what was typed.
fn of_app(signed: &Signed, error: &crate::channels::whatsapp::client::Error) -> Html {
    use crate::channels::whatsapp::client::Error;
    match error {
        Error::Refused { failure, .. } if matches!(failure.code, 0 | 1 | 100 | 101 | 190 | 803) => {
            sentence(&signed.locale, "numbers.refused.app", &[])
        }
        error => words(signed.locale, error),
    }
}

#[derive(Deserialize)]
pub(in crate::web) struct TokenForm {
    token: String,
}

/// `POST /settings/numbers/new/token`: an access token, and what it may choose from.
pub(in crate::web) async fn token(state: web::Data<State>, signed: Signed, form: web::Form<TokenForm>) -> Result<HttpResponse> {
    let mut draft = draft(&state, &signed).await?;
    let typed = form.token.trim();
    // What was typed before is used again to look for numbers anew.
    let kept = draft.token.as_ref().map(|token| token.secret.clone()).filter(|_| typed.is_empty());
    let token = kept.unwrap_or_else(|| typed.to_owned());
    match take_token(&state, &signed, &mut draft, &token).await? {
        Ok(()) => keep(&state, &signed, &draft).await,
        Err(problem) => refused(&state, &signed, draft, problem).await,
    }
}

async fn take_token(state: &State, signed: &Signed, draft: &mut ConnectionDraft, token: &str) -> Result<Stepped> {
    let Some(app) = &draft.app else { return Ok(Err(unfit(signed, "token", "numbers.app_first"))) };
    let app = state.store.app(&app.id).await?.ok_or(Error::NotFound)?;
    if token.is_empty() {
        return Ok(Err(unfit(signed, "token", "numbers.token_missing")));
    }
    let told = match ask::is_good(&state.graph, &app, token, signed.locale).await {
        Ok(told) => told,
        Err(words) => return Ok(Err(Problem::of("token", words))),
    };
    let mut accounts = Vec::new();
    for waba_id in told.accounts.iter().filter(|id| is_meta_id(id)) {
        match ask::account(&state.graph, waba_id, token).await {
            Ok(account) => accounts.push(account),
            Err(error) => return Ok(Err(of_graph(signed, "token", &error))),
        }
    }
    draft.token = Some(DraftToken { secret: token.to_owned(), expires_at: told.expires_at });
    let is_offered = |number: &crate::store::connection_drafts::DraftNumber| accounts.iter().any(|account| account.id == number.waba_id);
    draft.chosen = draft.chosen.take().filter(is_offered);
    draft.accounts = accounts;
    Ok(Ok(()))
}

#[derive(Deserialize)]
pub(in crate::web) struct AccountForm {
    waba_id: String,
}

/// `POST /settings/numbers/new/account`: a business account that the token does not name by itself.
pub(in crate::web) async fn account(state: web::Data<State>, signed: Signed, form: web::Form<AccountForm>) -> Result<HttpResponse> {
    let mut draft = draft(&state, &signed).await?;
    let waba_id = form.waba_id.trim();
    let typed = || Steps { waba_id: waba_id.to_owned(), ..Steps::default() };
    let Some(token) = draft.token.clone().filter(|_| is_meta_id(waba_id)) else {
        return refused(&state, &signed, draft, unfit(&signed, "number", "numbers.account_unfit").with(typed())).await;
    };
    match ask::account(&state.graph, waba_id, &token.secret).await {
        Ok(account) => {
            draft.accounts.retain(|known| known.id != waba_id);
            draft.accounts.push(account);
            keep(&state, &signed, &draft).await
        }
        Err(error) => refused(&state, &signed, draft, of_graph(&signed, "number", &error).with(typed())).await,
    }
}

#[derive(Deserialize)]
pub(in crate::web) struct NumberForm {
    #[serde(default)]
    phone_number_id: String,
}

/// `POST /settings/numbers/new/number`: one of those that the token may choose from.
pub(in crate::web) async fn number(state: web::Data<State>, signed: Signed, form: web::Form<NumberForm>) -> Result<HttpResponse> {
    let mut draft = draft(&state, &signed).await?;
    let offered = draft.accounts.iter().flat_map(|account| &account.numbers).find(|number| number.id == form.phone_number_id);
    let (Some(number), Some(token), Some(app)) = (offered.cloned(), draft.token.clone(), draft.app.clone()) else {
        return refused(&state, &signed, draft, unfit(&signed, "number", "numbers.number_missing")).await;
    };
    match state.graph.is_subscribed(&number.waba_id, &token.secret, &app.id).await {
        Ok(is_subscribed) => {
            draft.is_subscribed = is_subscribed;
            draft.chosen = Some(number);
            keep(&state, &signed, &draft).await
        }
        Err(error) => refused(&state, &signed, draft, of_graph(&signed, "number", &error)).await,
    }
}

#[derive(Deserialize)]
pub(in crate::web) struct RegistrationForm {
    pin: String,
}

/// `POST /settings/numbers/new/registration`: registers the number for the Cloud API.
pub(in crate::web) async fn register(state: web::Data<State>, signed: Signed, form: web::Form<RegistrationForm>) -> Result<HttpResponse> {
    let mut draft = draft(&state, &signed).await?;
    let pin = form.pin.trim();
    let is_pin = pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit());
    let (Some(mut number), Some(token), true) = (draft.chosen.clone(), draft.token.clone(), is_pin) else {
        return refused(&state, &signed, draft, unfit(&signed, "registration", "numbers.pin_unfit")).await;
    };
    match state.graph.register(&number.id, &token.secret, pin).await {
        Ok(()) => {
            number.is_registered = true;
            draft.chosen = Some(number);
            keep(&state, &signed, &draft).await
        }
        Err(error) => refused(&state, &signed, draft, of_graph(&signed, "registration", &error)).await,
    }
}

/// `POST /settings/numbers/new/subscription`: the app hears of the number's account from now on.
pub(in crate::web) async fn subscribe(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let mut draft = draft(&state, &signed).await?;
    let (Some(number), Some(token)) = (draft.chosen.clone(), draft.token.clone()) else {
        return refused(&state, &signed, draft, unfit(&signed, "subscription", "numbers.number_missing")).await;
    };
    match state.graph.subscribe(&number.waba_id, &token.secret).await {
        Ok(()) => {
            draft.is_subscribed = true;
            keep(&state, &signed, &draft).await
        }
        Err(error) => refused(&state, &signed, draft, of_graph(&signed, "subscription", &error)).await,
    }
}

/// `POST /settings/numbers`: connects what was put together.
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, form: web::Form<Typed>) -> Result<HttpResponse> {
    let draft = draft(&state, &signed).await?;
    let typed = form.into_inner();
    let (Some(number), Some(token), Some(app)) = (draft.chosen.clone(), draft.token.clone(), draft.app.clone()) else {
        return refused(&state, &signed, draft, unfit(&signed, "end", "numbers.number_missing")).await;
    };
    let Some(default_queue) = typed.queue() else {
        return refused(&state, &signed, draft, unfit(&signed, "end", "numbers.form_unfit").with(Steps::end(typed))).await;
    };
    let inbox = InboxId(Uuid::now_v7());
    let number = Number { app_id: app.id, phone_number_id: number.id, waba_id: number.waba_id, display_phone_number: number.display };
    let new = Inbox {
        name: typed.shown_name().trim().to_owned(),
        channel: Channel::WHATSAPP,
        flow: typed.flow(),
        default_queue,
        reopen_hours: REOPEN_HOURS,
        number: Some(number),
        state: InboxState::Active,
    };
    let token = Secret::new(token.secret);
    let (inbox, command) = match earlier(&state, &signed, &new).await? {
        Some(earlier) => (earlier, again_as(earlier, new, token)),
        None => (inbox, SetupCommand::ConnectInbox { inbox, new, token }),
    };
    match configure(&state, &signed, command, None).await {
        Ok(_) => {
            state.runner.forget_connection_draft(signed.workspace, signed.user).await?;
            Ok(go_to(&format!("/settings/numbers/{inbox}")))
        }
        Err(Error::Refused(refusal)) => {
            let words = refusal_words(signed.locale, &refusal);
            let problem = Problem { step: "end", words, status: status(&refusal), typed: Steps::end(typed) };
            refused(&state, &signed, draft, problem).await
        }
        Err(error) => Err(error),
    }
}

/// The same number, where it was connected here before: it finds its conversations.
async fn earlier(state: &State, signed: &Signed, new: &Inbox) -> Result<Option<InboxId>> {
    let wanted = new.number.as_ref().map(|number| number.phone_number_id.as_str());
    let is_it = |number: &crate::store::numbers::Number| {
        number.state == InboxState::Disconnected && number.address.as_ref().map(|address| address.phone_number_id.as_str()) == wanted
    };
    Ok(state.store.numbers(signed.workspace).await?.into_iter().find(is_it).map(|number| number.id))
}

fn again_as(inbox: InboxId, new: Inbox, token: Secret) -> SetupCommand {
    let Inbox { name, flow, default_queue, number, .. } = new;
    let change = InboxChange { name: Some(name), flow: Some(flow), default_queue: Some(default_queue), reopen_hours: None };
    let changed = SetupCommand::ChangeInbox { inbox, change };
    let again = number.map(|number| SetupCommand::ReconnectInbox { inbox, number, token });
    SetupCommand::Several(again.into_iter().chain([changed]).collect())
}

/// `POST /settings/numbers/new/end`: forgets what was begun.
pub(in crate::web) async fn forget(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    state.runner.forget_connection_draft(signed.workspace, signed.user).await?;
    Ok(go_to("/settings/numbers"))
}

async fn draft(state: &State, signed: &Signed) -> Result<ConnectionDraft> {
    let kept = state.store.connection_draft(signed.workspace, signed.user, crate::runner::now()).await?;
    Ok(kept.unwrap_or_default())
}

async fn keep(state: &State, signed: &Signed, draft: &ConnectionDraft) -> Result<HttpResponse> {
    state.runner.keep_connection_draft(signed.workspace, signed.user, draft).await?;
    Ok(go_to(HERE))
}

fn unfit(signed: &Signed, step: &'static str, key: &str) -> Problem {
    Problem::of(step, sentence(&signed.locale, key, &[]))
}

fn of_graph(signed: &Signed, step: &'static str, error: &crate::channels::whatsapp::client::Error) -> Problem {
    Problem::of(step, words(signed.locale, error))
}

async fn refused(state: &State, signed: &Signed, draft: ConnectionDraft, problem: Problem) -> Result<HttpResponse> {
    answer(state, signed, draft, Some(problem)).await
}

async fn answer(state: &State, signed: &Signed, draft: ConnectionDraft, problem: Option<Problem>) -> Result<HttpResponse> {
    let (chrome, shell) = shell(state, signed, &Did::default()).await?;
    let app = match &draft.app {
        Some(app) => state.store.app_with_challenge(&app.id).await?,
        None => None,
    };
    let choices = state.store.number_choices(signed.workspace).await?;
    let webhook = app.as_ref().map(|(app, _)| ask::webhook_address(&state.config.public_url, &app.app_id)).unwrap_or_default();
    let (app, challenged_at) = app.unzip();
    let (verify_token, challenged_at) = (app.map(|app| app.verify_token).unwrap_or_default(), challenged_at.flatten());
    let (status, problem, typed) = match problem {
        Some(Problem { step, words, status, typed }) => (status, Some((step, words)), typed),
        None => (StatusCode::OK, None, Steps::default()),
    };
    page(status, &ConnectPage { chrome, shell, draft, webhook, verify_token, challenged_at, choices, problem, typed })
}
