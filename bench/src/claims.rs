//! Who waits is given to who has room: by many routers at once, with the decision made by `domain`, beside claims that decide nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use baton::domain::channel::Rulebook;
use baton::domain::contact::Phones;
use baton::domain::hours::Hours;
use baton::domain::ids::{QueueId, SessionId, TeamId, UserId, WorkspaceId};
use baton::domain::queue::Queue;
use baton::live::Live;
use baton::live::bus::Bus;
use baton::live::delivery::ThreadQueue;
use baton::live::hub::{Owner, Registered};
use baton::runner::routing::RoundOutcome;
use baton::runner::{Error, Runner};
use tokio::task::JoinSet;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::figures::{Must, Outcome, Pairs, Size, judge};
use crate::reference::claims;
use crate::seed;
use crate::world::World;

const NODES: usize = 3;
const CLAIMERS: usize = 64;
const QUEUES: usize = 16;

/// People who work for a queue, all of them the same.
const TEAM: usize = 20;

/// When a queue is looked at again at which somebody else had the turn.
const AFTER_TURN: Duration = Duration::from_millis(10);

/// Of so many who wait, one finds no room.
const LEFT: i64 = 20;

/// Connections of a node.
const CONNECTIONS: usize = 12;

const MUST: Must = Must::AtLeast(0.3);

/// How often it is looked how busy people are, while they are given more.
const SAMPLED: Duration = Duration::from_millis(100);

/// In every queue, of ten one is urgent and one is not; each was opened when it began to wait.
const WAIT: &str = "
    WITH customer AS (
        INSERT INTO contacts (workspace_id, id, name)
        SELECT $1, gen_random_uuid(), 'Waits' FROM generate_series(1, $4::bigint)
        RETURNING id
    )
    INSERT INTO conversations (workspace_id, id, contact_id, inbox_id, state, controller, queue_id, priority, opened_at, queued_at,
        waiting_since, window_expires_at, last_message_at)
    SELECT $1, gen_random_uuid(), id, $2, 'open', 'queue', $3,
        CASE row_number() OVER () % 10 WHEN 0 THEN 3 WHEN 1 THEN 0 ELSE 1 END,
        now() + row_number() OVER () * interval '1 microsecond', now() + row_number() OVER () * interval '1 microsecond', now(), now() + interval '1 day', now()
    FROM customer";

const HAS_ROOM: &str = "
    SELECT EXISTS (
        SELECT FROM agents JOIN team_members USING (workspace_id, user_id) JOIN queues USING (workspace_id, team_id)
        WHERE queues.id = $1 AND load < capacity)";

/// What must never be, and how often it is.
const NEVER: [(&str, &str); 4] = [
    (
        "assigned twice",
        "SELECT count(*) FROM (
            SELECT FROM events JOIN conversations ON conversations.id = events.subject_id
            WHERE events.kind = 'conversation_assigned' AND conversations.queue_id = ANY($1)
            GROUP BY events.subject_id HAVING count(*) > 1) AS twice",
    ),
    (
        "agents over their capacity",
        "SELECT count(DISTINCT user_id) FROM agents JOIN team_members USING (workspace_id, user_id) JOIN queues USING (workspace_id, team_id)
         WHERE queues.id = ANY($1) AND load > capacity",
    ),
    (
        "agents said to hold another number than they do",
        "SELECT count(*) FROM agents AS agent JOIN team_members USING (workspace_id, user_id) JOIN queues USING (workspace_id, team_id)
         WHERE queues.id = ANY($1) AND load <> (SELECT count(*) FROM conversations WHERE workspace_id = agent.workspace_id AND agent_id = agent.user_id)",
    ),
    (
        "queues in which somebody was passed over",
        "SELECT count(*) FROM unnest($1::uuid[]) AS queue (id)
         WHERE (SELECT max(ARRAY[3 - priority, extract(epoch FROM opened_at)]) FROM conversations WHERE queue_id = queue.id AND controller = 'agent')
             > (SELECT min(ARRAY[3 - priority, extract(epoch FROM opened_at)]) FROM conversations WHERE queue_id = queue.id AND controller = 'queue')",
    ),
];

