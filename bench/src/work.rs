//! What Baton works off: taken in, decided, stored, told, and where it answers, sent and followed to the last tick.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::answer;
use crate::figures::{Must, Outcome, Pairs, Size, judge};
use crate::load::graph::Graph;
use crate::load::http::{Answer, Connection};
use crate::load::webhook;
use crate::load::writers::{Writer, writers};
use crate::machine;
use crate::reference::statements;
use crate::seed::HOLDERS;
use crate::world::{METRICS_TOKEN, Server, Settings, World};

/// Connections on which work comes in.
const CONNECTIONS: usize = 64;

/// How much is under way at most: so much cannot grow.
const UNDER_WAY: usize = 1_024;

/// What Baton says it has worked off.
const WORKED_OFF: &str = "baton_items_total ";

/// How often it is counted what is still to be done.
const COUNTED: Duration = Duration::from_millis(20);

/// How long what was acknowledged may take until it is stored where it belongs.
const LATE: Duration = Duration::from_secs(2);

/// How long the last of it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// A customer's message into a conversation that an agent holds.
    Message,
    /// A new customer's first message, the flow's two answers and their ticks.
    First,
    /// An agent's answer and its three ticks.
    Answer,
}

impl Row {
    const ALL: [Row; 3] = [Row::Message, Row::First, Row::Answer];

    fn name(self) -> &'static str {
        match self {
            Row::Message => "message",
            Row::First => "first",
            Row::Answer => "answer",
        }
    }

    /// Of the reference's transactions.
    fn must(self) -> Must {
        Must::AtLeast(match self {
            Row::Message => 0.5,
            Row::First => 0.12,
            Row::Answer => 0.2,
        })
    }

    /// Messages that are sent for one of it.
    fn sends(self) -> usize {
        match self {
            Row::Message => 0,
            Row::First => 2,
            Row::Answer => 1,
        }
    }
}

/// Measures each kind of work beside the reference.
pub async fn measure(world: &World, size: Size) -> Result<Outcome> {
    let (duration, reference) = match size {
        Size::Quick => (Duration::from_secs(5), Duration::from_secs(2)),
        Size::Full => (Duration::from_secs(60), Duration::from_secs(8)),
    };
    println!("\n5. Worked off a second, {} s of each, at most {UNDER_WAY} under way", duration.as_secs());
    println!("   reference: five pipelined statements in one transaction, pgbench at 32 clients, before and after");
    println!("   message: into a conversation that an agent holds; first: a new customer, two answers of the flow, their ticks;");
    println!("   answer: an agent's, and its three ticks. µs: processor time for one, Baton + PostgreSQL + Redis");
    println!(
        "   {:>8} {:>12} | {:>9} {:>6} {:>17} {:>8} {:>13} {:>9}",
        "work", "reference/s", "done/s", "ratio", "µs", "WAL B", "transactions", "row writes"
    );
    let mut worst = Outcome::Met;
    for row in Row::ALL {
        let before = statements::measure(world, world.folder(), reference).await?;
        let turn = Turn::run(world, row, duration).await?;
        let after = statements::measure(world, world.folder(), reference).await?;
        let (least, ratio) = (f64::midpoint(before, after), turn.per_second / f64::midpoint(before, after));
        println!(
            "   {:>8} {least:>12.0} | {:>9.0} {ratio:>6.3} {:>17} {:>8.0} {:>13.2} {:>9.1}",
            row.name(),
            turn.per_second,
            turn.times,
            turn.wal,
            turn.transactions,
            turn.rows
        );
        let pairs = Pairs { reached: vec![ratio], reference: vec![before, after], others: Vec::new() };
        worst = worst.max(judge(&format!("{} / reference", row.name()), "×", row.must(), &pairs, size));
        worst = worst.max(turn.outcome);
    }
    let is_little = answer::measure(world).await?;
    Ok(if is_little { worst } else { worst.max(Outcome::Missed) })
}

/// What one kind of work showed.
struct Turn {
    per_second: f64,
    times: String,
    /// For each of it.
    wal: f64,
    transactions: f64,
    rows: f64,
    outcome: Outcome,
}

