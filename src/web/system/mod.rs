//! The whole installation, for whoever looks after it: its nodes and how far they are behind, what the doctor says, what belongs to
//! nobody, and the keys that secrets are sealed with.

pub mod view;

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use self::view::{DoctorPage, Item, QuarantinePage, Row, SystemPage, UnknownNumber};
use super::conversations::around::chrome;
use super::edge::answer::page;
use super::edge::error::{Error, Result};
use super::edge::redirect::go_to;
use super::sessions::signed::Signed;
use super::state::State;
use crate::doctor;
use crate::runner::settling::Settled;
use crate::store::quarantine::{Quarantined, UNKNOWN_ADDRESS};

/// Entries that a page shows: the latest.
const SHOWN: i64 = 200;

/// Characters of an item's body that are shown.
const LONGEST: usize = 4_000;

/// `GET /system`
pub(super) async fn index(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let chrome = chrome(&state, &signed).await?;
    let store = &state.store;
    let (nodes, behind, outbox, overdue, pending) =
        tokio::try_join!(store.nodes(), store.behind(), store.outbox_age(), store.overdue_timers(), store.pending_migrations())?;
    let (sizes, keys, aside) = tokio::try_join!(store.sizes(), store.secret_key_counts(), store.count_of_nobody())?;
    let rows = vec![
        Row { key: "system.payloads", oldest: behind.payloads.oldest, count: behind.payloads.count },
        Row { key: "system.lanes", oldest: behind.lanes.oldest, count: behind.lanes.count },
        Row { key: "system.outbox", oldest: outbox.0, count: outbox.1 },
        Row { key: "system.timers", oldest: None, count: overdue },
    ];
    let current_key = store.keys().current().unwrap_or_default().to_owned();
    let free = doctor::free_bytes(&state.config);
    page(StatusCode::OK, &SystemPage { chrome, nodes, rows, pending, sizes, free, keys, current_key, aside })
}

/// `GET /system/doctor`: looks at everything this installation stands on, which takes as long as it takes.
pub(super) async fn doctor(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let chrome = chrome(&state, &signed).await?;
    let findings = doctor::examine(&Ok(state.config.clone())).await;
    page(StatusCode::OK, &DoctorPage { chrome, findings })
}

#[derive(Default, Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    settled: bool,
    #[serde(default)]
    did: String,
}

/// `GET /system/quarantine`: what belongs to no workspace.
pub(super) async fn quarantine(state: web::Data<State>, signed: Signed, place: web::Query<Place>) -> Result<HttpResponse> {
    let chrome = chrome(&state, &signed).await?;
    let items = if place.settled { state.store.settled(SHOWN).await? } else { state.store.quarantined_of_nobody(SHOWN).await? };
    let numbers = unknown_numbers(&items);
    let items = items.into_iter().map(shown).collect();
    let did = match place.did.as_str() {
        "again" => Some("system.did_again"),
        "aside" => Some("system.did_aside"),
        "already" => Some("system.did_already"),
        "gone" => Some("system.did_gone"),
        _ => None,
    };
    page(StatusCode::OK, &QuarantinePage { chrome, items, numbers, shows_settled: place.settled, did })
}

/// `POST /system/quarantine/{id}/retry`
pub(super) async fn retry(state: web::Data<State>, signed: Signed, item: web::Path<Uuid>) -> Result<HttpResponse> {
    Ok(settled("again", state.runner.try_again(*item, &signed.name).await.map_err(Error::from)?))
}

/// `POST /system/quarantine/{id}/aside`
pub(super) async fn aside(state: web::Data<State>, signed: Signed, item: web::Path<Uuid>) -> Result<HttpResponse> {
    Ok(settled("aside", state.runner.leave_aside(*item, &signed.name).await.map_err(Error::from)?))
}

fn settled(word: &str, settled: Settled) -> HttpResponse {
    let did = match settled {
        Settled::Done => word,
        Settled::Already => "already",
        Settled::Gone => "gone",
    };
    go_to(&format!("/system/quarantine?did={did}"))
}

/// Numbers that bodies name and nobody has connected.
fn unknown_numbers(items: &[Quarantined]) -> Vec<UnknownNumber> {
    let mut numbers: BTreeMap<&str, (usize, Timestamp)> = BTreeMap::new();
    for item in items {
        let Some(address) = item.reason.strip_prefix(UNKNOWN_ADDRESS) else { continue };
        let known = numbers.entry(address).or_insert((0, item.at));
        *known = (known.0 + 1, known.1.max(item.at));
    }
    numbers.into_iter().map(|(address, (count, at))| UnknownNumber { address: address.to_owned(), count, at }).collect()
}

fn shown(item: Quarantined) -> Item {
    let text: String = String::from_utf8_lossy(&item.item).chars().take(LONGEST).collect();
    Item { id: item.id, source: item.source, reason: item.reason, at: item.at, text, settled: item.settled, has_body: item.has_body }
}
