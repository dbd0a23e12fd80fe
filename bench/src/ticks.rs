//! Whether ticks disturb anybody: from webhook to frame, beside thousands of ticks a second and without them, by turns.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::figures::{Must, Outcome, Pairs, Size, judge};
use crate::latency::{RATE, Watched};
use crate::load::http::Connection;
use crate::load::webhook;
use crate::world::{Sides, World};

/// Ticks a second, each in a webhook of its own.
const TICKS: u32 = 3_000;

/// Connections on which they are told.
const CONNECTIONS: u32 = 32;

/// How many times as long a frame may take beside them.
const MUST: Must = Must::AtMost(1.5);

/// Messages of ours that were sent and not yet delivered, in the conversations that agents hold.
const SEND: &str = r#"
    INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, seq, direction, author_kind, author_id, content, status, wamid, at)
    SELECT c.workspace_id, gen_random_uuid(), c.id, c.inbox_id, -number, 'outbound', 'agent', c.agent_id,
        '{"kind": "text", "body": "It is on its way."}', 'sent', 'wamid.tick.' || $1::integer || '.' || number, now()
    FROM generate_series(0, $2::integer - 1) AS number
    JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS all_of_them FROM conversations) AS c
        ON c.place = number % c.all_of_them"#;

/// Measures both by turns.
pub async fn measure(world: &World, size: Size) -> Result<Outcome> {
    println!("\n3. From webhook to frame at {RATE}/s beside {TICKS} ticks a second, and without them");
    println!(
        "   {:>4} {:>14} {:>14} {:>8} | {:>7} {:>7} {:>5}",
        "pair", "p99 alone ms", "p99 beside ms", "ratio", "told/s", "others", "lost"
    );
    let server = world.baton(Sides::Both)?;
    let client = world.connect().await?;
    let mut watched = Watched::open(world, &server).await?;
    watched.round(world, &server, RATE, Duration::from_secs(2)).await?;
    let (mut pairs, mut lost) = (Pairs::default(), 0);
    for pair in 1..=size.pairs() {
        let alone = watched.round(world, &server, RATE, size.round()).await?;
        let ticks = Ticks::prepare(&client, pair, size.round()).await?;
        let telling = tokio::spawn(ticks.tell(server.address));
        let beside = watched.round(world, &server, RATE, size.round()).await?;
        let told = telling.await??;
        ticks.check(&client).await?;
        let (without, with) = (alone.latencies.quantile(0.99), beside.latencies.quantile(0.99));
        println!(
            "   {pair:>4} {without:>14.2} {with:>14.2} {:>7.2}× | {told:>7.0} {:>6.0}% {:>5}",
            with / without,
            beside.others * 100.0,
            alone.lost + beside.lost
        );
        lost += alone.lost + beside.lost;
        pairs.reached.push(with / without);
        pairs.reference.push(without);
        pairs.others.push(alone.others);
    }
    let outcome = judge("p99 beside ticks / without", "×", MUST, &pairs, size);
    Ok(if lost > 0 { Outcome::Wrong } else { outcome })
}

/// That messages were delivered, at even distances.
#[derive(Clone, Copy)]
struct Ticks {
    /// Which of the runs it is of.
    run: i32,
    count: u32,
}

impl Ticks {
    async fn prepare(client: &Client, run: usize, duration: Duration) -> Result<Self> {
        let ticks = Self { run: i32::try_from(run)?, count: u32::try_from(duration.as_secs())? * TICKS };
        client.execute(SEND, &[&ticks.run, &i32::try_from(ticks.count)?]).await?;
        client.batch_execute("ANALYZE messages; CHECKPOINT").await?;
        Ok(ticks)
    }

    /// Tells all of them; answers how many a second were acknowledged.
    async fn tell(self, server: SocketAddr) -> Result<f64> {
        let (start, mut tellers) = (Instant::now(), JoinSet::new());
        for lane in 0..CONNECTIONS {
            let mut connection = Connection::open(server).await?;
            tellers.spawn(async move {
                for number in (lane..self.count).step_by(CONNECTIONS as usize) {
                    tokio::time::sleep_until((start + Duration::from_secs(1) / TICKS * number).into()).await;
                    let wamid = format!("wamid.tick.{}.{number}", self.run);
                    let answer = connection.send(&webhook::status(server, "15550000001", &wamid, "delivered", "")).await?;
                    ensure!(answer == 200, "a tick was answered with {answer}");
                }
                anyhow::Ok(())
            });
        }
        while let Some(told) = tellers.join_next().await {
            told??;
        }
        Ok(f64::from(self.count) / start.elapsed().as_secs_f64())
    }

    /// Whether each of them climbed.
    async fn check(self, client: &Client) -> Result<()> {
        let climbed = "SELECT count(*) FROM messages WHERE wamid LIKE 'wamid.tick.' || $1::integer || '.%' AND status = 'delivered'";
        let climbed: i64 = client.query_one(climbed, &[&self.run]).await?.get(0);
        ensure!(climbed == i64::from(self.count), "{climbed} of {} ticks climbed", self.count);
        Ok(())
    }
}
