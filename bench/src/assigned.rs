//! From waiting to an agent: while there is room, when somebody comes, and beside thousands for whom there is none.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::task::JoinSet;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::figures::{Latencies, Must, Outcome, Pairs, Size, judge};
use crate::latency::send;
use crate::load::http::Connection;
use crate::load::{pages, socket, webhook};
use crate::reference::round_trip;
use crate::seed::HOLDERS;
use crate::world::{Sides, World};

/// Customers who write a second.
const RATE: u32 = 200;
const CONNECTIONS: usize = 32;

/// How many wait while nobody has room.
const WAITING: usize = 5_000;

/// Milliseconds at p99 from waiting to an agent, and from an agent's page to their first conversation.
const ASSIGNED: Must = Must::AtMost(50.0);
const COMES: Must = Must::AtMost(200.0);

/// How long what was said may take to be in the database.
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(2);

/// Customers of these numbers who were given to somebody, and how many seconds they had waited.
const ASSIGNED_OF: &str = "
    SELECT extract(epoch FROM conversation.assigned_at - queued.at)::float8
    FROM contact_identities AS identity
    JOIN conversations AS conversation USING (workspace_id, contact_id)
    JOIN events AS queued ON queued.subject_id = conversation.id AND queued.kind = 'conversation_queued'
    WHERE identity.kind = 'phone' AND identity.value = ANY($1) AND conversation.agent_id IS NOT NULL";

const WAIT: &str = "SELECT count(*) FROM conversations WHERE controller = 'queue'";
const HOLDS: &str = "SELECT load::bigint FROM agents WHERE user_id = $1";
const MESSAGES: &str = "SELECT count(*) FROM messages";

/// Measures all of it.
pub async fn measure(world: &World, size: Size) -> Result<Outcome> {
    println!("\n8. From waiting to an agent, {RATE} customers a second who write for the first time, {HOLDERS} agents with room;");
    println!("   from an agent's page to their first conversation, {WAITING} waiting for whom there was none; reference: as of 2");
    println!("   {:>4} {:>12} | {:>8} {:>8} {:>8} | {:>8}", "turn", "reference ms", "p50 ms", "p99 ms", "max ms", "comes ms");
    let client = world.connect().await?;
    client.batch_execute("UPDATE inboxes SET flow_id = NULL").await?;
    let server = world.baton(Sides::Both)?;
    let cookies = pages::cookies_with_token(server.address, &world.installation.cookies[..HOLDERS]).await?;
    let mut keeping = pages::keep(pages::open(server.address, cookies.into(), HOLDERS).await?);
    let shop = Shop { world, server: server.address, client };
    let (mut assigned, mut comes) = (Pairs::default(), Pairs::default());
    shop.with_room(Duration::from_secs(2)).await?;
    for _ in 0..size.pairs() {
        assigned.reference.push(round_trip::measure(world).await?);
        assigned.reached.push(shop.with_room(size.round()).await?.quantile(0.99));
    }
    shop.fill().await?;
    for turn in 0..size.pairs() {
        comes.reference.push(round_trip::measure(world).await?);
        comes.reached.push(shop.comes(HOLDERS + turn).await?);
    }
    for turn in 0..size.pairs() {
        println!("   {:>4} {:>12.2} | {:>26.2} | {:>8.1}", turn + 1, assigned.reference[turn], assigned.reached[turn], comes.reached[turn]);
    }
    let is_free = shop.beside_locked_agents().await?;
    if let Some(ended) = keeping.try_join_next() {
        ended??;
    }
    let outcome = judge("p99 from waiting to an agent", " ms", ASSIGNED, &assigned, size).max(judge(
        "from an agent's page to their first conversation",
        " ms",
        COMES,
        &comes,
        size,
    ));
    Ok(if is_free { outcome } else { Outcome::Wrong })
}

struct Shop<'a> {
    world: &'a World,
    server: std::net::SocketAddr,
    client: Client,
}

