//! Probes: customers who write once, at a node of the test's choice, and how soon each is acknowledged.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::waiting::found;
use super::webhook::{messages, posts_until_taken, text};
use super::{SOON, World};

/// The first probe's number; far from those of phones and traffic.
const FIRST: u64 = 4_930_000_000_000;

/// How soon each of a row of customers was acknowledged.
#[derive(Debug)]
pub struct Acknowledged {
    /// In order.
    times: Vec<Duration>,
}

impl Acknowledged {
    /// Several rows as one.
    pub fn together(rows: Vec<Self>) -> Self {
        let mut times: Vec<Duration> = rows.into_iter().flat_map(|row| row.times).collect();
        times.sort();
        Self { times }
    }

    /// The time within which so many of a hundred were acknowledged.
    pub fn percentile(&self, percent: usize) -> Duration {
        let place = (self.times.len() * percent).div_ceil(100).saturating_sub(1);
        self.times.get(place).copied().unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        self.times.len()
    }
}

impl std::fmt::Display for Acknowledged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of = |percent| self.percentile(percent).as_millis();
        write!(f, "{} acknowledged in {} ms (p50), {} ms (p99), {} ms (max)", self.len(), of(50), of(99), of(100))
    }
}

/// A row of customers.
pub struct Probes {
    next: u64,
    http: reqwest::Client,
    /// WhatsApp's ids of what they wrote.
    pub written: Vec<String>,
}

impl Probes {
    pub fn new() -> Self {
        Self { next: 0, http: reqwest::Client::builder().timeout(SOON).build().unwrap(), written: Vec::new() }
    }

    /// Each of `count` customers writes a moment after the one before, at `doors` in turn; waits until all are acknowledged.
    pub async fn write(&mut self, world: &World, doors: &[SocketAddr], count: usize, every: Duration) -> Acknowledged {
        let begin = tokio::time::Instant::now();
        let http = &self.http;
        let probes = (0..count).map(|place| {
            let number = self.next + place as u64;
            let (from, wamid) = ((FIRST + number).to_string(), format!("wamid.probe-{number}"));
            self.written.push(wamid.clone());
            let (door, turn) = (doors[place % doors.len()], begin + every * u32::try_from(place).unwrap());
            async move {
                tokio::time::sleep_until(turn).await;
                is_acknowledged(world, http, door, &from, &wamid).await
            }
        });
        let probes: Vec<_> = probes.collect();
        self.next += count as u64;
        let mut times = join_all(probes).await;
        times.sort();
        Acknowledged { times }
    }
}

/// Somebody writes; answers how long it took until the shop's first call was for them.
async fn is_acknowledged(world: &World, http: &reqwest::Client, door: SocketAddr, from: &str, wamid: &str) -> Duration {
    let began = Instant::now();
    let body = messages(from, "Probe", &[text(from, wamid, "Hello, my lamp is broken")]).to_string();
    posts_until_taken(http, door, body).await;
    let what = format!("{from} is acknowledged");
    found(&what, SOON, async || (!world.simulator.ledger_to(from).await.is_empty()).then_some(began.elapsed())).await
}
