//! A browser's socket: the upgrade, masked text out, frames in.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::http;

/// What a page says first.
pub const SHOW_MINE: &str = r#"{"type":"list","view":"mine"}"#;

/// What a page says now and then; it is answered.
pub const BEAT: &str = r#"{"type":"beat"}"#;

const TEXT: u8 = 0x81;

/// An open socket.
pub struct Socket {
    stream: TcpStream,
    received: Vec<u8>,
    /// Bytes at the front of `received` that were given out.
    used: usize,
}

/// A new socket, and the cookies that the server gave with it.
pub struct Opened {
    pub socket: Socket,
    pub cookies: Vec<String>,
}

/// Opens `/live` as a page of Baton does, from a source address of this machine.
pub async fn open(server: SocketAddr, from: IpAddr, cookie: &str) -> Result<Opened> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    let mut stream = socket.connect(server).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET /live HTTP/1.1\r\nHost: {server}\r\nOrigin: http://{server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-Fetch-Site: same-origin\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n\
         Accept-Language: en-GB,en;q=0.9\r\nCookie: {cookie}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut received = Vec::new();
    let head = http::read_head(&mut stream, &mut received).await?;
    let status = http::status(&received[..head])?;
    ensure!(status == 101, "the socket was refused with {status}");
    let cookies = http::headers(&received[..head], "set-cookie");
    let cookies = cookies.map(|cookie| cookie.split(';').next().unwrap_or_default().to_owned()).collect();
    received.drain(..head);
    received.shrink_to_fit();
    Ok(Opened { socket: Socket { stream, received, used: 0 }, cookies })
}

impl Socket {
    /// Says something.
    pub async fn say(&mut self, text: &str) -> Result<()> {
        Ok(self.stream.write_all(&masked(text)?).await?)
    }

    /// The next text frame. May be dropped while it waits.
    pub async fn hear(&mut self) -> Result<&[u8]> {
        loop {
            if let Some(frame) = frame(&self.received[self.used..])? {
                let (start, end) = (self.used + frame.head, self.used + frame.head + frame.length);
                self.used = end;
                match frame.kind {
                    TEXT => return Ok(&self.received[start..end]),
                    // Pings need no answer here: the pages beat.
                    0x89 | 0x8a => continue,
                    other => bail!("the server sent a frame of kind {other:#x}: {}", String::from_utf8_lossy(&self.received[start..end])),
                }
            }
            self.received.drain(..self.used);
            self.used = 0;
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("the server closed a socket");
            }
        }
    }

    /// Waits for the answer to a beat: what was said before it has been heard.
    pub async fn hear_beat(&mut self) -> Result<()> {
        while !self.hear().await?.starts_with(br#"{"type":"beat""#) {}
        Ok(())
    }

    /// Gives the memory of the receive buffer back.
    pub fn rest(&mut self) {
        self.received.drain(..self.used);
        self.used = 0;
        self.received.shrink_to_fit();
    }
}

/// A text frame as browsers send it; the mask is zero, which changes nothing.
fn masked(text: &str) -> Result<Vec<u8>> {
    ensure!(text.len() < 126, "longer than a page ever says here");
    let length = u8::try_from(text.len())?;
    Ok([&[TEXT, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat())
}

struct Frame {
    kind: u8,
    head: usize,
    length: usize,
}

/// The frame at the front of `bytes`, once it is whole.
fn frame(bytes: &[u8]) -> Result<Option<Frame>> {
    let [kind, length, rest @ ..] = bytes else { return Ok(None) };
    let (head, length) = match (length, rest) {
        (126, [high, low, ..]) => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        (127, [bytes @ .., _]) if bytes.len() >= 8 => (10, usize::try_from(u64::from_be_bytes(rest[..8].try_into()?))?),
        (126 | 127, _) => return Ok(None),
        (length, _) => (2, usize::from(*length)),
    };
    Ok((bytes.len() >= head + length).then_some(Frame { kind: *kind, head, length }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(bytes: &[u8]) -> Option<(usize, usize)> {
        frame(bytes).unwrap().map(|frame| (frame.head, frame.length))
    }

    #[test]
    fn frames_of_every_length_are_found_once_they_are_whole() {
        assert_eq!(lengths(&[TEXT]), None);
        assert_eq!(lengths(&[TEXT, 2, b'h', b'i', TEXT]), Some((2, 2)));
        assert_eq!(lengths(&[TEXT, 2, b'h']), None);
        let long = [&[TEXT, 126, 1, 0][..], &[b'x'; 256]].concat();
        assert_eq!(lengths(&long), Some((4, 256)));
        assert_eq!(lengths(&long[..259]), None);
        let longer = [&[TEXT, 127, 0, 0, 0, 0, 0, 1, 0, 0][..], &[b'x'; 65_536]].concat();
        assert_eq!(lengths(&longer), Some((10, 65_536)));
        assert_eq!(lengths(&longer[..9]), None);
    }

    #[test]
    fn what_a_page_says_is_masked_with_zeros() {
        assert_eq!(masked("hi").unwrap(), [TEXT, 0x82, 0, 0, 0, 0, b'h', b'i']);
    }
}
