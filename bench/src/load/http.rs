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
        let status = status(&self.received[..head])?;
        let is_in_chunks = header(&self.received[..head], "transfer-encoding") == Some("chunked");
        let length = if is_in_chunks { self.read_chunks(head).await? } else { content_length(&self.received[..head])? };
        while self.received.len() < head + length {
            read_more(&mut self.stream, &mut self.received).await?;
        }
        Ok((status, head, length))
    }

    /// Receives a body that says its length as it goes, and keeps it without what says so; answers how long it is.
    async fn read_chunks(&mut self, head: usize) -> Result<usize> {
        let mut end = head;
        loop {
            let line = loop {
                match self.received[end..].windows(2).position(|window| window == b"\r\n") {
                    Some(line) => break end + line,
                    None => read_more(&mut self.stream, &mut self.received).await?,
                }
            };
            let size = std::str::from_utf8(&self.received[end..line]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
            let size = size.context("the size of a chunk is no number")?;
            self.received.drain(end..line + 2);
            while self.received.len() < end + size + 2 {
                read_more(&mut self.stream, &mut self.received).await?;
            }
            self.received.drain(end + size..end + size + 2);
            end += size;
            if size == 0 {
                return Ok(end - head);
            }
        }
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

    #[tokio::test]
    async fn an_answer_in_chunks_is_read_to_its_end_and_nothing_of_the_next() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let mut connection = Connection::open(listener.local_addr().unwrap()).await.unwrap();
        let mut server = listener.accept().await.unwrap().0;
        let answers = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na,b\r\nC\r\n\r\n1,2\r\n3,4\r\n\r\n0\r\n\r\n\
            HTTP/1.1 204 No Content\r\n\r\n";
        server.write_all(answers).await.unwrap();
        assert_eq!(connection.ask(b"GET /first").await.unwrap().body, b"a,b\r\n1,2\r\n3,4\r\n");
        assert_eq!(connection.send(b"GET /second").await.unwrap(), 204);
    }
}
