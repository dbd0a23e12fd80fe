//! Whose each item is: the contact of a message's sender, and of the message that a status speaks of.

use std::collections::{HashMap, HashSet, VecDeque};

use jiff::Timestamp;
use uuid::Uuid;

use super::Addressed;
use super::party::{Met, Party, names};
use crate::domain::contact::Identity;
use crate::domain::ids::{ContactId, WorkspaceId};
use crate::domain::inbound::{InboundItem, InboundMessage, StatusReport};
use crate::runner::{Error, Runner};
use crate::store;
use crate::store::contacts::Found as Known;
use crate::store::inbound_items::NewItem;
use crate::store::notices::NewNotice;
use crate::store::sorting::Sheet;

/// The contacts that statuses belong to, by our id of the message and by WhatsApp's.
type Correspondents = HashMap<(WorkspaceId, String), ContactId>;

impl Runner {
    /// Finds or makes the contact of every item. Statuses of messages that are not ours, and what is told a second time, are kept as
    /// notices.
    pub(super) async fn attach(&self, sheet: &mut Sheet<'_>, addressed: Vec<Addressed>, now: Timestamp) -> Result<(), Error> {
        let mut met = self.senders(sheet, &addressed).await?;
        let correspondents = self.correspondents(&addressed).await?;
        for Addressed { connection, payload_seq, received_at, mut item } in addressed {
            let (workspace, inbox) = (connection.workspace, connection.inbox.id);
            let contact = match &mut item {
                InboundItem::Message(message) => met.pop_front().flatten().map(|met| {
                    message.sender.found = met.found;
                    // Answers go to a name of theirs; one that is another contact's by now is none.
                    message.sender.identities = met.names;
                    met.contact
                }),
                InboundItem::Status(report) => correspondent(report, workspace, &correspondents),
                // Said by a runner, never by a body.
                InboundItem::MovedOn { .. } => None,
            };
            match contact {
                Some(contact) => sheet.items.push(NewItem { workspace, contact, inbox, payload_seq, item, received_at }),
                None => {
                    let value = serde_json::to_value(&item).map_err(store::Error::from)?;
                    let (kind, field) = if let InboundItem::Status(_) = item { ("status", "statuses") } else { ("unknown", "told_again") };
                    let (id, field) = (Uuid::now_v7(), format!("messages/{field}"));
                    sheet.notices.push(NewNotice { workspace, id, inbox: Some(inbox), kind, field, value, time: None, at: now });
                }
            }
        }
        Ok(())
    }

    /// Finds whom each message is from, in their order, and puts those we meet for the first time on the sheet.
    async fn senders(&self, sheet: &mut Sheet<'_>, addressed: &[Addressed]) -> Result<VecDeque<Option<Met>>, Error> {
        let mut said: HashMap<WorkspaceId, Vec<&InboundMessage>> = HashMap::new();
        for it in addressed {
            said.entry(it.connection.workspace).or_default().extend(message_of(it));
        }
        let mut parties = HashMap::with_capacity(said.len());
        for (workspace, messages) in said {
            parties.insert(workspace, self.party(workspace, messages).await?);
        }
        let met = |it: &Addressed| Some(parties.get_mut(&it.connection.workspace)?.meet(message_of(it)?));
        let met = addressed.iter().filter_map(met).collect();
        parties.into_values().for_each(|party| party.note(sheet));
        Ok(met)
    }

    /// Whom we know of those that messages to a workspace name.
    async fn party(&self, workspace: WorkspaceId, messages: Vec<&InboundMessage>) -> Result<Party, Error> {
        let named: Vec<Vec<Identity>> = messages.into_iter().map(names).collect();
        let wanted: Vec<&Identity> = named.iter().flatten().collect();
        let mut known = if wanted.is_empty() { Known::new() } else { self.store.find_contacts(workspace, &wanted).await? };
        let mut several = HashSet::new();
        for names in &named {
            let owners: HashSet<ContactId> = names.iter().filter_map(|name| known.get(name)).map(|known| known.name.owner).collect();
            several.extend(Some(owners).filter(|owners| owners.len() > 1).into_iter().flatten());
        }
        let mut order = Vec::new();
        if !several.is_empty() {
            // They may turn out to be one, with all their names.
            let contacts: Vec<ContactId> = several.iter().copied().collect();
            order = self.store.by_conversation(workspace, &contacts).await?;
            known.extend(self.store.names_of(workspace, &contacts).await?);
        }
        Ok(Party::new(workspace, known, &several, order))
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

fn message_of(it: &Addressed) -> Option<&InboundMessage> {
    match &it.item {
        InboundItem::Message(message) => Some(message),
        InboundItem::Status(_) | InboundItem::MovedOn { .. } => None,
    }
}

/// Whose message a status speaks of.
fn correspondent(report: &StatusReport, workspace: WorkspaceId, correspondents: &Correspondents) -> Option<ContactId> {
    let by_id = report.message.and_then(|message| correspondents.get(&(workspace, message.to_string())));
    by_id.or_else(|| correspondents.get(&(workspace, report.wamid.clone()))).copied()
}
