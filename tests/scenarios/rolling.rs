//! A rolling update under load: the schema is expanded while the earlier build serves, the later one comes beside it, and the earlier one
//! goes. `BATON_BINARY_BEFORE` names an earlier build; without it, both are the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::support::agent::Agent;
use crate::support::chance::size;
use crate::support::node::Side;
use crate::support::staff::Staff;
use crate::support::traffic::{TURNS, Traffic};
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

const CUSTOMERS: usize = 48;
const RATE: usize = 12;

const LIMIT: Duration = Duration::from_secs(180);

/// How long a node may take to stop under load.
const GRACE: Duration = Duration::from_secs(35);

/// An expand step: what the earlier build neither reads nor writes, on the table that is written most.
const COLUMN: &str = "ALTER TABLE messages ADD COLUMN of_tomorrow text";
const INDEX: &str = "CREATE INDEX CONCURRENTLY messages_of_tomorrow ON messages (workspace_id, of_tomorrow) WHERE of_tomorrow IS NOT NULL";

/// People who look at one page after the other.
struct Onlookers {
    is_over: Arc<AtomicBool>,
    looks: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<Vec<String>>>,
}

impl Onlookers {
    fn begin(agents: &[Agent]) -> Self {
        let (is_over, looks) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let look = |agent: &Agent| tokio::spawn(look(agent.clone(), is_over.clone(), looks.clone()));
        let tasks = agents.iter().map(look).collect();
        Self { is_over, looks, tasks }
    }

    /// How many pages were shown, and what was answered instead of others.
    async fn end(self) -> (usize, Vec<String>) {
        self.is_over.store(true, Ordering::Relaxed);
        let mut errors = Vec::new();
        for task in self.tasks {
            errors.extend(task.await.unwrap());
        }
        (self.looks.load(Ordering::Relaxed), errors)
    }
}

async fn look(agent: Agent, is_over: Arc<AtomicBool>, looks: Arc<AtomicUsize>) -> Vec<String> {
    let mut errors = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let mut thread = None;
        for view in ["all", "mine", "unassigned"] {
            let list = agent.asks_for(&format!("/inbox?view={view}")).await;
            let first = list.body.split_once("/conversations/").map(|(_, rest)| rest.chars().take(36).collect::<String>());
            thread = thread.or(first.map(|id| format!("/conversations/{id}")));
            note(list.status, view, &looks, &mut errors);
        }
        if let Some(path) = thread {
            note(agent.asks_for(&path).await.status, &path, &looks, &mut errors);
        }
    }
    errors
}

fn note(status: u16, path: &str, looks: &AtomicUsize, errors: &mut Vec<String>) {
    match status {
        200 => _ = looks.fetch_add(1, Ordering::Relaxed),
        other => errors.push(format!("{path}: {other}")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_under_load_loses_nothing_does_nothing_twice_and_shows_every_page() {
    let before = std::env::var("BATON_BINARY_BEFORE").ok();
    let traffic = Traffic { after: 0, customers: size("BATON_SCENARIO_SIZE", CUSTOMERS), rate: size("BATON_SCENARIO_RATE", RATE) };
    let mut world = World::durable(&[Side::Both; 4]).await;
    let addresses: Vec<_> = world.nodes.iter().map(|node| node.address).collect();
    for node in &mut world.nodes[2..] {
        node.stop();
    }
    addresses[2..].iter().for_each(|later| world.balancer.leaves_out(*later));
    if let Some(program) = before {
        for node in &mut world.nodes[..2] {
            node.stop();
            node.is_built_as(&program);
            node.start().await;
        }
    }
    let staff = Staff::arrives(&world, 10, i32::try_from(traffic.customers).unwrap()).await;
    let messages = |tenths| traffic.customers * (TURNS + 1) * tenths / 10;
    let onlookers = Onlookers::begin(&staff.agents[..3]);
    traffic.begins(&world).await;

    traffic.reaches(&world, messages(2), LIMIT).await;
    world.nodes[2].runs(&["migrate"]).await;
    expands(&world).await;
    for node in &mut world.nodes[2..] {
        node.start().await;
    }
    world.balancer.takes_back_all();
    traffic.reaches(&world, messages(5), LIMIT).await;
    for node in &mut world.nodes[..2] {
        world.balancer.leaves_out(node.address);
        node.stops(GRACE);
    }
    let progress = traffic.ends(&world, LIMIT).await;
    world.settles(SOON).await;

    let (looks, errors) = onlookers.end().await;
    world.nothing_was_lost(&traffic.written(&world).await).await;
    let sends = world.nothing_was_sent_twice().await;
    eprintln!("{looks} pages were shown; {sends:?}; {progress:?}");
    assert!(looks > 50, "only {looks} pages were shown");
    assert_eq!(errors, [""; 0]);
    assert_eq!((sends.with("unknown"), sends.with("failed")), (0, 0), "{sends:?}");
    world.everybody_was_assigned_once(i64::try_from(traffic.customers).unwrap()).await;
    world.journals_are_whole().await;
}

/// As a migration does: no longer waiting for the table than others can wait behind it, then again. Nobody waits behind an index that is
/// built beside them, so it may wait for whoever had begun before, and for the table to be swept.
async fn expands(world: &World) {
    let client = world.store.unhurried().await.unwrap();
    client.batch_execute("SET lock_timeout = '500ms'").await.unwrap();
    eventually("the table is free for a moment", SOON, async || client.batch_execute(COLUMN).await.is_ok()).await;
    client.batch_execute("SET lock_timeout = 0").await.unwrap();
    client.batch_execute(INDEX).await.unwrap();
    let is_valid = "SELECT count(*) FROM pg_index WHERE indexrelid = 'messages_of_tomorrow'::regclass AND indisvalid";
    assert_eq!(world.count(is_valid).await, 1);
}
