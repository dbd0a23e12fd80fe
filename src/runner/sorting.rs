//! Sorting bodies into items: whose number, which contact, in which order. One node at a time does it for an app; it is quick,
//! and what it leaves behind can be worked off by any node.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Error, Runner, now};
use crate::domain::contact::Identity;
use crate::domain::ids::{ContactId, WorkspaceId};
use crate::domain::inbound::InboundItem;
use crate::store::contacts::Found;
use crate::store::inbound_items::{Lane, NewItem};
use crate::store::inboxes::Connection;
use crate::store::notices::NewNotice;
use crate::store::payloads::Payload;
use crate::store::quarantine::NewQuarantined;
use crate::store::{self, Transaction};

/// Bodies sorted in one transaction.
pub const BATCH: i64 = 200;

/// What a webhook body says, as the sorter needs it. The workers make it from the body with `whatsapp::webhook`.
#[derive(Debug)]
pub enum Said {
    ForInbox {
        phone_number_id: String,
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
        reason: String,
        raw: Vec<u8>,
    },
}

/// What came of a batch.
#[derive(Debug, Default)]
pub struct Sorted {
    pub bodies: usize,
    /// Where items now wait.
    pub lanes: Vec<Lane>,
}

/// An item whose number is known.
struct Addressed<'a> {
    connection: &'a Connection,
    payload: &'a Payload,
    item: InboundItem,
}

impl Runner {
    /// Sorts the oldest waiting bodies of an app. `understand` turns a body into what it says.
    ///
    /// # Errors
    /// A fault; then the bodies wait still.
    pub async fn sort(&self, app_id: &str, understand: impl Fn(&[u8]) -> Vec<Said>) -> Result<Sorted, Error> {
        let connections = self.workplaces.connections().await?;
        let by_number: HashMap<&str, &Connection> =
            connections.iter().map(|connection| (connection.phone_number_id.as_str(), connection)).collect();
        let mut client = self.store.client().await?;
        let transaction = client.transaction().await?;
        let payloads = store::payloads::take_unsorted(&transaction, app_id, BATCH).await?;
        if payloads.is_empty() {
            return Ok(Sorted::default());
        }
        let now = now();
        let mut addressed = Vec::with_capacity(payloads.len());
        for payload in &payloads {
            for said in understand(&payload.body) {
                let aside = Aside { transaction: &transaction, app_id, payload, now };
                match said {
                    Said::ForInbox { phone_number_id, item } => match by_number.get(phone_number_id.as_str()) {
                        Some(connection) => addressed.push(Addressed { connection, payload, item }),
                        None => aside.unknown_number(&phone_number_id, &item).await?,
                    },
                    Said::Notice { waba_id, phone_number_id, kind, field, value, time } => {
                        let of = |connection: &&Connection| match (&phone_number_id, &waba_id) {
                            (Some(number), _) => connection.phone_number_id == *number,
                            (None, Some(waba)) => connection.waba_id == *waba,
                            (None, None) => false,
                        };
                        match connections.iter().find(of) {
                            Some(connection) => aside.notice(connection, phone_number_id.is_some(), kind, &field, &value, time).await?,
                            None => aside.notice_for_nobody(&connections, &field, &value, time).await?,
                        }
                    }
                    Said::Rejected { reason, raw } => aside.reject(None, &reason, &raw).await?,
                }
            }
        }
        let items = attach(&transaction, addressed, app_id, now).await?;
        store::inbound_items::insert(&transaction, &items).await?;
        let seqs: Vec<i64> = payloads.iter().map(|payload| payload.seq).collect();
        store::payloads::mark_sorted(&transaction, &seqs, now).await?;
        transaction.commit().await?;
        Ok(Sorted { bodies: payloads.len(), lanes: lanes(&items) })
    }
}

/// The lanes of items, each once, in the order of their first item.
fn lanes(items: &[NewItem]) -> Vec<Lane> {
    let mut seen = HashSet::new();
    let all = items.iter().map(|item| Lane { workspace: item.workspace, contact: item.contact, inbox: item.inbox });
    all.filter(|lane| seen.insert(*lane)).collect()
}

/// What goes beside the lanes.
struct Aside<'a> {
    transaction: &'a Transaction<'a>,
    app_id: &'a str,
    payload: &'a Payload,
    now: Timestamp,
}

impl Aside<'_> {
    async fn reject(&self, workspace: Option<WorkspaceId>, reason: &str, raw: &[u8]) -> store::Result<()> {
        metrics::counter!("baton_quarantined_total").increment(1);
        let item = NewQuarantined {
            id: Uuid::now_v7(),
            workspace,
            app_id: self.app_id,
            payload_seq: self.payload.seq,
            reason,
            item: raw,
            at: self.now,
        };
        store::quarantine::insert(self.transaction, &item).await
    }

    async fn unknown_number(&self, phone_number_id: &str, item: &InboundItem) -> store::Result<()> {
        let raw = serde_json::to_vec(item)?;
        self.reject(None, &format!("no inbox is connected to the number id {phone_number_id}"), &raw).await
    }

    async fn notice(
        &self,
        connection: &Connection,
        of_number: bool,
        kind: &'static str,
        field: &str,
        value: &serde_json::Value,
        time: Option<i64>,
    ) -> store::Result<()> {
        let inbox = of_number.then_some(connection.inbox.id);
        let notice = NewNotice { workspace: connection.workspace, id: Uuid::now_v7(), inbox, kind, field, value, time, at: self.now };
        store::notices::insert(self.transaction, &notice).await
    }

    /// A notice about an account we do not know goes to every workspace of the app: somebody has to see it.
    async fn notice_for_nobody(
        &self,
        connections: &[Connection],
        field: &str,
        value: &serde_json::Value,
        time: Option<i64>,
    ) -> store::Result<()> {
        let workspaces: HashSet<WorkspaceId> =
            connections.iter().filter(|connection| connection.app_id == self.app_id).map(|connection| connection.workspace).collect();
        for workspace in workspaces {
            let notice = NewNotice { workspace, id: Uuid::now_v7(), inbox: None, kind: "unknown", field, value, time, at: self.now };
            store::notices::insert(self.transaction, &notice).await?;
        }
        Ok(())
    }
}