/// Measures both by turns.
pub async fn measure(world: &World, size: Size) -> Result<Outcome> {
    let (claims, reference) = match size {
        Size::Quick => (4_000, Duration::from_secs(2)),
        Size::Full => (200_000, Duration::from_secs(8)),
    };
    println!("\n7. Claims: {CLAIMERS} routers on {NODES} nodes give away what waits in {QUEUES} queues, {claims} of it in each turn");
    println!(
        "   reference: UPDATE … WHERE id = (SELECT … FOR UPDATE SKIP LOCKED LIMIT 1), pgbench at {CLAIMERS} clients, before and after"
    );
    println!("   {:>4} {:>12} | {:>9} {:>6} {:>13}", "turn", "reference/s", "claims/s", "ratio", "most − least");
    let shop = Shop::open(world).await?;
    let (mut pairs, mut wrong, mut spread) = (Pairs::default(), false, 0);
    for turn in 1..=size.pairs() {
        let before = claims::measure(world, world.folder(), CLAIMERS, reference).await?;
        shop.wait(claims).await?;
        let per_second = shop.claim(claims).await?;
        let after = claims::measure(world, world.folder(), CLAIMERS, reference).await?;
        let most = shop.spread.swap(0, Ordering::Relaxed);
        let (least, ratio) = (f64::midpoint(before, after), per_second / f64::midpoint(before, after));
        println!("   {turn:>4} {least:>12.0} | {per_second:>9.0} {ratio:>6.3} {most:>13}");
        wrong |= shop.check().await?;
        spread = spread.max(most);
        pairs.reached.push(ratio);
        pairs.reference.push(least);
        shop.clear().await?;
    }
    println!("   of people of one team, whenever looked: the busiest held at most {spread} more than the least busy");
    let outcome = judge("claims / reference", "×", MUST, &pairs, size);
    Ok(if wrong || spread > 1 { Outcome::Wrong } else { outcome })
}

/// Queues with a team each, and nodes on which all of them have a page open.
struct Shop {
    workspace: WorkspaceId,
    inbox: Uuid,
    queues: Vec<QueueId>,
    nodes: Vec<Node>,
    client: Arc<Client>,
    /// How much more the busiest of a team held than the least busy, at most.
    spread: Arc<AtomicI64>,
}

struct Node {
    runner: Runner,
    _pages: Vec<Registered>,
}

impl Shop {
    async fn open(world: &World) -> Result<Self> {
        let client = world.connect().await?;
        let row = client.query_one("SELECT workspace_id, id FROM inboxes LIMIT 1", &[]).await?;
        let (workspace, inbox) = (WorkspaceId(row.get(0)), row.get(1));
        let (mut queues, mut people) = (Vec::new(), Vec::new());
        for number in 0..QUEUES {
            let (team, queue) = (TeamId(Uuid::now_v7()), QueueId(Uuid::now_v7()));
            world.store.add_team(workspace, team, &format!("Team {number}")).await?;
            for place in 0..TEAM {
                people.push(seed::employ(&world.store, workspace, team, 100_000 + number * TEAM + place).await?);
            }
            let key = format!("claims-{number}");
            let queue = Queue { id: queue, key: key.clone(), name: key, team, hours: Hours::always(), promise_minutes: 15 };
            world.store.add_queue(workspace, &queue, 100).await?;
            queues.push(queue.id);
        }
        let nodes = (0..NODES).map(|_| Node::start(world, workspace, &people)).collect::<Result<_>>()?;
        Ok(Self { workspace, inbox, queues, nodes, client: Arc::new(client), spread: Arc::default() })
    }

