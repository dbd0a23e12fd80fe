//! The client against a server that misbehaves by script.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use url::Url;

use super::*;

const OK: &str = r#"{"messages":[{"id":"wamid.A"}]}"#;

/// What the server does with a request.
#[derive(Clone)]
enum Act {
    /// Resets the connection without reading.
    ResetUnread,
    /// Reads the request, then resets.
    ResetRead,
    /// Reads the request and never answers.
    Hang,
    /// Answers with a status line, a few headers and a body.
    Answer(&'static str, String),
    /// Answers and closes the connection, without having said so.
    AnswerAndClose(&'static str, String),
    /// Announces more than it sends, and closes.
    AnswerHalf(&'static str),
}

/// A server that does one act for each request, in order.
struct Server {
    url: Url,
    requests: UnboundedReceiver<String>,
}

impl Server {
    async fn doing(script: impl Into<VecDeque<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let (seen, requests) = unbounded_channel();
        tokio::spawn(serve(listener, script.into(), seen));
        Self { url, requests }
    }

    fn client(&self) -> Client {
        client(&self.url)
    }

    async fn request(&mut self) -> String {
        self.requests.recv().await.unwrap()
    }

    /// How many more requests have arrived.
    fn more(&mut self) -> usize {
        std::iter::from_fn(|| self.requests.try_recv().ok()).count()
    }
}

async fn serve(listener: TcpListener, mut script: VecDeque<Act>, seen: UnboundedSender<String>) {
    let mut hanging = Vec::new();
    while let Ok((stream, _)) = listener.accept().await {
        hanging.extend(converse(stream, &mut script, &seen).await);
    }
}

/// Serves one connection; gives it back when it is to stay open unanswered.
async fn converse(mut stream: TcpStream, script: &mut VecDeque<Act>, seen: &UnboundedSender<String>) -> Option<TcpStream> {
    loop {
        if matches!(script.front(), Some(Act::ResetUnread)) {
            script.pop_front();
            stream.set_zero_linger().unwrap();
            return None;
        }
        seen.send(whole_request(&mut stream).await?).unwrap();
        match script.pop_front()? {
            Act::ResetUnread | Act::ResetRead => {
                stream.set_zero_linger().unwrap();
                return None;
            }
            Act::Hang => return Some(stream),
            Act::Answer(head, body) => answer(&mut stream, head, body.len(), &body).await,
            Act::AnswerAndClose(head, body) => {
                answer(&mut stream, head, body.len(), &body).await;
                return None;
            }
            Act::AnswerHalf(head) => {
                answer(&mut stream, head, 1_000, "{").await;
                return None;
            }
        }
    }
}

async fn answer(stream: &mut TcpStream, head: &str, length: usize, body: &str) {
    let bytes = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{body}");
    // The far side may have hung up already, having read enough.
    drop(stream.write_all(bytes.as_bytes()).await);
}

/// Reads one request with its body; none when the far side closes first.
async fn whole_request(stream: &mut TcpStream) -> Option<String> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4_096]);
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

fn client(url: &Url) -> Client {
    let brief =
        Settings { connect_timeout: Duration::from_secs(1), timeout: Duration::from_secs(1), ..Settings::new(url.clone(), "v23.0") };
    Client::new(brief).unwrap()
}

async fn send(client: &Client) -> Outcome {
    super::outcome(client.send("415", "token", &json!({"to": "+41"}), any_time()).await)
}

/// It may leave whenever it gets there.
fn any_time() -> MayLeave {
    Arc::new(|| true)
}

fn is_unknown(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Unknown { .. })
}

