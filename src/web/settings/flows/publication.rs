//! Publishing what was written: first what becomes another for customers, then the act.

pub mod view;

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use self::view::PublicationPage;
use super::LIST;
use super::bench::{bench, inspected};
use super::difference::Group;
use super::problems::Listed;
use crate::domain::flows::difference::differences;
use crate::domain::flows::inspection::Inspection;
use crate::domain::ids::FlowId;
use crate::domain::setup::{SetupCommand, SetupRefusal};
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::go_to;
use crate::web::sessions::signed::Signed;
use crate::web::settings::{Did, configure, done, shell};
use crate::web::state::State;

/// `GET /settings/flows/{id}/publication`
pub(in crate::web) async fn show(state: web::Data<State>, signed: Signed, flow: web::Path<FlowId>) -> Result<HttpResponse> {
    ask(&state, &signed, *flow, None).await
}

/// What would be another. Where nothing is being written, back to the editor.
async fn ask(state: &State, signed: &Signed, id: FlowId, refused: Option<Error>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, &Did::default()).await?;
    let bench = bench(state, signed, id).await?;
    let status = shell.status(signed.locale, refused)?;
    let Some(draft) = bench.draft.clone() else { return Ok(go_to(&format!("{LIST}/{id}/edit"))) };
    let workplace = state.runner.workplaces().get(signed.workspace).await?;
    let Inspection { json, problems, .. } = inspected(&bench, &workplace, &draft.body);
    let problems: Vec<Listed> = problems.into_iter().map(|problem| Listed::of(signed.locale, problem)).collect();
    let groups = match (&bench.definition, &json) {
        (Some(before), Some(after)) => Some(Group::of(signed.locale, differences(before, after))),
        _ => None,
    };
    page(status, &PublicationPage { chrome, shell, id, bench, draft, problems, groups })
}

#[derive(Deserialize)]
pub(in crate::web) struct Publication {
    seen: Option<i64>,
    /// The version of the draft that was looked at.
    seen_version: Option<i64>,
}

/// `POST /settings/flows/{id}/publication`
pub(in crate::web) async fn create(
    state: web::Data<State>,
    signed: Signed,
    flow: web::Path<FlowId>,
    form: web::Form<Publication>,
) -> Result<HttpResponse> {
    let bench = bench(&state, &signed, *flow).await?;
    let Some(draft) = &bench.draft else { return Ok(go_to(&format!("{LIST}/{}/edit", *flow))) };
    if form.seen_version.is_some_and(|seen| seen != draft.version) {
        let refusal = SetupRefusal::ChangedMeanwhile { name: draft.author.clone() };
        return ask(&state, &signed, *flow, Some(Error::Refused(refusal.into()))).await;
    }
    let workplace = state.runner.workplaces().get(signed.workspace).await?;
    let Inspection { json: Some(definition), definition: Some(_), .. } = inspected(&bench, &workplace, &draft.body) else {
        return Ok(go_to(&format!("{LIST}/{}/publication", *flow)));
    };
    match configure(&state, &signed, SetupCommand::PublishFlow { flow: *flow, definition }, form.seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{}", *flow), &configured)),
        Err(error) => ask(&state, &signed, *flow, Some(error)).await,
    }
}
