//! Sorting bodies into items: whose number, which contact, in which order. Any node may sort the bodies of an app, and only what it
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
use crate::domain::ids::WorkspaceId;
use crate::domain::inbound::InboundItem;
use crate::store::inbound_items::{Lane, NewItem};
use crate::store::inboxes::Connection;
use crate::store::payloads::Payload;
use crate::store::sorting::{Sheet, Written};

/// Bodies sorted in one transaction at most, and about how many bytes of them.
const BATCH: i64 = 200;
const BATCH_BYTES: i64 = 8 * 1024 * 1024;

/// Bytes of bodies from which on reading them would hold up what else a thread has to do.
const HEAVY: usize = 128 * 1024;

/// What a webhook body says, as the sorter needs it. The workers make it from the body with `whatsapp::webhook`.
#[derive(Debug)]
pub enum Said {
    ForInbox {
        phone_number_id: String,
        waba_id: Option<String>,
        item: InboundItem,
    },
    Notice {
        waba_id: Option<String>,
        phone_number_id: Option<String>,
        kind: &'static str,
        field: String,
        value: serde_json::Value,
        time: Option<i64>,
    },
    Rejected {
        waba_id: Option<String>,
        phone_number_id: Option<String>,
        reason: String,
        raw: Vec<u8>,
    },
}

impl Said {
    /// The number it speaks of, and the account.
    fn whose(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Said::ForInbox { phone_number_id, waba_id, .. } => (Some(phone_number_id), waba_id.as_deref()),
            Said::Notice { phone_number_id, waba_id, .. } | Said::Rejected { phone_number_id, waba_id, .. } => {
                (phone_number_id.as_deref(), waba_id.as_deref())
            }
        }
    }
}

/// Turns a body into what it says.
pub trait Understand: Fn(&[u8]) -> Vec<Said> + Clone + Send + 'static {}

impl<F: Fn(&[u8]) -> Vec<Said> + Clone + Send + 'static> Understand for F {}

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

/// An item whose number is known.
struct Addressed {
    connection: Arc<Connection>,
    payload_seq: i64,
    received_at: Timestamp,
    item: InboundItem,
}

/// Who is behind the numbers and accounts that a batch names.
struct Owners {
    numbers: HashMap<String, Arc<Connection>>,
    accounts: HashMap<String, Vec<WorkspaceId>>,
}

impl Owners {
    /// Every workspace with a number of this account.
    fn of_account(&self, waba_id: Option<&String>) -> &[WorkspaceId] {
        waba_id.and_then(|waba| self.accounts.get(waba)).map_or(&[], Vec::as_slice)
    }
}

impl Runner {
    /// Sorts the oldest waiting bodies of an app. `understand` turns a body into what it says. One whose data PostgreSQL refuses is set
    /// aside whole, so that those behind it go on.
    ///
    /// # Errors
    /// A fault; then the bodies wait still.
    pub async fn sort(&self, app_id: &str, understand: impl Understand) -> Result<Sorted, Error> {
        self.check_clock()?;
        let payloads = self.store.unsorted_payloads(app_id, BATCH, BATCH_BYTES).await?;
        match self.sort_these(app_id, payloads, understand.clone()).await {
            Err(Error::Store(error)) if error.is_of_the_data() => {
                tracing::warn!(%error, app_id, "bodies could not be sorted together; the first is tried alone");
                self.sort_first(app_id, understand).await
            }
            other => other,
        }
    }

    async fn sort_first(&self, app_id: &str, understand: impl Understand) -> Result<Sorted, Error> {
        let mut first = self.store.unsorted_payloads(app_id, 1, BATCH_BYTES).await?;
        first.truncate(1);
        let sorted = match self.sort_these(app_id, first.clone(), understand).await {
            Err(Error::Store(error)) if error.is_of_the_data() => {
                let reason = error.to_string();
                let whole = move |body: &[u8]| vec![aside_whole(body, &reason)];
                self.sort_these(app_id, first, whole).await?
            }
            other => other?,
        };
        Ok(Sorted { more_may_wait: true, ..sorted })
    }

