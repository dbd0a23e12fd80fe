//! SLA policies: by when customers are answered, and their matters resolved. Queues choose one.

pub mod form;
pub mod view;

use actix_web::{HttpResponse, web};
use uuid::Uuid;

use self::view::{PoliciesPage, PolicyPage, Typed};
use super::changes::about;
use super::{Did, configure, done, shell};
use crate::domain::ids::SlaPolicyId;
use crate::domain::setup::SetupCommand;
use crate::domain::setup::command::SlaPolicyChange;
use crate::domain::setup::value::SlaPolicy;
use crate::runner::setup::Configured;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const LIST: &str = "/settings/sla";

/// Names and values of a form.
type Fields = Vec<(String, String)>;

/// `GET /settings/sla`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    list(&state, &signed, &did, None).await
}

/// `POST /settings/sla`
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, fields: web::Form<Fields>) -> Result<HttpResponse> {
    let (typed, _) = Typed::read(&fields);
    let id = SlaPolicyId(Uuid::now_v7());
    match add(&state, &signed, id, &typed).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{id}"), &configured)),
        Err(error) => list(&state, &signed, &Did::default(), Some((typed, error))).await,
    }
}

async fn add(state: &State, signed: &Signed, policy: SlaPolicyId, typed: &Typed) -> Result<Configured> {
    let new = typed.policy().map_err(|refusal| Error::Refused(refusal.into()))?;
    configure(state, signed, SetupCommand::AddSlaPolicy { policy, new }, None).await
}

async fn list(state: &State, signed: &Signed, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let policies = state.store.sla_policies(signed.workspace).await?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    page(status, &PoliciesPage { chrome, shell, policies, typed: typed.unwrap_or_default() })
}

/// `GET /settings/sla/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    policy: web::Path<SlaPolicyId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    one(&state, &signed, *policy, &did, None).await
}

/// `POST /settings/sla/{id}`
pub(in crate::web) async fn update(
    state: web::Data<State>,
    signed: Signed,
    policy: web::Path<SlaPolicyId>,
    fields: web::Form<Fields>,
) -> Result<HttpResponse> {
    let (typed, seen) = Typed::read(&fields);
    match change(&state, &signed, *policy, &typed, seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{policy}"), &configured)),
        Err(error) => one(&state, &signed, *policy, &Did::default(), Some((typed, error))).await,
    }
}

async fn change(state: &State, signed: &Signed, policy: SlaPolicyId, typed: &Typed, seen: Option<i64>) -> Result<Configured> {
    let wanted = typed.policy().map_err(|refusal| Error::Refused(refusal.into()))?;
    let SlaPolicy { name, first_response, next_response, resolution, in_hours, warn_minutes, warn_percent, pauses } = wanted;
    let change = SlaPolicyChange {
        name: Some(name),
        first_response: Some(first_response),
        next_response: Some(next_response),
        resolution: Some(resolution),
        in_hours: Some(in_hours),
        warn_minutes: Some(warn_minutes),
        warn_percent: Some(warn_percent),
        pauses: Some(pauses),
    };
    configure(state, signed, SetupCommand::ChangeSlaPolicy { policy, change }, seen).await
}

/// `POST /settings/sla/{id}/removal`
pub(in crate::web) async fn remove(state: web::Data<State>, signed: Signed, policy: web::Path<SlaPolicyId>) -> Result<HttpResponse> {
    match configure(&state, &signed, SetupCommand::RemoveSlaPolicy { policy: *policy }, None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => one(&state, &signed, *policy, &Did::default(), Some((Typed::default(), error))).await,
    }
}

/// The page of a policy; after a refusal with what was typed, where anything was.
async fn one(state: &State, signed: &Signed, id: SlaPolicyId, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let policies = async { Ok(state.store.sla_policies(signed.workspace).await?) };
    let (policies, acts) = tokio::try_join!(policies, about(state, signed, id.0))?;
    let summary = policies.into_iter().find(|summary| summary.id == id).ok_or(Error::NotFound)?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let typed = typed.filter(|typed| typed.is_of_form).unwrap_or_else(|| Typed::of(&summary.policy));
    page(status, &PolicyPage { chrome, shell, summary, typed, acts })
}
