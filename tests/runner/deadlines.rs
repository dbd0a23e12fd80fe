//! Deadlines that are moved while somebody has them in hand.

use std::time::Duration;

use baton::domain::ids::{ContactId, ConversationId};
use baton::domain::timer::Timer;
use baton::store::rows::Rows;
use baton::store::timers::{self, Deadline, Key};
use jiff::Timestamp;

use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_is_moved_while_a_node_has_it_in_hand_rings_when_it_is_due() {
    let shop = Shop::opens().await;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    let contact = ContactId(shop.rows("SELECT contact_id FROM conversations", &[]).await[0].get(0));
    let sets = async |conversation: ConversationId, at: Timestamp| {
        let mut client = shop.store.client().await.unwrap();
        let transaction = client.transaction().await.unwrap();
        let mut rows = Rows::of(shop.workspace);
        rows.timer(Key::of(Timer::FlowTurn, conversation), Some(Deadline { contact, due_at: at, timer: Timer::FlowTurn }));
        rows.write(&transaction).await.unwrap();
        transaction.commit().await.unwrap();
    };
    let claims = async || shop.store.claim_timers(Duration::from_secs(120), 9).await.unwrap().timers;
    let (earlier, later) = (Timestamp::from_second(1_000).unwrap(), Timestamp::from_second(2_000).unwrap());
    sets(conversation, earlier).await;
    let in_hand = claims().await.pop().expect("it is due");
    assert!(claims().await.is_empty(), "somebody has it in hand");
    sets(conversation, later).await;
    shop.store.release_timer(&in_hand, Duration::from_secs(120)).await.unwrap();
    let due = claims().await.pop().expect("it is nobody's");
    assert_eq!(due.due_at, later);
    let mut client = shop.store.client().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    assert!(!timers::take(&transaction, &in_hand).await.unwrap(), "what is due at another time is not taken");
    assert!(timers::take(&transaction, &due).await.unwrap());
}
