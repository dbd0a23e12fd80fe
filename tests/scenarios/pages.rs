//! Live pages: whatever happens to their sockets, they end up showing what a fresh page shows.

use std::time::Duration;

use baton::domain::ids::ConversationId;
use tokio::time::Instant;

use crate::support::agent::Agent;
use crate::support::chance::{Chance, size};
use crate::support::html::{Thread, seen_of_page};
use crate::support::page::Page;
use crate::support::phone::Phone;
use crate::support::staff::Staff;
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

const DISCONNECTS: usize = 200;

/// How long a page listens at most before its socket breaks.
const LISTENS: usize = 120;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_two_hundred_random_disconnects_a_page_shows_what_a_fresh_one_does() {
    let mut chance = Chance::new();
    let world = World::quick().await;
    world.simulator.post("settings", &serde_json::json!({ "mps": 0, "pair_rate": false })).await;
    let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
    let phone = world.phone("Mia Berg").await;
    let presence = Staff::keeps_page(&ana);
    let conversation = world.conversation_of(&ana, &phone).await;
    drop(presence);
    let path = format!("/conversations/{conversation}?view=all");
    let start = ana.looks_at(&path).await.body;
    let (mut thread, mut seen) = (Thread::of_page(&start), seen_of_page(&start));
    let mut reloads = 0;
    for round in 0..size("BATON_SCENARIO_DISCONNECTS", DISCONNECTS) {
        let mut page = ana.opens_page().await;
        page.follows(conversation, thread, seen).await.unwrap();
        let breaks = Instant::now() + Duration::from_millis(chance.below(LISTENS) as u64);
        tokio::join!(page.listens_until(breaks), something_happens(&world, round, chance.below(8), conversation, [&ana, &ben], &phone));
        (thread, seen) = (page.thread.clone(), page.seen);
        if page.must_reload {
            let fresh = ana.looks_at(&path).await.body;
            (thread, seen) = (Thread::of_page(&fresh), seen_of_page(&fresh));
            reloads += 1;
        }
    }
    // What waits comes to her, as she is here; nothing happens after that.
    let mut page = ana.opens_page().await;
    let waiting = "SELECT count(*) FROM conversations WHERE controller = 'queue'";
    eventually("nobody waits", SOON, async || world.count(waiting).await == 0).await;
    world.settles(SOON).await;
    let last: i64 = world.rows("SELECT last_seq FROM conversations WHERE id = $1", &[&conversation.0]).await[0].get(0);
    page.follows(conversation, thread, seen).await.unwrap();
    page.catches_up(SOON).await.unwrap();
    assert_eq!(page.seen.seq, last);
    let fresh = Thread::of_page(&ana.looks_at(&path).await.body);
    eprintln!("{last} events, {} items, {reloads} reloads", fresh.len());
    assert!(last > 200, "only {last} events happened");
    let differences = page.thread.differences(&fresh);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// One of the things that change a thread.
async fn something_happens(world: &World, round: usize, what: usize, id: ConversationId, [ana, ben]: [&Agent; 2], phone: &Phone<'_>) {
    match what {
        0 => ana.notes(id, &format!("Note {round}: *bold* <b>not</b>")).await,
        1 => gives_to(id, ana, ben).await,
        2 => gives_to(id, ben, ana).await,
        3 => _ = phone.sends_picture().await,
        4 => {
            ana.posts(&format!("/conversations/{id}/resolution"), &[]).await.unwrap();
        }
        5 => {
            let name = format!("Mia Berg {}", round % 3);
            world.simulator.patch(&format!("users/{}", phone.wa_id), &serde_json::json!({ "name": name })).await;
            phone.writes(&format!("Message {round} & its <i>signs</i>")).await;
        }
        _ => {
            ana.posts_reply(id, uuid::Uuid::now_v7().into(), &format!("Answer {round}")).await.unwrap();
            phone.writes(&format!("Message {round}")).await;
        }
    }
}

/// Hands it on; whether that is possible just now is not the point.
async fn gives_to(id: ConversationId, from: &Agent, to: &Agent) {
    let target = format!("agent:{}", to.user);
    from.posts(&format!("/conversations/{id}/transfer"), &[("to", &target), ("note", "over to you")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_on_another_node_sees_it_at_once_and_colleagues_see_the_row_move() {
    let world = World::quick_with(&[crate::support::node::Side::Both, crate::support::node::Side::Both]).await;
    let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
    let _presence = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    let path = format!("/conversations/{conversation}?view=all");
    let mut pages: Vec<Page> = Vec::new();
    for node in &world.nodes {
        let ben = ben.at(node.address);
        let shown = ben.looks_at(&path).await.body;
        let mut page = ben.opens_page().await;
        page.lists("all").await.unwrap();
        page.follows(conversation, Thread::of_page(&shown), seen_of_page(&shown)).await.unwrap();
        page.catches_up(SOON).await.unwrap();
        pages.push(page);
    }
    ana.replies(conversation, "A lamp is on its way.").await;
    for page in &mut pages {
        page.hears("the reply", Duration::from_secs(3), |page| page.thread.says("A lamp is on its way.")).await.unwrap();
        let row = |page: &Page| page.rows.get(&conversation.to_string()).is_some_and(|row| row.contains("A lamp is on its way."));
        page.hears("the row", Duration::from_secs(3), row).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_has_read_and_begun_to_write_is_told_to_their_pages_on_every_node_and_to_nobody_else() {
    let world = World::quick_with(&[crate::support::node::Side::Both, crate::support::node::Side::Both]).await;
    let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
    let presence = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    drop(presence);
    let elsewhere = world.nodes[1].address;
    let (mut own, mut bens) = (ana.at(elsewhere).opens_page().await, ben.at(elsewhere).opens_page().await);
    for page in [&mut own, &mut bens] {
        page.lists("all").await.unwrap();
        page.hears("the figures of its list", SOON, |page| page.heard.iter().any(|kind| kind == "counts")).await.unwrap();
    }
    let here = ana.at(world.nodes[0].address);
    here.posts(&format!("/conversations/{conversation}/reads"), &[("seq", "999999")]).await.unwrap();
    here.posts(&format!("/conversations/{conversation}/draft"), &[("body", "Dear Mia"), ("turn", "1")]).await.unwrap();
    let is_told = |page: &Page| ["read", "draft"].iter().all(|kind| page.heard.iter().any(|heard| heard == kind));
    own.hears("what its person read and wrote", SOON, is_told).await.unwrap();
    here.replies(conversation, "A lamp is on its way.").await;
    bens.hears("the row", SOON, |page| page.rows.contains_key(&conversation.to_string())).await.unwrap();
    assert!(!bens.heard.iter().any(|kind| kind == "read" || kind == "draft"), "{:?}", bens.heard);
}
