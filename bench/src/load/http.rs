//! HTTP/1.1 over one kept connection: requests that were written beforehand, answers of which only the status is read.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest head of an answer that is read.
const LONGEST_HEAD: usize = 16 * 1024;

/// What a browser is answered.
pub struct Answer {
    pub status: u16,
    /// Names and values.
    pub cookies: Vec<String>,
    pub body: Vec<u8>,
}

/// A kept connection.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(1024) })
    }

    /// Sends a whole request and answers the status of its response.
    pub async fn send(&mut self, request: &[u8]) -> Result<u16> {
        let (status, head, length) = self.exchange(request).await?;
        self.received.drain(..head + length);
        Ok(status)
    }

    /// Sends a whole request as a browser does.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        let (status, head, length) = self.exchange(request).await?;
        let cookies = headers(&self.received[..head], "set-cookie").map(|cookie| cookie.split(';').next().unwrap_or_default().to_owned());
        let answer = Answer { status, cookies: cookies.collect(), body: self.received[head..head + length].to_vec() };
        self.received.drain(..head + length);
        Ok(answer)
    }

    /// Receives a whole response; answers its status, and how long its head and its body are.
    async fn exchange(&mut self, request: &[u8]) -> Result<(u16, usize, usize)> {
        self.stream.write_all(request).await?;
        let head = read_head(&mut self.stream, &mut self.received).await?;
        let (status, length) = (status(&self.received[..head])?, content_length(&self.received[..head])?);
        while self.received.len() < head + length {
            read_more(&mut self.stream, &mut self.received).await?;
        }
        Ok((status, head, length))
    }
}

/// Reads a whole request; answers its body.
pub async fn read_request(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<Vec<u8>> {
    let head = read_head(stream, received).await?;
    let length = head + content_length(&received[..head])?;
    while received.len() < length {
        read_more(stream, received).await?;
    }
    let body = received[head..length].to_vec();
    received.drain(..length);
    Ok(body)
}

/// Reads until a head is whole; answers its length. What came behind it stays in `received`.
pub async fn read_head(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<usize> {
    loop {
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            return Ok(end + 4);
        }
        if received.len() > LONGEST_HEAD {
            bail!("the answer has no end");
        }
        read_more(stream, received).await?;
    }
}

async fn read_more(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<()> {
    match stream.read_buf(received).await? {
        0 => bail!("the server closed the connection"),
        _ => Ok(()),
    }
}

/// The status of a head such as `HTTP/1.1 200 OK`.
pub fn status(head: &[u8]) -> Result<u16> {
    let digits = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).context("the answer is not HTTP")
}

/// The value of the first header with this lower-case name.
pub fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    headers(head, name).next()
}

/// The values of every header with this lower-case name.
pub fn headers<'a>(head: &'a [u8], name: &str) -> impl Iterator<Item = &'a str> {
    let lines = std::str::from_utf8(head).unwrap_or_default().lines();
    lines.filter_map(|line| line.split_once(':')).filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn content_length(head: &[u8]) -> Result<usize> {
    header(head, "content-length").map_or(Ok(0), |length| length.parse().context("the length of an answer is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 12\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n";

    #[test]
    fn a_head_says_status_length_and_cookies() {
        assert_eq!(status(HEAD).unwrap(), 503);
        assert_eq!(content_length(HEAD).unwrap(), 12);
        assert_eq!(headers(HEAD, "set-cookie").collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert!(status(b"SSH-2.0").is_err());
    }
}
