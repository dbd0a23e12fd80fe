//! A node is asked to stop, in whatever state it is.

use std::time::Duration;

use serde_json::json;

use crate::support::node::Side;
use crate::support::staff::Staff;
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

/// How long a node may take to stop, whatever it waits for: its grace, and a busy machine.
const GRACE: Duration = Duration::from_secs(35);

/// How long one takes that waits for nothing.
const AT_ONCE: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_at_once_when_nothing_is_under_way() {
    let mut world = World::quick().await;
    let took = world.nodes[0].stops(AT_ONCE);
    eprintln!("idle: stopped in {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_without_postgresql_and_tells_of_it_in_few_lines() {
    let mut world = World::quick().await;
    world.servers.kill_postgres();
    let readiness = async || world.nodes[0].readiness().await.0;
    eventually("the node has noticed", SOON, async || readiness().await == 503).await;
    let took = world.nodes[0].stops(GRACE);
    let words = world.nodes[0].words();
    eprintln!("PostgreSQL away: stopped in {took:?}, having said\n{words}");
    assert!(words.lines().count() < 40, "an outage of seconds fills the log:\n{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_beside_a_frozen_postgresql() {
    let mut world = World::quick().await;
    world.servers.freeze_postgres();
    let readiness = async || world.nodes[0].readiness().await.0;
    eventually("the node has noticed", SOON, async || readiness().await == 503).await;
    let took = world.nodes[0].stops(GRACE);
    world.servers.thaw_postgres();
    eprintln!("PostgreSQL frozen: stopped in {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_without_redis() {
    let mut world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    world.servers.kill_redis();
    let redis = async || world.nodes[0].readiness().await.1["redis"] == json!("away");
    eventually("the node has noticed", SOON, redis).await;
    let took = world.nodes[0].stops(GRACE);
    eprintln!("Redis away: stopped in {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_while_whatsapp_does_not_answer_and_the_send_is_never_repeated() {
    let mut world = World::quick_with(&[Side::Both, Side::Both]).await;
    world.simulator.fault(json!({ "target": "messages", "delay_ms": 60_000, "count": 1 })).await;
    let phone = world.phone("Mia Berg").await;
    phone.writes("Hello").await;
    let wa_id = phone.wa_id.clone();
    eventually("a call hangs", SOON, async || !world.simulator.ledger_to(&wa_id).await.is_empty()).await;
    let mut took = Vec::new();
    for node in &mut world.nodes {
        took.push(node.stops(GRACE));
    }
    eprintln!("a call hangs: stopped in {took:?}");
    world.nodes[0].start().await;
    world.execute("UPDATE outbox SET lease_until = now() WHERE state = 'dispatching'").await;
    let unknown = "SELECT count(*) FROM messages WHERE status IN ('unknown', 'sent', 'delivered', 'read')";
    eventually("it is known that nobody knows", SOON, async || world.count(unknown).await >= 1).await;
    let first = world.simulator.ledger_to(&wa_id).await;
    let of_first = first.iter().filter(|call| call.message == first[0].message).count();
    assert_eq!(of_first, 1, "it was sent again by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_while_somebody_has_the_contact_that_a_request_is_about() {
    let mut world = World::quick().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    let mut holder = world.store.unhurried().await.unwrap();
    let lock = holder.transaction().await.unwrap();
    lock.query("SELECT 1 FROM contacts FOR UPDATE", &[]).await.unwrap();
    phone.writes("And I write meanwhile").await;
    let request = tokio::spawn(async move { ana.posts(&format!("/conversations/{conversation}/resolution"), &[]).await });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    eventually("the request waits for the lock", SOON, async || world.count(waits).await > 0).await;
    let took = world.nodes[0].stops(GRACE);
    eprintln!("a lock is held: stopped in {took:?}");
    lock.rollback().await.unwrap();
    // Answered in words, or cut off: it decides nothing any more either way.
    request.await.unwrap().ok();
}