/// What those who bring work share.
struct Run {
    row: Row,
    begun: AtomicUsize,
    done: AtomicUsize,
    /// One for each that may be begun; closed when it is over.
    room: Semaphore,
}

impl Run {
    fn of(row: Row) -> Self {
        Self { row, begun: AtomicUsize::new(0), done: AtomicUsize::new(0), room: Semaphore::new(UNDER_WAY) }
    }

    /// Waits until there is room for one more; its number, or nothing when it is over.
    async fn next(&self) -> Option<usize> {
        self.room.acquire().await.ok()?.forget();
        Some(self.begun.fetch_add(1, Ordering::Relaxed))
    }

    /// So many are done by now.
    fn are_done(&self, done: usize) {
        let before = self.done.swap(done, Ordering::Relaxed);
        self.room.add_permits(done.saturating_sub(before));
    }
}

impl Turn {
    async fn run(world: &World, row: Row, duration: Duration) -> Result<Self> {
        let mut graph = Graph::start().await?;
        let settings = Settings { graph: format!("http://{}", graph.address), ..world.settings() };
        let server = world.baton_with(&settings)?;
        graph.tells(server.address)?;
        let client = world.connect().await?;
        let run = Arc::new(Run::of(row));
        let mut feeders = feeders(world, &server, &run).await?;
        let stored = messages(&client).await?;
        let counting = tokio::spawn(count(run.clone(), server.address, graph.told.clone()));
        tokio::time::sleep(duration / 10).await;
        let before = Standing::of(world, &server, &client, &run).await?;
        tokio::time::sleep(duration).await;
        let after = Standing::of(world, &server, &client, &run).await?;
        run.room.close();
        while let Some(ended) = feeders.join_next().await {
            ended??;
        }
        let drained = Instant::now();
        while run.done.load(Ordering::Relaxed) < run.begun.load(Ordering::Relaxed) && drained.elapsed() < PATIENCE {
            graph.check()?;
            ensure!(!counting.is_finished(), "what is done could not be counted");
            tokio::time::sleep(COUNTED).await;
        }
        counting.abort();
        let (begun, done) = (run.begun.load(Ordering::Relaxed), run.done.load(Ordering::Relaxed));
        // A tick that came before the answer to its send was recorded is stored, and climbs a little later.
        let (mut left, late) = (left(&client, row, stored, begun).await?, Instant::now());
        let count = left.0 + left.1;
        while left != (0, 0) && drained.elapsed() < PATIENCE {
            tokio::time::sleep(COUNTED).await;
            left = self::left(&client, row, stored, begun).await?;
        }
        if count > 0 {
            println!(
                "   {count} messages or last ticks were not stored yet when all was acknowledged; that took {:.1} s more",
                late.elapsed().as_secs_f64()
            );
        }
        let is_little = late.elapsed() < LATE;
        let outcome = if begun == done && left == (0, 0) && is_little { Outcome::Met } else { Outcome::Wrong };
        if outcome == Outcome::Wrong {
            println!(
                "   WRONG: of {begun} begun {done} were done, {} messages are not stored, {} have not their last tick",
                left.0, left.1
            );
        }
        drop(server);
        client.batch_execute("TRUNCATE payloads, inbound_items, outbox, timers; CHECKPOINT").await?;
        Ok(Self { outcome, ..after.since(&before) })
    }
}

/// What the database has not yet of what was begun: messages, and last ticks of answers.
async fn left(client: &Client, row: Row, before: i64, begun: usize) -> Result<(i64, i64)> {
    let each = if row == Row::Message { 1 } else { row.sends() + usize::from(row == Row::First) };
    let missing = before + i64::try_from(begun * each)? - messages(client).await?;
    let open = "SELECT count(*) FROM messages WHERE direction = 'outbound' AND status <> 'read'";
    let open: i64 = client.query_one(open, &[]).await?.get(0);
    Ok((missing, open))
}

async fn messages(client: &Client) -> Result<i64> {
    Ok(client.query_one("SELECT count(*) FROM messages", &[]).await?.get(0))
}

