//! Lanes whose contacts are locked, with what their items speak of.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::Outcomes;
use crate::domain::Snapshot;
use crate::domain::ids::ConversationId;
use crate::domain::inbound::InboundItem;
use crate::runner::Error;
use crate::runner::contact::asked;
use crate::runner::load::{Place, Reading, snapshot};
use crate::store::inbound_items::WaitingItem;
use crate::store::lanes::OpenLane;
use crate::store::messages::SpokenOf;
use crate::store::{self, Transaction};

/// A lane whose contact is locked, with what its items speak of.
pub struct Opened {
    pub snapshot: Snapshot,
    pub items: Vec<WaitingItem>,
    /// Whose each of the snapshot's messages is.
    conversations: Vec<ConversationId>,
    /// Items that were decided.
    pub done: usize,
    /// Something of it is in the tables already.
    pub has_written: bool,
}

impl Opened {
    /// The conversation that an item is about, when it is not the one under way.
    pub fn elsewhere(&self, told: &InboundItem) -> Option<ConversationId> {
        let under_way = self.snapshot.conversation.as_ref().map(|conversation| conversation.id);
        conversation_of(told, &self.snapshot, &self.conversations).filter(|id| Some(*id) != under_way)
    }
}

/// Snapshots of lanes in which something waits, with the messages that their items speak of. Where something cannot be read, the lane's
/// outcome says so.
pub async fn look_around(
    transaction: &Transaction<'_>,
    place: &Place,
    lanes: Vec<OpenLane>,
    reading: Reading,
    outcomes: &mut Outcomes,
) -> Result<Vec<Opened>, Error> {
    let mut place = place.clone();
    let mut opened = Vec::with_capacity(lanes.len());
    for OpenLane { contact, latest, items } in lanes.into_iter().filter(|lane| !lane.items.is_empty()) {
        let id = contact.id;
        match snapshot(transaction, &place, contact, latest, reading).await {
            Ok(snapshot) => {
                // With the flow's version that it had to read.
                place.workplace = snapshot.workplace.clone();
                opened.push(Opened { snapshot, items, conversations: Vec::new(), done: 0, has_written: false });
            }
            Err(error @ Error::Store(store::Error::Unreadable(_))) => _ = outcomes.insert(id, Err(error)),
            Err(error) => return Err(error),
        }
    }
    let mut wamids: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut ids: HashMap<Uuid, Vec<usize>> = HashMap::new();
    for (number, lane) in opened.iter().enumerate() {
        let (theirs, ours) = spoken_of(&lane.items, &lane.snapshot);
        theirs.into_iter().for_each(|wamid| wamids.entry(wamid).or_default().push(number));
        ours.into_iter().for_each(|id| ids.entry(id).or_default().push(number));
    }
    if wamids.is_empty() && ids.is_empty() {
        return Ok(opened);
    }
    let wanted: (Vec<&str>, Vec<Uuid>) = (wamids.keys().copied().collect(), ids.keys().copied().collect());
    let known = store::messages::known(transaction, place.workspace, place.inbox.id, &wanted.0, &wanted.1).await?;
    let of_lanes: Vec<(BTreeSet<usize>, SpokenOf)> = known
        .into_iter()
        .map(|found| {
            let by_wamid = found.message.wamid.as_deref().and_then(|wamid| wamids.get(wamid));
            let by_id = ids.get(&found.message.id.0);
            (by_id.into_iter().chain(by_wamid).flatten().copied().collect(), found)
        })
        .collect();
    for (lanes, found) in of_lanes {
        let misread = reading.accept(found.misread).err().map(|error| error.to_string());
        for lane in lanes {
            let lane = &mut opened[lane];
            lane.snapshot.messages.push(found.message.clone());
            lane.conversations.push(found.conversation);
            if let Some(reason) = &misread {
                outcomes.insert(lane.snapshot.contact.id, Err(Error::Store(store::Error::Unreadable(reason.clone()))));
            }
        }
    }
    opened.retain(|lane| matches!(outcomes.get(&lane.snapshot.contact.id), Some(Ok(_))));
    Ok(opened)
}

/// The WhatsApp ids and our ids that items speak of, and what the flow asked.
fn spoken_of<'a>(items: &'a [WaitingItem], snapshot: &Snapshot) -> (Vec<&'a str>, Vec<Uuid>) {
    let told = || items.iter().filter_map(|item| item.item.as_ref().ok());
    let wamids = told().filter_map(|told| match told {
        InboundItem::Message(message) => Some(message.wamid.as_str()),
        InboundItem::Status(report) => Some(report.wamid.as_str()),
        InboundItem::MovedOn { .. } => None,
    });
    let ids = told().filter_map(|told| match told {
        InboundItem::Status(report) => report.message.map(|message| message.0),
        InboundItem::Message(_) | InboundItem::MovedOn { .. } => None,
    });
    (wamids.collect(), ids.chain(asked(snapshot)).collect())
}

/// The conversation that a status belongs to.
fn conversation_of(told: &InboundItem, snapshot: &Snapshot, conversations: &[ConversationId]) -> Option<ConversationId> {
    let InboundItem::Status(report) = told else { return None };
    let position = snapshot
        .messages
        .iter()
        .take(conversations.len())
        .position(|message| Some(message.id) == report.message || message.wamid.as_deref() == Some(report.wamid.as_str()))?;
    conversations.get(position).copied()
}
