//! Memory of an idle agent socket: signed in, registered, counted as present, showing the list "mine".

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::figures::{Must, Outcome, Pairs, Size, judge};
use crate::load::pages;
use crate::machine;
use crate::world::{Server, Sides, World};

const MUST: Must = Must::AtMost(1.12);

/// How long memory that was only needed for opening has to come back.
const SETTLE: Duration = Duration::from_secs(2);

/// Measures fresh processes: what they hold with all sockets, less what they held with none.
pub async fn measure(world: &World, size: Size) -> Result<Outcome> {
    let count = match size {
        Size::Quick => 2_000,
        Size::Full => 10_000,
    };
    println!("\n4. Memory of an idle agent socket at {count}: growth of the resident memory of a fresh process, for each socket");
    println!("   reference: actix-ws, a queue of 32 frames a socket; Baton: `serve --web`, 250 agents, each page shows its list");
    println!("   {:>4} {:>13} {:>13} {:>6}", "pair", "reference KiB", "Baton KiB", "ratio");
    let stand_in = stand_in_cookies(world).await?;
    let mut pairs = Pairs::default();
    for pair in 1..=size.pairs() {
        let reference = growth(&world.reference("reference-sockets", &[])?, stand_in.clone(), count).await?;
        let server = world.baton(Sides::Web)?;
        let before = machine::resident(server.process_id())?;
        let cookies = pages::cookies_with_token(server.address, &world.installation.cookies).await?;
        let baton = growth_since(before, &server, cookies.into(), count).await?;
        let ratio = baton / reference;
        println!("   {pair:>4} {reference:>13.2} {baton:>13.2} {ratio:>6.2}");
        pairs.reference.push(reference);
        pairs.reached.push(ratio);
    }
    Ok(judge("memory of a socket / reference", "×", MUST, &pairs, size))
}

/// Cookies as long as Baton's, so that both servers read the same requests.
async fn stand_in_cookies(world: &World) -> Result<Arc<[String]>> {
    let server = world.baton(Sides::Web)?;
    Ok(pages::cookies_with_token(server.address, &world.installation.cookies).await?.into())
}

async fn growth(server: &Server, cookies: Arc<[String]>, count: usize) -> Result<f64> {
    growth_since(machine::resident(server.process_id())?, server, cookies, count).await
}

/// KiB for each socket.
async fn growth_since(before: u64, server: &Server, cookies: Arc<[String]>, count: usize) -> Result<f64> {
    let pages = pages::open(server.address, cookies, count).await?;
    tokio::time::sleep(SETTLE).await;
    let after = machine::resident(server.process_id())?;
    drop(pages);
    Ok(after.saturating_sub(before) as f64 / 1024.0 / count as f64)
}
