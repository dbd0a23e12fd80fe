//! What is on the bench while a flow is written: its text, and what is wrong with it.

use jiff::tz::TimeZone;

use crate::domain::channel::WHATSAPP;
use crate::domain::flows::inspection::{Inspection, inspect};
use crate::domain::flows::ready::blank;
use crate::domain::flows::written::written;
use crate::domain::ids::FlowId;
use crate::domain::workplace::Workplace;
use crate::store::flows::Workbench;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

pub(super) async fn bench(state: &State, signed: &Signed, id: FlowId) -> Result<Workbench> {
    state.store.flow_workbench(signed.workspace, id).await?.ok_or(Error::NotFound)
}

/// What is being written; else what is published; else the least that could be.
pub(super) fn text_of(bench: &Workbench, language: &str) -> String {
    let draft = bench.draft.as_ref().map(|draft| draft.body.clone());
    let published = || bench.definition.as_ref().map(written);
    let queue = bench.queues.first().map_or("", |queue| queue.key.as_str());
    draft.or_else(published).unwrap_or_else(|| written(&blank(queue, language)))
}

pub(super) fn inspected(bench: &Workbench, workplace: &Workplace, text: &str) -> Inspection {
    let keys: Vec<&str> = bench.queues.iter().map(|queue| queue.key.as_str()).collect();
    inspect(text, &keys, Some(&workplace.vocabulary), &WHATSAPP)
}

/// Where the clock of a trial is read: where the first queue is.
pub(super) fn zone(bench: &Workbench) -> TimeZone {
    bench.queues.first().map_or(TimeZone::UTC, |queue| queue.hours.time_zone().clone())
}
