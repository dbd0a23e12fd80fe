//! Queues: where conversations wait, for which team, when it is there, and what customers are told.

pub mod form;
pub mod overflow;
pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use self::form::{Typed, read_promise};
use self::view::{QueuePage, QueuesPage, ToldBy};
use super::changes::about;
use super::moving::Move;
use super::naming::{FlowThatNames, Named, flows_that_name, in_words};
use super::{Did, configure, done, shell};
use crate::domain::hours::Hours;
use crate::domain::ids::{QueueId, TeamId};
use crate::domain::queue::Queue;
use crate::domain::rest::Rest;
use crate::domain::setup::command::QueueChange;
use crate::domain::setup::{SetupCommand, SetupRefusal, Thing};
use crate::runner::now;
use crate::store::queues::{QueueDetail, QueueSummary};
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::floor::acts::rests_for;
use crate::web::layouts::hours;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const LIST: &str = "/settings/queues";

/// Names and values of a form, of which some stand more than once.
type Fields = Vec<(String, String)>;

#[derive(Default, Deserialize)]
pub(in crate::web) struct NewQueue {
    #[serde(default)]
    name: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    team: String,
}

/// `GET /settings/queues`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    list(&state, &signed, &did, NewQueue::default(), None).await
}

/// `POST /settings/queues`: always open, until its page says otherwise.
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, new: web::Form<NewQueue>) -> Result<HttpResponse> {
    let new = new.into_inner();
    let id = QueueId(Uuid::now_v7());
    match add(&state, &signed, id, &new).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{id}"), &configured)),
        Err(error) => list(&state, &signed, &Did::default(), new, Some(error)).await,
    }
}

async fn add(state: &State, signed: &Signed, id: QueueId, new: &NewQueue) -> Result<crate::runner::setup::Configured> {
    let team = new.team.parse().map(TeamId).map_err(|_| Error::Refused(SetupRefusal::Unknown(Thing::Team).into()))?;
    let workspace = state.store.workspace(signed.workspace).await?.ok_or(Error::NotFound)?;
    let name = new.name.trim().to_owned();
    let key = match new.key.trim() {
        "" => free_key(&state.store.queues(signed.workspace).await?, &name),
        key => key.to_owned(),
    };
    let queue = Queue::new(id, key, name, team, &workspace.time_zone);
    configure(state, signed, SetupCommand::AddQueue { queue }, None).await
}

/// A key like the name that no queue has.
fn free_key(queues: &[QueueSummary], name: &str) -> String {
    let wanted = form::key_of(name);
    let is_free = |key: &String| queues.iter().all(|queue| queue.key != *key);
    let numbered = (2..).map(|number| format!("{}-{number}", wanted.chars().take(36).collect::<String>()));
    std::iter::once(wanted.clone()).chain(numbered).find(is_free).unwrap_or_default()
}

async fn list(state: &State, signed: &Signed, did: &Did, typed: NewQueue, refused: Option<Error>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let (queues, teams) = tokio::try_join!(state.store.queues(signed.workspace), state.store.teams(signed.workspace))?;
    let status = shell.status(signed.locale, refused)?;
    let NewQueue { name, key, team } = typed;
    page(status, &QueuesPage { chrome, shell, queues, teams, name, key, team })
}

/// `POST /settings/queues/{id}/place`: one up, one down, or to a place.
pub(in crate::web) async fn place(
    state: web::Data<State>,
    signed: Signed,
    queue: web::Path<QueueId>,
    wanted: web::Form<Move>,
) -> Result<HttpResponse> {
    let mut order: Vec<QueueSummary> = state.store.queues(signed.workspace).await?;
    let from = order.iter().position(|other| other.id == *queue).ok_or(Error::NotFound)?;
    wanted.apply(&mut order, from);
    let places = (0_i32..).zip(&order).filter(|(place, queue)| queue.position != *place);
    let moves = places.map(|(place, queue)| SetupCommand::ChangeQueue {
        queue: queue.id,
        change: QueueChange { position: Some(place), ..QueueChange::default() },
    });
    match configure(&state, &signed, SetupCommand::Several(moves.collect()), None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => list(&state, &signed, &Did::default(), NewQueue::default(), Some(error)).await,
    }
}

