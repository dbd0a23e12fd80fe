//! Redis and PostgreSQL go away and come back while people work.

use std::time::{Duration, Instant};

use crate::support::agent::Agent;
use crate::support::chance::size;
use crate::support::html::Thread;
use crate::support::node::Side;
use crate::support::shop::email;
use crate::support::staff::Staff;
use crate::support::waiting::eventually;
use crate::support::webhook::{self, messages, text};
use crate::support::{SOON, World};
use baton::domain::ids::ConversationId;

/// How long Redis stands still: longer than a node waits for its answer.
const FROZEN: Duration = Duration::from_secs(5);

/// Seconds without Redis in a quick check.
const OUTAGE: usize = 5;

/// How soon presence is right again.
const PRESENCE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flushed_redis_costs_nobody_their_presence_or_a_message() {
    let world = World::quick_with(&[Side::Web, Side::Workers]).await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let first = world.phone("Mia Berg").await;
    first.writes("agent").await;
    world.holder(world.conversation_with(&first).await, SOON).await;
    world.servers.flush_redis().await;
    let second = world.phone("Noa Katz").await;
    second.writes("agent").await;
    assert_eq!(world.holder(world.conversation_with(&second).await, PRESENCE).await, ana.user.0);
    world.settles(SOON).await;
    world.nothing_was_lost(&[first.written().await, second.written().await].concat()).await;
    world.nothing_was_sent_twice().await;
    world.everybody_was_assigned_once(2).await;
}

/// The nodes share no side, so that everything between them must go through Redis or PostgreSQL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_everybody_works_on_and_presence_is_right_again_soon() {
    let mut world = World::quick_with(&[Side::Web, Side::Workers]).await;
    let ana = world.agent("Ana").await;
    let ben = world.agent("Ben").await;
    let anas_page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let wa_id = phone.wa_id.clone();
    phone.writes("agent").await;
    let conversation = world.conversation_with(&phone).await;
    world.holder(conversation, SOON).await;
    world.servers.kill_redis();
    let ends = Instant::now() + Duration::from_secs(size("BATON_SCENARIO_OUTAGE", OUTAGE) as u64);
    works_without_redis(&world, &ana, conversation, &wa_id).await;
    drop(anas_page);
    eventually("the outage lasts", SOON * 2, async || Instant::now() >= ends).await;
    world.servers.start_redis();
    let back = Instant::now();

    let next = world.phone("Noa Katz").await;
    eventually("ten seconds have passed", SOON, async || back.elapsed() >= PRESENCE).await;
    next.writes("agent").await;
    let late = world.conversation_with(&next).await;
    world.settles(SOON).await;
    let _bens_page = Staff::keeps_page(&ben);
    assert_eq!(world.holder(late, SOON).await, ben.user.0, "Ana left while Redis was away");
    let phone = crate::support::phone::Phone::known(&world.simulator, &wa_id);
    world.nothing_was_lost(&[phone.written().await, next.written().await].concat()).await;
    world.nothing_was_sent_twice().await;
    world.loads_are_right().await;
}

/// A customer writes, an agent sees it and answers, the customer hears it.
async fn works_without_redis(world: &World, ana: &Agent, conversation: ConversationId, wa_id: &str) {
    let page = ana.looks_at(&format!("/conversations/{conversation}?view=mine")).await.body;
    let mut live = ana.opens_page().await;
    live.follows(conversation, Thread::of_page(&page), Default::default()).await.unwrap();
    let phone = crate::support::phone::Phone::known(&world.simulator, wa_id);
    let asked = Instant::now();
    phone.writes("Is anybody there?").await;
    live.hears("the customer's question", SOON, |page| page.thread.says("Is anybody there?")).await.unwrap();
    let seen = asked.elapsed();
    ana.replies(conversation, "Yes, I am.").await;
    phone.hears("Yes, I am.").await;
    live.hears("the agent's answer", SOON, |page| page.thread.says("Yes, I am.")).await.unwrap();
    eprintln!("without Redis: a question is on the page after {seen:?}, the answer on the phone after {:?}", asked.elapsed());
}

