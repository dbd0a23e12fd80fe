//! Redis as several servers: one of them dies, stands still, or hands its keys to another while people work.

use std::time::{Duration, Instant};

use baton::domain::ids::ConversationId;
use redis::AsyncCommands;

use crate::support::agent::Agent;
use crate::support::html::Thread;
use crate::support::node::Side;
use crate::support::page::Page;
use crate::support::phone::Phone;
use crate::support::redis_farm::RedisFarm;
use crate::support::staff::Staff;
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

/// How soon every node hears every other one again, and knows who is there.
const AGAIN: Duration = Duration::from_secs(10);

/// A key that is of one hash tag with everything that nodes keep of who is there.
const KEPT: &str = "{installation}:visited";

/// The nodes share no side, so that everything between them must go through Redis or PostgreSQL.
async fn world_on(farm: &RedisFarm, first: usize) -> World {
    let mut world = World::quick_with(&[Side::Web, Side::Workers]).await;
    for node in &mut world.nodes {
        node.stop();
        node.is_set("BATON_REDIS_URL", &farm.url(first));
        node.start().await;
    }
    world
}

/// An agent who looks at what they talk about with a customer.
async fn talk<'a>(world: &'a World, ana: &Agent) -> (Phone<'a>, ConversationId, Page) {
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(ana, &phone).await;
    let html = ana.looks_at(&format!("/conversations/{conversation}?view=mine")).await.body;
    let mut page = ana.opens_page().await;
    page.follows(conversation, Thread::of_page(&html), Default::default()).await.unwrap();
    (phone, conversation, page)
}

/// What a customer writes is on the page, and what the agent answers on the phone.
async fn they_talk(phone: &Phone<'_>, ana: &Agent, conversation: ConversationId, page: &mut Page, words: &str) -> Duration {
    let began = Instant::now();
    phone.writes(words).await;
    page.hears(words, SOON, |page| page.thread.says(words)).await.unwrap();
    let seen = began.elapsed();
    let answer = format!("{words}, yes");
    ana.replies(conversation, &answer).await;
    phone.hears(&answer).await;
    seen
}

async fn nothing_is_wrong(world: &World, phone: &Phone<'_>) {
    world.settles(SOON).await;
    world.nothing_was_lost(&phone.written().await).await;
    world.nothing_was_sent_twice().await;
    world.loads_are_right().await;
}

#[derive(Clone, Copy, Debug)]
enum Ends {
    Dies,
    StandsStill,
}

async fn the_server_that_sentinels_name(ends: Ends) {
    let mut farm = RedisFarm::watched(&fresh_folder(&format!("sentinels-{ends:?}"))).await;
    let world = world_on(&farm, 0).await;
    let ana = world.agent("Ana").await;
    let _here = Staff::keeps_page(&ana);
    let (phone, conversation, mut page) = talk(&world, &ana).await;
    let before = farm.named().await;
    eventually("both nodes listen", SOON, async || farm.members[before].listeners().await == 2).await;
    they_talk(&phone, &ana, conversation, &mut page, "before").await;
    match ends {
        Ends::Dies => farm.members[before].kill(),
        Ends::StandsStill => farm.members[before].freeze(),
    }
    let gone = Instant::now();
    let seen = they_talk(&phone, &ana, conversation, &mut page, "meanwhile").await;
    let after = eventually_other(&farm, before).await;
    let named = gone.elapsed();
    eventually("both nodes listen at the other server", SOON, async || farm.members[after].listeners().await == 2).await;
    let heard = gone.elapsed();
    eventually("who is there is known at the other server", SOON, async || is_kept_at(&farm, after).await).await;
    let known = gone.elapsed();
    let next = they_talk(&phone, &ana, conversation, &mut page, "afterwards").await;
    eprintln!("{ends:?}: seen after {seen:?}; another named {named:?}, listened to {heard:?}, presence {known:?}; afterwards {next:?}");
    assert!(known - named < AGAIN, "{:?} after another was named", known - named);
    if let Ends::StandsStill = ends {
        farm.members[before].thaw();
        they_talk(&phone, &ana, conversation, &mut page, "back").await;
        assert_eq!(farm.members[after].listeners().await, 2, "nobody goes back to the one that was away");
    }
    nothing_is_wrong(&world, &phone).await;
}

