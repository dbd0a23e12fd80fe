//! What is set up anywhere counts everywhere: at once while nodes hear of each other, and soon while they do not.

use std::time::Duration;

use baton::domain::channel::Rulebook;
use baton::domain::hours::Hours;
use baton::domain::ids::QueueId;
use baton::domain::queue::Queue;
use baton::domain::setup::{By, SetupCommand};
use baton::live::Live;
use baton::live::bus::Bus;
use baton::runner::Runner;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::World;
use crate::support::agent::Agent;
use crate::support::node::Side;
use crate::support::waiting::eventually;

/// How soon another node uses what was set up, and how soon while Redis is away.
const AT_ONCE: Duration = Duration::from_secs(1);
const IN_A_MOMENT: Duration = Duration::from_secs(5);

fn queue(world: &World, key: &str) -> SetupCommand {
    let (id, key, name) = (QueueId(Uuid::now_v7()), key.to_owned(), format!("The {key}"));
    SetupCommand::AddQueue { queue: Queue { id, key, name, team: world.shop.team, hours: Hours::always(), promise_minutes: 10 } }
}

/// Each node's page of a conversation offers to hand it on to every queue.
async fn is_offered(world: &World, agent: &Agent, path: &str, key: &str, limit: Duration) {
    for node in &world.nodes {
        let agent = agent.at(node.address);
        let what = format!("the {key} on {}", node.name());
        eventually(&what, limit, async || agent.looks_at(path).await.body.contains(&format!("The {key}"))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_is_used_on_every_node_at_once_and_soon_without_redis() {
    let mut world = World::quick_with(&[Side::Both, Side::Both]).await;
    let ana = world.agent("Ana").await;
    let _page = ana.opens_page().await;
    let phone = world.phone("Mia Berg").await;
    let path = format!("/conversations/{}", world.conversation_of(&ana, &phone).await);
    for node in &world.nodes {
        let shown = ana.at(node.address).looks_at(&path).await.body;
        assert!(shown.contains("Everything else") && !shown.contains("The repairs"), "{shown}");
    }
    let (bus, task) = Bus::new(&world.servers.redis_url()).unwrap();
    let (live, _changes) = Live::new(bus);
    let stop = CancellationToken::new();
    let telling = tokio::spawn(task.run(live.clone(), stop.clone()));
    let runner = Runner::new(world.store.clone(), live.clone(), Rulebook::WHATSAPP);
    runner.configure(world.shop.workspace, &By::CommandLine, queue(&world, "repairs"), None).await.unwrap();
    is_offered(&world, &ana, &path, "repairs", AT_ONCE).await;
    world.servers.kill_redis();
    runner.configure(world.shop.workspace, &By::CommandLine, queue(&world, "returns"), None).await.unwrap();
    is_offered(&world, &ana, &path, "returns", IN_A_MOMENT).await;
    stop.cancel();
    telling.await.unwrap();
}
