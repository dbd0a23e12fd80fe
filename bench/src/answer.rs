//! What one agent's answer with its three ticks takes when nothing else is under way.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use baton::demo::postgres;
use tokio_postgres::Client;

use crate::load::graph::Graph;
use crate::load::trips::Trips;
use crate::load::writers::{Writer, writers};
use crate::world::{Settings, World};

/// Answers that are counted, one after the other.
const ANSWERS: usize = 40;

/// How long PostgreSQL may keep to itself what a connection did, and a little more.
const KEPT_BACK: Duration = Duration::from_secs(12);

/// How often it is looked whether an answer has its last tick.
const LOOKED: Duration = Duration::from_millis(1);

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// At most, for one answer.
const TRANSACTIONS: f64 = 5.0;
const TRIPS: f64 = 25.0;
const ROWS: f64 = 18.0;

/// What was done up to a moment.
struct Counted {
    at: Instant,
    transactions: i64,
    trips: usize,
    rows: i64,
}

/// Counts, says what it was, and answers whether that is little enough.
pub async fn measure(world: &World) -> Result<bool> {
    let graph = Graph::start().await?;
    let folder = world.folder().join("trips");
    fs::create_dir_all(&folder)?;
    let trips = Trips::start(&folder, world.sockets())?;
    let settings = Settings { graph: format!("http://{}", graph.address), database: postgres::url(&folder), ..world.settings() };
    let server = world.baton_with(&settings)?;
    graph.tells(server.address)?;
    let mut writer = writers(world, server.address, 1).await?.remove(0);
    let client = world.connect().await?;
    // The first few prepare statements and fill caches.
    answer(&graph, &mut writer, 0).await?;
    let before = counted(&client, &trips).await?;
    tokio::time::sleep(KEPT_BACK).await;
    let idle = counted(&client, &trips).await?;
    answer(&graph, &mut writer, ANSWERS).await?;
    let after = counted(&client, &trips).await?;
    // What a node does anyway, in as much time.
    let share = after.at.duration_since(idle.at).as_secs_f64() / idle.at.duration_since(before.at).as_secs_f64();
    let each = |after: f64, idle: f64, before: f64| ((after - idle) - (idle - before) * share) / ANSWERS as f64;
    let transactions = each(after.transactions as f64, idle.transactions as f64, before.transactions as f64);
    let trips = each(after.trips as f64, idle.trips as f64, before.trips as f64);
    let rows = each(after.rows as f64, idle.rows as f64, before.rows as f64);
    let is_met = transactions <= TRANSACTIONS && trips <= TRIPS && rows <= ROWS;
    println!(
        "=> one answer with its ticks, alone: {transactions:.1} transactions (must ≤ {TRANSACTIONS}), {trips:.1} round trips (≤ {TRIPS}), \
         {rows:.1} row writes (≤ {ROWS}): {}",
        if is_met { "met" } else { "MISSED" }
    );
    Ok(is_met)
}

async fn answer(graph: &Graph, writer: &mut Writer, first: usize) -> Result<()> {
    for number in 0..ANSWERS {
        let told = graph.told.load(Ordering::Relaxed);
        writer.answers(first + number, first + number).await?;
        let is_told = async {
            while graph.told.load(Ordering::Relaxed) == told {
                tokio::time::sleep(LOOKED).await;
            }
        };
        ensure!(tokio::time::timeout(PATIENCE, is_told).await.is_ok(), "an answer was not told to its end");
    }
    Ok(())
}

/// Once PostgreSQL has told all of it.
async fn counted(client: &Client, trips: &Trips) -> Result<Counted> {
    tokio::time::sleep(KEPT_BACK).await;
    let count = trips.count.load(Ordering::Relaxed);
    let row = client
        .query_one(
            "SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
                (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_user_tables)",
            &[],
        )
        .await?;
    Ok(Counted { at: Instant::now(), transactions: row.get(0), trips: count, rows: row.get(1) })
}
