//! Sends whose answer is lost: never sent again by themselves, told by a status, or by a person.

use std::time::Duration;

use baton::domain::ids::{ConversationId, MessageId};
use serde_json::{Value, json};

use crate::support::agent::Agent;
use crate::support::phone::Phone;
use crate::support::staff::Staff;
use crate::support::waiting::eventually;
use crate::support::webhook::{posts, status, statuses};
use crate::support::{SOON, World};

/// The minute that WhatsApp has to tell has passed.
const MINUTE_PASSES: &str = "UPDATE timers SET due_at = now() WHERE kind = 'unknown_send'";

const WORDS: &str = "Did you get this?";

/// Sends one message under a fault, and answers it.
async fn sends_under(world: &World, ana: &Agent, phone: &Phone<'_>, mut fault: Value) -> (ConversationId, MessageId) {
    let conversation = world.conversation_of(ana, phone).await;
    fault["target"] = json!("messages");
    fault["to"] = json!(phone.wa_id);
    world.simulator.fault(fault).await;
    (conversation, ana.replies(conversation, WORDS).await)
}

async fn calls(world: &World, phone: &Phone<'_>) -> usize {
    world.simulator.ledger_to(&phone.wa_id).await.iter().filter(|call| call.text() == WORDS).count()
}

async fn is_asked_about(world: &World, message: MessageId) -> bool {
    let asked = "SELECT 1 FROM messages WHERE id = $1 AND status = 'unknown' AND failure ->> 'title' = 'unanswered'";
    !world.rows(asked, &[&message.0]).await.is_empty()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_told_by_the_status_and_nothing_is_sent_again() {
    let world = World::quick().await;
    world.simulator.post("settings", &json!({ "sent_ms": 1_500 })).await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let (conversation, message) = sends_under(&world, &ana, &phone, json!({ "reset": "after_body", "count": 1 })).await;
    assert_eq!(world.status(message, &["unknown"], SOON).await, "unknown");
    ana.replies(conversation, "The next one goes meanwhile").await;
    phone.hears("The next one goes meanwhile").await;
    assert_eq!(world.status(message, &["delivered", "read"], SOON).await, "delivered");
    assert_eq!(calls(&world, &phone).await, 1);
    assert_eq!(world.count("SELECT count(*) FROM timers WHERE kind = 'unknown_send'").await, 0, "somebody would still be asked");
    world.settles(SOON).await;
    world.nothing_was_sent_twice().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_minute_without_a_word_a_person_is_asked_and_may_send_it_again() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let fault = json!({ "status": 500, "body": "<html>Something went wrong</html>", "count": 1 });
    let (_, message) = sends_under(&world, &ana, &phone, fault).await;
    assert_eq!(world.status(message, &["unknown"], SOON).await, "unknown");
    assert!(!is_asked_about(&world, message).await, "somebody is asked at once");
    let early = ana.posts(&format!("/messages/{message}/settlement"), &[("choice", "resend")]).await.unwrap();
    assert_eq!(early.status, 409, "it was sent again before anybody could know");
    world.execute(MINUTE_PASSES).await;
    eventually("a person is asked", SOON, async || is_asked_about(&world, message).await).await;
    assert_eq!(calls(&world, &phone).await, 1, "it was sent again without a word");
    let path = format!("/messages/{message}/settlement");
    let again = || ana.posts(&path, &[("choice", "resend")]);
    let (first, second) = tokio::join!(again(), again());
    assert!(first.unwrap().status < 500 && second.unwrap().status < 500);
    phone.hears(WORDS).await;
    world.settles(SOON).await;
    assert_eq!(calls(&world, &phone).await, 2);
    assert_eq!(world.nothing_was_sent_twice().await.with("unknown"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_may_leave_it_and_a_late_status_still_counts() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let (_, message) = sends_under(&world, &ana, &phone, json!({ "reset": "before_body", "count": 1 })).await;
    assert_eq!(world.status(message, &["unknown"], SOON).await, "unknown");
    world.execute(MINUTE_PASSES).await;
    eventually("a person is asked", SOON, async || is_asked_about(&world, message).await).await;
    let left = ana.posts(&format!("/messages/{message}/settlement"), &[("choice", "leave")]).await.unwrap();
    assert_eq!(left.status, 303, "{left:?}");
    assert!(!is_asked_about(&world, message).await);
    let told = statuses(&[status("wamid.late", "delivered", Some(&message.to_string()))]);
    assert_eq!(posts(world.nodes[0].address, told.to_string()).await, 200);
    assert_eq!(world.status(message, &["delivered"], SOON).await, "delivered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_cut_before_its_body_was_read_is_not_repeated_either() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let (_, message) = sends_under(&world, &ana, &phone, json!({ "reset": "before_body", "count": 1 })).await;
    assert_eq!(world.status(message, &["unknown"], SOON).await, "unknown");
    world.settles(SOON).await;
    assert_eq!(calls(&world, &phone).await, 1, "who cannot know does not send again");
    assert_eq!(world.nothing_was_sent_twice().await.with("unknown"), 1);
}

/// The client waits for an answer for 30 seconds; this takes as long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_takes_too_long_is_not_waited_for_and_not_asked_for_again() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let (_, message) = sends_under(&world, &ana, &phone, json!({ "delay_ms": 33_000, "count": 1 })).await;
    assert_eq!(world.status(message, &["unknown"], Duration::from_secs(40)).await, "unknown");
    assert_eq!(world.status(message, &["delivered", "read"], SOON).await, "delivered");
    assert_eq!(calls(&world, &phone).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_of_a_node_that_died_become_unknown_when_their_lease_lapses() {
    let mut world = World::quick_with(&[crate::support::node::Side::Both, crate::support::node::Side::Both]).await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let wa_id = world.phone("Mia Berg").await.wa_id;
    let phone = Phone::known(&world.simulator, &wa_id);
    let (_, message) = sends_under(&world, &ana, &phone, json!({ "delay_ms": 5_000, "count": 1 })).await;
    eventually("the call is under way", SOON, async || calls(&world, &Phone::known(&world.simulator, &wa_id)).await == 1).await;
    for node in &mut world.nodes {
        node.kill();
    }
    world.nodes[0].start().await;
    assert_eq!(world.status(message, &["queued"], SOON).await, "queued", "a journaled status cannot say yet that it was lost");
    world.execute("UPDATE outbox SET lease_until = now() WHERE state = 'dispatching'").await;
    world.status(message, &["unknown", "sent", "delivered", "read"], SOON).await;
    assert_eq!(world.status(message, &["delivered", "read"], SOON).await, "delivered");
    let phone = Phone::known(&world.simulator, &wa_id);
    assert_eq!(calls(&world, &phone).await, 1, "another node sent it again");
}
