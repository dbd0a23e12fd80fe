//! A mail server that keeps what it is given: as much of SMTP as a well-behaved client speaks.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub to: String,
    /// The head and everything below it.
    pub raw: String,
    pub text: String,
    pub html: String,
}

impl Received {
    /// The first link in its text.
    pub fn link(&self) -> &str {
        self.text.split_whitespace().find(|word| word.starts_with("http")).unwrap_or_else(|| panic!("no link: {}", self.text))
    }
}

#[derive(Default)]
struct Kept {
    mails: Vec<Received>,
    /// What the next recipients are answered instead of being taken.
    refusals: Vec<String>,
}

/// The server; it stops with its runtime.
#[derive(Clone)]
pub struct Mailbox {
    pub address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

impl Mailbox {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let it = Self { address: listener.local_addr().unwrap(), kept: Arc::default() };
        let kept = it.kept.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, kept.clone()));
            }
        });
        it
    }

    /// What tells a node of it.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("BATON_SMTP_HOST", self.address.ip().to_string()),
            ("BATON_SMTP_PORT", self.address.port().to_string()),
            ("BATON_SMTP_TLS", "none".to_owned()),
            ("BATON_SMTP_FROM", "Lamp Shop <baton@shop.example>".to_owned()),
        ]
    }

    /// Answers the next recipient so, such as `550 nobody here`.
    pub fn refuses(&self, answer: &str) {
        self.kept.lock().unwrap().refusals.push(answer.to_owned());
    }

    /// What came for somebody, in its order.
    pub fn of(&self, address: &str) -> Vec<Received> {
        self.kept.lock().unwrap().mails.iter().filter(|mail| mail.to == address).cloned().collect()
    }
}

async fn serve(stream: TcpStream, kept: Arc<Mutex<Kept>>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 mailbox\r\n").await.ok()?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await.ok()? {
        let verb = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                let mut kept = kept.lock().unwrap();
                if kept.refusals.is_empty() { "250 ok".to_owned() } else { kept.refusals.remove(0) }
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                let mut raw = String::new();
                while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                    raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                    raw.push('\n');
                }
                kept.lock().unwrap().mails.push(received(to.clone(), raw));
                "250 kept".to_owned()
            }
            "QUIT" => "221 bye".to_owned(),
            _ => "250 ok".to_owned(),
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    Some(())
}

fn received(to: String, raw: String) -> Received {
    let part = |kind: &str| raw.split("\n--").find(|part| part.contains(&format!("Content-Type: {kind}"))).map(decoded).unwrap_or_default();
    Received { text: part("text/plain"), html: part("text/html"), to, raw }
}

/// The body of a part, as it was before it was made fit for the way.
fn decoded(part: &str) -> String {
    let (head, body) = part.split_once("\n\n").unwrap_or_default();
    if head.contains("base64") {
        let bytes = BASE64.decode(body.split_whitespace().collect::<String>()).unwrap();
        return String::from_utf8(bytes).unwrap();
    }
    if !head.contains("quoted-printable") {
        return body.to_owned();
    }
    let body = body.replace("=\n", "");
    let (mut bytes, mut rest) = (Vec::new(), body.as_str());
    while let Some((before, after)) = rest.split_once('=') {
        bytes.extend(before.as_bytes());
        bytes.push(u8::from_str_radix(&after[..2], 16).unwrap());
        rest = &after[2..];
    }
    bytes.extend(rest.as_bytes());
    String::from_utf8(bytes).unwrap()
}
