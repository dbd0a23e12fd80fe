//! What the floor costs the browser of a supervisor who watches it, and how far behind it is, while people work.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton::domain::access::Role;
use baton::domain::channel::{Channel, Rulebook};
use baton::domain::command::{Command, Person, TransferTarget};
use baton::domain::hours::Hours;
use baton::domain::ids::{ConversationId, InboxId, QueueId, TeamId, UserId, WorkspaceId};
use baton::domain::inbox::Inbox;
use baton::domain::queue::Queue;
use baton::live::Live;
use baton::live::bus::Bus;
use baton::runner::Runner;
use baton::store::inboxes::NewInbox;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use uuid::Uuid;

use crate::figures::{Must, Outcome, Pairs, Size, judge};
use crate::load::pages;
use crate::machine;
use crate::seed;
use crate::world::{Sides, World};

const TEAMS: usize = 20;
const QUEUES: usize = 40;
const PEOPLE: usize = 200;
const WAITING: usize = 5_000;

/// Changes a second, by so many hands.
const RATE: u64 = 100;
const HANDS: u64 = 10;

/// More than anybody is given.
const CAPACITY: i32 = 1_000;

/// How often somebody whom the page is watched for is given one more.
const PROBED: Duration = Duration::from_millis(730);

/// The share of a core that the page may take, how many seconds it may be behind, and how much more memory it may have at the end than
/// after its first minute.
const COSTS: Must = Must::AtMost(0.20);
const BEHIND: Must = Must::AtMost(1.0);
const GROWS: Must = Must::AtMost(1.1);

/// The part of it that is a browser.
const BROWSER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/browser/measure_floor.mjs");

/// Who waits, for up to twenty minutes, evenly in the queues of $3.
const WAIT: &str = "
    WITH customer AS (
        INSERT INTO contacts (workspace_id, id, name)
        SELECT $1, gen_random_uuid(), 'Customer ' || number FROM generate_series(1, $4::bigint) AS number
        RETURNING id
    ), numbered AS (
        SELECT id, row_number() OVER () AS number FROM customer
    )
    INSERT INTO conversations (workspace_id, id, contact_id, inbox_id, state, controller, queue_id, opened_at, queued_at, waiting_since,
        window_expires_at, last_message_at)
    SELECT $1, gen_random_uuid(), id, $2, 'open', 'queue', ($3::uuid[])[1 + number % cardinality($3::uuid[])], at.at, at.at, at.at,
        now() + interval '1 day', at.at
    FROM numbered, LATERAL (SELECT now() - make_interval(secs => number % 1200) AS at) AS at";

/// What the browser says of a stretch of time.
#[derive(Debug, Deserialize)]
struct Stretch {
    /// Shares of a core: of the page's process, and of everything the browser is.
    page: f64,
    browser: f64,
    script: f64,
    layout: f64,
    style: f64,
    /// Bytes after the garbage was collected, and elements.
    heap: f64,
    nodes: f64,
    /// Rows that were changed, a second.
    rows: f64,
    /// What the page showed of the person who is watched, and when, in milliseconds since 1970.
    seen: Vec<(u64, f64)>,
}

