//! Canned replies: what everybody has, what a team has, and what somebody keeps for themselves alone.

mod file;
mod import;
pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{CannedRepliesPage, CannedReplyPage, Customer, LIST, Typed};
use super::changes::{about, back_from};
use super::{Did, configure, done, shell};
use crate::domain::access::Permission;
use crate::domain::canned::{Filling, fill};
use crate::domain::filter::View;
use crate::domain::ids::{CannedReplyId, ConversationId, TeamId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::setup::command::CannedReplyChange;
use crate::domain::setup::value::CannedReply;
use crate::domain::setup::{By, SetupCommand, SetupRefusal, Thing};
use crate::store::canned_replies::{Filter, Keeper, Kept, OF_PAGE};
use crate::web::conversations::act::person;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

pub(in crate::web) use self::import::{export, import};

/// Customers whom a text can be tried with.
const CUSTOMERS: i64 = 20;

fn keeper(signed: &Signed) -> Keeper {
    Keeper { workspace: signed.workspace, user: signed.user, keeps_all: signed.may(Permission::SetUp) }
}

/// What a list shows.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Shown {
    #[serde(default)]
    q: String,
    #[serde(default)]
    folder: String,
    #[serde(default)]
    audience: String,
    #[serde(default)]
    page: i64,
}

/// What a form says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::web) struct Form {
    #[serde(default)]
    shortcut: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    folder: String,
    /// `everybody`, `own`, or a team's id.
    #[serde(default)]
    audience: String,
    seen: Option<i64>,
    /// Whom it is tried with.
    #[serde(default)]
    with: String,
}

impl Form {
    fn typed(self) -> (Typed, Option<i64>, Option<ConversationId>) {
        let body = self.body.replace("\r\n", "\n");
        let shortcut = self.shortcut.trim().trim_start_matches('/').to_owned();
        let typed = Typed {
            is_of_form: true,
            shortcut,
            body: body.trim().to_owned(),
            folder: self.folder.trim().to_owned(),
            audience: self.audience,
        };
        (typed, self.seen, self.with.parse().ok().map(ConversationId))
    }
}

/// Whose it is to be. Who keeps only their own keeps nothing else.
///
/// # Errors
/// [`Error::Refused`] where that cannot be read: it is not everybody's for that.
fn audience(signed: &Signed, typed: &Typed) -> Result<(Option<TeamId>, Option<UserId>)> {
    match typed.audience.as_str() {
        "own" => Ok((None, Some(signed.user))),
        _ if !signed.may(Permission::SetUp) => Ok((None, Some(signed.user))),
        "everybody" => Ok((None, None)),
        team => Ok((Some(TeamId(team.parse().map_err(|_| SetupRefusal::Unknown(Thing::Team))?)), None)),
    }
}

/// `GET /settings/canned-replies`
pub(in crate::web) async fn index(
    state: web::Data<State>,
    signed: Signed,
    shown: web::Query<Shown>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    list(&state, &signed, &did, shown.into_inner(), None).await
}

/// `POST /settings/canned-replies`
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, form: web::Form<Form>) -> Result<HttpResponse> {
    let (typed, ..) = form.into_inner().typed();
    let reply = CannedReplyId(Uuid::now_v7());
    let added = async {
        let (team, owner) = audience(&signed, &typed)?;
        let Typed { shortcut, body, folder, .. } = typed.clone();
        let new = CannedReply { shortcut, body, folder, team, owner };
        configure(&state, &signed, SetupCommand::AddCannedReply { reply, new }, None).await
    };
    match added.await {
        Ok(configured) => Ok(done(&format!("{LIST}/{reply}"), &configured)),
        Err(error) => list(&state, &signed, &Did::default(), Shown::default(), Some((typed, error))).await,
    }
}

async fn list(state: &State, signed: &Signed, did: &Did, shown: Shown, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let Shown { q, folder, audience, page: number } = shown;
    let filter = Filter { words: q, folder, audience, page: number.max(0) };
    let kept = state.store.kept_replies(keeper(signed), &filter);
    let (kept, choices) = tokio::try_join!(kept, state.store.choices_for_replies(keeper(signed)))?;
    let (replies, count) = kept;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let pages = (count + OF_PAGE - 1) / OF_PAGE;
    let typed = typed.unwrap_or_default();
    page(status, &CannedRepliesPage { chrome, shell, replies, count, pages, choices, filter, typed })
}

/// `GET /settings/canned-replies/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    reply: web::Path<CannedReplyId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    one(&state, &signed, *reply, &did, None, None, None).await
}

/// `POST /settings/canned-replies/{id}/preview`: the page with what was typed, as a customer would read it. Nothing is kept.
pub(in crate::web) async fn preview(
    state: web::Data<State>,
    signed: Signed,
    reply: web::Path<CannedReplyId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    let (typed, _, with) = form.into_inner().typed();
    one(&state, &signed, *reply, &Did::default(), Some(typed), with, None).await
}

