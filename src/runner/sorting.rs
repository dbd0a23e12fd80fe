//! Sorting bodies into items: whose inbox, which contact, in which order. Any node may sort the bodies of a source, and only what it
//! writes is guarded: whoever is quicker has sorted them, and nobody holds anything while it reads and thinks.

mod party;
mod people;
mod remainder;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use self::remainder::{Remainder, only};
use super::guard::guarded_reading;
use super::{Error, Runner, now};
use crate::domain::ids::{InboxId, WorkspaceId};
use crate::domain::inbound::{InboundItem, Said};
use crate::store::inbound_items::{Lane, NewItem};
use crate::store::inboxes::Connection;
use crate::store::payloads::Payload;
use crate::store::sorting::{Sheet, Written};

/// Bodies sorted in one transaction at most, and about how many bytes of them.
const BATCH: i64 = 200;
const BATCH_BYTES: i64 = 8 * 1024 * 1024;

/// Bytes of bodies from which on reading them would hold up what else a thread has to do.
const HEAVY: usize = 128 * 1024;

/// Turns bodies into what they say.
pub trait Understand: Clone + Send + Sync + 'static {
    /// What a body of a source says.
    fn understand(&self, source: &str, body: &[u8]) -> Vec<Said>;

    /// Whether a body may say nothing but ticks, at a glance: then it is read before it is stored, by the writer of ticks.
    fn may_be_ticks(&self, source: &str, body: &[u8]) -> bool;
}

/// One way to understand bodies of every source.
impl<F: Fn(&[u8]) -> Vec<Said> + Clone + Send + Sync + 'static> Understand for F {
    fn understand(&self, _: &str, body: &[u8]) -> Vec<Said> {
        self(body)
    }

    fn may_be_ticks(&self, _: &str, _: &[u8]) -> bool {
        true
    }
}

/// What came of a batch.
#[derive(Debug, Default)]
pub struct Sorted {
    /// Bodies that were looked at.
    pub bodies: usize,
    /// Where items now wait.
    pub lanes: Vec<Lane>,
    /// There may be more bodies: it was a full batch, or another node was quicker with this one.
    pub more_may_wait: bool,
    /// Another node was quicker.
    pub is_overtaken: bool,
}

/// A body, and what it says.
struct Read {
    payload: Payload,
    said: Vec<Said>,
}

/// An item whose inbox is known.
struct Addressed {
    connection: Arc<Connection>,
    payload_seq: i64,
    received_at: Timestamp,
    item: InboundItem,
}

/// Who is behind the addresses and accounts that a batch names.
struct Owners {
    addresses: HashMap<String, Arc<Connection>>,
    accounts: HashMap<String, Vec<WorkspaceId>>,
}

impl Owners {
    /// Every workspace with an inbox of this account.
    fn of_account(&self, account: Option<&String>) -> &[WorkspaceId] {
        account.and_then(|account| self.accounts.get(account)).map_or(&[], Vec::as_slice)
    }
}

impl Runner {
    /// Sorts the oldest waiting bodies of a source. `understand` turns a body into what it says. One whose data PostgreSQL refuses is set
    /// aside whole, so that those behind it go on.
    ///
    /// # Errors
    /// A fault; then the bodies wait still.
    pub async fn sort(&self, source: &str, understand: impl Understand) -> Result<Sorted, Error> {
        self.check_clock()?;
        let payloads = self.store.unsorted_payloads(source, BATCH, BATCH_BYTES).await?;
        match self.sort_these(source, payloads, understand.clone()).await {
            Err(Error::Store(error)) if error.is_of_the_data() => {
                tracing::warn!(%error, source, "bodies could not be sorted together; the first is tried alone");
                self.sort_first(source, understand).await
            }
            other => other,
        }
    }

    async fn sort_first(&self, source: &str, understand: impl Understand) -> Result<Sorted, Error> {
        let mut first = self.store.unsorted_payloads(source, 1, BATCH_BYTES).await?;
        first.truncate(1);
        let sorted = match self.sort_these(source, first.clone(), understand).await {
            Err(Error::Store(error)) if error.is_of_the_data() => {
                let reason = error.to_string();
                let whole = move |body: &[u8]| vec![aside_whole(body, &reason)];
                self.sort_these(source, first, whole).await?
            }
            other => other?,
        };
        Ok(Sorted { more_may_wait: true, ..sorted })
    }

