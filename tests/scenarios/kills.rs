//! kill -9 of nodes under load.

use std::time::Duration;

use crate::support::chance::{Chance, promised, size};
use crate::support::node::Side;
use crate::support::staff::Staff;
use crate::support::traffic::{self, TURNS, Traffic};
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

/// Kills of a quick check, and the customers who come meanwhile.
const KILLS: usize = 5;
const CUSTOMERS: usize = 180;
const RATE: usize = 15;

/// How soon a node serves again.
const SERVES_AGAIN: Duration = Duration::from_secs(2);

/// Sends that one node has under way at most.
const IN_FLIGHT: usize = 48;

/// The minute that WhatsApp has to tell has passed.
const MINUTE_PASSES: &str = "UPDATE timers SET due_at = now() WHERE kind = 'unknown_send'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_killed_at_random_moments_and_nothing_is_lost_or_done_twice() {
    let mut chance = Chance::new();
    let kills = size("BATON_SCENARIO_KILLS", KILLS);
    let traffic = Traffic { after: 0, customers: size("BATON_SCENARIO_SIZE", CUSTOMERS), rate: size("BATON_SCENARIO_RATE", RATE) };
    let mut world = World::durable(&[Side::Both, Side::Both]).await;
    let room = i32::try_from(traffic.customers).unwrap();
    let _staff = Staff::arrives(&world, 20, room).await;
    traffic.begins(&world).await;
    let mut slowest = Duration::ZERO;
    for moment in chance.some_below(traffic.customers * (TURNS + 1) * 4 / 5, kills) {
        traffic.reaches(&world, moment, Duration::from_secs(120)).await;
        let victim = chance.below(world.nodes.len());
        world.nodes[victim].kill();
        slowest = slowest.max(world.nodes[victim].start().await);
    }
    let all_came = async || traffic::progress(&world).await.started == traffic.customers;
    eventually("all customers have come", Duration::from_secs(120), all_came).await;
    world.comes_to_rest().await;
    world.execute(MINUTE_PASSES).await;
    let pending = "SELECT count(*) FROM timers WHERE kind = 'unknown_send'";
    eventually("people are asked", SOON, async || world.count(pending).await == 0).await;

    world.nothing_was_lost(&traffic.written(&world).await).await;
    let sends = world.nothing_was_sent_twice().await;
    let progress = traffic::progress(&world).await;
    eprintln!("{kills} kills: serving again after {slowest:?} at most; {sends:?}; {progress:?}");
    assert!(sends.with("unknown") <= kills * IN_FLIGHT, "{sends:?}");
    assert_eq!(sends.with("failed"), 0, "{sends:?}");
    asked_about_every_unknown(&world, sends.with("unknown")).await;
    world.everybody_was_assigned().await;
    world.journals_are_whole().await;
    assert!(slowest <= promised(SERVES_AGAIN), "serving again after {slowest:?}");
}

async fn asked_about_every_unknown(world: &World, unknown: usize) {
    let asked = "SELECT count(*) FROM messages WHERE status = 'unknown' AND failure ->> 'title' = 'unanswered'";
    assert_eq!(world.count(asked).await as usize, unknown, "unknown sends that a person is asked about");
}