pub async fn measure(world: &World, size: Size) -> Result<Outcome> {
    let (stretches, seconds) = match size {
        Size::Quick => (2, 10),
        Size::Full => (11, 60),
    };
    println!("\n9. The floor in Chromium: {PEOPLE} agents with a page each, {QUEUES} queues, {WAITING} waiting, {RATE} changes a second");
    println!(
        "   {:>6} {:>8} {:>8} | {:>8} {:>8} {:>8} | {:>8} {:>8} {:>8} | {:>9} {:>9} | {:>7} {:>7}",
        "minute", "page", "browser", "script", "style", "layout", "rows/s", "heap MB", "nodes", "behind p50", "most s", "server", "others"
    );
    let shop = Shop::open(world).await?;
    let server = world.baton(Sides::Web)?;
    let cookies: Vec<String> = shop.cookies(world).await?;
    let mut keeping = pages::keep(pages::open(server.address, cookies.into(), PEOPLE).await?);
    let supervisor = seed::sign_in(&world.store, shop.workspace, shop.supervisor.user).await?;
    let mut browser = Browser::start(server.address, &supervisor, &shop.probe, stretches, seconds)?;
    let work = shop.begin();
    let mut shown = Vec::new();
    let (mut all, mut of_server) = (machine::time_of_all()?, machine::time_of_family(server.process_id())?);
    for number in 0..=stretches {
        let stretch = browser.next().await?;
        let (all_now, server_now) = (machine::time_of_all()?, machine::time_of_family(server.process_id())?);
        let length = Duration::from_secs(seconds).as_secs_f64();
        let served = server_now.saturating_sub(of_server).as_secs_f64() / length;
        let others = (all_now.saturating_sub(all).as_secs_f64() / length) - served - stretch.browser;
        (all, of_server) = (all_now, server_now);
        // The first one is for what is compiled and cached.
        if number == 0 {
            continue;
        }
        let mut behind = work.behind(&stretch.seen);
        behind.sort_by(f64::total_cmp);
        let (median, most) = (behind.get(behind.len() / 2).copied().unwrap_or(f64::NAN), behind.last().copied().unwrap_or(f64::NAN));
        println!(
            "   {number:>6} {:>7.1}% {:>7.1}% | {:>7.1}% {:>7.1}% {:>7.1}% | {:>8.0} {:>8.1} {:>8.0} | {median:>10.2} {most:>9.2} | \
             {:>6.0}% {:>6.0}%",
            stretch.page * 100.0,
            stretch.browser * 100.0,
            stretch.script * 100.0,
            stretch.style * 100.0,
            stretch.layout * 100.0,
            stretch.rows,
            stretch.heap / 1e6,
            stretch.nodes,
            served * 100.0,
            others * 100.0,
        );
        shown.push((stretch, most, others / 2.0));
    }
    let changes = work.end().await?;
    println!("   {changes:.0} changes a second were made; others: everything but the browser and the server, PostgreSQL among it");
    if let Some(ended) = keeping.try_join_next() {
        ended??;
    }
    ensure!(!shown.is_empty(), "the browser said nothing");
    let of = |what: fn(&(Stretch, f64, f64)) -> f64| shown.iter().map(what).collect::<Vec<_>>();
    let others = of(|(_, _, others)| *others);
    let (first, last) = (shown[0].0.heap, shown[shown.len() - 1].0.heap);
    let judged = |name, unit, must, reached: Vec<f64>| {
        judge(name, unit, must, &Pairs { reached, reference: Vec::new(), others: others.clone() }, size)
    };
    let costs = judged("the page's share of a core", "", COSTS, of(|(stretch, ..)| stretch.page));
    let behind = judged("most seconds behind", " s", BEHIND, of(|(_, most, _)| *most));
    let grows = judged("memory at the end / after a minute", "×", GROWS, vec![last / first]);
    Ok(costs.max(behind).max(grows))
}

/// A workspace of its own.
struct Shop {
    workspace: WorkspaceId,
    supervisor: Person,
    people: Vec<UserId>,
    /// Whom the page is watched for.
    probe: UserId,
    queues: Vec<QueueId>,
    conversations: Vec<ConversationId>,
    runner: Runner,
}

