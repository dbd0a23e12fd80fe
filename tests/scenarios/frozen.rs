//! A node that stands still in the middle of something, beside two that do not.

use std::time::Duration;

use crate::support::chance::{Chance, size};
use crate::support::node::Side;
use crate::support::probes::{Acknowledged, Probes};
use crate::support::traffic::{self, Traffic};
use crate::support::waiting::{eventually, found};
use crate::support::{SOON, World};

/// Freezes of a quick check, and the customers whose messages keep the nodes in transactions meanwhile.
const FREEZES: usize = 3;
const CUSTOMERS_FOR_EACH: usize = 40;
const RATE: usize = 5;

/// Probes for each freeze, and as many in calm; and the moment between two.
const PROBES: usize = 40;
const EVERY: Duration = Duration::from_millis(100);

/// How much longer 99 of 100 may wait while a node stands still.
const AS_LONG: f64 = 1.3;

/// Whether a node has locks that nobody will ask it to give back.
const IN_A_TRANSACTION: &str = "
    SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND state = 'idle in transaction' AND backend_xid IS NOT NULL";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stands_still_in_a_transaction_holds_nobody_else_up() {
    let mut chance = Chance::new();
    let freezes = size("BATON_SCENARIO_FREEZES", FREEZES);
    let world = World::durable(&[Side::Both, Side::Both, Side::Both]).await;
    let traffic = Traffic { after: 0, customers: freezes * CUSTOMERS_FOR_EACH, rate: size("BATON_SCENARIO_RATE", RATE) };
    traffic.begins(&world).await;
    let mut probes = Probes::new();
    warms_up(&world, &mut probes).await;
    let memory: Vec<u64> = world.nodes.iter().map(|node| node.memory()).collect();
    let (mut calm, mut frozen) = (Vec::new(), Vec::new());
    let mut in_transaction = 0;
    for _ in 0..freezes {
        let victim = chance.below(world.nodes.len());
        let doors: Vec<_> = world.nodes.iter().map(|node| node.address).filter(|door| *door != world.nodes[victim].address).collect();
        calm.push(probes.write(&world, &doors, PROBES, EVERY).await);
        world.balancer.leaves_out(world.nodes[victim].address);
        in_transaction += usize::from(freezes_in_a_transaction(&world, victim, &mut chance).await);
        frozen.push(probes.write(&world, &doors, PROBES, EVERY).await);
        world.nodes[victim].thaw();
        world.balancer.takes_back_all();
    }
    let all_came = async || traffic::progress(&world).await.started == traffic.customers;
    eventually("all customers have come", Duration::from_secs(300), all_came).await;
    world.comes_to_rest().await;
    let written = [traffic.written(&world).await, probes.written].concat();
    world.nothing_was_lost(&written).await;
    let sends = world.nothing_was_sent_twice().await;
    world.journals_are_whole().await;
    let (calm, frozen) = (Acknowledged::together(calm), Acknowledged::together(frozen));
    eprintln!("{freezes} freezes, {in_transaction} in a transaction: calm {calm}; beside a frozen node {frozen}; {sends:?}");
    for (node, before) in world.nodes.iter().zip(memory) {
        eprintln!("{}: {} MB before, {} MB after", node.name(), before >> 20, node.memory() >> 20);
    }
    assert!(frozen.percentile(100) < Duration::from_secs(20), "somebody waited until the node was back: {frozen}");
    if std::env::var_os("BATON_SCENARIO_FREEZES").is_some() {
        let ratio = frozen.percentile(99).as_secs_f64() / calm.percentile(99).as_secs_f64();
        assert!(ratio <= AS_LONG, "beside a frozen node 99 of 100 waited {ratio:.2} times as long");
    }
}

/// A node that has just been started prepares every statement on every connection.
async fn warms_up(world: &World, probes: &mut Probes) {
    let doors: Vec<_> = world.nodes.iter().map(|node| node.address).collect();
    probes.write(world, &doors, PROBES, EVERY).await;
}

/// Stops a node, and lets it go on, until it was stopped with a transaction open; after many tries it stays wherever it is.
async fn freezes_in_a_transaction(world: &World, victim: usize, chance: &mut Chance) -> bool {
    let node = &world.nodes[victim];
    for _ in 0..60 {
        node.freeze();
        let rows = world.rows(IN_A_TRANSACTION, &[&node.name()]).await;
        if rows[0].get::<_, i64>(0) > 0 {
            return true;
        }
        node.thaw();
        tokio::task::yield_now().await;
        let moment = Duration::from_micros(200 + chance.below(3_000) as u64);
        let ends = std::time::Instant::now() + moment;
        found("the moment", SOON, async || (std::time::Instant::now() >= ends).then_some(())).await;
    }
    node.freeze();
    false
}
