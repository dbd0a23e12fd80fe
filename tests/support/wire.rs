//! A connection that speaks bytes, as somebody would who writes no browser.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Bytes that are read of an answer at most.
const KEPT: usize = 64 * 1024;

/// One connection to a node.
pub struct Wire {
    stream: TcpStream,
    opened: Instant,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// How long it lasted from its beginning.
    pub after: Duration,
    /// The beginning of what was answered.
    pub said: String,
}

impl End {
    /// The status of the first answer; 0 without one.
    pub fn status(&self) -> u16 {
        self.said.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }
}

impl Wire {
    /// Connects from an address of this machine, such as `127.0.0.9`.
    pub async fn from(source: &str, to: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        let source: IpAddr = source.parse().map_err(std::io::Error::other)?;
        socket.bind(SocketAddr::new(source, 0))?;
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, opened: Instant::now() })
    }

    /// As [`Wire::from`], reading nothing unless it is told to: its window is as small as the system allows.
    pub async fn that_does_not_read(source: &str, to: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(1)?;
        let source: IpAddr = source.parse().map_err(std::io::Error::other)?;
        socket.bind(SocketAddr::new(source, 0))?;
        Ok(Self { stream: socket.connect(to).await?, opened: Instant::now() })
    }

    pub async fn says(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads one answer without a body to speak of: its head.
    pub async fn hears_an_answer(&mut self) -> String {
        let mut heard = Vec::new();
        while !heard.windows(4).any(|four| four == b"\r\n\r\n") {
            let mut byte = [0; 1];
            match self.stream.read(&mut byte).await {
                Ok(1) => heard.push(byte[0]),
                Ok(_) | Err(_) => break,
            }
        }
        String::from_utf8_lossy(&heard).into_owned()
    }

    /// Reads until the other side ends the connection; nothing when it has not within `limit` of now.
    pub async fn ends(&mut self, limit: Duration) -> Option<End> {
        let mut said = Vec::new();
        let mut chunk = [0; 4096];
        let reading = async {
            loop {
                match self.stream.read(&mut chunk).await {
                    Ok(0) | Err(_) => return,
                    Ok(read) if said.len() < KEPT => said.extend_from_slice(&chunk[..read]),
                    Ok(_) => {}
                }
            }
        };
        tokio::time::timeout(limit, reading).await.ok()?;
        Some(End { after: self.opened.elapsed(), said: String::from_utf8_lossy(&said).into_owned() })
    }

    /// Says the same again and again at this pace, until the other side ends the connection or `limit` has passed.
    pub async fn drips(mut self, drop: &[u8], every: Duration, limit: Duration) -> Option<End> {
        let deadline = self.opened + limit;
        while Instant::now() < deadline {
            if let Some(end) = self.ends(every).await {
                return Some(end);
            }
            if self.says(drop).await.is_err() {
                return Some(End { after: self.opened.elapsed(), said: String::new() });
            }
        }
        None
    }
}
