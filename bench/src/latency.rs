//! From webhook to frame: Meta's request comes in, twenty tabs of the agent who holds the conversation show it.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::figures::{Latencies, Must, Outcome, Pairs, Size, judge};
use crate::load::http::Connection;
use crate::load::pages;
use crate::load::socket::{BEAT, Socket};
use crate::load::webhook::{self, DIGITS, MARK};
use crate::machine;
use crate::reference::round_trip;
use crate::seed::HOLDERS;
use crate::world::{Server, Sides, World};

/// Tabs of each agent who holds conversations.
const TABS: usize = 20;

/// Messages a second, unless told otherwise.
pub const RATE: u32 = 500;

/// Milliseconds at p99.
const MUST: Must = Must::AtMost(15.0);

/// Connections that Meta has open; each sends at the due times of its own messages.
const CONNECTIONS: usize = 64;

/// How long before its first message a round is made ready.
const LEAD: Duration = Duration::from_millis(100);

/// How long after its round a frame still counts as late rather than lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a page beats.
const BEATS: Duration = Duration::from_secs(20);

/// A frame that a page received: which message, and when.
type Seen = (usize, Instant);

/// Messages that were taken in and are still to be worked off.
const WAITING: &str = "SELECT (SELECT count(*) FROM payloads WHERE sorted_at IS NULL) + (SELECT count(*) FROM inbound_items)";

/// How often it is counted what is still to be worked off.
const COUNTED: Duration = Duration::from_secs(2);

/// Messages that come in, open loop.
#[derive(Debug, Clone, Copy, Args)]
pub struct Load {
    /// Messages a second; judged only at 500.
    #[arg(long, default_value_t = RATE, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// One round of so many seconds instead of several short ones; it is not judged.
    #[arg(long)]
    seconds: Option<u64>,
}

impl Load {
    /// What is judged.
    pub const JUDGED: Load = Load { rate: RATE, seconds: None };
}

/// Measures all of Baton; latency counts from the moment a message was due, whether or not it could be sent then.
pub async fn measure(world: &World, size: Size, Load { rate, seconds }: Load) -> Result<Outcome> {
    let duration = seconds.map_or(size.round(), Duration::from_secs);
    let size = if rate == RATE && seconds.is_none() { size } else { Size::Quick };
    let rounds = if seconds.is_some() { 1 } else { size.pairs() };
    println!(
        "\n2. From webhook to frame at {rate}/s, {} sockets, {TABS} of them show each message; open loop, from the due time",
        HOLDERS * TABS
    );
    println!(
        "   reference: one INSERT (p50 at 8 clients) + the round trip of a 1 kB frame; µs: processor time for each message, everything"
    );
    println!(
        "   {:>4} {:>12} | {:>8} {:>8} {:>8} {:>12} | {:>10} {:>18} {:>12} {:>7} {:>5}",
        "pair",
        "reference ms",
        "p50 ms",
        "p99 ms",
        "max ms",
        "p50/reference",
        "ack p99 ms",
        "µs Baton+PG+Redis",
        "waiting",
        "others",
        "lost"
    );
    let server = world.baton(Sides::Both)?;
    let mut watched = Watched::open(world, &server).await?;
    let (mut pairs, mut lost) = (Pairs::default(), 0);
    for pair in 0..=rounds {
        // The first round warms up.
        let duration = if pair == 0 { Duration::from_secs(2) } else { duration };
        let reference = round_trip::measure(world).await?;
        let shown = watched.round(world, &server, rate, duration).await?;
        if pair == 0 {
            continue;
        }
        let (p50, p99, p100) = (shown.latencies.quantile(0.5), shown.latencies.quantile(0.99), shown.latencies.quantile(1.0));
        println!(
            "   {pair:>4} {reference:>12.2} | {p50:>8.2} {p99:>8.2} {p100:>8.2} {:>12.1}× | {:>10.2} {:>18} {:>12} {:>6.0}% {:>5}",
            p50 / reference,
            shown.acks.quantile(0.99),
            shown.times,
            shown.waiting,
            shown.others * 100.0,
            shown.lost
        );
        lost += shown.lost;
        pairs.reference.push(reference);
        pairs.reached.push(p99);
        pairs.others.push(shown.others);
    }
    let outcome = judge("p99 from webhook to frame", " ms", MUST, &pairs, size);
    Ok(if lost > 0 { Outcome::Wrong } else { outcome })
}

