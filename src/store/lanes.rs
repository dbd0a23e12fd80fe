//! Opening lanes: the locks, and what is read under them.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::conversations::{self, Loaded};
use super::inbound_items::{self, Lane, WaitingItem};
use super::{Result, Store, Transaction, contacts, prepare};
use crate::domain::contact::Contact;
use crate::domain::ids::{ContactId, InboxId, WorkspaceId};

/// How long a set waits for rows that somebody has.
pub(super) const GIVE_WAY: &str = "SET LOCAL lock_timeout = '50ms'";

/// A lane waits for no disk either: what it takes away lies there as the body it came from, and comes again if the server falls before
/// its commit is there. Nobody is sent what it says before that: the claim of a message is on the disk, and with it all before it.
const GIVE_WAY_TO_THE_DISK: &str = "SET LOCAL lock_timeout = '50ms'; SET LOCAL synchronous_commit = off";

/// What stands under the locks of contacts, all in one inbox.
#[derive(Debug)]
pub struct OpenLane {
    pub contact: Contact,
    /// The conversation under way in the lane's inbox, or the latest.
    pub latest: Option<Loaded>,
    pub items: Vec<WaitingItem>,
}

/// Locks contacts, leaving out those that somebody has; then reads what waits in their lanes and the latest conversation of each. A
/// lane can come again, and those of other customers need its place: nobody is waited for, nor hardly any other row.
///
/// # Errors
/// As PostgreSQL answers; [`is_busy`](super::Error::is_busy), for all of them, when somebody has the conversation of one.
pub async fn open(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    inbox: InboxId,
    contacts: &[ContactId],
    limit: i64,
) -> Result<Vec<OpenLane>> {
    let waiting = prepare(transaction, &inbound_items::WAITING_OF_THOSE).await?;
    let latest = prepare(transaction, &conversations::LATEST).await?;
    let free = lock_those_free(transaction, workspace, contacts, GIVE_WAY_TO_THE_DISK).await?;
    if free.is_empty() {
        return Ok(Vec::new());
    }
    // Read by statements of their own, which see what was written before the lock was free.
    let ids: Vec<Uuid> = free.iter().map(|contact| contact.id.0).collect();
    let of_items: [&(dyn ToSql + Sync); 4] = [&workspace.0, &ids, &inbox.0, &limit];
    let (items, latest) = tokio::join!(biased; transaction.query(&waiting, &of_items), transaction.query(&latest, &of_items[..3]));
    let mut lanes: Vec<OpenLane> = free.into_iter().map(|contact| OpenLane { contact, latest: None, items: Vec::new() }).collect();
    let places: HashMap<ContactId, usize> = lanes.iter().enumerate().map(|(place, lane)| (lane.contact.id, place)).collect();
    for row in items? {
        if let Some(place) = places.get(&ContactId(row.get(4))) {
            lanes[*place].items.push(inbound_items::item(&row));
        }
    }
    for row in latest? {
        let loaded = conversations::loaded(&row);
        if let Some(place) = places.get(&loaded.conversation.contact) {
            lanes[*place].latest = Some(loaded);
        }
    }
    Ok(lanes)
}

/// Locks contacts, leaving out those that somebody has, in a transaction that waits for hardly anything, as its `terms` say.
///
/// # Errors
/// As PostgreSQL answers.
pub(super) async fn lock_those_free(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    contacts: &[ContactId],
    terms: &'static str,
) -> Result<Vec<Contact>> {
    let lock = prepare(transaction, &contacts::LOCK_THOSE_FREE).await?;
    let wanted: Vec<Uuid> = contacts.iter().map(|contact| contact.0).collect();
    let of_contacts: [&(dyn ToSql + Sync); 2] = [&workspace.0, &wanted];
    let (give_way, locked) = tokio::join!(biased; transaction.batch_execute(terms), transaction.query(&lock, &of_contacts));
    give_way?;
    Ok(locked?.iter().map(|row| contacts::contact(row, 0)).collect())
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