impl Shop<'_> {
    /// Each of them writes once, at even distances.
    async fn write(&self, customers: &[String]) -> Result<()> {
        let (start, mut senders) = (Instant::now() + Duration::from_millis(100), JoinSet::new());
        for lane in 0..CONNECTIONS {
            let mine = customers.iter().enumerate().skip(lane).step_by(CONNECTIONS);
            let request =
                |(place, customer): (usize, &String)| Some((u32::try_from(place).ok()?, webhook::request(self.server, customer, place)));
            senders.spawn(send(Connection::open(self.server).await?, start, RATE, mine.filter_map(request).collect()));
        }
        while let Some(sent) = senders.join_next().await {
            sent??;
        }
        Ok(())
    }

    /// Customers come for so long; how long each waited.
    async fn with_room(&self, duration: Duration) -> Result<Latencies> {
        let customers = strangers(usize::try_from(duration.as_secs())? * RATE as usize);
        self.write(&customers).await?;
        let (query, begun) = (self.client.prepare(ASSIGNED_OF).await?, Instant::now());
        loop {
            let rows = self.client.query(&query, &[&customers]).await?;
            if rows.len() == customers.len() {
                let waited = |row: &tokio_postgres::Row| Duration::from_secs_f64(row.get::<_, f64>(0).max(0.0));
                return Ok(rows.iter().map(waited).collect::<Vec<_>>().into());
            }
            ensure!(begun.elapsed() < PATIENCE, "{} of {} customers were assigned", rows.len(), customers.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Nobody has room any more, and many wait.
    async fn fill(&self) -> Result<()> {
        self.client.batch_execute("UPDATE agents SET capacity = load").await?;
        self.write(&strangers(WAITING)).await?;
        let begun = Instant::now();
        while self.count(WAIT).await? < i64::try_from(WAITING)? {
            ensure!(begun.elapsed() < PATIENCE, "not everybody waits who wrote");
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    }

    /// Somebody opens a page who has room for one; after how many milliseconds they have it.
    async fn comes(&self, agent: usize) -> Result<f64> {
        let (user, cookie) = (self.world.installation.agents[agent].0, &self.world.installation.cookies[agent]);
        self.client.execute("UPDATE agents SET capacity = load + 1 WHERE user_id = $1", &[&user]).await?;
        let before = self.holds(user).await?;
        let begun = Instant::now();
        let _page = socket::open(self.server, Ipv4Addr::LOCALHOST.into(), cookie).await?;
        while self.holds(user).await? == before {
            ensure!(begun.elapsed() < PATIENCE, "whoever came was given nothing");
            tokio::time::sleep(GLANCE).await;
        }
        Ok(begun.elapsed().as_secs_f64() * 1e3)
    }

    /// Somebody has all agents to themselves, and those who wait write once more. Whether that is stored all the same.
    async fn beside_locked_agents(&self) -> Result<bool> {
        let query = "SELECT identity.value FROM contact_identities AS identity JOIN conversations USING (workspace_id, contact_id)
            WHERE controller = 'queue' AND identity.kind = 'phone' LIMIT 1000";
        let customers: Vec<String> = self.client.query(query, &[]).await?.iter().map(|row| row.get(0)).collect();
        let before = self.count(MESSAGES).await?;
        let mut locking = self.world.connect().await?;
        let locked = locking.transaction().await?;
        locked.execute("SELECT FROM agents FOR UPDATE", &[]).await?;
        self.write(&customers).await?;
        let begun = Instant::now();
        let wanted = before + i64::try_from(customers.len())?;
        while self.count(MESSAGES).await? < wanted && begun.elapsed() < PATIENCE {
            tokio::time::sleep(GLANCE).await;
        }
        let stored = self.count(MESSAGES).await? - before;
        println!(
            "   while somebody else has every agent locked: {stored} of {} further messages of those who wait are stored, the last {:.0} ms after it was sent",
            customers.len(),
            begun.elapsed().as_secs_f64() * 1e3
        );
        locked.rollback().await?;
        Ok(stored == i64::try_from(customers.len())?)
    }

    async fn count(&self, query: &str) -> Result<i64> {
        Ok(self.client.query_one(query, &[]).await?.get(0))
    }

    async fn holds(&self, user: Uuid) -> Result<i64> {
        Ok(self.client.query_one(HOLDS, &[&user]).await?.get(0))
    }
}

/// Telephone numbers that nobody wrote from yet.
fn strangers(count: usize) -> Vec<String> {
    let run = Uuid::new_v4().as_fields().0 % 1_000_000;
    (0..count).map(|number| format!("1778{run:06}{number:07}")).collect()
}
