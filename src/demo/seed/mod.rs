//! The demo's workspace: an invented outdoor shop, its people, and two months of conversations.
//!
//! Nothing of the past is written by hand: customers and agents follow [`stories`], and every message goes through
//! [`domain::handle`](crate::domain::handle()) and the published flow, and becomes rows as the runner's do, so the past is exactly as if
//! it had happened.

mod chance;
mod course;
mod customers;
mod life;
mod past;
mod stories;
pub mod tables;
mod workplace;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use url::Url;

use crate::domain::ids::WorkspaceId;
use crate::store::{Store, Transaction};

use past::Part;
use tables::Answerable;

pub use past::Size;
pub use workplace::{DemoPerson, PASSWORD, people};

const APP_ID: &str = "100200300400500";
const APP_SECRET: &str = "4e7a1c90d2b85f36a1e4c7709b3d52f8";
const VERIFY_TOKEN: &str = "fell-and-ridge";
const WABA_ID: &str = "300400500600700";
const PHONE_NUMBER_ID: &str = "200300400500600";
const PIN: &str = "271828";
const ACCESS_TOKEN: &str = "demo-access-token";
/// A number that Ofcom keeps free for drama.
const DISPLAY_PHONE_NUMBER: &str = "+44 20 7946 0123";
const BUSINESS: &str = "Fell & Ridge";

/// How much of a past the demo has.
pub const DEMO_SIZE: Size = Size { past: 2_000, days: 60 };

/// Parts of a past that are made up before they can be stored.
const AHEAD: usize = 2;

/// The largest past that is made up: phone numbers are known to be enough for it.
pub const LARGEST: usize = 1_000_000;

/// Sets the workspace up with its past, unless there is any workspace already. `stored` hears how many conversations have been stored.
///
/// # Errors
/// As PostgreSQL answers, or when the flow or the stories cannot be read.
pub async fn fill_if_empty(store: &Store, size: Size, stored: impl FnMut(usize) + Send) -> Result<()> {
    if store.has_workspaces().await? {
        return Ok(());
    }
    let shop = workplace::set_up(store).await.context("the demo's workspace cannot be set up")?;
    let workspace = shop.id;
    let (sender, parts) = mpsc::channel(AHEAD);
    let imagined = tokio::task::spawn_blocking(move || past::imagine(&shop, size, Timestamp::now(), sender));
    keep(store, workspace, parts, stored).await.context("the demo's past cannot be stored")?;
    imagined.await.context("the demo's past cannot be made up")?
}

/// Stores parts of a past as they come, all of them or none, with who has read them.
async fn keep(store: &Store, workspace: WorkspaceId, mut parts: mpsc::Receiver<Part>, mut stored: impl FnMut(usize) + Send) -> Result<()> {
    let mut client = store.unhurried().await?;
    let transaction = Transaction::begin(&mut client);
    let mut count = 0;
    loop {
        match parts.recv().await {
            Some(Part::Lives { contacts, rows }) => {
                count += rows.conversations().count();
                tables::add_contacts(&transaction, workspace, &contacts).await?;
                rows.write(&transaction).await?;
                stored(count);
            }
            Some(Part::End) => break,
            // Whoever made it up failed, and says so itself.
            None => return Ok(()),
        }
    }
    tables::mark_read(&transaction, workspace).await?;
    Ok(transaction.commit().await?)
}

/// The app as the simulator is told of it: with the address and the token of its webhooks, once somebody brought it here.
///
/// # Errors
/// As PostgreSQL answers, or when `public_url` cannot be built upon.
pub async fn app(store: &Store, public_url: &Url) -> Result<Value> {
    let Some(app) = store.app(APP_ID).await? else { return Ok(unconnected_app()) };
    let callback = public_url.join(&format!("webhooks/whatsapp/{APP_ID}"))?;
    Ok(json!({ "app_id": APP_ID, "app_secret": APP_SECRET, "callback_url": callback, "verify_token": app.verify_token }))
}

/// Whether the number is connected.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn is_connected(store: &Store) -> Result<bool> {
    Ok(store.connections().await?.iter().any(|connection| connection.address == PHONE_NUMBER_ID))
}

/// Those of the demo's people who can sign in.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn sign_ins(store: &Store) -> Result<Vec<&'static DemoPerson>> {
    let mut found = Vec::new();
    for person in people() {
        let memberships = store.find_by_email(&person.email.parse()?).await?;
        found.extend(memberships.iter().any(|membership| membership.user.active).then_some(person));
    }
    Ok(found)
}

/// Our number as the simulator is told of it.
#[must_use]
pub fn number() -> Value {
    json!({
        "phone_number_id": PHONE_NUMBER_ID,
        "display_phone_number": DISPLAY_PHONE_NUMBER,
        "waba_id": WABA_ID,
        "app_id": APP_ID,
        "access_token": ACCESS_TOKEN,
        "verified_name": BUSINESS,
    })
}

/// The app before anybody has connected anything: its webhooks go nowhere.
#[must_use]
pub fn unconnected_app() -> Value {
    json!({ "app_id": APP_ID, "app_secret": APP_SECRET })
}

/// The number before anybody has connected it: neither registered nor heard.
#[must_use]
pub fn unconnected_number() -> Value {
    let mut number = number();
    number["registered"] = json!(false);
    number["subscribed"] = json!(false);
    number["pin"] = json!(PIN);
    number
}

/// The people who hold the simulated phones: number and name.
#[must_use]
pub fn phones() -> Vec<(&'static str, &'static str)> {
    customers::PHONES.iter().map(|phone| (phone.number, phone.name)).collect()
}

/// The people whom agents may answer now. The simulator forgets them when it ends; the inbox does not.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn answerable(store: &Store) -> Result<Vec<Answerable>> {
    let Some(connection) = store.connections().await?.into_iter().find(|connection| connection.address == PHONE_NUMBER_ID) else {
        return Ok(Vec::new());
    };
    let phones: Vec<&str> = customers::PHONES.iter().map(|phone| phone.number).collect();
    Ok(tables::answerable(store, connection.workspace, &phones).await?)
}