/// Finds or makes the contact of every item. Statuses of messages that are not ours are kept as notices.
async fn attach(transaction: &Transaction<'_>, addressed: Vec<Addressed<'_>>, app_id: &str, now: Timestamp) -> Result<Vec<NewItem>, Error> {
    let contacts = find_contacts(transaction, &addressed).await?;
    let owners = find_owners(transaction, &addressed).await?;
    let mut items = Vec::with_capacity(addressed.len());
    for Addressed { connection, payload, item } in addressed {
        let workspace = connection.workspace;
        let contact = match &item {
            InboundItem::Message(message) => message
                .sender
                .identities
                .iter()
                .find_map(|identity| contacts.get(&workspace).and_then(|found| found.get(identity)).copied()),
            InboundItem::Status(report) => report
                .message
                .and_then(|message| owners.get(&(workspace, message.to_string())))
                .or_else(|| owners.get(&(workspace, report.wamid.clone())))
                .copied(),
        };
        let aside = Aside { transaction, app_id, payload, now };
        match contact {
            Some(contact) => items.push(NewItem {
                workspace,
                contact,
                inbox: connection.inbox.id,
                payload_seq: payload.seq,
                item,
                received_at: payload.received_at,
            }),
            None => {
                let value = serde_json::to_value(&item).map_err(store::Error::from)?;
                aside.notice(connection, true, "status", "messages/statuses", &value, None).await?;
            }
        }
    }
    Ok(items)
}

/// Finds the senders, and makes contacts of those we meet for the first time.
async fn find_contacts(transaction: &Transaction<'_>, addressed: &[Addressed<'_>]) -> Result<HashMap<WorkspaceId, Found>, Error> {
    let mut senders: HashMap<WorkspaceId, Vec<(&[Identity], &str)>> = HashMap::new();
    for it in addressed {
        if let InboundItem::Message(message) = &it.item {
            let name = message.sender.name.as_deref().unwrap_or("");
            senders.entry(it.connection.workspace).or_default().push((&message.sender.identities, name));
        }
    }
    let mut all = HashMap::with_capacity(senders.len());
    for (workspace, senders) in senders {
        let wanted: Vec<&Identity> = senders.iter().flat_map(|(identities, _)| identities.iter()).collect();
        let mut found = store::contacts::find(transaction, workspace, &wanted).await?;
        let (mut people, mut identities) = (Vec::new(), Vec::new());
        for (names, profile_name) in senders {
            let known = names.iter().find_map(|identity| found.get(identity)).copied();
            let contact = known.unwrap_or_else(|| {
                let contact = ContactId(Uuid::now_v7());
                people.push((contact, profile_name.to_owned()));
                contact
            });
            for identity in names.iter().filter(|identity| !found.contains_key(identity)).cloned().collect::<Vec<_>>() {
                found.insert(identity.clone(), contact);
                identities.push((identity, contact));
            }
        }
        if !people.is_empty() {
            store::contacts::insert(transaction, workspace, &people).await?;
        }
        if !identities.is_empty() {
            store::contacts::insert_identities(transaction, workspace, &identities).await?;
            // Another app's sorter may have met the same person in the same moment: what is stored counts.
            let again: Vec<&Identity> = identities.iter().map(|(identity, _)| identity).collect();
            found.extend(store::contacts::find(transaction, workspace, &again).await?);
        }
        all.insert(workspace, found);
    }
    Ok(all)
}

/// Whose messages the statuses speak of, by our id and by WhatsApp's.
async fn find_owners(
    transaction: &Transaction<'_>,
    addressed: &[Addressed<'_>],
) -> Result<HashMap<(WorkspaceId, String), ContactId>, Error> {
    let mut reports: HashMap<_, (Vec<Uuid>, Vec<&str>)> = HashMap::new();
    for it in addressed {
        if let InboundItem::Status(report) = &it.item {
            let (ids, wamids) = reports.entry((it.connection.workspace, it.connection.inbox.id)).or_default();
            match report.message {
                Some(message) => ids.push(message.0),
                None => wamids.push(&report.wamid),
            }
        }
    }
    let mut owners = HashMap::new();
    for ((workspace, inbox), (ids, wamids)) in reports {
        for owner in store::messages::owners(transaction, workspace, inbox, &ids, &wamids).await? {
            if let Some(wamid) = owner.wamid {
                owners.insert((workspace, wamid), owner.contact);
            }
            owners.insert((workspace, owner.id.to_string()), owner.contact);
        }
    }
    Ok(owners)
}
