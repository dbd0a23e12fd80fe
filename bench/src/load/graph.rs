//! WhatsApp's side of a send: takes each message at once, and tells a moment later that it was sent, then that it was delivered, then
//! that it was read, each in a webhook of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::http::{self, Connection};
use super::webhook;

/// Connections on which each of the statuses is told.
const TELLERS: usize = 32;

/// How long a connection is kept that nothing is told on: a server closes it some seconds later.
const IDLE: Duration = Duration::from_secs(1);

/// How long after the answer to a send its first status comes, and each of the others after the one before.
const MOMENT: Duration = Duration::from_millis(100);

const TICKS: [&str; 3] = ["sent", "delivered", "read"];

/// A message that was taken, and when the next status of it is due.
struct Sent {
    due: Instant,
    wamid: String,
    to: String,
    callback: String,
}

/// A Graph API for one server under measurement; gone when dropped.
pub struct Graph {
    pub address: SocketAddr,
    /// Messages of which the last tick was acknowledged.
    pub told: Arc<AtomicUsize>,
    tasks: JoinSet<Result<()>>,
    tellers: mpsc::UnboundedSender<SocketAddr>,
}

impl Graph {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let told = Arc::new(AtomicUsize::new(0));
        let (sent, taken) = mpsc::unbounded_channel();
        let (tellers, wanted) = mpsc::unbounded_channel::<SocketAddr>();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, sent));
        tasks.spawn(tell_all(wanted, taken, told.clone()));
        Ok(Self { address, told, tasks, tellers })
    }

    /// Tells statuses to this server from now on.
    pub fn tells(&self, server: SocketAddr) -> Result<()> {
        self.tellers.send(server).context("WhatsApp's side has ended")
    }

    /// What went wrong, if anything did.
    pub fn check(&mut self) -> Result<()> {
        self.tasks.try_join_next().map_or(Ok(()), |ended| ended?.context("WhatsApp's side failed"))
    }
}

type Queue = Arc<Mutex<mpsc::UnboundedReceiver<Sent>>>;

/// Each status has a queue of its own, so that all messages in it are due in their order.
async fn tell_all(
    mut wanted: mpsc::UnboundedReceiver<SocketAddr>,
    taken: mpsc::UnboundedReceiver<Sent>,
    told: Arc<AtomicUsize>,
) -> Result<()> {
    let Some(server) = wanted.recv().await else { return Ok(()) };
    let (mut telling, mut queue) = (JoinSet::new(), Arc::new(Mutex::new(taken)));
    for (place, status) in TICKS.into_iter().enumerate() {
        let (then, next) = mpsc::unbounded_channel();
        for _ in 0..TELLERS {
            let then = (place + 1 < TICKS.len()).then(|| then.clone());
            let teller = Teller { connection: None, server, status, then, told: told.clone() };
            telling.spawn(teller.tell(queue.clone()));
        }
        queue = Arc::new(Mutex::new(next));
    }
    telling.join_next().await.map_or(Ok(()), |ended| ended?)
}

async fn accept(listener: TcpListener, sent: mpsc::UnboundedSender<Sent>) -> Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        connections.spawn(serve(stream, sent.clone()));
    }
}

/// What matters of a request: a message, or that one of the customer's was read.
#[derive(Deserialize)]
struct Request {
    status: Option<String>,
    #[serde(default)]
    to: String,
    #[serde(default)]
    biz_opaque_callback_data: String,
}

/// Answers what comes over one connection until it is closed.
async fn serve(mut stream: TcpStream, sent: mpsc::UnboundedSender<Sent>) -> Result<()> {
    let mut received = Vec::with_capacity(4096);
    loop {
        let body = http::read_request(&mut stream, &mut received).await?;
        let request: Request = serde_json::from_slice(&body)?;
        let answer = if request.status.is_some() {
            r#"{"success":true}"#.to_owned()
        } else {
            let (to, wamid) = (request.to, webhook::fresh_wamid());
            let answer = format!(
                r#"{{"messaging_product":"whatsapp","contacts":[{{"input":"{to}","wa_id":"{to}"}}],"messages":[{{"id":"{wamid}"}}]}}"#
            );
            sent.send(Sent { due: Instant::now() + MOMENT, wamid, to, callback: request.biz_opaque_callback_data })
                .ok()
                .context("nobody tells what was sent")?;
            answer
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", answer.len());
        stream.write_all(&[head.into_bytes(), answer.into_bytes()].concat()).await?;
    }
}

/// Tells one status of one message after the other.
struct Teller {
    /// And when it was used last.
    connection: Option<(Connection, Instant)>,
    server: SocketAddr,
    status: &'static str,
    /// Where its next status is told.
    then: Option<mpsc::UnboundedSender<Sent>>,
    told: Arc<AtomicUsize>,
}

impl Teller {
    async fn tell(mut self, queue: Queue) -> Result<()> {
        loop {
            let next = queue.lock().await.recv().await;
            let Some(sent) = next else { return Ok(()) };
            tokio::time::sleep_until(sent.due).await;
            let request = webhook::status(self.server, &sent.to, &sent.wamid, self.status, &sent.callback);
            let mut connection = match self.connection.take() {
                Some((connection, used)) if used.elapsed() < IDLE => connection,
                _ => Connection::open(self.server).await?,
            };
            let answer = connection.send(&request).await?;
            self.connection = Some((connection, Instant::now()));
            anyhow::ensure!(answer == 200, "a status was answered with {answer}");
            match &self.then {
                Some(then) => then.send(Sent { due: Instant::now() + MOMENT, ..sent }).ok().context("nobody tells the next status")?,
                None => _ = self.told.fetch_add(1, Ordering::Relaxed),
            }
        }
    }
}
