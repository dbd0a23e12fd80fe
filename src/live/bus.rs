//! The bus between nodes: Redis publish/subscribe. What it carries may be lost; whoever depends on it asks PostgreSQL after a gap.
//!
//! Where there are several servers, a node publishes and listens at one of them, and looks again and again whether it is still where
//! others do: the server that Sentinels name, or one of a cluster that is whole.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use redis::Client;
use redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Live;
use super::delivery::deliver;
use super::message::{INSTALLATION, Message, channel_of};
use super::subscriptions::Subscriptions;
use super::trouble::Trouble;
use crate::domain::ids::WorkspaceId;
use crate::redis_servers::RedisServers;

/// Messages that wait to be published at most.
const WAITING: usize = 8192;

/// Messages that share a round trip.
const BATCH: usize = 128;

/// Pause between two attempts to reach Redis.
const RETRY: Duration = Duration::from_millis(500);

/// How often a node that has nothing to say says so, and how long its own words may take to come back: a subscription from which
/// nothing comes any more looks like one where nothing happens.
const PULSE: Duration = Duration::from_secs(2);
const DEAF: Duration = Duration::from_secs(8);

/// How often it is looked which workspaces have no pages here any more, and how many are subscribed to together.
const SWEEP: Duration = Duration::from_secs(5);
const SUBSCRIBED_AT_ONCE: usize = 256;

/// How long what waits to be published may take when the node stops.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long nothing strange is to be said before that is over: what is understood comes in between all the time.
const CALM: Duration = Duration::from_secs(60);

static NOT_PUBLISHED: Trouble = Trouble::new("other nodes could not be told; they are to look for themselves");

/// Another version may say what this one does not know, for as long as an update takes; pages see a gap and ask the database.
static STRANGE: Trouble = Trouble::new("another node says what this one does not understand");

#[derive(Serialize, Deserialize)]
struct Envelope<M> {
    node: Uuid,
    message: M,
}

/// What was sent and not published yet.
#[derive(Default)]
struct Outbound {
    waiting: AtomicUsize,
    /// A message was lost since the beginning.
    has_lost: AtomicBool,
    /// A message was lost that the others have not been told of.
    owes: AtomicBool,
    /// Something was published, or lost.
    moved: Notify,
}

impl Outbound {
    fn settle(&self, count: usize, is_published: bool) {
        if !is_published {
            self.has_lost.store(true, Ordering::Relaxed);
            self.owes.store(true, Ordering::Relaxed);
        }
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        self.moved.notify_waiters();
    }
}

/// This node's end of the bus.
pub struct Bus {
    node: Uuid,
    outgoing: mpsc::Sender<Message>,
    outbound: Arc<Outbound>,
    is_up: Arc<AtomicBool>,
}

/// What [`Bus::run`] needs and nobody else.
pub struct BusTask {
    node: Uuid,
    servers: RedisServers,
    outgoing: mpsc::Receiver<Message>,
    outbound: Arc<Outbound>,
    is_up: Arc<AtomicBool>,
}

impl Bus {
    /// A bus over this Redis; nothing moves until its task runs.
    ///
    /// # Errors
    /// When the address is not one of Redis.
    pub fn new(url: &str) -> redis::RedisResult<(Self, BusTask)> {
        let servers = RedisServers::at(url)?;
        let (sender, outgoing) = mpsc::channel(WAITING);
        let (node, is_up, outbound) = (Uuid::new_v4(), Arc::new(AtomicBool::new(false)), Arc::new(Outbound::default()));
        let bus = Self { node, outgoing: sender, outbound: outbound.clone(), is_up: is_up.clone() };
        Ok((bus, BusTask { node, servers, outgoing, outbound, is_up }))
    }

    /// Publishes; a message that finds no room, or Redis away, is lost.
    pub fn send(&self, message: Message) {
        self.outbound.waiting.fetch_add(1, Ordering::Relaxed);
        if self.outgoing.try_send(message).is_err() {
            self.outbound.settle(1, false);
            metrics::counter!("baton_bus_dropped_total").increment(1);
        }
    }

