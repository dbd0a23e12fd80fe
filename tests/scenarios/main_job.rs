//! The main job: acknowledged, qualified, assigned, answered; for one customer, and for many at once on two nodes.

use std::time::Duration;

use serde_json::Value;

use crate::support::chance::{promised, size};
use crate::support::node::Side;
use crate::support::staff::Staff;
use crate::support::traffic::Traffic;
use crate::support::{SOON, World};

/// Customers of a quick check of a debug build, and how many begin in a second.
const CUSTOMERS: usize = 150;
const RATE: usize = 15;

/// Customers who come first: a node that has just been started prepares every statement on every connection.
const EARLY: usize = 40;

/// How soon 99 of 100 customers must be acknowledged.
const ACKNOWLEDGED: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_is_acknowledged_qualified_assigned_and_answered() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let phone = world.phone("Mia Berg").await;
    let _page = Staff::keeps_page(&ana);
    phone.is_qualified().await;
    let conversation = world.conversation_with(&phone).await;
    assert_eq!(world.holder(conversation, SOON).await, ana.user.0);
    let shown = ana.looks_at(&format!("/conversations/{conversation}?view=mine")).await.body;
    for words in ["Mia Berg", "My order", "204817", "It is damaged"] {
        assert!(shown.contains(words), "the page does not say “{words}”");
    }
    ana.replies(conversation, "I am sending you a new one.").await;
    phone.hears("I am sending you a new one.").await;
    assert_eq!(phone.heard().await[0], "Hello Mia, thank you for writing. One of us will answer you within 10 minutes.");
    assert_eq!(phone.heard().await.len(), 6, "the flow speaks again, or somebody twice");
    world.settles(SOON).await;
    world.nothing_was_lost(&phone.written().await).await;
    world.nothing_was_sent_twice().await;
    world.everybody_was_assigned_once(1).await;
    world.journals_are_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resolved_conversation_is_reopened_by_the_customer_and_goes_back_to_the_same_agent() {
    let world = World::quick().await;
    let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
    let phone = world.phone("Mia Berg").await;
    let page = Staff::keeps_page(&ana);
    phone.is_qualified().await;
    let conversation = world.conversation_with(&phone).await;
    world.holder(conversation, SOON).await;
    ana.resolves(conversation).await;
    world.loads_are_right().await;
    let _both = (page, Staff::keeps_page(&ben));
    phone.writes("One more thing").await;
    assert_eq!(world.holder(conversation, SOON).await, ana.user.0);
    assert_eq!(world.conversation_with(&phone).await, conversation);
    phone.hears("Thank you for writing again.").await;
    world.settles(SOON).await;
    assert_eq!(phone.heard().await.len(), 6, "who comes back is heard, and asked nothing again");
    world.loads_are_right().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_waits_until_somebody_comes_and_full_agents_get_no_more() {
    let world = World::quick().await;
    let phones = [world.phone("Mia Berg").await, world.phone("Noa Katz").await, world.phone("Oto Maly").await];
    for phone in &phones {
        phone.writes("agent").await;
        phone.hears("A colleague will answer").await;
    }
    world.settles(SOON).await;
    assert_eq!(world.count("SELECT count(*) FROM conversations WHERE controller = 'queue'").await, 3);
    let ana = world.employs("Ana", baton::domain::access::Role::Agent, 2).await;
    let _page = Staff::keeps_page(&ana);
    let first = world.conversation_with(&phones[0]).await;
    assert_eq!(world.holder(first, Duration::from_secs(5)).await, ana.user.0);
    assert_eq!(world.holder(world.conversation_with(&phones[1]).await, SOON).await, ana.user.0);
    let last = world.conversation_with(&phones[2]).await;
    assert_eq!(world.count("SELECT count(*) FROM conversations WHERE controller = 'queue'").await, 1);
    ana.resolves(first).await;
    assert_eq!(world.holder(last, Duration::from_secs(5)).await, ana.user.0);
    world.loads_are_right().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_arrives_is_kept_and_is_shown() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let phone = world.phone("Mia Berg").await;
    phone.writes("agent").await;
    phone.sends_picture().await;
    let stored = "SELECT count(*) FROM media WHERE state = 'stored'";
    crate::support::waiting::eventually("the picture is stored", SOON, async || world.count(stored).await == 1).await;
    let conversation = world.conversation_with(&phone).await;
    let page = ana.looks_at(&format!("/conversations/{conversation}?view=all")).await.body;
    let address = page.split_once(r#"href="/media/"#).and_then(|(_, rest)| rest.split_once('"')).expect("the page shows the picture").0;
    assert_eq!(ana.asks_for(&format!("/media/{address}")).await.status, 200);
    assert_eq!(ana.asks_for(&format!("/media/{address}/thumbnail")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_customers_at_once_are_acknowledged_within_a_second_and_assigned_once() {
    let world = World::durable(&[Side::Both, Side::Both]).await;
    let (customers, rate) = (size("BATON_SCENARIO_SIZE", CUSTOMERS), size("BATON_SCENARIO_RATE", RATE));
    let traffic = Traffic { after: EARLY, customers, rate };
    let all = EARLY + customers;
    let room = i32::try_from(all.div_ceil(10)).unwrap();
    let staff = Staff::arrives(&world, 20, room).await;
    world.has_sockets(staff.agents.len()).await;
    let early = Traffic { after: 0, customers: EARLY, rate: RATE };
    early.begins(&world).await;
    early.ends(&world, Duration::from_secs(60)).await;
    traffic.begins(&world).await;
    let progress = traffic.ends(&world, Duration::from_secs(180)).await;
    world.settles(SOON).await;
    let assigned = "SELECT count(*) FROM conversations WHERE controller <> 'agent'";
    crate::support::waiting::eventually("everybody has an agent", SOON, async || world.count(assigned).await == 0).await;
    let written = traffic.written(&world).await;
    assert_eq!(written.len(), all * 4, "messages that customers wrote");
    world.nothing_was_lost(&written).await;
    let sends = world.nothing_was_sent_twice().await;
    world.everybody_was_assigned_once(i64::try_from(all).unwrap()).await;
    world.journals_are_whole().await;
    let (middle, slow, slowest) = progress.acknowledged_in;
    eprintln!(
        "{customers} customers at {rate}/s on two nodes: acknowledged in {middle:.0} ms (p50), {slow:.0} ms (p99), {slowest:.0} ms (max); {sends:?}"
    );
    assert_eq!(sends.messages, all * 5);
    assert_eq!(sends.with("unknown") + sends.with("failed"), 0, "{sends:?}");
    // The promise is judged where it was asked for, on a machine that does nothing else.
    if std::env::var_os("BATON_SCENARIO_SIZE").is_some() {
        assert!(slow <= promised(ACKNOWLEDGED).as_secs_f64() * 1_000.0, "acknowledged in {slow:.0} ms at p99");
    }
    spread_evenly(&world, staff.agents.len(), all).await;
}

/// Least busy first: equal agents end up with equal loads.
async fn spread_evenly(world: &World, agents: usize, customers: usize) {
    let loads: Vec<i32> = world.rows("SELECT load FROM agents ORDER BY load", &[]).await.iter().map(|row| row.get(0)).collect();
    assert_eq!(loads.iter().sum::<i32>() as usize, customers);
    let (least, most) = (loads[0], loads[agents - 1]);
    assert!(most - least <= 2, "loads are uneven: {loads:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_side_each_is_an_installation_too() {
    let world = World::quick_with(&[Side::Web, Side::Workers]).await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    phone.is_qualified().await;
    let conversation = world.conversation_with(&phone).await;
    assert_eq!(world.holder(conversation, SOON).await, ana.user.0);
    ana.replies(conversation, "I am on it.").await;
    let heard: Value = phone.hears("I am on it.").await;
    assert_eq!(heard["direction"], "in");
    for page in ["/inbox?view=mine", "/sign-in"] {
        let status = reqwest::get(world.nodes[1].url(page)).await.unwrap().status();
        assert_eq!(status, 404, "a node of the workers' side shows {page}");
    }
}