/// Every connection outlives a Redis that stands still, so that nobody comes back from anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_frozen_redis_swallowed_is_made_up_for_on_the_pages_of_other_nodes() {
    let world = World::quick_with(&[Side::Both, Side::Both]).await;
    let ana = world.agent("Ana").await;
    let presence = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    let mut page = ana.at(world.nodes[1].address).opens_page().await;
    page.lists("all").await.unwrap();
    page.hears("the figures of its list", SOON, |page| page.heard.iter().any(|kind| kind == "counts")).await.unwrap();
    page.heard.clear();
    let ben = world.agent("Ben").await;
    let mut bens_page = ben.at(world.nodes[1].address).opens_page().await;
    world.servers.freeze_redis();
    let ends = Instant::now() + FROZEN;
    ana.at(world.nodes[0].address).resolves(conversation).await;
    world.nodes[0].runs(&["user", "deactivate", "--email", &email("Ben")]).await;
    eventually("the outage lasts", FROZEN * 2, async || Instant::now() >= ends).await;
    assert!(!page.rows.contains_key(&conversation.to_string()), "the other node heard of it at once");
    world.servers.thaw_redis();
    page.hears("that it is to look for itself", SOON, |page| page.heard.iter().any(|kind| kind == "refresh")).await.unwrap();
    bens_page.listens_until(tokio::time::Instant::now() + PRESENCE).await;
    assert!(bens_page.heard.iter().any(|kind| kind == "signed_out"), "who left meanwhile goes on hearing: {:?}", bens_page.heard);
    drop(presence);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_is_found_by_a_node_that_missed_their_coming_while_redis_was_away() {
    let mut world = World::quick_with(&[Side::Web, Side::Workers]).await;
    let ana = world.agent("Ana").await;
    let phone = world.phone("Mia Berg").await;
    phone.writes("agent").await;
    let conversation = world.conversation_with(&phone).await;
    world.servers.kill_redis();
    let page = Staff::keeps_page(&ana);
    world.has_sockets(1).await;
    world.servers.start_redis();
    assert_eq!(world.holder(conversation, PRESENCE).await, ana.user.0);
    drop(page);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_starts_without_redis_serves_and_finds_it_later() {
    let mut world = World::quick_with(&[Side::Both]).await;
    world.nodes[0].stop();
    world.servers.kill_redis();
    world.nodes[0].start().await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    phone.writes("agent").await;
    world.holder(world.conversation_with(&phone).await, SOON).await;
    let wa_id = phone.wa_id.clone();
    world.servers.start_redis();
    let ready = world.nodes[0].url("/readyz");
    eventually("the node says that Redis is back", SOON, async || {
        reqwest::get(&ready).await.unwrap().text().await.unwrap().contains(r#""redis":"ok""#)
    })
    .await;
    let phone = crate::support::phone::Phone::known(&world.simulator, &wa_id);
    world.settles(SOON).await;
    world.nothing_was_lost(&phone.written().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_postgresql_is_waited_for_or_said_and_what_was_acknowledged_is_kept() {
    let mut world = World::durable(&[Side::Both, Side::Both]).await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let door = world.balancer.address();
    let mut acknowledged = Vec::new();
    let mut refused = Vec::new();
    let mut round = async |from: usize, to: usize| {
        for number in from..to {
            let wamid = format!("wamid.restart-{number}");
            let customer = format!("4477009{:05}", number % 20);
            let body = messages(&customer, "Mia Berg", &[text(&customer, &wamid, "Hello")]).to_string();
            let began = Instant::now();
            match webhook::posts(door, body).await {
                200 => acknowledged.push(wamid),
                503 => refused.push(began.elapsed()),
                other => panic!("a webhook is answered {other}"),
            }
        }
    };
    round(0, 100).await;
    world.servers.kill_postgres();
    round(100, 104).await;
    let page = ana.asks_for("/inbox?view=mine").await;
    assert_eq!(page.status, 503, "a page without a database: {page:?}");
    world.servers.start_postgres();
    let began = Instant::now();
    let door_opens = messages("447700900099", "Mia Berg", &[text("447700900099", "wamid.back", "Back?")]).to_string();
    eventually("the door takes bodies again", SOON, async || webhook::posts(door, door_opens.clone()).await == 200).await;
    let back = began.elapsed();
    round(104, 200).await;
    eprintln!("PostgreSQL restarted: 503 after {refused:?}, taken again {back:?} after it was back");
    assert!(!refused.is_empty(), "nothing was refused while PostgreSQL was away");
    acknowledged.push("wamid.back".to_owned());
    let under_way = "SELECT (SELECT count(*) FROM payloads WHERE sorted_at IS NULL) + (SELECT count(*) FROM inbound_items)";
    eventually("everything is taken up", SOON, async || world.count(under_way).await == 0).await;
    world.nothing_was_lost(&acknowledged).await;
    world.journals_are_whole().await;
}