    async fn sort_these(&self, source: &str, payloads: Vec<Payload>, understand: impl Understand) -> Result<Sorted, Error> {
        if payloads.is_empty() {
            return Ok(Sorted::default());
        }
        let count = payloads.len();
        let bytes: usize = payloads.iter().map(|payload| payload.body.len()).sum();
        let reaches = |count: usize, most: i64| i64::try_from(count).is_ok_and(|count| count >= most);
        let is_full = reaches(count, BATCH) || reaches(bytes, BATCH_BYTES);
        let seqs = payloads.iter().map(|payload| payload.seq).collect();
        let bodies = if bytes < HEAVY { read(source, payloads, understand) } else { read_apart(source, payloads, understand).await? };
        let owners = self.owners(source, &bodies).await?;
        let mut sheet = Sheet { source, payloads: seqs, ..Sheet::default() };
        let now = now();
        let addressed = direct(&mut sheet, &owners, bodies, now);
        let heard: Vec<(WorkspaceId, InboxId)> = addressed.iter().map(|it| (it.connection.workspace, it.connection.inbox.id)).collect();
        self.attach(&mut sheet, addressed, now).await?;
        match self.store.write_sorted(&sheet, now).await? {
            Written::Written => {
                metrics::counter!("baton_quarantined_total").increment(sheet.quarantined.len() as u64);
                self.heard_of(&heard, now);
                Ok(Sorted { bodies: count, lanes: lanes(&sheet.items), more_may_wait: is_full, is_overtaken: false })
            }
            Written::Overtaken => Ok(Sorted { bodies: count, lanes: Vec::new(), more_may_wait: true, is_overtaken: true }),
        }
    }

    /// An address or account is whose source speaks for it: what another source's body says of it is said of nobody's.
    async fn owners(&self, source: &str, bodies: &[Read]) -> Result<Owners, Error> {
        let (mut named, mut accounts) = (HashSet::new(), HashSet::new());
        let all = || bodies.iter().flat_map(|body| &body.said).map(Said::whose);
        named.extend(all().filter_map(|(address, _)| address));
        let named: Vec<&str> = named.into_iter().collect();
        let addresses = self.workplaces.addresses(source, &named).await?;
        // An account is asked for only where no address says whose it is.
        let is_unknown = |address: Option<&str>| address.is_none_or(|address| !addresses.contains_key(address));
        accounts.extend(all().filter(|(address, _)| is_unknown(*address)).filter_map(|(_, account)| account));
        let mut of_accounts: HashMap<String, Vec<WorkspaceId>> = HashMap::new();
        if !accounts.is_empty() {
            let accounts: Vec<&str> = accounts.into_iter().collect();
            for (account, workspace) in self.store.owners_of_accounts(source, &accounts).await? {
                of_accounts.entry(account).or_default().push(workspace);
            }
        }
        Ok(Owners { addresses, accounts: of_accounts })
    }
}

fn read(source: &str, payloads: Vec<Payload>, understand: impl Understand) -> Vec<Read> {
    payloads.into_iter().map(|payload| Read { said: said(source, &payload, &understand), payload }).collect()
}

/// A body over which the program fails is set aside whole: those behind it go on.
fn said(source: &str, payload: &Payload, understand: &impl Understand) -> Vec<Said> {
    guarded_reading(|| understand.understand(source, &payload.body))
        .unwrap_or_else(|| vec![aside_whole(&payload.body, &Error::Panicked.to_string())])
}

fn aside_whole(body: &[u8], reason: &str) -> Said {
    Said::Rejected { account: None, address: None, reason: reason.to_owned(), raw: body.to_vec() }
}

/// Reads on a thread where it may take its time.
async fn read_apart(source: &str, payloads: Vec<Payload>, understand: impl Understand) -> Result<Vec<Read>, Error> {
    let source = source.to_owned();
    let reading = tokio::task::spawn_blocking(move || read(&source, payloads, understand));
    reading.await.map_err(|error| Error::Store(crate::store::Error::Away(format!("bodies could not be read: {error}"))))
}

/// Puts what is no item of a known inbox on the sheet; answers the items.
fn direct(sheet: &mut Sheet<'_>, owners: &Owners, bodies: Vec<Read>, now: Timestamp) -> Vec<Addressed> {
    let mut addressed = Vec::with_capacity(bodies.len());
    for Read { payload, said } in bodies {
        let mut remainder = Remainder::of(&payload, now);
        for said in said {
            match said {
                Said::ForInbox { address, account, item } => match owners.addresses.get(&address) {
                    Some(connection) => addressed.push(Addressed {
                        connection: connection.clone(),
                        payload_seq: payload.seq,
                        received_at: payload.received_at,
                        item,
                    }),
                    None => remainder.unknown_address(sheet, owners.of_account(account.as_ref()), &address, &item),
                },
                Said::Notice { account, address, kind, field, value, time } => {
                    let connection = address.as_ref().and_then(|address| owners.addresses.get(address));
                    match connection {
                        Some(connection) => remainder.notice_of(sheet, connection, kind, field, value, time),
                        None => remainder.notice(sheet, owners.of_account(account.as_ref()), kind, field, value, time),
                    }
                }
                Said::Rejected { account, address, reason, raw } => {
                    let connection = address.as_ref().and_then(|address| owners.addresses.get(address));
                    let owner = connection.map(|connection| connection.workspace);
                    remainder.reject(sheet, owner.or(only(owners.of_account(account.as_ref()))), reason, raw);
                }
            }
        }
        remainder.finish(sheet);
    }
    addressed
}

/// The lanes of items, each once, in the order of their first item.
fn lanes(items: &[NewItem]) -> Vec<Lane> {
    let mut seen = HashSet::new();
    let all = items.iter().map(|item| Lane { workspace: item.workspace, contact: item.contact, inbox: item.inbox });
    all.filter(|lane| seen.insert(*lane)).collect()
}