    /// Waits until everything that was sent is published; false when something was lost on the way, or it takes longer than `limit`.
    pub async fn has_published(&self, limit: Duration) -> bool {
        let published = async {
            loop {
                let moved = self.outbound.moved.notified();
                if self.outbound.waiting.load(Ordering::Relaxed) == 0 {
                    return !self.outbound.has_lost.load(Ordering::Relaxed);
                }
                moved.await;
            }
        };
        tokio::time::timeout(limit, published).await.unwrap_or(false)
    }

    #[must_use]
    pub fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    /// The name of this node on the bus.
    #[must_use]
    pub fn node(&self) -> Uuid {
        self.node
    }
}

impl BusTask {
    /// Publishes and listens until `stop`; comes back by itself after Redis was away. What waits to be published then still is.
    pub async fn run(self, live: Arc<Live>, stop: CancellationToken) {
        let BusTask { node, servers, outgoing, outbound, is_up } = self;
        let mut publish = pin!(publish(node, servers.clone(), outgoing, &outbound, &stop));
        tokio::select! {
            () = stop.cancelled() => {}
            () = &mut publish => return,
            () = listen(node, servers, live, is_up, DEAF) => {}
        }
        // Nobody waits longer for a Redis that is away.
        tokio::time::timeout(LAST_WORDS, publish).await.ok();
    }
}

/// Publishes until `stop`, and then what waits. After a loss the others are told so first, as soon as Redis hears again.
async fn publish(node: Uuid, servers: RedisServers, mut outgoing: mpsc::Receiver<Message>, outbound: &Outbound, stop: &CancellationToken) {
    let mut line = PublishingLine { node, servers, open: None };
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        // Taken back before it is told: what is lost meanwhile is owed anew.
        while !stop.is_cancelled() && outbound.owes.swap(false, Ordering::Relaxed) && !line.publish(&[Message::Missed]).await {
            outbound.owes.store(true, Ordering::Relaxed);
            stop.run_until_cancelled(tokio::time::sleep(RETRY)).await;
        }
        let Ok(count) = tokio::time::timeout(PULSE, gather(&mut outgoing, &mut batch, stop)).await else {
            line.publish(&[Message::Pulse]).await;
            continue;
        };
        if count == 0 {
            return;
        }
        outbound.settle(count, line.publish(&batch).await);
        batch.clear();
    }
}

/// The connection that is published over.
struct PublishingLine {
    node: Uuid,
    servers: RedisServers,
    open: Option<Open>,
}

struct Open {
    broker: Client,
    connection: MultiplexedConnection,
    /// When it was known last that others listen there.
    sure_at: Instant,
    /// Whether they still do: nothing that is to be published waits for that.
    asked: Option<JoinHandle<redis::RedisResult<bool>>>,
}

impl PublishingLine {
    /// Publishes in one round trip; false when Redis may not have heard it.
    async fn publish(&mut self, messages: &[Message]) -> bool {
        let mut pipe = redis::pipe();
        for message in messages {
            match serde_json::to_vec(&Envelope { node: self.node, message }) {
                Ok(body) => _ = pipe.publish(message.channel(), body).ignore(),
                Err(error) => tracing::error!(%error, "a message for the bus could not be written"),
            }
        }
        match self.carry(&pipe).await {
            Ok(()) => {
                NOT_PUBLISHED.is_over();
                true
            }
            Err(error) => {
                NOT_PUBLISHED.failed(&error);
                false
            }
        }
    }