/// `POST /settings/canned-replies/{id}`
pub(in crate::web) async fn update(
    state: web::Data<State>,
    signed: Signed,
    reply: web::Path<CannedReplyId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    let id = *reply;
    if !may_change(&signed, &kept(&state, &signed, id).await?) {
        return not_theirs(&state, &signed, id).await;
    }
    let (typed, seen, with) = form.into_inner().typed();
    let changed = async {
        let (team, owner) = audience(&signed, &typed)?;
        let Typed { shortcut, body, folder, .. } = typed.clone();
        let change =
            CannedReplyChange { shortcut: Some(shortcut), body: Some(body), folder: Some(folder), team: Some(team), owner: Some(owner) };
        configure(&state, &signed, SetupCommand::ChangeCannedReply { reply: id, change }, seen).await
    };
    match changed.await {
        Ok(configured) => Ok(done(&format!("{LIST}/{id}"), &configured)),
        Err(error) => one(&state, &signed, id, &Did::default(), Some(typed), with, Some(error)).await,
    }
}

/// `POST /settings/canned-replies/{id}/removal`
pub(in crate::web) async fn remove(state: web::Data<State>, signed: Signed, reply: web::Path<CannedReplyId>) -> Result<HttpResponse> {
    if !may_change(&signed, &kept(&state, &signed, *reply).await?) {
        return not_theirs(&state, &signed, *reply).await;
    }
    match configure(&state, &signed, SetupCommand::RemoveCannedReply { reply: *reply }, None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => one(&state, &signed, *reply, &Did::default(), None, None, Some(error)).await,
    }
}

#[derive(Deserialize)]
pub(in crate::web) struct Undo {
    seq: i64,
}

/// `POST /settings/canned-replies/undo`: for whoever keeps only their own. Nobody is asked here who they are, so nothing but texts is taken
/// back.
pub(in crate::web) async fn undo(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    undo: web::Form<Undo>,
) -> Result<HttpResponse> {
    let undone = state.runner.undo_text(signed.workspace, &By::Person(person(&signed)), undo.seq).await;
    match back_from(undone, &request, LIST) {
        // What others did looks as if it had never been.
        Err(Error::Refused(Refusal::NotAllowed)) => Err(Error::Refused(SetupRefusal::CannotBeUndone.into())),
        answer => answer,
    }
}

/// What this person keeps or may use.
async fn kept(state: &State, signed: &Signed, id: CannedReplyId) -> Result<Kept> {
    state.store.kept_reply(keeper(signed), id).await?.ok_or(Error::NotFound)
}

/// Their own, or everything for whoever sets up.
fn may_change(signed: &Signed, kept: &Kept) -> bool {
    kept.reply.owner.is_some() || signed.may(Permission::SetUp)
}

/// The page says that it is not for them to change.
async fn not_theirs(state: &State, signed: &Signed, id: CannedReplyId) -> Result<HttpResponse> {
    let mut answer = one(state, signed, id, &Did::default(), None, None, None).await?;
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(answer)
}

/// The page of a reply, with what was typed where anything was.
async fn one(
    state: &State,
    signed: &Signed,
    id: CannedReplyId,
    did: &Did,
    typed: Option<Typed>,
    with: Option<ConversationId>,
    refused: Option<Error>,
) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let reads = async {
        let customers = state.store.list(signed.viewer(), View::All, None, CUSTOMERS);
        Ok(tokio::try_join!(state.store.choices_for_replies(keeper(signed)), customers)?)
    };
    let (reply, (choices, customers), acts) = tokio::try_join!(kept(state, signed, id), reads, about(state, signed, id.0))?;
    let status = shell.status(signed.locale, refused)?;
    let typed = typed.unwrap_or_else(|| Typed::of(&reply.reply));
    let phones = signed.locale.phones();
    let customers: Vec<Customer> =
        customers.into_iter().map(|listed| Customer { id: listed.conversation.id, name: phones.name(&listed.contact_name) }).collect();
    let with = with.or_else(|| customers.first().map(|customer| customer.id));
    let told = told(state, signed, &chrome.viewer.name, &typed.body, with).await?;
    let may_change = may_change(signed, &reply);
    page(status, &CannedReplyPage { chrome, shell, reply, typed, choices, customers, with, told, may_change, acts })
}

/// A text as this customer would read it.
async fn told(state: &State, signed: &Signed, agent: &str, body: &str, with: Option<ConversationId>) -> Result<Option<String>> {
    let Some(conversation) = with else { return Ok(None) };
    let sight = match state.sight(signed, conversation).await {
        Err(Error::NotFound) => return Ok(None),
        sight => sight?,
    };
    let Some(opened) = state.store.opened(sight, None).await? else { return Ok(None) };
    let workplace = state.runner.workplaces().get(signed.workspace).await?;
    let queue = opened.conversation.queue.and_then(|queue| workplace.queue(queue));
    let contact = opened.contact.read_by(signed.locale.phones());
    let filling = Filling {
        contact: &contact,
        agent,
        topic: opened.conversation.brief.as_ref().and_then(|brief| brief.topic.as_deref()),
        queue: queue.map(|queue| queue.name.as_str()),
    };
    Ok(Some(fill(body, &filling)))
}