impl Shop {
    async fn open(world: &World) -> Result<Self> {
        let workspace = WorkspaceId(Uuid::now_v7());
        world.store.create_workspace(workspace, "Floor", "en", "UTC").await?;
        let (mut teams, mut queues, mut people) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..TEAMS {
            let team = TeamId(Uuid::now_v7());
            world.store.add_team(workspace, team, &format!("Team {number}")).await?;
            teams.push(team);
        }
        for number in 0..QUEUES {
            let key = format!("queue_{number}");
            let (id, team, place) = (QueueId(Uuid::now_v7()), teams[number % TEAMS], i32::try_from(number)?);
            let queue = Queue { id, key, name: format!("Queue {number}"), team, hours: Hours::always(), promise_minutes: 15 };
            world.store.add_queue(workspace, &queue, place).await?;
            queues.push(id);
        }
        for number in 0..PEOPLE {
            people.push(seed::employ(&world.store, workspace, teams[number % TEAMS], 200_000 + number).await?);
        }
        let user = seed::employ_as(&world.store, workspace, teams[0], 300_000, Role::Supervisor).await?;
        let inbox = connect(world, workspace, queues[0]).await?;
        let client = world.connect().await?;
        let ids: Vec<Uuid> = queues.iter().map(|queue| queue.0).collect();
        client.execute("UPDATE agents SET capacity = $2 WHERE workspace_id = $1", &[&workspace.0, &CAPACITY]).await?;
        client.execute(WAIT, &[&workspace.0, &inbox.0, &ids, &i64::try_from(WAITING)?]).await?;
        client.batch_execute("VACUUM ANALYZE").await?;
        let rows = client.query("SELECT id FROM conversations WHERE workspace_id = $1 ORDER BY id", &[&workspace.0]).await?;
        let (bus, _) = Bus::new(world.redis.url())?;
        let (live, _) = Live::new(bus);
        let rights = Role::Supervisor.rights().context("a supervisor has rights")?;
        Ok(Self {
            workspace,
            supervisor: Person { user, name: "Supervisor".to_owned(), rights },
            probe: people.pop().context("nobody is there")?,
            people,
            queues,
            conversations: rows.iter().map(|row| ConversationId(row.get(0))).collect(),
            runner: Runner::new(world.another_store(8)?, live, Rulebook::WHATSAPP),
        })
    }

    async fn cookies(&self, world: &World) -> Result<Vec<String>> {
        let mut cookies = Vec::with_capacity(PEOPLE);
        for user in self.people.iter().chain([&self.probe]) {
            cookies.push(seed::sign_in(&world.store, self.workspace, *user).await?);
        }
        Ok(cookies)
    }