#[tokio::test]
async fn a_send_is_one_authorised_post() {
    let mut server = Server::doing([Act::Answer("200 OK", OK.to_owned())]).await;
    let outcome = send(&server.client()).await;
    assert_eq!(outcome, Outcome::Accepted { wamid: "wamid.A".to_owned(), recipient: Vec::new() });
    let request = server.request().await;
    assert!(request.starts_with("POST /v23.0/415/messages HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Bearer token\r\n") && request.contains("user-agent: baton/"), "{request}");
    assert!(request.ends_with(r#"{"to":"+41"}"#), "{request}");
}

#[tokio::test]
async fn a_refusal_carries_metas_code() {
    let body = r##"{"error":{"message":"(#131047) Re-engagement","code":131047}}"##;
    let server = Server::doing([Act::Answer("400 Bad Request", body.to_owned())]).await;
    let failure = Failure { code: 131_047, title: "(#131047) Re-engagement".to_owned() };
    assert_eq!(send(&server.client()).await, Outcome::Refused { failure, reaction: Reaction::CloseWindow });
}

#[tokio::test]
async fn only_what_never_connected_is_unsent() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let garbage = Server::doing([Act::ResetUnread]).await.url.as_str().replace("http:", "https:");
    for url in [format!("http://{closed}"), "http://nowhere.invalid".to_owned(), garbage] {
        let outcome = send(&client(&Url::parse(&url).unwrap())).await;
        assert!(matches!(outcome, Outcome::Unsent { .. }), "{url}: {outcome:?}");
    }
    let unwritable =
        super::outcome(client(&Url::parse(&format!("http://{closed}")).unwrap()).send("415", "line\nbreak", &json!({}), any_time()).await);
    assert!(matches!(unwritable, Outcome::Unsent { .. }), "{unwritable:?}");
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_nothing_is_sent_twice() {
    let acts = [
        Act::ResetUnread,
        Act::ResetRead,
        Act::Hang,
        Act::AnswerHalf("200 OK"),
        Act::Answer("500 Internal Server Error", "<html>".to_owned()),
        Act::Answer("200 OK", "<html>".to_owned()),
        Act::Answer("200 OK", "x".repeat(LARGEST_ANSWER + 1)),
        Act::Answer("307 Temporary Redirect\r\nlocation: /elsewhere", String::new()),
        Act::Answer("204 No Content", String::new()),
    ];
    for act in acts {
        let read = usize::from(!matches!(act, Act::ResetUnread));
        let mut server = Server::doing([act]).await;
        let outcome = send(&server.client()).await;
        // A connection that breaks at once may break before a byte was asked for.
        assert!(is_unknown(&outcome) || (read == 0 && matches!(outcome, Outcome::Unsent { .. })), "{outcome:?}");
        assert_eq!(server.more(), read, "{outcome:?}");
    }
}

#[tokio::test]
async fn what_may_not_leave_any_more_when_its_turn_comes_does_not() {
    let mut server = Server::doing([Act::Answer("200 OK", OK.to_owned()), Act::Answer("200 OK", OK.to_owned())]).await;
    let client = server.client();
    let asked = Arc::new(AtomicUsize::new(0));
    let too_late: MayLeave = {
        let asked = asked.clone();
        Arc::new(move || asked.fetch_add(1, Ordering::Relaxed) > 0)
    };
    let outcome = super::outcome(client.send("415", "token", &json!({"to": "+41"}), too_late.clone()).await);
    assert!(matches!(outcome, Outcome::Unsent { backoff: Backoff::Preparation, .. }), "{outcome:?}");
    assert_eq!((asked.load(Ordering::Relaxed), server.more()), (1, 0), "no whole request arrived");
    assert!(matches!(super::outcome(client.send("415", "token", &json!({"to": "+41"}), too_late).await), Outcome::Accepted { .. }));
    assert!(server.request().await.contains("content-length: 12\r\n"), "the length of a body is said before it leaves");
}

#[tokio::test]
async fn a_4xx_of_something_in_between_is_a_refusal() {
    let server = Server::doing([Act::Answer("429 Too Many", "<html>".to_owned()), Act::AnswerHalf("400 Bad Request")]).await;
    for _ in 0..2 {
        let outcome = send(&server.client()).await;
        assert!(matches!(outcome, Outcome::Refused { reaction: Reaction::Retry { .. }, .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_kept_connection_that_breaks_does_not_repeat_the_send() {
    let mut server = Server::doing([Act::Answer("200 OK", OK.to_owned()), Act::ResetRead, Act::Answer("200 OK", OK.to_owned())]).await;
    let client = server.client();
    assert!(matches!(send(&client).await, Outcome::Accepted { .. }));
    assert!(is_unknown(&send(&client).await));
    assert_eq!(server.more(), 2);
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_is_replaced() {
    for _ in 0..20 {
        let server = Server::doing([Act::AnswerAndClose("200 OK", OK.to_owned()), Act::Answer("200 OK", OK.to_owned())]).await;
        let client = server.client();
        assert!(matches!(send(&client).await, Outcome::Accepted { .. }));
        // Whether the close is noticed in time is the network's affair; that nothing worse than unknown comes of it is ours.
        let second = send(&client).await;
        assert!(matches!(second, Outcome::Accepted { .. } | Outcome::Unknown { .. }), "{second:?}");
    }
}

#[tokio::test]
async fn a_reason_tells_neither_number_nor_token() {
    let server = Server::doing([Act::ResetRead]).await;
    match super::outcome(server.client().send("415550001111", "secret-token", &json!({}), any_time()).await) {
        Outcome::Unknown { reason } => assert!(!reason.contains("415550001111") && !reason.contains("secret-token"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_read_receipt_may_show_typing() {
    let mut server = Server::doing([Act::Answer("200 OK", r#"{"success":true}"#.to_owned())]).await;
    assert_eq!(server.client().mark_read("415", "token", "wamid.A", Typing::Shown).await, Ok(()));
    let request = server.request().await;
    assert!(request.contains(r#""status":"read""#) && request.contains(r#""typing_indicator":{"type":"text"}"#), "{request}");
}

#[tokio::test]
async fn a_picture_is_uploaded_as_a_form() {
    let mut server = Server::doing([Act::Answer("200 OK", r#"{"id":"900"}"#.to_owned())]).await;
    let id = server.client().upload("415", "token", Bytes::from_static(b"bytes of it"), "image/png").await;
    assert_eq!(id, Ok("900".to_owned()));
    let request = server.request().await;
    assert!(request.starts_with("POST /v23.0/415/media HTTP/1.1\r\n"), "{request}");
    for part in ["name=\"messaging_product\"\r\n\r\nwhatsapp", "filename=\"file.png\"\r\nContent-Type: image/png", "bytes of it"] {
        assert!(request.contains(part), "{part} in {request}");
    }
}

#[tokio::test]
async fn a_file_is_fetched_from_where_whatsapp_says() {
    let mut server = Server::doing([Act::Answer("200 OK", "0123456789".to_owned())]).await;
    let url = server.url.join("/media/7").unwrap();
    assert_eq!(server.client().download("token", &url, 10).await, Ok(Bytes::from_static(b"0123456789")));
    assert!(server.request().await.contains("authorization: Bearer token\r\n"));
}

#[tokio::test]
async fn the_address_of_a_file_is_read_in_both_forms() {
    for (size, length) in [("\"12\"", Some(12)), ("12", Some(12)), ("null", None)] {
        let body = format!(r#"{{"url":"https://lookaside.fbsbx.com/x?mid=1","mime_type":"image/jpeg","file_size":{size}}}"#);
        let server = Server::doing([Act::Answer("200 OK", body)]).await;
        let address = server.client().media_address("token", "7").await.unwrap();
        assert_eq!((address.url.as_str(), address.length), ("https://lookaside.fbsbx.com/x?mid=1", length));
    }
    let server = Server::doing([Act::Answer("200 OK", r#"{"url":"https://evil.example/x"}"#.to_owned())]).await;
    assert_eq!(server.client().media_address("token", "7").await, Err(Error::ForeignHost { host: "evil.example".to_owned() }));
}

#[tokio::test]
async fn the_token_goes_to_no_foreign_host() {
    let client = client(&Url::parse("http://127.0.0.1:9/").unwrap());
    let foreign = [
        "https://evil.example/",
        "https://notfbsbx.com/",
        "http://lookaside.fbsbx.com/",
        "https://fbsbx.com.evil.example/",
        "http://127.0.0.1:10/",
    ];
    for url in foreign {
        let refused = client.download("token", &Url::parse(url).unwrap(), 10).await;
        assert!(matches!(refused, Err(Error::ForeignHost { .. })), "{url}: {refused:?}");
    }
}

#[tokio::test]
async fn a_download_ends_at_its_limit_and_at_redirects() {
    let acts = [
        Act::Answer("200 OK", "x".repeat(11)),
        Act::Answer("404 Not Found", String::new()),
        Act::Answer("302 Found\r\nlocation: https://evil.example/", String::new()),
        Act::AnswerHalf("200 OK"),
    ];
    let server = Server::doing(acts).await;
    let url = server.url.join("/media/7").unwrap();
    let client = server.client();
    assert_eq!(client.download("token", &url, 10).await, Err(Error::TooLarge { limit: 10 }));
    assert_eq!(client.download("token", &url, 10).await, Err(Error::Expired));
    assert!(matches!(client.download("token", &url, 10).await, Err(Error::Unexpected { .. })));
    assert!(client.download("token", &url, 2_000).await.is_err());
}
