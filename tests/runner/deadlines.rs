//! Deadlines that are moved while somebody has them in hand.

use std::time::Duration;

use baton::domain::ids::ConversationId;
use baton::domain::timer::Timer;
use baton::store::Transaction;
use baton::store::rows::Rows;
use baton::store::timers::{self, Deadline, Key};
use jiff::{SignedDuration, Timestamp};

use crate::shop::Shop;

async fn sets(shop: &Shop, conversation: ConversationId, at: Timestamp) {
    let mut client = shop.store.client().await.unwrap();
    let transaction = Transaction::begin(&mut client);
    let mut rows = Rows::of(shop.workspace);
    rows.timer(Key::of(Timer::FlowTurn, conversation), Some(Deadline { due_at: at, timer: Timer::FlowTurn }));
    rows.commit(transaction).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_is_moved_while_a_node_has_it_in_hand_rings_when_it_is_due() {
    let shop = Shop::opens().await;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    let sets = async |conversation, at| sets(&shop, conversation, at).await;
    let claims = async || shop.store.claim_timers(Timer::FlowTurn.kind(), Duration::from_secs(120), 9).await.unwrap().timers;
    let (earlier, later) = (Timestamp::from_second(1_000).unwrap(), Timestamp::from_second(2_000).unwrap());
    sets(conversation, earlier).await;
    let in_hand = claims().await.pop().expect("it is due");
    assert!(claims().await.is_empty(), "somebody has it in hand");
    sets(conversation, later).await;
    shop.store.release_timer(&in_hand, Duration::from_secs(120)).await.unwrap();
    let due = claims().await.pop().expect("it is nobody's");
    assert_eq!(due.due_at, later);
    let mut client = shop.store.client().await.unwrap();
    let transaction = Transaction::begin(&mut client);
    assert!(!timers::take(&transaction, &in_hand).await.unwrap(), "what is due at another time is not taken");
    assert!(timers::take(&transaction, &due).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_nobody_runs_is_counted_of_whatever_kind_it_is() {
    let shop = Shop::opens().await;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    let ago = |seconds| Timestamp::now().saturating_sub(SignedDuration::from_secs(seconds)).unwrap();
    sets(&shop, conversation, ago(30)).await;
    assert_eq!(shop.store.overdue_timers().await.unwrap(), 0, "somebody will come to it");
    sets(&shop, conversation, ago(90)).await;
    shop.execute("UPDATE timers SET kind = 'of_tomorrow'", &[]).await;
    assert!(
        shop.store.claim_timers(Timer::FlowTurn.kind(), Duration::from_secs(120), 9).await.unwrap().timers.is_empty(),
        "it is left to who knows it"
    );
    assert_eq!(shop.store.overdue_timers().await.unwrap(), 1);
}