    /// People work from now on.
    fn begin(self) -> Work {
        let (is_over, made, given) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::default());
        let (shop, mut hands) = (Arc::new(self), JoinSet::new());
        // Some are for whom the page is watched for, one by one.
        let (probes, rest) = shop.conversations.split_at(shop.conversations.len() / 4);
        let share = rest.len() / HANDS as usize;
        for hand in 0..HANDS {
            let mine = rest[hand as usize * share..][..share].to_vec();
            hands.spawn(shop.clone().works(hand, mine, is_over.clone(), made.clone()));
        }
        hands.spawn(shop.clone().probes(probes.to_vec(), is_over.clone(), Arc::clone(&given)));
        Work { is_over, made, given, hands, begun: Instant::now() }
    }

    /// One after the other is given to somebody, and goes back to a queue.
    async fn works(self: Arc<Self>, hand: u64, mine: Vec<ConversationId>, is_over: Arc<AtomicBool>, made: Arc<AtomicU64>) -> Result<()> {
        let mut chance = Chance(hand + 1);
        let mut due = interval(Duration::from_micros(1_000_000 * HANDS / RATE));
        due.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut is_held = vec![false; mine.len()];
        while !is_over.load(Ordering::Relaxed) {
            due.tick().await;
            let place = chance.below(mine.len());
            is_held[place] = !is_held[place];
            let to = if is_held[place] {
                TransferTarget::Agent(self.people[chance.below(self.people.len())])
            } else {
                TransferTarget::Queue(self.queues[chance.below(self.queues.len())])
            };
            let command = Command::Transfer { by: self.supervisor.clone(), to, note: None };
            self.runner.run(self.workspace, mine[place], command).await.context("a change")?;
            made.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn probes(self: Arc<Self>, mine: Vec<ConversationId>, is_over: Arc<AtomicBool>, given: Given) -> Result<()> {
        for (place, conversation) in mine.into_iter().enumerate() {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            let command = Command::Transfer { by: self.supervisor.clone(), to: TransferTarget::Agent(self.probe), note: None };
            self.runner.run(self.workspace, conversation, command).await.context("what the page is watched for")?;
            let at = Timestamp::now().as_microsecond() as f64 / 1e3;
            given.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((place as u64 + 1, at));
            sleep(PROBED).await;
        }
        Ok(())
    }
}

type Given = Arc<std::sync::Mutex<Vec<(u64, f64)>>>;

/// What goes on until it is ended.
struct Work {
    is_over: Arc<AtomicBool>,
    made: Arc<AtomicU64>,
    given: Given,
    hands: JoinSet<Result<()>>,
    begun: Instant,
}

impl Work {
    /// How many seconds later than it was committed the page showed each.
    fn behind(&self, seen: &[(u64, f64)]) -> Vec<f64> {
        let given = self.given.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let first = seen.first().map_or(u64::MAX, |(count, _)| *count);
        let late = |(count, at): &(u64, f64)| {
            let (_, shown) = seen.iter().find(|(shown, _)| shown >= count).filter(|_| *count > first)?;
            Some(((shown - at) / 1e3).max(0.0))
        };
        given.iter().filter_map(late).collect()
    }

    async fn end(mut self) -> Result<f64> {
        let rate = self.made.load(Ordering::Relaxed) as f64 / self.begun.elapsed().as_secs_f64();
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.hands.join_next().await {
            ended??;
        }
        Ok(rate)
    }
}

async fn connect(world: &World, workspace: WorkspaceId, default_queue: QueueId) -> Result<InboxId> {
    let (id, name) = (InboxId(Uuid::now_v7()), "Floor".to_owned());
    let inbox = Inbox { id, name, channel: Channel::WHATSAPP, flow: None, default_queue, reopen_hours: 24 };
    let new = NewInbox {
        workspace,
        inbox,
        app_id: seed::APP_ID.to_owned(),
        phone_number_id: "200000000000009".to_owned(),
        waba_id: seed::WABA_ID.to_owned(),
        display_phone_number: "+1 555 010 0009".to_owned(),
        access_token: "bench".to_owned(),
        rate_per_second: 80,
    };
    world.store.add_inbox(&new).await?;
    Ok(id)
}

/// Chromium, and what drives it.
struct Browser {
    _process: tokio::process::Child,
    lines: tokio::io::Lines<tokio::io::BufReader<tokio::process::ChildStdout>>,
    longest: Duration,
}

impl Browser {
    fn start(server: SocketAddr, cookie: &str, probe: &UserId, stretches: usize, seconds: u64) -> Result<Self> {
        use tokio::io::AsyncBufReadExt;
        ensure!(Path::new(BROWSER).exists(), "{BROWSER} is missing");
        let mut process = tokio::process::Command::new("node")
            .args([BROWSER, &format!("http://{server}"), cookie, &probe.to_string(), &(stretches + 1).to_string(), &seconds.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("node cannot be started")?;
        let stdout = process.stdout.take().context("node has no output")?;
        Ok(Self { _process: process, lines: tokio::io::BufReader::new(stdout).lines(), longest: Duration::from_secs(seconds + 60) })
    }

    async fn next(&mut self) -> Result<Stretch> {
        let until = Instant::now() + self.longest;
        tokio::select! {
            line = self.lines.next_line() => Ok(serde_json::from_str(&line?.context("the browser ended")?)?),
            () = sleep_until(until) => anyhow::bail!("the browser says nothing"),
        }
    }
}

/// The same choices in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count.max(1)
    }
}