    /// Over the connection that is open, or a new one; one that failed is not used again.
    async fn carry(&mut self, pipe: &redis::Pipeline) -> redis::RedisResult<()> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => {
                let broker = self.servers.broker().await?;
                let connection = broker.get_multiplexed_async_connection().await?;
                Open { broker, connection, sure_at: Instant::now(), asked: None }
            }
        };
        if let Some(asked) = open.asked.take_if(|asked| asked.is_finished()) {
            // Where nobody can say, publishing itself says whether it is there.
            if let Ok(Ok(false)) = asked.await {
                return Err(std::io::Error::other("this server is not the one to publish at any more").into());
            }
            open.sure_at = Instant::now();
        }
        if open.asked.is_none() && open.sure_at.elapsed() >= PULSE {
            let (servers, broker, mut connection) = (self.servers.clone(), open.broker.clone(), open.connection.clone());
            open.asked = Some(tokio::spawn(async move { servers.is_broker(&broker, &mut connection).await }));
        }
        pipe.query_async::<()>(&mut open.connection).await?;
        self.open = Some(open);
        Ok(())
    }
}

/// The messages of one round trip; none when there will be no more.
async fn gather(outgoing: &mut mpsc::Receiver<Message>, batch: &mut Vec<Message>, stop: &CancellationToken) -> usize {
    tokio::select! {
        count = outgoing.recv_many(batch, BATCH) => return count,
        () = stop.cancelled() => outgoing.close(),
    }
    outgoing.recv_many(batch, BATCH).await
}

/// Listens, and subscribes anew when nothing has come for `deaf`.
async fn listen(node: Uuid, servers: RedisServers, live: Arc<Live>, is_up: Arc<AtomicBool>, deaf: Duration) {
    let mut was_up = true;
    loop {
        match connect(&servers, &live.subscriptions).await {
            Ok(subscription) => {
                if !was_up {
                    tracing::info!("the bus is back");
                }
                is_up.store(true, Ordering::Relaxed);
                has_missed(&live);
                attend(node, subscription, &live, deaf).await;
            }
            Err(error) if was_up => tracing::warn!(%error, "Redis is away; pages catch up from the database meanwhile"),
            Err(_) => {}
        }
        was_up = false;
        is_up.store(false, Ordering::Relaxed);
        live.subscriptions.disconnected();
        tokio::time::sleep(RETRY).await;
    }
}