    /// So many will find room, and a few more wait.
    async fn wait(&self, claims: i64) -> Result<()> {
        let each = claims / QUEUES as i64;
        let capacity = i32::try_from(each / TEAM as i64)?;
        let employ = "UPDATE agents SET capacity = $2, load = 0 WHERE (workspace_id, user_id) IN (
            SELECT workspace_id, user_id FROM team_members JOIN queues USING (workspace_id, team_id) WHERE queues.id = ANY($1))";
        self.client.execute(employ, &[&self.ids(), &capacity]).await?;
        for queue in &self.queues {
            self.client.execute(WAIT, &[&self.workspace.0, &self.inbox, &queue.0, &(each + each / LEFT)]).await?;
        }
        self.tidy("VACUUM ANALYZE contacts, conversations, events, agents").await
    }

    /// Gives away all there is room for; answers how many a second.
    async fn claim(&self, claims: i64) -> Result<f64> {
        let is_over = Arc::new(AtomicBool::new(false));
        let sampling = tokio::spawn(sample(self.client.clone(), self.ids(), self.spread.clone(), is_over.clone()));
        let has_room = self.client.prepare(HAS_ROOM).await?;
        let (start, mut claimers) = (Instant::now(), JoinSet::new());
        for number in 0..CLAIMERS {
            let runner = self.nodes[number % NODES].runner.clone();
            let (workspace, queue) = (self.workspace, self.queues[number / (CLAIMERS / QUEUES)]);
            let (client, has_room) = (self.client.clone(), has_room.clone());
            claimers.spawn(async move {
                loop {
                    // Somebody had a row for too long: the worker looks again, too.
                    match runner.route(workspace, queue).await {
                        Ok(RoundOutcome::MoreMayWait) => continue,
                        // As the worker does.
                        Ok(RoundOutcome::SomebodyElses) => {
                            tokio::time::sleep(AFTER_TURN).await;
                            continue;
                        }
                        Err(Error::Busy) => continue,
                        Err(Error::Store(error)) if error.is_busy() => continue,
                        settled => settled?,
                    };
                    // Another one has what is left in hand, or nobody has room.
                    let has_room: bool = client.query_one(&has_room, &[&queue.0]).await?.get(0);
                    if !has_room {
                        return anyhow::Ok(());
                    }
                }
            });
        }
        while let Some(ended) = claimers.join_next().await {
            ended?.context("a router")?;
        }
        let per_second = claims as f64 / start.elapsed().as_secs_f64();
        is_over.store(true, Ordering::Relaxed);
        sampling.await??;
        Ok(per_second)
    }

    /// Whether anything is as it must never be; says what.
    async fn check(&self) -> Result<bool> {
        let mut is_wrong = false;
        for (what, query) in NEVER {
            let count: i64 = self.client.query_one(query, &[&self.ids()]).await?.get(0);
            if count > 0 {
                println!("   WRONG: {what}: {count}");
                is_wrong = true;
            }
        }
        Ok(is_wrong)
    }

    async fn clear(&self) -> Result<()> {
        for statement in [
            "DELETE FROM routing_decisions WHERE queue_id = ANY($1)",
            "DELETE FROM events WHERE subject_id IN (SELECT id FROM conversations WHERE queue_id = ANY($1))",
            "WITH gone AS (DELETE FROM conversations WHERE queue_id = ANY($1) RETURNING workspace_id, contact_id)
             DELETE FROM contacts WHERE (workspace_id, id) IN (SELECT workspace_id, contact_id FROM gone)",
        ] {
            self.client.execute(statement, &[&self.ids()]).await?;
        }
        self.client.batch_execute("TRUNCATE timers").await?;
        self.tidy("VACUUM contacts, conversations, events, agents, routing_decisions").await
    }

    /// What was written is on disk, and nothing is left to be done for it beside what is measured.
    async fn tidy(&self, vacuum: &str) -> Result<()> {
        self.client.batch_execute(vacuum).await?;
        self.client.batch_execute("CHECKPOINT").await?;
        Ok(())
    }

    fn ids(&self) -> Vec<Uuid> {
        self.queues.iter().map(|queue| queue.0).collect()
    }
}

impl Node {
    fn start(world: &World, workspace: WorkspaceId, people: &[UserId]) -> Result<Self> {
        let (bus, _) = Bus::new(world.redis.url())?;
        let (live, _) = Live::new(bus);
        let runner = Runner::new(world.another_store(CONNECTIONS)?, live.clone(), Rulebook::WHATSAPP);
        let owner = |user| Owner { workspace, user, session: SessionId(Uuid::now_v7()), access: None, locale: "en", phones: Phones::Shown };
        let pages: Option<_> = people.iter().map(|user| live.hub.register(owner(*user), ThreadQueue::new().0)).collect();
        Ok(Self { runner, _pages: pages.context("no page can be opened")? })
    }
}

/// Looks again and again how differently busy the people of one team are.
async fn sample(client: Arc<Client>, queues: Vec<Uuid>, spread: Arc<AtomicI64>, is_over: Arc<AtomicBool>) -> Result<()> {
    let query = "SELECT coalesce(max(spread), 0)::bigint FROM (
        SELECT max(load) - min(load) AS spread
        FROM agents JOIN team_members USING (workspace_id, user_id) JOIN queues USING (workspace_id, team_id)
        WHERE queues.id = ANY($1) GROUP BY queues.id) AS of_team";
    let query = client.prepare(query).await?;
    while !is_over.load(Ordering::Relaxed) {
        spread.fetch_max(client.query_one(&query, &[&queues]).await?.get(0), Ordering::Relaxed);
        tokio::time::sleep(SAMPLED).await;
    }
    Ok(())
}