/// Pages that show what comes in.
pub struct Watched {
    frames: mpsc::UnboundedReceiver<Seen>,
    readers: JoinSet<Result<()>>,
    /// Messages that came so far.
    count: usize,
}

impl Watched {
    pub async fn open(world: &World, server: &Server) -> Result<Self> {
        let cookies = pages::cookies_with_token(server.address, &world.installation.cookies[..HOLDERS]).await?;
        let (seen, frames) = mpsc::unbounded_channel();
        let mut readers = JoinSet::new();
        for (number, page) in pages::open(server.address, cookies.into(), HOLDERS * TABS).await?.into_iter().enumerate() {
            readers.spawn(read(page, BEATS.mul_f64(number as f64 / (HOLDERS * TABS) as f64), seen.clone()));
        }
        Ok(Self { frames, readers, count: 0 })
    }

    /// Messages that come in for so long.
    pub async fn round(&mut self, world: &World, server: &Server, rate: u32, duration: Duration) -> Result<Shown> {
        let round = Round::new(self.count, rate, duration);
        self.count += round.count;
        let shown = round.run(world, server, &mut self.frames).await?;
        if let Some(failed) = self.readers.try_join_next() {
            failed?.context("a page lost its socket")?;
        }
        Ok(shown)
    }
}

/// Tells what a page receives, and beats.
async fn read(mut page: Socket, first_beat: Duration, seen: mpsc::UnboundedSender<Seen>) -> Result<()> {
    let mut known = HashSet::new();
    let mut beats = tokio::time::interval_at(tokio::time::Instant::now() + first_beat, BEATS);
    loop {
        tokio::select! {
            _ = beats.tick() => page.say(BEAT).await?,
            frame = page.hear() => {
                let number = marked(frame?);
                let now = Instant::now();
                if let Some(number) = number.filter(|number| known.insert(*number)) && seen.send((number, now)).is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// The number of the message that a frame shows.
fn marked(frame: &[u8]) -> Option<usize> {
    let place = frame.windows(MARK.len()).position(|window| window == MARK.as_bytes())? + MARK.len();
    std::str::from_utf8(frame.get(place..place + DIGITS)?).ok()?.parse().ok()
}

/// Messages at even distances.
#[derive(Clone, Copy)]
struct Round {
    /// The number of its first message.
    first: usize,
    count: usize,
    /// Messages a second.
    rate: u32,
}

/// What a round showed.
pub struct Shown {
    pub latencies: Latencies,
    acks: Latencies,
    /// Frames that never came.
    pub lost: usize,
    times: String,
    /// What waited to be worked off, on average: in the first half of the round, and in the second.
    waiting: String,
    /// The share of the machine that other programs used.
    pub others: f64,
}

impl Round {
    fn new(first: usize, rate: u32, duration: Duration) -> Self {
        let count = usize::try_from(duration.as_secs() * u64::from(rate)).unwrap_or(usize::MAX);
        Self { first, count, rate }
    }

    async fn run(self, world: &World, server: &Server, frames: &mut mpsc::UnboundedReceiver<Seen>) -> Result<Shown> {
        let processes = [server.process_id(), world.postgres.process_id(), world.redis.process_id()];
        let (before, all_before, begun) = (times(&processes)?, machine::time_of_all()?, Instant::now());
        let start = Instant::now() + LEAD;
        let mut senders = JoinSet::new();
        for lane in 0..CONNECTIONS {
            let connection = Connection::open(server.address).await?;
            senders.spawn(send(connection, start, self.rate, self.requests_of(world, server.address, lane)));
        }
        let counting = tokio::spawn(waiting(world.connect().await?, start, self.duration()));
        let seen = self.collect(start, frames).await;
        let times = times(&processes)?.iter().zip(before).map(|(now, before)| *now - before).collect::<Vec<_>>();
        let others = (machine::time_of_all()? - all_before).saturating_sub(times.iter().sum());
        let others = others.as_secs_f64() / begun.elapsed().as_secs_f64() / std::thread::available_parallelism()?.get() as f64;
        let mut acks = Vec::with_capacity(self.count);
        while let Some(sent) = senders.join_next().await {
            acks.extend(sent??);
        }
        let words: Vec<String> = times[..3].iter().map(|time| format!("{:.0}", time.as_secs_f64() * 1e6 / self.count as f64)).collect();
        let lost = self.count * TABS - seen.len();
        Ok(Shown { lost, latencies: seen.into(), acks: acks.into(), times: words.join("+"), waiting: counting.await??, others })
    }

    fn duration(self) -> Duration {
        Duration::from_secs(1) / self.rate * u32::try_from(self.count).unwrap_or(u32::MAX)
    }

    /// The requests of one connection, with their place in the round.
    fn requests_of(self, world: &World, address: SocketAddr, lane: usize) -> Vec<(u32, Vec<u8>)> {
        let customers = &world.installation.customers;
        let request = |place: usize| webhook::request(address, &customers[place % customers.len()], self.first + place);
        (lane..self.count).step_by(CONNECTIONS).filter_map(|place| Some((u32::try_from(place).ok()?, request(place)))).collect()
    }

    /// How long each frame of this round took; ends when all are there, or when no more can be hoped for.
    async fn collect(self, start: Instant, frames: &mut mpsc::UnboundedReceiver<Seen>) -> Vec<Duration> {
        let mut taken = Vec::with_capacity(self.count * TABS);
        let mut tabs: HashMap<usize, usize> = HashMap::with_capacity(self.count);
        let end = tokio::time::Instant::from_std(due(start, self.rate, u32::try_from(self.count).unwrap_or(u32::MAX)) + PATIENCE);
        while taken.len() < self.count * TABS {
            let Ok(Some((number, at))) = tokio::time::timeout_at(end, frames.recv()).await else { break };
            let Some(place) = number.checked_sub(self.first).filter(|place| *place < self.count) else { continue };
            let shown = tabs.entry(place).or_default();
            *shown += 1;
            if *shown <= TABS {
                taken.push(at.saturating_duration_since(due(start, self.rate, u32::try_from(place).unwrap_or(u32::MAX))));
            }
        }
        taken
    }
}

/// What waits while messages come in, on average: in the first half of that time, and in the second.
async fn waiting(client: Client, start: Instant, duration: Duration) -> Result<String> {
    let (mut counts, statement) = (Vec::new(), client.prepare(WAITING).await?);
    while start.elapsed() < duration {
        tokio::time::sleep(COUNTED).await;
        counts.push(client.query_one(&statement, &[]).await?.get::<_, i64>(0));
    }
    let mean = |counts: &[i64]| counts.iter().sum::<i64>() / i64::try_from(counts.len()).unwrap_or(i64::MAX).max(1);
    let (first, second) = counts.split_at(counts.len() / 2);
    Ok(format!("{}, {}", mean(first), mean(second)))
}

fn due(start: Instant, rate: u32, place: u32) -> Instant {
    start + Duration::from_secs(1) / rate * place
}

/// Sends each request at its time; answers how long each took to be acknowledged, from its due time.
pub async fn send(mut connection: Connection, start: Instant, rate: u32, requests: Vec<(u32, Vec<u8>)>) -> Result<Vec<Duration>> {
    let mut taken = Vec::with_capacity(requests.len());
    for (place, request) in requests {
        let due = due(start, rate, place);
        tokio::time::sleep_until(due.into()).await;
        let status = connection.send(&request).await?;
        anyhow::ensure!(status == 200, "a webhook was answered with {status}");
        taken.push(due.elapsed());
    }
    Ok(taken)
}

/// Processor time so far: of Baton, of PostgreSQL with its children, of Redis, and of this program.
fn times(processes: &[u32; 3]) -> Result<[Duration; 4]> {
    let [baton, postgres, redis] = *processes;
    let own = machine::time_of(std::process::id())?;
    Ok([machine::time_of(baton)?, machine::time_of_family(postgres)?, machine::time_of(redis)?, own])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_recognised_by_its_mark() {
        assert_eq!(marked(br#"{"html":"<p>message #00000420 Good"}"#), Some(420));
        assert_eq!(marked(br#"{"type":"beat"}"#), None);
        assert_eq!(marked(b"message #0000"), None);
    }

    #[test]
    fn messages_are_due_at_even_distances() {
        let start = Instant::now();
        assert_eq!(due(start, 500, 500) - start, Duration::from_secs(1));
    }
}