/// Hears what comes and listens to what pages need, until Redis says nothing any more.
async fn attend(node: Uuid, (mut sink, mut messages): (PubSubSink, PubSubStream), live: &Live, deaf: Duration) {
    let mut deaf_from = Instant::now() + deaf;
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            message = tokio::time::timeout_at(deaf_from, messages.next()) => {
                let Ok(Some(message)) = message else { return };
                deaf_from = Instant::now() + deaf;
                hear(node, message.get_payload_bytes(), live);
            }
            () = live.subscriptions.wanted() => {
                let Ok(workspaces) = subscribe(&mut sink, &live.subscriptions).await else { return };
                // Pages that did not wait for it may have missed something.
                workspaces.iter().for_each(|workspace| live.hub.refresh_workspace(*workspace));
            }
            _ = sweep.tick() => {
                let idle = live.subscriptions.take_idle(&live.hub.workspaces());
                let channels: Vec<String> = idle.into_iter().map(channel_of).collect();
                if !channels.is_empty() && in_time(sink.unsubscribe(channels)).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// A connection that listens to everything this node is to hear.
async fn connect(servers: &RedisServers, subscriptions: &Subscriptions) -> redis::RedisResult<(PubSubSink, PubSubStream)> {
    let (mut sink, messages) = in_time(async {
        let (mut sink, messages) = servers.broker().await?.get_async_pubsub().await?.split();
        sink.subscribe(INSTALLATION).await?;
        Ok((sink, messages))
    })
    .await?;
    subscribe(&mut sink, subscriptions).await?;
    subscriptions.connected();
    Ok((sink, messages))
}

/// Listens to the workspaces that are outstanding; answers them once Redis says that it does.
async fn subscribe(sink: &mut PubSubSink, subscriptions: &Subscriptions) -> redis::RedisResult<Vec<WorkspaceId>> {
    let outstanding = subscriptions.outstanding();
    for workspaces in outstanding.chunks(SUBSCRIBED_AT_ONCE) {
        let channels: Vec<String> = workspaces.iter().copied().map(channel_of).collect();
        in_time(sink.subscribe(channels)).await?;
        subscriptions.acknowledge(workspaces);
    }
    Ok(outstanding)
}

async fn in_time<T>(answer: impl Future<Output = redis::RedisResult<T>>) -> redis::RedisResult<T> {
    let answer = tokio::time::timeout(DEAF, answer).await;
    answer.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

/// Whatever was said meanwhile, nobody here has heard it.
fn has_missed(live: &Live) {
    live.hub.refresh_all();
    live.endings.end_everything(Timestamp::now());
    live.sessions_in_doubt.notify_one();
    live.presence.pull_soon();
    live.setups.doubt();
}

fn hear(node: Uuid, body: &[u8], live: &Live) {
    let envelope: Envelope<Message> = match serde_json::from_slice(body) {
        Ok(envelope) => envelope,
        Err(error) => return STRANGE.failed(&error),
    };
    STRANGE.is_over_after(CALM);
    if envelope.node == node {
        return;
    }
    match envelope.message {
        Message::Change(change) => live.take(&change),
        Message::Wake(wake) if live.has_workers.load(Ordering::Relaxed) => live.wakes.wake(wake),
        Message::Wake(_) => {}
        Message::People(sign) => live.people.note(&sign),
        Message::SignedOut { workspace, session } => live.session_is_over(workspace, session),
        Message::Person { workspace, user, change } => live.heard_of_person(workspace, user, change),
        Message::Pages { workspace, user, frame } => deliver(&live.hub.pages_of(workspace, user), &frame.into()),
        Message::Missed => has_missed(live),
        Message::Pulse => {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::live::wakes::Wake;

    #[test]
    fn what_is_understood_in_between_does_not_end_a_misunderstanding() {
        let (bus, task) = Bus::new("redis://127.0.0.1:1/").unwrap();
        let (live, _changes) = Live::new(bus);
        let understood = serde_json::to_vec(&Envelope { node: task.node, message: Message::Wake(Wake::Timers) }).unwrap();
        hear(task.node, br#"{"node":"of a newer version"}"#, &live);
        hear(task.node, &understood, &live);
        assert!(STRANGE.lasts(), "the next strange message would be told as a new trouble");
    }

    /// Takes every subscription and says nothing afterwards.
    async fn falls_silent(redis: TcpListener, subscribed: mpsc::UnboundedSender<()>) {
        while let Ok((mut connection, _)) = redis.accept().await {
            let subscribed = subscribed.clone();
            tokio::spawn(async move {
                let mut heard = [0; 4096];
                while let Ok(count @ 1..) = connection.read(&mut heard).await {
                    let heard = String::from_utf8_lossy(&heard[..count]).to_uppercase();
                    let mut answer = "+OK\r\n".repeat(heard.matches("SETINFO").count());
                    if heard.contains("SUBSCRIBE") {
                        answer.push_str("*3\r\n$9\r\nsubscribe\r\n$18\r\n{installation}:bus\r\n:1\r\n");
                        subscribed.send(()).unwrap();
                    }
                    connection.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    }

    #[tokio::test]
    async fn a_subscription_from_which_nothing_comes_any_more_is_made_anew() {
        let redis = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (bus, task) = Bus::new(&format!("redis://{}/", redis.local_addr().unwrap())).unwrap();
        let (subscribed, mut subscriptions) = mpsc::unbounded_channel();
        tokio::spawn(falls_silent(redis, subscribed));
        let (live, _changes) = Live::new(bus);
        let listening = tokio::spawn(listen(task.node, task.servers, live, task.is_up, Duration::from_millis(10)));
        for _ in 0..3 {
            tokio::time::timeout(Duration::from_secs(30), subscriptions.recv()).await.expect("nobody subscribes anew").unwrap();
        }
        listening.abort();
    }
}
