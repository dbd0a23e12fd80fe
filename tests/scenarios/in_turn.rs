//! Three nodes under load, of which one after the other dies, stands still, or is cut off from PostgreSQL or from Redis.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use baton::demo::postgres;

use crate::support::World;
use crate::support::chance::{Chance, promised, size};
use crate::support::cut::Cut;
use crate::support::node::Side;
use crate::support::staff::Staff;
use crate::support::traffic::{self, Traffic};
use crate::support::waiting::eventually;

/// Seconds that each of it lasts in a quick check, and the customers who come in a second meanwhile.
const LASTS: usize = 5;
const RATE: usize = 10;

/// How long anybody waits for an agent at most, though there are agents with room all the while.
const ASSIGNED: Duration = Duration::from_secs(10);

/// The wait of whoever waits longest in a queue now, in seconds.
const LONGEST_WAIT: &str = "
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - queued_at)), 0)::float8 FROM conversations WHERE controller = 'queue'";

#[derive(Clone, Copy, Debug)]
enum Fault {
    Dies,
    StandsStill,
    HasNoDatabase,
    HasNoRedis,
}

const ALL: [Fault; 4] = [Fault::Dies, Fault::StandsStill, Fault::HasNoDatabase, Fault::HasNoRedis];

/// The lines of a node to both servers.
struct Lines {
    database: Cut,
    redis: Cut,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_fail_in_turn_and_everybody_has_one_agent_soon() {
    let mut chance = Chance::new();
    let lasts = Duration::from_secs(size("BATON_SCENARIO_LASTS", LASTS) as u64);
    let rate = size("BATON_SCENARIO_RATE", RATE);
    let mut world = World::quick_with(&[Side::Both, Side::Both, Side::Both]).await;
    let lines = with_lines(&mut world).await;
    // Each fault lasts so long, and as long again passes until the next one.
    let traffic = Traffic { after: 0, customers: rate * lasts.as_secs() as usize * 2 * ALL.len(), rate };
    let _staff = Staff::arrives(&world, 20, i32::try_from(traffic.customers).unwrap()).await;
    traffic.begins(&world).await;
    for (turn, fault) in ALL.into_iter().enumerate() {
        traffic.reaches(&world, turn * traffic.customers / ALL.len(), Duration::from_secs(120)).await;
        let victim = chance.below(world.nodes.len());
        // Meta and browsers come to where they are answered.
        world.balancer.leaves_out(world.nodes[victim].address);
        match fault {
            Fault::Dies => world.nodes[victim].kill(),
            Fault::StandsStill => world.nodes[victim].freeze(),
            Fault::HasNoDatabase => lines[victim].database.cut(),
            Fault::HasNoRedis => lines[victim].redis.cut(),
        }
        let meanwhile = longest_wait(&world, lasts).await;
        match fault {
            Fault::Dies => _ = world.nodes[victim].start().await,
            Fault::StandsStill => world.nodes[victim].thaw(),
            Fault::HasNoDatabase => lines[victim].database.mend(),
            Fault::HasNoRedis => lines[victim].redis.mend(),
        }
        world.balancer.takes_back_all();
        let afterwards = longest_wait(&world, lasts / 2).await;
        eprintln!("{fault:?}: somebody waited {meanwhile:?} for an agent meanwhile, {afterwards:?} afterwards");
        assert!(meanwhile.max(afterwards) <= promised(ASSIGNED), "{fault:?}: {meanwhile:?}, {afterwards:?}");
    }
    let all_came = async || traffic::progress(&world).await.started == traffic.customers;
    eventually("all customers have come", Duration::from_secs(120), all_came).await;
    world.comes_to_rest().await;
    world.nothing_was_lost(&traffic.written(&world).await).await;
    eprintln!("{:?}", world.nothing_was_sent_twice().await);
    world.everybody_was_assigned().await;
    world.journals_are_whole().await;
}

/// How long anybody waited for an agent while so much time passed.
async fn longest_wait(world: &World, lasts: Duration) -> Duration {
    let (ends, mut longest) = (Instant::now() + lasts, Duration::ZERO);
    eventually("the time has passed", lasts * 4, async || {
        let wait: f64 = world.rows(LONGEST_WAIT, &[]).await[0].get(0);
        longest = longest.max(Duration::from_secs_f64(wait.max(0.0)));
        Instant::now() >= ends
    })
    .await;
    longest
}

/// Each node reaches PostgreSQL and Redis over lines of its own.
async fn with_lines(world: &mut World) -> Vec<Lines> {
    let sockets = world.servers.place().sockets.clone();
    let mut all = Vec::new();
    for (number, node) in world.nodes.iter_mut().enumerate() {
        let folder: PathBuf = sockets.join(format!("line-{number}"));
        std::fs::create_dir(&folder).unwrap();
        let socket = |name: &str| (folder.join(name), sockets.join(name));
        let ((at, server), (redis_at, redis)) = (socket(".s.PGSQL.5432"), socket("redis.sock"));
        all.push(Lines { database: Cut::start(&at, server), redis: Cut::start(&redis_at, redis) });
        node.stop();
        node.is_set("BATON_DATABASE_URL", &format!("{}?application_name={}", postgres::url(&folder), node.name()));
        node.is_set("BATON_REDIS_URL", &baton::demo::redis::url(&folder).unwrap());
        node.start().await;
    }
    all
}