/// `GET /settings/queues/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    queue: web::Path<QueueId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    one(&state, &signed, *queue, &did, None, None).await
}

/// `POST /settings/queues/{id}/preview`: the page with what was typed, and what a customer would be told by it. Nothing is kept.
pub(in crate::web) async fn preview(
    state: web::Data<State>,
    signed: Signed,
    queue: web::Path<QueueId>,
    fields: web::Form<Fields>,
) -> Result<HttpResponse> {
    let (typed, _) = Typed::read(&fields);
    one(&state, &signed, *queue, &Did::default(), Some(typed), None).await
}

/// `POST /settings/queues/{id}/copy`: the page with Monday's hours on the other working days. Nothing is kept.
pub(in crate::web) async fn copy(
    state: web::Data<State>,
    signed: Signed,
    queue: web::Path<QueueId>,
    fields: web::Form<Fields>,
) -> Result<HttpResponse> {
    let (mut typed, _) = Typed::read(&fields);
    let (monday, others) = typed.hours.weekly.split_at_mut(1);
    others[..4].fill(monday[0].clone());
    one(&state, &signed, *queue, &Did::default(), Some(typed), None).await
}

/// `POST /settings/queues/{id}`
pub(in crate::web) async fn update(
    state: web::Data<State>,
    signed: Signed,
    queue: web::Path<QueueId>,
    fields: web::Form<Fields>,
) -> Result<HttpResponse> {
    let id = *queue;
    let now = state.store.queue(signed.workspace, id).await?.ok_or(Error::NotFound)?;
    let (typed, seen) = Typed::read(&fields);
    let change = match typed.change(&now) {
        Ok(change) => change,
        Err(refusal) => {
            return one(&state, &signed, id, &Did::default(), Some(typed), refusal.map(|refusal| Error::Refused(refusal.into()))).await;
        }
    };
    match configure(&state, &signed, SetupCommand::ChangeQueue { queue: id, change }, seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{id}"), &configured)),
        Err(error) => one(&state, &signed, id, &Did::default(), Some(typed), Some(error)).await,
    }
}

#[derive(Deserialize)]
pub(in crate::web) struct Resting {
    /// Empty: it rests no more.
    #[serde(default)]
    kind: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    minutes: String,
}

/// `POST /settings/queues/{id}/rest`: it is paused, drained, or neither any more.
pub(in crate::web) async fn rest(
    state: web::Data<State>,
    signed: Signed,
    queue: web::Path<QueueId>,
    wanted: web::Form<Resting>,
) -> Result<HttpResponse> {
    let (id, Resting { kind, reason, minutes }) = (*queue, wanted.into_inner());
    let since = now();
    let minutes = match rests_for(&minutes) {
        Ok(minutes) => minutes,
        Err(error) => return one(&state, &signed, id, &Did::default(), None, Some(error)).await,
    };
    let until = minutes.and_then(|minutes| since.checked_add(SignedDuration::from_mins(minutes.into())).ok());
    let rest = Rest { kind, reason: reason.trim().to_owned(), since, until, by: signed.name.clone() };
    let rest = Some(rest).filter(|rest| !rest.kind.is_empty());
    match configure(&state, &signed, SetupCommand::rest(id, rest), None).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{id}"), &configured)),
        Err(error) => one(&state, &signed, id, &Did::default(), None, Some(error)).await,
    }
}

#[derive(Deserialize)]
pub(in crate::web) struct Removal {
    #[serde(default)]
    to: String,
}