/// Keeps `done` up to date: by what Baton says of itself, which costs it next to nothing, or by the last ticks.
async fn count(run: Arc<Run>, server: SocketAddr, told: Arc<AtomicUsize>) -> Result<()> {
    let mut scraper = Connection::open(server).await?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {METRICS_TOKEN}\r\n\r\n");
    loop {
        let done = match run.row.sends() {
            0 => figure(&scraper.ask(request.as_bytes()).await?)?,
            sends => told.load(Ordering::Relaxed) / sends,
        };
        run.are_done(done);
        tokio::time::sleep(COUNTED).await;
    }
}

fn figure(answer: &Answer) -> Result<usize> {
    ensure!(answer.status == 200, "the figures were answered with {}", answer.status);
    let figures = std::str::from_utf8(&answer.body)?;
    let worked_off = figures.lines().find_map(|line| line.strip_prefix(WORKED_OFF));
    worked_off.map_or(Ok(0), |figure| figure.parse().context("what Baton worked off is no number"))
}

/// Whoever brings work, at once on many connections.
async fn feeders(world: &World, server: &Server, run: &Arc<Run>) -> Result<JoinSet<Result<()>>> {
    let mut feeders = JoinSet::new();
    if run.row == Row::Answer {
        for (lane, writer) in writers(world, server.address, HOLDERS).await?.into_iter().enumerate() {
            feeders.spawn(answer(run.clone(), writer, lane));
        }
        return Ok(feeders);
    }
    for _ in 0..CONNECTIONS {
        let (run, connection) = (run.clone(), Connection::open(server.address).await?);
        let (address, customers) = (server.address, world.installation.customers.clone());
        feeders.spawn(async move {
            let mut connection = connection;
            while let Some(number) = run.next().await {
                let stranger = format!("1777{:06}{number:07}", Uuid::new_v4().as_fields().0 % 1_000_000);
                let customer = if run.row == Row::First { &stranger } else { &customers[number % customers.len()] };
                let answer = connection.send(&webhook::request(address, customer, number)).await?;
                ensure!(answer == 200, "a webhook was answered with {answer}");
            }
            Ok(())
        });
    }
    Ok(feeders)
}

/// An agent who answers one conversation after the other.
async fn answer(run: Arc<Run>, mut writer: Writer, lane: usize) -> Result<()> {
    let mut turn = lane;
    while let Some(number) = run.next().await {
        writer.answers(turn, number).await.context("an agent's answer")?;
        turn += 1;
    }
    Ok(())
}

/// How far everything was at a moment.
struct Standing {
    at: Instant,
    done: usize,
    times: [Duration; 3],
    wal: f64,
    transactions: i64,
    rows: i64,
}

impl Standing {
    async fn of(world: &World, server: &Server, client: &Client, run: &Run) -> Result<Self> {
        let row = client
            .query_one(
                "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8,
                    (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
                    (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_user_tables WHERE relname NOT LIKE 'reference%')",
                &[],
            )
            .await?;
        Ok(Self {
            at: Instant::now(),
            done: run.done.load(Ordering::Relaxed),
            times: [
                machine::time_of(server.process_id())?,
                machine::time_of_family(world.postgres.process_id())?,
                machine::time_of(world.redis.process_id())?,
            ],
            wal: row.get(0),
            transactions: row.get(1),
            rows: row.get(2),
        })
    }

    fn since(&self, before: &Self) -> Turn {
        let done = (self.done - before.done).max(1) as f64;
        let times = self.times.iter().zip(before.times).map(|(now, before)| (*now - before).as_secs_f64() * 1e6 / done);
        Turn {
            per_second: done / self.at.duration_since(before.at).as_secs_f64(),
            times: times.map(|time| format!("{time:.0}")).collect::<Vec<_>>().join("+"),
            wal: (self.wal - before.wal) / done,
            transactions: (self.transactions - before.transactions) as f64 / done,
            rows: (self.rows - before.rows) as f64 / done,
            outcome: Outcome::Met,
        }
    }
}
