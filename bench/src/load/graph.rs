//! WhatsApp's side of a send: takes each message at once, and tells that it was sent, delivered and read, each in a webhook of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::http::{self, Connection};
use super::webhook;

/// Connections on which statuses are told.
const TELLERS: usize = 32;

const TICKS: [&str; 3] = ["sent", "delivered", "read"];

/// A message that was taken.
struct Sent {
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
        let (sent, taken) = async_queue();
        let (tellers, mut wanted) = mpsc::unbounded_channel::<SocketAddr>();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, sent));
        let counted = told.clone();
        tasks.spawn(async move {
            let mut telling = JoinSet::new();
            while let Some(server) = wanted.recv().await {
                for _ in 0..TELLERS {
                    telling.spawn(tell(Connection::open(server).await?, server, taken.clone(), counted.clone()));
                }
            }
            Ok(())
        });
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

/// What is told next, for whoever has time.
type Taken = Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Sent>>>;

fn async_queue() -> (mpsc::UnboundedSender<Sent>, Taken) {
    let (sent, taken) = mpsc::unbounded_channel();
    (sent, Arc::new(tokio::sync::Mutex::new(taken)))
}

async fn accept(listener: TcpListener, sent: mpsc::UnboundedSender<Sent>) -> Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        connections.spawn(serve(stream, sent.clone()));
    }
}

/// Answers what comes over one connection until it is closed.
async fn serve(mut stream: TcpStream, sent: mpsc::UnboundedSender<Sent>) -> Result<()> {
    let mut received = Vec::with_capacity(4096);
    loop {
        let body = http::read_request(&mut stream, &mut received).await?;
        let request: Value = serde_json::from_slice(&body)?;
        let text = |key: &str| request[key].as_str().unwrap_or_default().to_owned();
        let answer = if request["status"] == "read" {
            r#"{"success":true}"#.to_owned()
        } else {
            let (to, wamid) = (text("to"), webhook::fresh_wamid());
            let answer = format!(
                r#"{{"messaging_product":"whatsapp","contacts":[{{"input":"{to}","wa_id":"{to}"}}],"messages":[{{"id":"{wamid}"}}]}}"#
            );
            sent.send(Sent { wamid, to, callback: text("biz_opaque_callback_data") }).ok().context("nobody tells what was sent")?;
            answer
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", answer.len());
        stream.write_all(&[head.into_bytes(), answer.into_bytes()].concat()).await?;
    }
}

/// Tells what became of one message after the other.
async fn tell(mut connection: Connection, server: SocketAddr, taken: Taken, told: Arc<AtomicUsize>) -> Result<()> {
    loop {
        let next = taken.lock().await.recv().await;
        let Some(Sent { wamid, to, callback }) = next else { return Ok(()) };
        for status in TICKS {
            let answer = connection.send(&webhook::status(server, &to, &wamid, status, &callback)).await?;
            anyhow::ensure!(answer == 200, "a status was answered with {answer}");
        }
        told.fetch_add(1, Ordering::Relaxed);
    }
}
