//! Bodies as the store keeps them, here with the items already understood.

use std::collections::BTreeMap;

use baton::domain::contact::Identity;
use baton::domain::ids::{ContactId, InboxId, WorkspaceId};
use baton::domain::inbound::Said;
use baton::domain::inbound::{InboundContent, InboundItem, InboundMessage, Sender, StatusReport};
use baton::domain::message::Status;
use baton::runner::lanes::LaneProgress;
use baton::runner::{Runner, now};
use baton::store::Store;
use baton::store::payloads::NewPayload;
use serde_json::Value;

use crate::shop::{NUMBER, SOURCE};

/// A text message of a customer.
pub fn message(phone: &str, wamid: &str, text: &str) -> InboundItem {
    InboundItem::Message(InboundMessage {
        wamid: wamid.to_owned(),
        at: now(),
        sender: Sender { identities: vec![Identity::Phone(phone.to_owned())], name: Some("Mia".to_owned()), username: None, found: None },
        content: InboundContent::Text { body: text.to_owned() },
        reply_to: None,
        raw: Value::Null,
    })
}

pub fn status(wamid: &str, status: Status) -> InboundItem {
    InboundItem::Status(StatusReport {
        wamid: wamid.to_owned(),
        message: None,
        status,
        at: now(),
        failure: None,
        reaction: None,
        recipient: Vec::new(),
    })
}

/// Stores a body with these items.
pub async fn store(store: &Store, items: &[InboundItem]) {
    let body = serde_json::to_vec(items).unwrap().into();
    store.append_payloads(&[NewPayload { source: SOURCE.to_owned(), received_at: now(), body }]).await.unwrap();
}

pub fn understand(body: &[u8]) -> Vec<Said> {
    let items: Vec<InboundItem> = serde_json::from_slice(body).unwrap();
    items.into_iter().map(|item| Said::ForInbox { address: NUMBER.to_owned(), account: None, item }).collect()
}

/// Sorts and runs what waits, as a node's workers do; answers whether there was anything.
pub async fn work(runner: &Runner) -> bool {
    let sorted = runner.sort(SOURCE, understand).await.unwrap();
    let mut inboxes: BTreeMap<(WorkspaceId, InboxId), Vec<ContactId>> = BTreeMap::new();
    for lane in sorted.lanes {
        inboxes.entry((lane.workspace, lane.inbox)).or_default().push(lane.contact);
    }
    for ((workspace, inbox), mut contacts) in inboxes {
        while !contacts.is_empty() {
            let outcomes = runner.run_lanes(workspace, inbox, &contacts).await;
            // Somebody else at the contact is no fault: a lane comes again.
            let again = contacts.into_iter().zip(outcomes).filter(|(_, outcome)| !matches!(outcome, Ok(LaneProgress::Empty)));
            contacts = again.map(|(contact, _)| contact).collect();
        }
    }
    sorted.bodies > 0
}