async fn eventually_other(farm: &RedisFarm, before: usize) -> usize {
    eventually("another server is named", SOON, async || farm.named().await != before).await;
    farm.named().await
}

fn fresh_folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("redis-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_server_that_sentinels_name_dies_nodes_find_the_next_one() {
    the_server_that_sentinels_name(Ends::Dies).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_server_that_sentinels_name_stands_still_nodes_leave_it() {
    the_server_that_sentinels_name(Ends::StandsStill).await;
}

/// Longer than nodes listen to a server that tells them nothing.
const LONGER_THAN_DEAF: Duration = Duration::from_secs(12);

/// Sentinels are restarted, or cut off; the server that they named works on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_nobody_can_say_which_server_it_is_nodes_stay_where_they_are() {
    let mut farm = RedisFarm::watched(&fresh_folder("unwatched")).await;
    let world = world_on(&farm, 0).await;
    let ana = world.agent("Ana").await;
    let _here = Staff::keeps_page(&ana);
    let (phone, conversation, mut page) = talk(&world, &ana).await;
    let named = farm.named().await;
    eventually("both nodes listen", SOON, async || farm.members[named].listeners().await == 2).await;
    farm.sentinels.iter_mut().for_each(|sentinel| sentinel.kill());
    let (gone, mut said) = (Instant::now(), 0);
    while gone.elapsed() < LONGER_THAN_DEAF {
        said += 1;
        they_talk(&phone, &ana, conversation, &mut page, &format!("line {said}")).await;
        assert_eq!(farm.members[named].listeners().await, 2, "after {:?}", gone.elapsed());
    }
    nothing_is_wrong(&world, &phone).await;
}

/// One that is all that nodes were told of, that they listen at, and that has the keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_loses_a_server_and_moves_keys_while_people_work() {
    let mut farm = RedisFarm::cluster(&fresh_folder("cluster")).await;
    let first = farm.owner(KEPT).await;
    let world = world_on(&farm, first).await;
    let ana = world.agent("Ana").await;
    let _here = Staff::keeps_page(&ana);
    let (phone, conversation, mut page) = talk(&world, &ana).await;
    eventually("both nodes listen", SOON, async || farm.members[first].listeners().await == 2).await;
    they_talk(&phone, &ana, conversation, &mut page, "before").await;
    farm.members[first].kill();
    let gone = Instant::now();
    let seen = they_talk(&phone, &ana, conversation, &mut page, "meanwhile").await;
    let owner = farm.owner(KEPT).await;
    let replaced = gone.elapsed();
    eventually("both nodes listen at others", SOON, async || farm.listeners().await == 2).await;
    eventually("who is there is known at the other server", SOON, async || is_kept_at(&farm, owner).await).await;
    let known = gone.elapsed();
    eprintln!("a server died: seen after {seen:?}, replaced {replaced:?}, presence {known:?}");
    assert!(known.saturating_sub(replaced) < AGAIN, "{known:?}, replaced {replaced:?}");

    let target = (0..3).find(|place| *place != owner && *place != first).unwrap();
    let moving = tokio::task::spawn_blocking({
        let reshard = farm.reshard(owner, target).await;
        move || reshard.run()
    });
    let seen = they_talk(&phone, &ana, conversation, &mut page, "while keys move").await;
    moving.await.unwrap();
    assert_eq!(farm.owner(KEPT).await, target);
    eventually("who is there is known where the keys went", SOON, async || is_kept_at(&farm, target).await).await;
    let next = they_talk(&phone, &ana, conversation, &mut page, "afterwards").await;
    eprintln!("keys moved: seen after {seen:?} meanwhile, {next:?} afterwards");
    nothing_is_wrong(&world, &phone).await;
}

async fn is_kept_at(farm: &RedisFarm, place: usize) -> bool {
    let known: usize = farm.members[place].connect().await.zcard(KEPT).await.unwrap_or_default();
    known > 0
}
