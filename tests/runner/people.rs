//! Customers by what WhatsApp calls them, for the tests of who is who.

use std::sync::OnceLock;

use baton::domain::contact::Identity;
use baton::domain::ids::{ContactId, ConversationId};
use baton::domain::inbound::{InboundContent, InboundItem, Sender};
use baton::domain::unspoken::Unspoken;
use baton::runner::lanes::LaneProgress;
use baton::store::dispatches::Claim;
use jiff::{SignedDuration, Timestamp};

use crate::bodies::{message, store, work};
use crate::shop::Shop;

/// So many seconds after their day began, by WhatsApp's clock: half an hour ago, so that nothing is in the future.
pub fn at(seconds: i64) -> Timestamp {
    static BEGAN: OnceLock<Timestamp> = OnceLock::new();
    *BEGAN.get_or_init(|| baton::runner::now() - SignedDuration::from_mins(30)) + SignedDuration::from_secs(seconds)
}

pub fn phone(digits: &str) -> Identity {
    Identity::Phone(digits.to_owned())
}

pub fn id(id: &str) -> Identity {
    Identity::UserId(id.to_owned())
}

pub fn hello() -> InboundContent {
    InboundContent::Text { body: "hello".to_owned() }
}

pub fn new_number(to: &str) -> InboundContent {
    InboundContent::Unspoken(Unspoken::NumberChanged { to: Some(to.to_owned()) })
}

pub fn new_id(to: &str) -> InboundContent {
    InboundContent::Unspoken(Unspoken::UserIdChanged { to: Some(to.to_owned()) })
}

pub fn said(identities: &[Identity], wamid: &str, second: i64, content: InboundContent) -> InboundItem {
    let InboundItem::Message(mut it) = message("1", wamid, "") else { panic!("a message is one") };
    it.sender = Sender { identities: identities.to_vec(), name: Some("Mia".to_owned()), username: None, found: None };
    it.at = at(second);
    it.content = content;
    InboundItem::Message(it)
}

/// Somebody does something at a second by WhatsApp's clock, and a node takes it in, with what it left to be done.
pub async fn does(shop: &Shop, identities: &[Identity], wamid: &str, second: i64, content: InboundContent) {
    take_in(shop, &[said(identities, wamid, second, content)]).await;
}

pub async fn take_in(shop: &Shop, items: &[InboundItem]) {
    let runner = shop.node(4).runner;
    store(&shop.store, items).await;
    while work(&runner).await {}
    let (lanes, _) = shop.store.lanes_left_behind(baton::runner::now() + SignedDuration::from_hours(1), None).await.unwrap();
    for lane in lanes {
        while !matches!(runner.run_lane(lane).await, Ok(LaneProgress::Empty)) {}
    }
}

pub async fn writes(shop: &Shop, identities: &[Identity], wamid: &str, second: i64) {
    does(shop, identities, wamid, second, hello()).await;
}

/// The conversation and contact of a message.
pub async fn of(shop: &Shop, wamid: &str) -> (ConversationId, ContactId) {
    let sql = "SELECT c.id, c.contact_id FROM messages AS m JOIN conversations AS c ON c.id = m.conversation_id WHERE m.wamid = $1";
    let row = &shop.rows(sql, &[&wamid]).await[0];
    (ConversationId(row.get(0)), ContactId(row.get(1)))
}

/// What a conversation's journal says of who is who.
pub async fn lines(shop: &Shop, conversation: ConversationId) -> Vec<String> {
    let sql = "SELECT kind FROM events WHERE subject_id = $1 AND kind IN
               ('address_changed', 'number_taken_over', 'contacts_joined', 'contacts_parted', 'customer_moved_on') ORDER BY seq";
    shop.rows(sql, &[&conversation.0]).await.iter().map(|row| row.get(0)).collect()
}

/// Where the flow's next message to a conversation would go.
pub async fn recipient(shop: &Shop, conversation: ConversationId) -> Option<Identity> {
    shop.execute("UPDATE allowances SET rate_per_second = 1000000, tokens = 1000", &[]).await;
    let claimed = shop.node(4).runner.claim_outbox(shop.workspace, shop.inbox, 50).await.unwrap().0;
    let Claim::Taken { dispatches, .. } = claimed else { panic!("{claimed:?}") };
    let found = dispatches.iter().find(|it| it.conversation == conversation).map(|it| it.identities.first().cloned());
    shop.execute("UPDATE outbox SET state = 'queued', claim_id = NULL, lease_until = NULL", &[]).await;
    found.expect("something is to be sent")
}
