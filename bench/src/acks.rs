//! Webhooks acknowledged a second: each is on disk before it is answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::figures::{Latencies, Must, Outcome, Pairs, Size, judge};
use crate::load::http::Connection;
use crate::load::webhook;
use crate::machine;
use crate::reference::acks::TABLE;
use crate::seed::APP_SECRET;
use crate::world::{Server, Sides, World};

const CONNECTIONS: usize = 128;

const MUST: Must = Must::AtLeast(2.2);

const WARM_UP: Duration = Duration::from_secs(1);

/// Requests written beforehand for each second; a server that takes more is sent the first ones again.
const PER_SECOND: u64 = 45_000;

/// One side's turn.
struct Turn {
    per_second: f64,
    latencies: Latencies,
    /// Processor time for each webhook, in microseconds: of the server, and of PostgreSQL.
    server_time: f64,
    postgres_time: f64,
    /// Answers other than 200, and bodies that were acknowledged but are not there.
    refused: usize,
    lost: i64,
}

/// Measures Baton's web side alone, which does what the reference does, and all of Baton, which also works off what it took: that
/// one is judged.
pub async fn measure(world: &World, size: Size) -> Result<Outcome> {
    println!("\n1. Durable webhook acknowledgements at {CONNECTIONS} connections, one signed message of 1 kB each");
    println!(
        "   reference: checks the signature, one INSERT on one of 16 connections; `--web`: Baton's web side; `serve`: with its workers"
    );
    println!("   µs: processor time for each webhook, server + PostgreSQL");
    println!(
        "   {:>4} {:>11} {:>8} {:>9} | {:>9} {:>8} {:>9} {:>6} | {:>9} {:>8} {:>6} {:>11}",
        "pair", "reference/s", "p99 ms", "µs", "--web/s", "p99 ms", "µs", "ratio", "serve/s", "p99 ms", "ratio", "worked off/s"
    );
    let client = world.connect().await?;
    client.batch_execute(TABLE).await?;
    let reference = world.reference("reference-acks", &["--database", world.postgres.url(), "--secret", APP_SECRET])?;
    let web = world.baton(Sides::Web)?;
    let (mut pairs, mut faults) = (Pairs::default(), 0);
    for pair in 1..=size.pairs() {
        let least = turn(world, &client, &reference, "reference_payloads", size).await?;
        let acks = turn(world, &client, &web, "payloads", size).await?;
        let (all, worked_off) = turn_with_workers(world, &client, size).await?;
        let (ratio, ratio_of_all) = (acks.per_second / least.per_second, all.per_second / least.per_second);
        println!(
            "   {pair:>4} {:>11.0} {:>8.1} {:>9} | {:>9.0} {:>8.1} {:>9} {ratio:>6.2} | {:>9.0} {:>8.1} {ratio_of_all:>6.2} {worked_off:>11.0}",
            least.per_second,
            least.latencies.quantile(0.99),
            least.times(),
            acks.per_second,
            acks.latencies.quantile(0.99),
            acks.times(),
            all.per_second,
            all.latencies.quantile(0.99),
        );
        faults += [&least, &acks, &all].iter().map(|turn| turn.faults()).sum::<usize>();
        pairs.reference.push(least.per_second);
        pairs.reached.push(ratio_of_all);
    }
    let outcome = judge("acks of `serve` / reference", "×", MUST, &pairs, size);
    Ok(if faults > 0 { Outcome::Wrong } else { outcome })
}

impl Turn {
    fn times(&self) -> String {
        format!("{:.0}+{:.0}", self.server_time, self.postgres_time)
    }

    /// Says what went wrong; answers how much did.
    fn faults(&self) -> usize {
        if self.refused > 0 || self.lost != 0 {
            println!(
                "   WRONG: {} webhooks were not answered with 200, and {} of the acknowledged are not stored",
                self.refused, self.lost
            );
        }
        self.refused + usize::from(self.lost != 0)
    }
}

async fn turn_with_workers(world: &World, client: &Client, size: Size) -> Result<(Turn, f64)> {
    let server = world.baton(Sides::Both)?;
    let before = messages(client).await?;
    let begun = Instant::now();
    let all = turn(world, client, &server, "payloads", size).await?;
    let worked_off = (messages(client).await? - before) as f64 / begun.elapsed().as_secs_f64();
    Ok((all, worked_off))
}

