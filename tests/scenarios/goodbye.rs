//! Who is signed out, leaves or falls silent is gone everywhere, whether or not their page listens.

use std::time::Duration;

use baton::domain::access::Role;
use baton::domain::ids::ConversationId;
use tokio::time::Instant;

use crate::support::agent::Agent;
use crate::support::chance::promised;
use crate::support::node::Side;
use crate::support::page::Page;
use crate::support::shop::email;
use crate::support::staff::Staff;
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

/// How soon everybody else is told, and the last page cut.
const GONE: Duration = Duration::from_secs(1);

/// How long a page may say nothing, and a little more.
const SILENCE: Duration = Duration::from_secs(73);

/// A page of this person on every node, each following the conversation.
async fn pages(world: &World, person: &Agent, conversation: ConversationId) -> Vec<Page> {
    let mut pages = Vec::new();
    for node in &world.nodes {
        let mut page = person.at(node.address).opens_page().await;
        page.lists("all").await.unwrap();
        page.follows(conversation, Default::default(), Default::default()).await.unwrap();
        page.catches_up(SOON).await.unwrap();
        pages.push(page);
    }
    pages
}

/// Each page is told goodbye, hears nothing more, and is cut in time.
async fn are_cut(pages: Vec<Page>, since: Instant, why: &str) {
    for (place, mut page) in pages.into_iter().enumerate() {
        page.listens_until(since + SOON).await;
        let took = since.elapsed();
        assert!(took <= promised(GONE), "{why}: page {place} was cut after {took:?}");
        let goodbye = page.heard.iter().position(|kind| kind == "signed_out");
        assert_eq!(goodbye, Some(page.heard.len() - 1), "{why}: page {place} heard {:?}", page.heard);
    }
}

