//! A node whose clock is off.

use std::time::Duration;

use crate::support::node::Side;
use crate::support::probes::Probes;
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

/// How far the clock is ahead, in seconds.
const AHEAD: i64 = 90;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_clock_is_off_says_so_and_leaves_the_work_to_others() {
    let mut world = World::quick_with(&[Side::Both, Side::Both]).await;
    world.nodes[1].stop();
    world.nodes[1].has_clock_ahead_by(AHEAD);
    world.nodes[1].launch();
    eventually("the node says what is wrong with it", SOON, async || {
        let Ok(answer) = reqwest::get(world.nodes[1].url("/readyz")).await else { return false };
        let status = answer.status().as_u16();
        let said: serde_json::Value = answer.json().await.unwrap();
        status == 503 && said["clock"].as_str().is_some_and(|clock| clock.starts_with("off by -"))
    })
    .await;
    let mut probes = Probes::new();
    let acknowledged = probes.write(&world, &[world.nodes[0].address], 40, Duration::from_millis(50)).await;
    eprintln!("beside a node whose clock is off: {acknowledged}");
    world.settles(SOON).await;
    world.nothing_was_lost(&probes.written).await;
    let sends = world.nothing_was_sent_twice().await;
    assert_eq!(sends.with("unknown"), 0, "a claim was taken for lapsed: {sends:?}");
    let decided = "SELECT count(*) FROM events WHERE at > now() + interval '30 seconds'";
    assert_eq!(world.count(decided).await, 0, "something was decided by the wrong clock");
    let body = crate::support::webhook::messages("4911", "Mia", &[crate::support::webhook::text("4911", "wamid.refused", "hi")]);
    assert_eq!(crate::support::webhook::posts(world.nodes[1].address, body.to_string()).await, 503, "Meta comes again, elsewhere");
}
