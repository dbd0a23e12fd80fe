//! What the customer is told of our reading: that it happened, once, and nothing that is made up.

use std::time::Duration;

use baton::domain::ids::ConversationId;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::agent::Agent;
use crate::support::staff::Staff;
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

/// Read receipts that reached WhatsApp, by the message they are about.
async fn receipts(world: &World) -> Vec<String> {
    let calls = world.simulator.ledger().await;
    let read = calls.iter().filter(|call| call.body["status"] == json!("read") && call.body.get("typing_indicator").is_none());
    read.map(|call| call.body["message_id"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn reads(ana: &Agent, conversation: ConversationId, seq: i64) {
    let answer = ana.posts(&format!("/conversations/{conversation}/reads"), &[("seq", &seq.to_string())]).await.unwrap();
    assert_eq!(answer.status, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_up_read_positions_cost_no_calls_and_hide_nothing_that_comes_later() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    join_all((1..300).map(|seq| reads(&ana, conversation, seq))).await;
    for seq in [i64::MAX, -5, i64::MIN, 0] {
        reads(&ana, conversation, seq).await;
    }
    let asked = phone.written().await;
    eventually("the customer is told", SOON, async || receipts(&world).await == asked).await;
    let own = "SELECT count(*) FROM reads AS r JOIN conversations AS c ON c.id = r.conversation_id WHERE r.seq = c.last_seq";
    assert_eq!(world.count(own).await, 1, "how far Ana has read is not how far there is anything to read");
    let next = phone.writes("Are you there?").await;
    world.settles(SOON).await;
    let unread = "SELECT count(*) FROM reads AS r JOIN conversations AS c ON c.id = r.conversation_id WHERE r.seq < c.last_seq";
    assert_eq!(world.count(unread).await, 1, "what came later counts as read");
    let row = ana.looks_at("/inbox?view=mine").await.body;
    assert!(row.contains("is-unread"), "{row}");
    reads(&ana, conversation, i64::MAX).await;
    eventually("the customer is told again", SOON, async || receipts(&world).await == [asked.clone(), vec![next.clone()]].concat()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_customer_is_being_told_nobody_tells_again_but_the_latest_is_told_afterwards() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    world.simulator.fault(json!({ "target": "messages", "delay_ms": 1_000, "count": 1 })).await;
    reads(&ana, conversation, i64::MAX).await;
    let mut last = String::new();
    for number in 0..5 {
        last = phone.writes(&format!("And {number}")).await;
        world.settles(SOON).await;
        reads(&ana, conversation, i64::MAX).await;
    }
    eventually("the customer is told of the last", SOON, async || receipts(&world).await.last() == Some(&last)).await;
    let told = receipts(&world).await;
    let mut once = told.clone();
    once.dedup();
    assert_eq!(told, once, "the same was told twice");
    tokio::time::timeout(Duration::from_secs(1), async { while receipts(&world).await == told {} }).await.unwrap_err();
}