/// `POST /settings/queues/{id}/removal`
pub(in crate::web) async fn remove(
    state: web::Data<State>,
    signed: Signed,
    queue: web::Path<QueueId>,
    wanted: web::Form<Removal>,
) -> Result<HttpResponse> {
    let to = wanted.to.parse().map(QueueId).unwrap_or(QueueId(Uuid::nil()));
    match configure(&state, &signed, SetupCommand::RemoveQueue { queue: *queue, to }, None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => one(&state, &signed, *queue, &Did::default(), None, Some(error)).await,
    }
}

/// The page of a queue, with what was typed where anything was. Hours that cannot be are said with their places.
async fn one(state: &State, signed: &Signed, id: QueueId, did: &Did, typed: Option<Typed>, refused: Option<Error>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let (workspace, locale) = (signed.workspace, signed.locale);
    let store = &state.store;
    let (queue, teams, queues) = (store.queue(workspace, id), store.teams(workspace), store.queues(workspace));
    let reads = async { Ok(tokio::try_join!(queue, teams, queues, store.sla_policies(workspace))?) };
    let ((queue, teams, queues, policies), acts) = tokio::try_join!(reads, about(state, signed, id.0))?;
    let queue = queue.ok_or(Error::NotFound)?;
    let mut status = shell.status(locale, refused)?;
    let typed = typed.unwrap_or_else(|| Typed::of(&queue));
    let read = typed.read_hours();
    let faults: Vec<String> = read.as_ref().err().into_iter().flatten().map(|fault| hours::fault(locale, fault)).collect();
    if !faults.is_empty() {
        status = StatusCode::UNPROCESSABLE_ENTITY;
    }
    let flows = flows_that_name(state, signed, Named::Queue(&queue.key)).await?;
    let told = match read {
        Ok(hours) => told(state, signed, &queue, &typed, hours, &flows).await?,
        Err(_) => Vec::new(),
    };
    let flows = in_words(flows);
    let others = queues.into_iter().filter(|other| other.id != id).collect();
    page(status, &QueuePage { chrome, shell, queue, teams, others, policies, typed, faults, told, flows, acts })
}

/// What customers who come back are told by the flows that lead to a queue: those that name it, and those of numbers whose conversations
/// go there. What several say alike is told once.
async fn told(
    state: &State,
    signed: &Signed,
    queue: &QueueDetail,
    typed: &Typed,
    opened: Hours,
    flows: &[FlowThatNames],
) -> Result<Vec<ToldBy>> {
    let promise_minutes = read_promise(&typed.promise).and_then(|minutes| u32::try_from(minutes).ok()).unwrap_or_default();
    let typed_queue =
        Queue { id: queue.id, key: queue.key.clone(), name: queue.name.clone(), team: queue.team, hours: opened, promise_minutes };
    let by = |flow| hours::told(signed.locale, flow, &typed_queue, Timestamp::now(), typed.at.parse().ok());
    let workplaces = state.runner.workplaces();
    let (workplace, connections) = tokio::try_join!(workplaces.get(signed.workspace), workplaces.connections(signed.workspace))?;
    let of_numbers = connections.values().filter(|it| it.inbox.default_queue == queue.id).filter_map(|it| {
        let flow = it.inbox.flow?;
        workplace.definitions.get(&(flow, *workplace.published.get(&flow)?))
    });
    let mut all: Vec<ToldBy> = Vec::new();
    for flow in flows.iter().map(|flow| &flow.definition).chain(of_numbers) {
        let told = by(Some(flow));
        match all.iter_mut().find(|known| known.told == told) {
            Some(known) if known.flows.contains(&flow.name) => {}
            Some(known) => known.flows.push(flow.name.clone()),
            None => all.push(ToldBy { flows: vec![flow.name.clone()], told }),
        }
    }
    if all.is_empty() {
        all.push(ToldBy { flows: Vec::new(), told: by(None) });
    }
    Ok(all)
}