async fn is_out_everywhere(world: &World, person: &Agent) {
    for node in &world.nodes {
        let answer = person.at(node.address).asks_for("/inbox").await;
        assert_eq!((answer.status, answer.location.starts_with("/sign-in")), (303, true), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_signs_out_on_one_node_is_out_on_all_within_a_second() {
    let world = World::quick_with(&[Side::Both, Side::Both]).await;
    let ana = world.agent("Ana").await;
    let ben = world.agent("Ben").await;
    let bens_page = Staff::keeps_page(&ben);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ben, &phone).await;
    for node in &world.nodes {
        ana.at(node.address).looks_at("/inbox").await;
    }
    let kept = ana.at(world.nodes[1].address).keeps_cookies();
    let pages = pages(&world, &ana, conversation).await;
    let signed_out = Instant::now();
    assert_eq!(ana.at(world.nodes[0].address).posts("/sign-out", &[]).await.unwrap().status, 303);
    phone.writes("What Ana has no business hearing any more").await;
    are_cut(pages, signed_out, "signed out").await;
    is_out_everywhere(&world, &kept).await;
    let refused = kept.posts("/availability", &[("availability", "away")]).await.unwrap();
    assert!(refused.location.starts_with("/sign-in"), "{refused:?}");
    assert_eq!(ben.asks_for("/inbox").await.status, 200, "a colleague is out too");
    drop(bens_page);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_is_out_everywhere_and_colleagues_take_over_what_they_held() {
    let world = World::quick_with(&[Side::Both, Side::Both]).await;
    let ana = world.agent("Ana").await;
    let phone = world.phone("Mia Berg").await;
    let presence = Staff::keeps_page(&ana);
    let conversation = world.conversation_of(&ana, &phone).await;
    drop(presence);
    let ben = world.agent("Ben").await;
    let _bens_page = Staff::keeps_page(&ben);
    for node in &world.nodes {
        ana.at(node.address).looks_at("/inbox").await;
    }
    let kept = ana.keeps_cookies();
    let pages = pages(&world, &ana, conversation).await;
    let left = Instant::now();
    let said = world.nodes[0].runs(&["user", "deactivate", "--email", &email("Ana")]).await;
    assert!(said.contains("1 conversations back") && !said.contains("a minute"), "{said}");
    are_cut(pages, left, "left").await;
    is_out_everywhere(&world, &kept).await;
    eventually("Ben holds it", SOON, async || {
        let rows = world.rows("SELECT agent_id FROM conversations WHERE id = $1", &[&conversation.0]).await;
        rows[0].get::<_, Option<uuid::Uuid>>(0) == Some(ben.user.0)
    })
    .await;
    world.loads_are_right().await;
    world.journals_are_whole().await;
}

/// Who holds conversations of the workspace, how many, and how many wait.
async fn held(world: &World) -> (i64, Vec<(uuid::Uuid, i64)>) {
    let waiting = world.rows("SELECT count(*) FROM conversations WHERE controller = 'queue'", &[]).await[0].get(0);
    let rows = world.rows("SELECT agent_id, count(*) FROM conversations WHERE controller = 'agent' GROUP BY agent_id", &[]).await;
    (waiting, rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_deactivated_with_thirty_conversations_leaves_them_where_the_administrator_chose() {
    let world = World::quick_with(&[Side::Both, Side::Both]).await;
    let root = world.employs("Root", Role::Admin, 0).await;
    let ana = world.employs("Ana", Role::Agent, 40).await;
    let presence = Staff::keeps_page(&ana);
    let mut conversation = None;
    for number in 0..30 {
        let phone = world.phone(&format!("Customer {number}")).await;
        conversation = Some(world.conversation_of(&ana, &phone).await);
    }
    let conversation = conversation.unwrap();
    drop(presence);
    let ben = world.employs("Ben", Role::Agent, 1).await;
    for node in &world.nodes {
        ana.at(node.address).looks_at("/inbox").await;
    }
    let asked = root.asks_for(&format!("/settings/people/{}/leaving", ana.user)).await;
    assert!(asked.body.contains("30 open conversations"), "{}", asked.body);
    let kept = ana.keeps_cookies();
    let cut = pages(&world, &ana, conversation).await;
    let (path, to, left) = (format!("/settings/people/{}/leaving", ana.user), ben.user.to_string(), Instant::now());
    // What is held reaches Ben although he has room for one.
    let fields = [("goes", "person"), ("to", to.as_str())];
    let (answer, ()) = tokio::join!(root.posts(&path, &fields), are_cut(cut, left, "deactivated"));
    assert_eq!(answer.unwrap().status, 303);
    is_out_everywhere(&world, &kept).await;
    let refused = kept.posts("/availability", &[("availability", "away")]).await.unwrap();
    assert!(refused.location.starts_with("/sign-in"), "{refused:?}");
    eventually("Ben holds them all", SOON, async || held(&world).await == (0, vec![(ben.user.0, 30)])).await;
    let load: i32 = world.rows("SELECT load FROM agents WHERE user_id = $1", &[&ben.user.0]).await[0].get(0);
    assert_eq!(load, 30, "all of it, though he has room for one");

    // And back to the queue, where nobody is who could take them.
    let path = format!("/settings/people/{}/leaving", ben.user);
    assert_eq!(root.posts(&path, &[("goes", "queue"), ("to", "")]).await.unwrap().status, 303);
    eventually("they wait", SOON, async || held(&world).await == (30, Vec::new())).await;
    world.loads_are_right().await;
    world.journals_are_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_role_counts_at_once_on_every_node_and_the_page_comes_back() {
    let world = World::quick_with(&[Side::Web, Side::Web]).await;
    let root = world.employs("Root", Role::Admin, 0).await;
    // There is always somebody who can administer the workspace.
    world.employs("Gus", Role::Admin, 0).await;
    for node in &world.nodes {
        root.at(node.address).looks_at("/admin/notices").await;
    }
    let mut page = root.at(world.nodes[1].address).opens_page().await;
    world.nodes[0].runs(&["user", "role", "--email", &email("Root"), "--role", "agent"]).await;
    page.stays_open().await;
    for node in &world.nodes {
        let root = root.at(node.address);
        eventually("the role counts", promised(GONE), async || root.asks_for("/admin/notices").await.status == 403).await;
        root.looks_at("/inbox").await;
        root.opens_page().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_sign_outs_leaves_nobody_listening() {
    let world = World::quick_with(&[Side::Web, Side::Web]).await;
    let mut pages = Vec::new();
    let mut people = Vec::new();
    for number in 0..20 {
        let person = world.agent(&format!("Agent {number}")).await;
        for node in &world.nodes {
            pages.push(person.at(node.address).opens_page().await);
        }
        people.push(person);
    }
    world.has_sockets(40).await;
    let began = Instant::now();
    futures_util::future::join_all(people.iter().map(|person| person.posts("/sign-out", &[]))).await;
    world.has_sockets(0).await;
    eprintln!("40 pages of 20 people are gone after {:?}", began.elapsed());
    for mut page in pages {
        page.stays_open().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_says_nothing_is_let_go_though_it_is_told_things_all_the_time() {
    let world = World::quick().await;
    let ana = world.agent("Ana").await;
    let mut silent = ana.opens_page().await;
    let mut beating = ana.opens_page().await;
    for page in [&mut silent, &mut beating] {
        page.lists("all").await.unwrap();
    }
    let opened = Instant::now();
    let beats = async {
        while opened.elapsed() < SILENCE + Duration::from_secs(2) {
            beating.listens_until(Instant::now() + Duration::from_secs(5)).await;
            beating.beats().await.expect("a page that beats stays");
        }
    };
    let told = async {
        let mut number = 0;
        while opened.elapsed() < SILENCE {
            number += 1;
            world.phone(&format!("Customer {number}")).await.writes("Hello").await;
            world.settles(SOON).await;
        }
    };
    let closed = async {
        silent.stays_open().await;
        (opened.elapsed(), silent.heard.len())
    };
    let (_, (after, heard), ()) = tokio::join!(told, closed, beats);
    eprintln!("closed after {after:?}, having been told {heard} things");
    assert!(heard > 20, "it was told {heard} things only");
    assert!(after <= SILENCE, "closed after {after:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_session_has_fifty_pages_and_no_more() {
    let world = World::quick_with(&[Side::Web]).await;
    let ana = world.agent("Ana").await;
    let mut pages = Vec::new();
    for _ in 0..50 {
        pages.push(ana.opens_page().await);
    }
    assert!(ana.tries_to_open_page().await.is_none(), "the fifty-first page");
    assert_eq!(world.agent("Ben").await.tries_to_open_page().await.map(|_| ()), Some(()), "another person is kept out");
    drop(pages.pop());
    eventually("a page that closed makes room", SOON, async || ana.tries_to_open_page().await.is_some()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_asks_without_end_is_heard_now_and_then_and_costs_nobody_else_anything() {
    let world = World::quick_with(&[Side::Web]).await;
    let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
    let mut greedy = ana.opens_page().await;
    for _ in 0..2_000 {
        greedy.lists("all").await.unwrap();
    }
    let asked = Instant::now();
    let mut page = ben.opens_page().await;
    page.lists("all").await.unwrap();
    page.hears("the figures", promised(GONE), |page| page.heard.iter().any(|kind| kind == "counts")).await.unwrap();
    let limit = asked + Duration::from_secs(3);
    greedy.listens_until(limit).await;
    let answers = greedy.heard.iter().filter(|kind| *kind == "counts").count();
    assert!((20..=120).contains(&answers), "{answers} answers in 3 seconds");
}