async fn messages(client: &Client) -> Result<i64> {
    Ok(client.query_one("SELECT count(*) FROM messages", &[]).await?.get(0))
}

/// Measures one server, and leaves nothing behind that the next would have to work off.
async fn turn(world: &World, client: &Client, server: &Server, table: &str, size: Size) -> Result<Turn> {
    let measured = match size {
        Size::Quick => Duration::from_secs(2),
        Size::Full => Duration::from_secs(5),
    };
    let requests = requests(world, server.address, WARM_UP + measured);
    client.batch_execute("CHECKPOINT").await?;
    let run = Arc::new(Run {
        requests,
        next: AtomicUsize::new(0),
        acked: AtomicUsize::new(0),
        is_measured: AtomicBool::new(false),
        is_over: AtomicBool::new(false),
    });
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        connections.spawn(post(run.clone(), Connection::open(server.address).await?));
    }
    tokio::time::sleep(WARM_UP).await;
    let watch = Watch::start(world, server, &run)?;
    run.is_measured.store(true, Ordering::Relaxed);
    tokio::time::sleep(measured).await;
    let (per_second, server_time, postgres_time) = watch.stop(world, server, &run)?;
    run.is_over.store(true, Ordering::Relaxed);
    let (mut taken, mut refused) = (Vec::new(), 0);
    while let Some(ended) = connections.join_next().await {
        let posted = ended??;
        taken.extend(posted.taken);
        refused += posted.refused;
    }
    let stored: i64 = client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.get(0);
    let lost = i64::try_from(run.acked.load(Ordering::Relaxed))? - stored;
    client.batch_execute(&format!("TRUNCATE {table}, inbound_items")).await?;
    Ok(Turn { per_second, latencies: taken.into(), server_time, postgres_time, refused, lost })
}

/// Customers take turns.
fn requests(world: &World, address: SocketAddr, duration: Duration) -> Vec<Vec<u8>> {
    let customers = &world.installation.customers;
    let count = usize::try_from(duration.as_secs() * PER_SECOND).unwrap_or(usize::MAX);
    (0..count).map(|number| webhook::request(address, &customers[number % customers.len()], number)).collect()
}

/// What the connections of a turn share.
struct Run {
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
    acked: AtomicUsize,
    is_measured: AtomicBool,
    is_over: AtomicBool,
}

/// What one connection did.
struct Posted {
    taken: Vec<Duration>,
    refused: usize,
}

/// Sends one request after the other.
async fn post(run: Arc<Run>, mut connection: Connection) -> Result<Posted> {
    let mut posted = Posted { taken: Vec::new(), refused: 0 };
    while !run.is_over.load(Ordering::Relaxed) {
        let request = &run.requests[run.next.fetch_add(1, Ordering::Relaxed) % run.requests.len()];
        let sent = Instant::now();
        let status = connection.send(request).await?;
        if status != 200 {
            posted.refused += 1;
            continue;
        }
        run.acked.fetch_add(1, Ordering::Relaxed);
        if run.is_measured.load(Ordering::Relaxed) {
            posted.taken.push(sent.elapsed());
        }
    }
    Ok(posted)
}

/// How things stood when measuring began.
struct Watch {
    at: Instant,
    acked: usize,
    server_time: Duration,
    postgres_time: Duration,
}

impl Watch {
    fn start(world: &World, server: &Server, run: &Run) -> Result<Self> {
        Ok(Self {
            server_time: machine::time_of(server.process_id())?,
            postgres_time: machine::time_of_family(world.postgres.process_id())?,
            acked: run.acked.load(Ordering::Relaxed),
            at: Instant::now(),
        })
    }

    /// Acknowledged a second; microseconds of the server and of PostgreSQL for each.
    fn stop(self, world: &World, server: &Server, run: &Run) -> Result<(f64, f64, f64)> {
        let now = Self::start(world, server, run)?;
        let acked = (now.acked - self.acked).max(1) as f64;
        let each = |time: Duration| time.as_secs_f64() * 1e6 / acked;
        let per_second = acked / now.at.duration_since(self.at).as_secs_f64();
        Ok((per_second, each(now.server_time - self.server_time), each(now.postgres_time - self.postgres_time)))
    }
}