    async fn sort_these(&self, app_id: &str, payloads: Vec<Payload>, understand: impl Understand) -> Result<Sorted, Error> {
        if payloads.is_empty() {
            return Ok(Sorted::default());
        }
        let count = payloads.len();
        let bytes: usize = payloads.iter().map(|payload| payload.body.len()).sum();
        let reaches = |count: usize, most: i64| i64::try_from(count).is_ok_and(|count| count >= most);
        let is_full = reaches(count, BATCH) || reaches(bytes, BATCH_BYTES);
        let seqs = payloads.iter().map(|payload| payload.seq).collect();
        let bodies = if bytes < HEAVY { read(payloads, understand) } else { read_apart(payloads, understand).await? };
        let owners = self.owners(app_id, &bodies).await?;
        let mut sheet = Sheet { app_id, payloads: seqs, ..Sheet::default() };
        let now = now();
        let addressed = direct(&mut sheet, &owners, bodies, now);
        self.attach(&mut sheet, addressed, now).await?;
        match self.store.write_sorted(&sheet, now).await? {
            Written::Written => {
                metrics::counter!("baton_quarantined_total").increment(sheet.quarantined.len() as u64);
                Ok(Sorted { bodies: count, lanes: lanes(&sheet.items), more_may_wait: is_full, is_overtaken: false })
            }
            Written::Overtaken => Ok(Sorted { bodies: count, lanes: Vec::new(), more_may_wait: true, is_overtaken: true }),
        }
    }

    /// A number or account is whose app speaks for it: what another app's body says of it is said of nobody's.
    async fn owners(&self, app_id: &str, bodies: &[Read]) -> Result<Owners, Error> {
        let (mut numbers, mut accounts) = (HashSet::new(), HashSet::new());
        let all = || bodies.iter().flat_map(|body| &body.said).map(Said::whose);
        numbers.extend(all().filter_map(|(number, _)| number));
        let numbers: Vec<&str> = numbers.into_iter().collect();
        let numbers = self.workplaces.numbers(app_id, &numbers).await?;
        // An account is asked for only where no number says whose it is.
        accounts.extend(all().filter(|(number, _)| number.is_none_or(|number| !numbers.contains_key(number))).filter_map(|(_, waba)| waba));
        let mut of_accounts: HashMap<String, Vec<WorkspaceId>> = HashMap::new();
        if !accounts.is_empty() {
            let accounts: Vec<&str> = accounts.into_iter().collect();
            for (account, workspace) in self.store.owners_of_accounts(app_id, &accounts).await? {
                of_accounts.entry(account).or_default().push(workspace);
            }
        }
        Ok(Owners { numbers, accounts: of_accounts })
    }
}

fn read(payloads: Vec<Payload>, understand: impl Understand) -> Vec<Read> {
    payloads.into_iter().map(|payload| Read { said: said(&payload, &understand), payload }).collect()
}

/// A body over which the program fails is set aside whole: those behind it go on.
fn said(payload: &Payload, understand: &impl Understand) -> Vec<Said> {
    guarded_reading(|| understand(&payload.body)).unwrap_or_else(|| vec![aside_whole(&payload.body, &Error::Panicked.to_string())])
}

fn aside_whole(body: &[u8], reason: &str) -> Said {
    Said::Rejected { waba_id: None, phone_number_id: None, reason: reason.to_owned(), raw: body.to_vec() }
}

/// Reads on a thread where it may take its time.
async fn read_apart(payloads: Vec<Payload>, understand: impl Understand) -> Result<Vec<Read>, Error> {
    let reading = tokio::task::spawn_blocking(move || read(payloads, understand));
    reading.await.map_err(|error| Error::Store(crate::store::Error::Away(format!("bodies could not be read: {error}"))))
}

/// Puts what is no item of a known number on the sheet; answers the items.
fn direct(sheet: &mut Sheet<'_>, owners: &Owners, bodies: Vec<Read>, now: Timestamp) -> Vec<Addressed> {
    let mut addressed = Vec::with_capacity(bodies.len());
    for Read { payload, said } in bodies {
        let mut remainder = Remainder::of(&payload, now);
        for said in said {
            match said {
                Said::ForInbox { phone_number_id, waba_id, item } => match owners.numbers.get(&phone_number_id) {
                    Some(connection) => addressed.push(Addressed {
                        connection: connection.clone(),
                        payload_seq: payload.seq,
                        received_at: payload.received_at,
                        item,
                    }),
                    None => remainder.unknown_number(sheet, owners.of_account(waba_id.as_ref()), &phone_number_id, &item),
                },
                Said::Notice { waba_id, phone_number_id, kind, field, value, time } => {
                    let connection = phone_number_id.as_ref().and_then(|number| owners.numbers.get(number));
                    match connection {
                        Some(connection) => remainder.notice_of(sheet, connection, kind, field, value, time),
                        None => remainder.notice(sheet, owners.of_account(waba_id.as_ref()), kind, field, value, time),
                    }
                }
                Said::Rejected { waba_id, phone_number_id, reason, raw } => {
                    let connection = phone_number_id.as_ref().and_then(|number| owners.numbers.get(number));
                    let owner = connection.map(|connection| connection.workspace);
                    remainder.reject(sheet, owner.or(only(owners.of_account(waba_id.as_ref()))), reason, raw);
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
