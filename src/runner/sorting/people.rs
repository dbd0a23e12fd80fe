//! Whose each item is: the contact of a message's sender, and of the message that a status speaks of.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::Addressed;
use crate::domain::contact::Identity;
use crate::domain::ids::{ContactId, WorkspaceId};
use crate::domain::inbound::InboundItem;
use crate::runner::{Error, Runner};
use crate::store;
use crate::store::contacts::Found;
use crate::store::inbound_items::NewItem;
use crate::store::notices::NewNotice;
use crate::store::sorting::Sheet;

/// The contacts that statuses belong to, by our id of the message and by WhatsApp's.
type Correspondents = HashMap<(WorkspaceId, String), ContactId>;

impl Runner {
    /// Finds or makes the contact of every item. Statuses of messages that are not ours are kept as notices.
    pub(super) async fn attach(&self, sheet: &mut Sheet<'_>, addressed: Vec<Addressed>, now: Timestamp) -> Result<(), Error> {
        let contacts = self.senders(sheet, &addressed).await?;
        let correspondents = self.correspondents(&addressed).await?;
        for Addressed { connection, payload_seq, received_at, item } in addressed {
            let (workspace, inbox) = (connection.workspace, connection.inbox.id);
            match contact_of(&item, workspace, &contacts, &correspondents) {
                Some(contact) => sheet.items.push(NewItem { workspace, contact, inbox, payload_seq, item, received_at }),
                None => {
                    let value = serde_json::to_value(&item).map_err(store::Error::from)?;
                    let field = "messages/statuses".to_owned();
                    let id = Uuid::now_v7();
                    sheet.notices.push(NewNotice { workspace, id, inbox: Some(inbox), kind: "status", field, value, time: None, at: now });
                }
            }
        }
        Ok(())
    }

    /// Finds the senders, and puts those we meet for the first time on the sheet.
    async fn senders(&self, sheet: &mut Sheet<'_>, addressed: &[Addressed]) -> Result<HashMap<WorkspaceId, Found>, Error> {
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
            let mut found = self.store.find_contacts(workspace, &wanted).await?;
            for (names, profile_name) in senders {
                let known = names.iter().find_map(|identity| found.get(identity)).copied();
                let contact = known.unwrap_or_else(|| {
                    let contact = ContactId(Uuid::now_v7());
                    sheet.contacts.push((workspace, contact, profile_name.to_owned()));
                    contact
                });
                for identity in names {
                    if !found.contains_key(identity) {
                        found.insert(identity.clone(), contact);
                        sheet.identities.push((workspace, identity.clone(), contact));
                    }
                }
            }
            all.insert(workspace, found);
        }
        Ok(all)
    }

    /// Whose messages the statuses speak of.
    async fn correspondents(&self, addressed: &[Addressed]) -> Result<Correspondents, Error> {
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
        let mut correspondents = HashMap::new();
        for ((workspace, inbox), (ids, wamids)) in reports {
            for owner in self.store.owners(workspace, inbox, &ids, &wamids).await? {
                if let Some(wamid) = owner.wamid {
                    correspondents.insert((workspace, wamid), owner.contact);
                }
                correspondents.insert((workspace, owner.id.to_string()), owner.contact);
            }
        }
        Ok(correspondents)
    }
}

fn contact_of(
    item: &InboundItem,
    workspace: WorkspaceId,
    contacts: &HashMap<WorkspaceId, Found>,
    correspondents: &Correspondents,
) -> Option<ContactId> {
    match item {
        InboundItem::Message(message) => {
            let found = contacts.get(&workspace)?;
            message.sender.identities.iter().find_map(|identity| found.get(identity)).copied()
        }
        InboundItem::Status(report) => {
            let by_id = report.message.and_then(|message| correspondents.get(&(workspace, message.to_string())));
            by_id.or_else(|| correspondents.get(&(workspace, report.wamid.clone()))).copied()
        }
    }
}
