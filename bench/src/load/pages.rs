//! Agents' open pages: each has said which list it shows, and the server has heard it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;

use super::socket::{self, BEAT, SHOW_MINE, Socket};

/// Pages that are being opened at once.
const AT_ONCE: usize = 64;

/// How often a page beats.
const BEATS: Duration = Duration::from_secs(20);

/// What each agent's browser sends as `Cookie` once the server has answered it: the session, and the token it was given.
pub async fn cookies_with_token(server: SocketAddr, sessions: &[String]) -> Result<Vec<String>> {
    let mut cookies = Vec::with_capacity(sessions.len());
    for session in sessions {
        let opened = socket::open(server, Ipv4Addr::LOCALHOST.into(), session).await?;
        cookies.push(opened.cookies.join("; "));
    }
    Ok(cookies)
}

/// Opens `count` pages, the `n`th with cookie `n % cookies.len()`; answers them in this order.
pub async fn open(server: SocketAddr, cookies: Arc<[String]>, count: usize) -> Result<Vec<Socket>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut openers = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (cookies, next, from) = (cookies.clone(), next.clone(), fresh_source());
        openers.spawn(async move {
            let mut opened = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(opened);
                }
                opened.push((number, open_one(server, from, &cookies[number % cookies.len()]).await?));
            }
        });
    }
    let mut pages = Vec::with_capacity(count);
    while let Some(opened) = openers.join_next().await {
        pages.extend(opened??);
    }
    pages.sort_unstable_by_key(|(number, _)| *number);
    Ok(pages.into_iter().map(|(_, page)| page).collect())
}

/// Keeps pages open, each in a task of its own that ends when its socket does.
pub fn keep(pages: Vec<Socket>) -> JoinSet<Result<()>> {
    let mut keeping = JoinSet::new();
    for mut page in pages {
        keeping.spawn(async move {
            let mut beats = tokio::time::interval(BEATS);
            loop {
                tokio::select! {
                    _ = beats.tick() => page.say(BEAT).await?,
                    heard = page.hear() => { heard?; }
                }
            }
        });
    }
    keeping
}

async fn open_one(server: SocketAddr, from: IpAddr, cookie: &str) -> Result<Socket> {
    let mut page = socket::open(server, from, cookie).await?.socket;
    page.say(SHOW_MINE).await?;
    page.say(BEAT).await?;
    page.hear_beat().await?;
    page.rest();
    Ok(page)
}

/// Another address of this machine each time: one address has a share of the connections only, and ports of connections that have just
/// ended are not free at once.
fn fresh_source() -> IpAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    IpAddr::from([127, 1, high, low])
}
