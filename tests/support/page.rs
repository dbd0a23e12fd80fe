//! A live page, as far as a test looks at it: what its script does with the frames of the socket, and nothing more.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use baton::domain::ids::ConversationId;
use baton::web::threads::Seen;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::html::{self, Thread};

/// How long opening a socket may take.
const OPEN: Duration = Duration::from_secs(10);

/// An open page.
pub struct Page {
    socket: WebSocketStream<TcpStream>,
    /// The open conversation.
    pub conversation: Option<ConversationId>,
    /// Its thread, as this page shows it.
    pub thread: Thread,
    /// Up to where it shows it.
    pub seen: Seen,
    /// Rows of the list, as last heard.
    pub rows: BTreeMap<String, String>,
    /// The kinds of frames heard, in order.
    pub heard: Vec<String>,
    /// It was told to load the page again.
    pub must_reload: bool,
    /// All frames as they came.
    pub frames: String,
}

/// The socket is gone.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed;

impl Page {
    pub async fn open(at: SocketAddr, cookies: &str) -> Option<Self> {
        let mut request = format!("ws://{at}/live").into_client_request().unwrap();
        request.headers_mut().insert("origin", format!("http://{at}").parse().unwrap());
        request.headers_mut().insert("cookie", cookies.parse().unwrap());
        let connect = async {
            let stream = TcpStream::connect(at).await.ok()?;
            stream.set_nodelay(true).ok();
            tokio_tungstenite::client_async(request, stream).await.ok()
        };
        let (socket, _) = tokio::time::timeout(OPEN, connect).await.ok()??;
        Some(Self {
            socket,
            conversation: None,
            thread: Thread::default(),
            seen: Seen::default(),
            rows: BTreeMap::new(),
            heard: Vec::new(),
            must_reload: false,
            frames: String::new(),
        })
    }

    /// Shows a list.
    pub async fn lists(&mut self, view: &str) -> Result<(), Closed> {
        self.says(json!({ "type": "list", "view": view })).await
    }

    /// Follows a conversation from what `thread` (a page that was loaded) has of it.
    pub async fn follows(&mut self, conversation: ConversationId, thread: Thread, seen: Seen) -> Result<(), Closed> {
        (self.conversation, self.thread, self.seen) = (Some(conversation), thread, seen);
        self.asks_for_the_rest().await
    }

    /// Asks for everything after what it has.
    pub async fn asks_for_the_rest(&mut self) -> Result<(), Closed> {
        let Some(conversation) = self.conversation else { return Ok(()) };
        let Seen { seq, ticked } = self.seen;
        self.says(json!({ "type": "open", "conversation": conversation, "since": seq, "ticked": ticked })).await
    }

    pub async fn beats(&mut self) -> Result<(), Closed> {
        self.says(json!({ "type": "beat" })).await
    }

    async fn says(&mut self, words: Value) -> Result<(), Closed> {
        self.socket.send(Message::text(words.to_string())).await.map_err(|_| Closed)
    }

    /// Takes in frames until it was told what it missed.
    ///
    /// # Panics
    /// When it was not, `limit` long.
    pub async fn catches_up(&mut self, limit: Duration) -> Result<(), Closed> {
        self.hears("what it missed", limit, |page| page.heard.iter().any(|kind| kind == "caught_up")).await
    }

    /// Takes in frames until `is_enough`.
    ///
    /// # Panics
    /// With `what`, when it was not enough after `limit`.
    pub async fn hears(&mut self, what: &str, limit: Duration, is_enough: impl Fn(&Self) -> bool) -> Result<(), Closed> {
        let deadline = Instant::now() + limit;
        while !is_enough(self) {
            match timeout_at(deadline, self.socket.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => {
                    self.frames.push_str(&text);
                    self.takes_in(&serde_json::from_str(&text).unwrap()).await?;
                }
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => return Err(Closed),
                Ok(Some(Ok(_))) => {}
                Err(_) => panic!("a page did not hear within {limit:?}: {what}; it heard {:?}", self.heard),
            }
        }
        Ok(())
    }

    /// Takes in whatever comes until the socket ends.
    pub async fn stays_open(&mut self) -> Closed {
        self.listens_until(Instant::now() + Duration::from_secs(86_400)).await
    }

    /// Takes in whatever comes until `end`, or until the socket ends.
    pub async fn listens_until(&mut self, end: Instant) -> Closed {
        loop {
            match timeout_at(end, self.socket.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => {
                    if self.takes_in(&serde_json::from_str(&text).unwrap()).await.is_err() {
                        return Closed;
                    }
                }
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => return Closed,
                Ok(Some(Ok(_))) => {}
            }
        }
    }

    /// What the page's script does with a frame.
    async fn takes_in(&mut self, frame: &Value) -> Result<(), Closed> {
        let kind = frame["type"].as_str().unwrap_or_default();
        self.heard.push(kind.to_owned());
        let html = frame["html"].as_str().unwrap_or_default();
        match kind {
            "row" if html.is_empty() => _ = self.rows.remove(frame["conversation"].as_str().unwrap_or_default()),
            "row" => _ = self.rows.insert(frame["conversation"].as_str().unwrap_or_default().to_owned(), html.to_owned()),
            "refresh" => self.asks_for_the_rest().await?,
            "ticks" if self.is_about_mine(frame) => html::streams(html).iter().for_each(|stream| self.thread.climb(stream)),
            "event" | "caught_up" | "beat" if self.is_about_mine(frame) => {
                let [seq, ticked] = ["seq", "ticked"].map(|name| frame[name].as_i64().unwrap_or(0));
                match kind {
                    "beat" if seq == self.seen.seq && ticked <= self.seen.ticked => {}
                    "caught_up" if frame["reload"] == true => self.must_reload = true,
                    "caught_up" if seq >= self.seen.seq => self.shows(html, Seen { seq, ticked: ticked.max(self.seen.ticked) }),
                    "event" if seq == self.seen.seq + 1 => self.shows(html, Seen { seq, ..self.seen }),
                    "event" | "caught_up" if seq <= self.seen.seq => {}
                    _ => self.asks_for_the_rest().await?,
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn is_about_mine(&self, frame: &Value) -> bool {
        self.conversation.is_some_and(|open| frame["conversation"] == json!(open))
    }

    fn shows(&mut self, streams: &str, seen: Seen) {
        html::streams(streams).iter().for_each(|stream| self.thread.apply(stream));
        self.seen = seen;
    }
}
