//! Sends that WhatsApp refuses, delays or answers: what is repeated, what is not, and when.

use std::time::Duration;

use baton::domain::ids::MessageId;
use serde_json::json;
use uuid::Uuid;

use crate::support::staff::Staff;
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_click_is_one_message() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    let message = MessageId(Uuid::now_v7());
    let clicks = (0..6).map(|_| ana.posts_reply(conversation, message, "Once, please."));
    for answer in futures_util::future::join_all(clicks).await {
        assert_eq!(answer.unwrap().status, 303);
    }
    phone.hears("Once, please.").await;
    world.settles(SOON).await;
    let calls = world.simulator.ledger_to(&phone.wa_id).await;
    assert_eq!(calls.iter().filter(|call| call.text() == "Once, please.").count(), 1);
    world.nothing_was_sent_twice().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_whatsapp_refuses_for_the_moment_is_tried_again_later() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    for code in [131_056, 130_429] {
        world.simulator.fault(json!({ "target": "messages", "code": code, "count": 2, "to": phone.wa_id })).await;
        let words = format!("In spite of {code}");
        let message = ana.replies(conversation, &words).await;
        phone.hears(&words).await;
        assert_ne!(world.status(message, &["sent", "delivered", "read"], SOON).await, "failed");
        let calls = world.simulator.ledger_to(&phone.wa_id).await;
        let tries: Vec<bool> = calls.iter().filter(|call| call.text() == words).map(|call| call.is_accepted).collect();
        assert_eq!(tries, [false, false, true], "{code}");
    }
    world.settles(SOON).await;
    world.nothing_was_sent_twice().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_to_one_customer_keep_their_order_though_the_first_is_refused_twice() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    world.simulator.fault(json!({ "target": "messages", "code": 131_056, "count": 2, "to": phone.wa_id })).await;
    for words in ["one", "two", "three"] {
        ana.replies(conversation, words).await;
    }
    phone.hears("three").await;
    let heard = phone.heard().await;
    assert_eq!(heard[heard.len() - 3..], ["one", "two", "three"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_pauses_the_number_and_fails_nothing() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    world.simulator.fault(json!({ "target": "messages", "code": 190, "status": 401, "count": 1 })).await;
    let message = ana.replies(conversation, "After the pause").await;
    let paused = "SELECT count(*) FROM allowances WHERE paused_until > now() + interval '4 minutes'";
    eventually("the number is paused", SOON, async || world.count(paused).await == 1).await;
    let second = ana.replies(conversation, "This one waits too").await;
    assert_eq!(world.status(second, &["queued"], SOON).await, "queued");
    world.execute("UPDATE allowances SET paused_until = now()").await;
    world.execute("UPDATE outbox SET due_at = now()").await;
    phone.hears("This one waits too").await;
    world.settles(SOON).await;
    assert_ne!(world.status(message, &["sent", "delivered", "read"], SOON).await, "failed");
    world.nothing_was_sent_twice().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_for_ever_is_shown_in_words_and_does_not_hold_up_the_next_message() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    world.simulator.fault(json!({ "target": "messages", "code": 131_026, "count": 1, "to": phone.wa_id })).await;
    let message = ana.replies(conversation, "This will not arrive").await;
    ana.replies(conversation, "But this will").await;
    phone.hears("But this will").await;
    assert_eq!(world.status(message, &["failed"], SOON).await, "failed");
    let shown = ana.looks_at(&format!("/conversations/{conversation}?view=mine")).await.body;
    assert!(shown.contains("This will not arrive"));
    world.settles(SOON).await;
    assert_eq!(world.nothing_was_sent_twice().await.with("failed"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_leaves_while_whatsapp_cannot_be_reached_and_everything_does_afterwards() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    world.simulator.fault(json!({ "target": "messages", "status": 503, "code": 131_016, "count": 2, "to": phone.wa_id })).await;
    ana.replies(conversation, "When you are back").await;
    eventually("it was tried", SOON, async || world.simulator.ledger_to(&phone.wa_id).await.iter().any(|call| call.fault.is_some())).await;
    eventually("it is tried again and again", Duration::from_secs(30), async || {
        world.execute("UPDATE outbox SET due_at = now()").await;
        world.simulator.ledger_to(&phone.wa_id).await.iter().any(|call| call.text() == "When you are back" && call.is_accepted)
    })
    .await;
    phone.hears("When you are back").await;
    world.settles(SOON).await;
    world.nothing_was_sent_twice().await;
}
