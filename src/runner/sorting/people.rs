//! Whose each item is: the contact of a message's sender, and of the message that a status speaks of.

use std::collections::{HashMap, HashSet, VecDeque};

use jiff::Timestamp;
use uuid::Uuid;

use super::Addressed;
use super::party::{Met, Party};
use crate::domain::contact::Identity;
use crate::domain::ids::{ContactId, InboxId, WorkspaceId};
use crate::domain::inbound::{InboundItem, InboundMessage, StatusReport};
use crate::runner::{Error, Runner};
use crate::store;
use crate::store::contacts::Found as Known;
use crate::store::inbound_items::NewItem;
use crate::store::notices::NewNotice;
use crate::store::numbers::{TEST_ID_VERSION, TestReport};
use crate::store::sorting::Sheet;

/// The contacts of messages that are stored, by our id and by WhatsApp's: statuses speak of them, and some come again.
type Correspondents = HashMap<(InboxId, String), ContactId>;

impl Runner {
    /// Finds or makes the contact of every item. Statuses of messages that are not ours, and what is told a second time, are kept as
    /// notices.
    pub(super) async fn attach(&self, sheet: &mut Sheet<'_>, addressed: Vec<Addressed>, now: Timestamp) -> Result<(), Error> {
        let correspondents = self.correspondents(&addressed).await?;
        let mut met = self.senders(sheet, &addressed, &correspondents).await?;
        for Addressed { connection, payload_seq, received_at, mut item } in addressed {
            let (workspace, inbox) = (connection.workspace, connection.inbox.id);
            let contact = match &mut item {
                InboundItem::Message(message) => met.pop_front().flatten().map(|met| {
                    message.sender.found = met.found;
                    // Answers go to a name of theirs; one that is another contact's by now is none.
                    message.sender.identities = met.names;
                    met.contact
                }),
                InboundItem::Status(report) => correspondent(report, inbox, &correspondents),
                // Said by a runner, never by a body.
                InboundItem::MovedOn { .. } => None,
            };
            match contact {
                Some(contact) => sheet.items.push(NewItem { workspace, contact, inbox, payload_seq, item, received_at }),
                None if test_of(&item).is_some() => sheet.tests.extend(test_of(&item).map(|(id, report)| TestReport {
                    workspace,
                    inbox,
                    id,
                    status: report.status.as_str(),
                    refusal: report.failure.clone(),
                })),
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

    /// Finds whom each message is from, in their order, and puts those we meet for the first time on the sheet. One that comes again is
    /// from whom it was and tells nothing new of them: the names in it may be somebody else's by now.
    async fn senders(
        &self,
        sheet: &mut Sheet<'_>,
        addressed: &[Addressed],
        known: &Correspondents,
    ) -> Result<VecDeque<Option<Met>>, Error> {
        let mut said: HashMap<WorkspaceId, Vec<&InboundMessage>> = HashMap::new();
        for it in addressed {
            said.entry(it.connection.workspace).or_default().extend(message_of(it));
        }
        let mut parties = HashMap::with_capacity(said.len());
        for (workspace, messages) in said {
            parties.insert(workspace, self.party(workspace, messages).await?);
        }
        let mut seen = known.clone();
        let mut all = VecDeque::with_capacity(addressed.len());
        for it in addressed {
            let (Some(message), Some(party)) = (message_of(it), parties.get_mut(&it.connection.workspace)) else { continue };
            let key = (it.connection.inbox.id, message.wamid.clone());
            let met = match seen.get(&key) {
                Some(contact) => Some(party.meet_again(message, *contact)),
                None => party.meet(message),
            };
            seen.extend(met.as_ref().map(|met| (key, met.contact)));
            all.push_back(met);
        }
        parties.into_values().for_each(|party| party.note(sheet));
        Ok(all)
    }

    /// Whom we know of those that messages to a workspace name.
    async fn party(&self, workspace: WorkspaceId, messages: Vec<&InboundMessage>) -> Result<Party, Error> {
        let named: Vec<Vec<Identity>> = messages.into_iter().map(InboundMessage::names).collect();
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

    /// Whose the messages are that items speak of, or are.
    async fn correspondents(&self, addressed: &[Addressed]) -> Result<Correspondents, Error> {
        let mut spoken_of: HashMap<_, (Vec<Uuid>, Vec<&str>)> = HashMap::new();
        for it in addressed {
            let (ids, wamids) = spoken_of.entry((it.connection.workspace, it.connection.inbox.id)).or_default();
            match &it.item {
                InboundItem::Message(message) => wamids.push(&message.wamid),
                InboundItem::Status(report) => {
                    ids.extend(report.message.map(|message| message.0));
                    wamids.push(&report.wamid);
                }
                InboundItem::MovedOn { .. } => {}
            }
        }
        let mut correspondents = HashMap::new();
        for ((workspace, inbox), (ids, wamids)) in spoken_of {
            for owner in self.store.owners(workspace, inbox, &ids, &wamids).await? {
                if let Some(wamid) = owner.wamid {
                    correspondents.insert((inbox, wamid), owner.contact);
                }
                correspondents.insert((inbox, owner.id.to_string()), owner.contact);
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
fn correspondent(report: &StatusReport, inbox: InboxId, correspondents: &Correspondents) -> Option<ContactId> {
    let by_id = report.message.and_then(|message| correspondents.get(&(inbox, message.to_string())));
    by_id.or_else(|| correspondents.get(&(inbox, report.wamid.clone()))).copied()
}

/// What a status says of a message that tries a number, which has an id of another form than those of conversations.
fn test_of(item: &InboundItem) -> Option<(Uuid, &StatusReport)> {
    let InboundItem::Status(report) = item else { return None };
    let id = report.message?.0;
    (id.get_version_num() == TEST_ID_VERSION).then_some((id, report))
}
