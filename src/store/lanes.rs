//! Opening a contact's lane: the lock and what is read under it, in one round trip.

use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use super::conversations::{self, Loaded};
use super::inbound_items::{self, Lane, WaitingItem};
use super::{Result, Store, Transaction, contacts, prepare};
use crate::domain::contact::Contact;

/// How long a lane waits for rows that somebody has.
const GIVE_WAY: &str = "SET LOCAL lock_timeout = '50ms'";

/// What stands under the contact's lock.
#[derive(Debug)]
pub struct OpenLane {
    pub contact: Contact,
    /// The conversation under way in the lane's inbox, or the latest.
    pub latest: Option<Loaded>,
    pub items: Vec<WaitingItem>,
}

/// Locks the contact, then reads the waiting items and the latest conversation. The statements are sent at once; they
/// are prepared before, so that they reach the server in this order. Somebody else's contact is not waited for, nor hardly any other
/// row: a lane can come again, and those of other customers need its place.
///
/// # Errors
/// As PostgreSQL answers; [`is_busy`](super::Error::is_busy) when somebody has the contact.
pub async fn open(transaction: &Transaction<'_>, lane: Lane, limit: i64) -> Result<Option<OpenLane>> {
    let lock = prepare(transaction, &contacts::LOCK_IF_FREE).await?;
    let waiting = prepare(transaction, &inbound_items::WAITING).await?;
    let latest = prepare(transaction, &conversations::LATEST).await?;
    let of_contact: [&(dyn ToSql + Sync); 2] = [&lane.workspace.0, &lane.contact.0];
    let of_items: [&(dyn ToSql + Sync); 4] = [&lane.workspace.0, &lane.contact.0, &lane.inbox.0, &limit];
    let (give_way, contact, items, latest) = tokio::join!(
        transaction.batch_execute(GIVE_WAY),
        transaction.query_opt(&lock, &of_contact),
        transaction.query(&waiting, &of_items),
        transaction.query_opt(&latest, &of_items[..3]),
    );
    give_way?;
    let Some(row) = contact? else { return Ok(None) };
    Ok(Some(OpenLane {
        contact: contacts::contact(&row, 0),
        latest: latest?.map(|row| conversations::loaded(&row)).transpose()?,
        items: items?.iter().map(inbound_items::item).collect(),
    }))
}

/// Locks the contact, and reads the first waiting item and nothing else: what stands around it may be what cannot be read.
///
/// # Errors
/// As [`open`].
pub async fn first(transaction: &Transaction<'_>, lane: Lane) -> Result<Option<WaitingItem>> {
    let of_contact: [&(dyn ToSql + Sync); 2] = [&lane.workspace.0, &lane.contact.0];
    let lock = prepare(transaction, &contacts::LOCK_IF_FREE).await?;
    if transaction.query_opt(&lock, &of_contact).await?.is_none() {
        return Ok(None);
    }
    let of_items: [&(dyn ToSql + Sync); 4] = [&lane.workspace.0, &lane.contact.0, &lane.inbox.0, &1_i64];
    let waiting = prepare(transaction, &inbound_items::WAITING).await?;
    Ok(transaction.query_opt(&waiting, &of_items).await?.map(|row| inbound_items::item(&row)))
}

impl Store {
    /// The first item that waits in a lane: its sequence, and when it was taken in. Locks nothing.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn first_of_lane(&self, lane: Lane) -> Result<Option<(i64, Timestamp)>> {
        let of_items: [&(dyn ToSql + Sync); 4] = [&lane.workspace.0, &lane.contact.0, &lane.inbox.0, &1_i64];
        Ok(self.query_opt(&inbound_items::WAITING, &of_items).await?.map(|row| (row.get(0), row.get(3))))
    }
}
