//! Requests that are begun and never finished, from people who mean no good: they end, and nobody else waits for them.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use baton::web::edge::entry::Kind;
use baton::web::routes::ROUTES;
use futures_util::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::support::World;
use crate::support::agent::Agent;
use crate::support::node::Side;
use crate::support::shop::APP_ID;
use crate::support::waiting::eventually;
use crate::support::webhook::{messages, posts, text};
use crate::support::wire::{End, Wire};

/// Where who means no good comes from; everybody else comes from 127.0.0.1.
const STRANGER: &str = "127.0.0.9";

/// A body that brings nothing ends within this, wherever it is sent.
const NOTHING: Duration = Duration::from_secs(20);

/// A body that brings a little ends within this, but for an upload.
const LITTLE: Duration = Duration::from_secs(15);

/// What stands in the head of each kind of unfinished request: it announces more than ever comes.
const ANNOUNCED: [&str; 2] = ["content-length: 1000", "transfer-encoding: chunked"];

const FORM: &str = "content-type: application/x-www-form-urlencoded";

/// The head of a request to `path`, complete but for the empty line at its end.
fn head(node: SocketAddr, method: &str, path: &str, more: &[&str]) -> String {
    let lines: String = more.iter().map(|line| format!("{line}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nhost: {node}\r\norigin: http://{node}\r\n{lines}")
}

fn filled_in(path: &str) -> String {
    path.replace("{path:.*}", "missing.css").replace("{app_id}", APP_ID).replace("{id}", &Uuid::nil().to_string()).replace("{version}", "1")
}

/// Sends the beginning of a request and waits for the end of the connection.
async fn is_left_unfinished(node: SocketAddr, request: String) -> Option<End> {
    let mut wire = Wire::from(STRANGER, node).await.unwrap();
    wire.says(request.as_bytes()).await.unwrap();
    wire.ends(NOTHING).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_never_comes_ends_on_every_route_for_strangers_and_for_people_who_signed_in() {
    let world = World::quick().await;
    let node = world.nodes[0].address;
    let ana = world.agent("Ana").await;
    let mut names = Vec::new();
    let mut wires = Vec::new();
    for entry in ROUTES {
        for announced in ANNOUNCED {
            for cookies in [String::new(), format!("cookie: {}", ana.cookies())] {
                let who = if cookies.is_empty() { "a stranger" } else { "Ana" };
                let more = [announced, FORM, &cookies];
                let more: Vec<&str> = more.into_iter().filter(|line| !line.is_empty()).collect();
                names.push(format!("{} {} ({announced}, {who})", entry.method, entry.path));
                wires.push(is_left_unfinished(node, head(node, entry.method.as_str(), &filled_in(entry.path), &more) + "\r\n"));
            }
        }
    }
    let ends = join_all(wires).await;
    let open: Vec<&String> = names.iter().zip(&ends).filter(|(_, end)| end.is_none()).map(|(name, _)| name).collect();
    assert!(open.is_empty(), "still open after {NOTHING:?}: {open:#?}");
    let read = names.iter().zip(&ends).filter(|(name, _)| name.starts_with("POST"));
    let slow: Vec<(&String, u16)> =
        read.map(|(name, end)| (name, end.as_ref().map_or(0, End::status))).filter(|(_, s)| *s == 408).collect();
    assert!(slow.iter().any(|(name, _)| name.contains("/sign-in")), "nobody is told that the form was too slow: {slow:?}");
    assert!(slow.iter().any(|(name, _)| name.contains("/webhooks")), "nobody is told that the webhook was too slow: {slow:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_drips_ends_though_it_never_stands_still() {
    let world = World::quick().await;
    let node = world.nodes[0].address;
    let drop = |announced: &str| if announced.starts_with("transfer") { &b"1\r\nx\r\n"[..] } else { b"x" };
    let drips = ["/sign-in", "/sign-out", "/webhooks/whatsapp/1001", "/healthz", "/nowhere"].into_iter().flat_map(|path| {
        ANNOUNCED.map(|announced| async move {
            let mut wire = Wire::from(STRANGER, node).await.unwrap();
            wire.says((head(node, "POST", path, &[announced, FORM]) + "\r\n").as_bytes()).await.unwrap();
            (path, announced, wire.drips(drop(announced), Duration::from_secs(1), LITTLE).await)
        })
    });
    for (path, announced, end) in join_all(drips).await {
        assert!(end.is_some(), "{path} ({announced}) still drips after {LITTLE:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_head_ends_also_behind_a_whole_request() {
    let world = World::quick().await;
    let node = world.nodes[0].address;
    let whole = head(node, "GET", "/healthz", &[]) + "\r\n";
    let half = head(node, "GET", "/inbox", &[]);
    let ends = [String::new(), whole.clone(), whole.repeat(3)].map(|before| {
        let half = half.clone();
        async move {
            let mut wire = Wire::from(STRANGER, node).await.unwrap();
            if !before.is_empty() {
                wire.says(before.as_bytes()).await.unwrap();
                assert!(wire.hears_an_answer().await.starts_with("HTTP/1.1 200"));
            }
            wire.says(half.as_bytes()).await.unwrap();
            wire.drips(b"x-more: 1\r\n", Duration::from_secs(1), LITTLE).await
        }
    });
    for (place, end) in join_all(ends).await.into_iter().enumerate() {
        assert!(end.is_some(), "number {place} is still open after {LITTLE:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_hundred_half_bodies_from_one_address_do_not_silence_a_node_with_four_hundred_descriptors() {
    let mut world = World::quick().await;
    world.nodes[0].stop();
    world.nodes[0].may_open(400, 400);
    world.nodes[0].start().await;
    let node = world.nodes[0].address;
    let request = head(node, "POST", "/sign-in", &["content-length: 1000", FORM]) + "\r\nemail=";
    let open = async || {
        let mut wire = Wire::from(STRANGER, node).await.ok()?;
        wire.says(request.as_bytes()).await.ok()?;
        Some(wire)
    };
    let wires = join_all((0..420).map(|_| open())).await;
    assert_eq!(wires.iter().flatten().count(), 420);
    assert_eq!(world.nodes[0].figure("limits", "Max open files"), 400);
    let customer = messages("447700900123", "Mia", &[text("447700900123", "wamid.meanwhile", "hi")]).to_string();
    let taken = tokio::time::timeout(Duration::from_secs(3), posts(node, customer)).await;
    assert_eq!(taken, Ok(200), "Meta is not heard");
    let alive = reqwest::Client::new().get(world.nodes[0].url("/healthz")).timeout(Duration::from_secs(3)).send().await;
    assert_eq!(alive.map(|answer| answer.status().as_u16()).ok(), Some(200));
    let ana = tokio::time::timeout(Duration::from_secs(10), world.agent("Ana")).await.expect("nobody can sign in");
    assert_eq!(ana.asks_for("/inbox").await.status, 200);
    drop(wires);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_raises_its_descriptors_as_far_as_it_may() {
    let mut world = World::quick().await;
    world.nodes[0].stop();
    world.nodes[0].may_open(300, 3_000);
    world.nodes[0].start().await;
    assert_eq!(world.nodes[0].figure("limits", "Max open files"), 3_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_through_a_trusted_proxy_is_not_counted_as_one_address() {
    let mut world = World::quick().await;
    world.nodes[0].stop();
    world.nodes[0].may_open(400, 400);
    world.nodes[0].is_set("BATON_TRUSTED_PROXIES", STRANGER);
    world.nodes[0].start().await;
    let node = world.nodes[0].address;
    let asks = async || {
        let mut wire = Wire::from(STRANGER, node).await.unwrap();
        wire.says((head(node, "GET", "/healthz", &["x-forwarded-for: 192.0.2.1"]) + "\r\n").as_bytes()).await.unwrap();
        let answer = wire.hears_an_answer().await;
        (wire, answer)
    };
    let all = join_all((0..100).map(|_| asks())).await;
    let served = all.iter().filter(|(_, answer)| answer.starts_with("HTTP/1.1 200")).count();
    assert_eq!(served, 100, "people behind a proxy are kept out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_large_bodies_without_a_signature_hold_no_more_than_their_budget() {
    const LARGE: usize = 3_900_000;
    // 32 MB of bodies, what they grow through, and the buffers of 200 connections that are being turned away.
    const MOST: usize = 120 * 1024 * 1024;
    let world = World::quick().await;
    let node = world.nodes[0].address;
    let before = world.nodes[0].resident();
    let begin = head(node, "POST", "/webhooks/whatsapp/1001", &[&format!("content-length: {LARGE}"), "x-hub-signature-256: sha256=00"]);
    let almost = vec![b'x'; LARGE - 1];
    let sends = async || {
        let mut wire = Wire::from(STRANGER, node).await.ok()?;
        wire.says((begin.clone() + "\r\n").as_bytes()).await.ok()?;
        // Whoever is turned away at once cannot send the rest.
        wire.says(&almost).await.ok();
        Some(wire)
    };
    let wires: Vec<Wire> = join_all((0..200).map(|_| sends())).await.into_iter().flatten().collect();
    let grown = world.nodes[0].resident().saturating_sub(before);
    eprintln!("{} MB before, {} MB more with {} large bodies", before >> 20, grown >> 20, wires.len());
    let small = messages("447700900123", "Mia", &[text("447700900123", "wamid.small", "hi")]).to_string();
    assert_eq!(posts(node, small).await, 200, "a small body is starved by large ones");
    let refused = join_all(wires.into_iter().map(|mut wire| async move { wire.ends(LITTLE).await })).await;
    let refused: Vec<u16> = refused.iter().map(|end| end.as_ref().map_or(0, End::status)).collect();
    assert!(grown < MOST, "{} MB are held", grown >> 20);
    assert!(refused.contains(&503), "nobody is told to come again: {refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_bodies_of_metas_are_taken_one_after_the_other() {
    let world = World::quick().await;
    let node = world.nodes[0].address;
    let from = "447700900123";
    for round in 0..30 {
        let many: Vec<_> = (0..10).map(|number| text(from, &format!("wamid.l-{round}-{number}"), &"x".repeat(4_000))).collect();
        let mut body = messages(from, "Mia", &many);
        body["padding"] = json!("x".repeat(2_900_000));
        assert_eq!(posts(node, body.to_string()).await, 200, "body {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_nobody_reads_is_not_kept_for_ever() {
    const UNREAD: Duration = Duration::from_secs(45);
    let world = World::quick_with(&[Side::Web]).await;
    let node = world.nodes[0].address;
    let page = reqwest::get(world.nodes[0].url("/sign-in")).await.unwrap().text().await.unwrap();
    let version = page.split_once("/assets/").and_then(|(_, rest)| rest.split_once('/')).unwrap().0;
    let request = head(node, "GET", &format!("/assets/{version}/vendor/turbo.js"), &[]) + "\r\n";
    let mut wires = Vec::new();
    for _ in 0..20 {
        let mut wire = Wire::that_does_not_read(STRANGER, node).await.unwrap();
        wire.says(request.repeat(60).as_bytes()).await.unwrap();
        wires.push(wire);
    }
    eventually("the node has them all", Duration::from_secs(5), async || connections(&world) >= 20).await;
    eventually("the node lets go of them", UNREAD, async || connections(&world) < 20).await;
}

/// Connections of the node with the stranger's address, as the system counts them.
fn connections(world: &World) -> usize {
    let port = format!("{:04X}", world.nodes[0].address.port());
    let stranger: IpAddr = STRANGER.parse().unwrap();
    let IpAddr::V4(stranger) = stranger else { panic!("not IPv4") };
    let stranger = format!("{:08X}", u32::from_ne_bytes(stranger.octets()));
    let table = std::fs::read_to_string(format!("/proc/{}/net/tcp", world.nodes[0].process_id())).unwrap();
    let established = |line: &&str| line.split_whitespace().nth(3) == Some("01");
    table.lines().filter(established).filter(|line| line.contains(&format!(":{port} {stranger}:"))).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_but_steady_upload_of_somebody_who_signed_in_has_its_time() {
    let world = World::quick().await;
    let node = world.nodes[0].address;
    let ana: Agent = world.agent("Ana").await;
    let upload = ROUTES.iter().find(|entry| entry.kind == Kind::Upload).expect("an upload");
    let cookies = format!("cookie: {}", ana.cookies());
    let more = [cookies.as_str(), "content-type: multipart/form-data; boundary=b", "content-length: 5000000"];
    let mut wire = Wire::from(STRANGER, node).await.unwrap();
    wire.says((head(node, "POST", &filled_in(upload.path), &more) + "\r\n").as_bytes()).await.unwrap();
    let steady = vec![b'x'; 16 * 1024];
    assert!(wire.drips(&steady, Duration::from_secs(1), Duration::from_secs(14)).await.is_none(), "an honest upload was cut off");
}
