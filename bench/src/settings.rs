//! What pages of settings take in a workspace as large as they come: 500 people, 200 queues, 2,000 canned replies, a flow of 250 steps.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use anyhow::{Context, Result, ensure};
use baton::domain::access::Role;
use baton::domain::channel::Rulebook;
use baton::domain::ids::{UserId, WorkspaceId};
use baton::domain::setup::file::{self, Import, Reach};
use baton::domain::setup::{By, Secret};
use baton::live::Live;
use baton::live::bus::Bus;
use baton::runner::Runner;
use baton::store::users::NewUser;
use baton::web::routes::ROUTES;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::figures::{Latencies, Must, Outcome, Pairs, Size, judge};
use crate::large_file;
use crate::load::http::Connection;
use crate::load::pages::cookies_with_token;
use crate::seed::sign_in;
use crate::world::{Sides, World};

/// Milliseconds of the slowest list.
const MUST: Must = Must::AtMost(100.0);

/// How often a page is asked for in a row.
const TIMES: usize = 20;

/// How many pages are told.
const TOLD: usize = 8;

/// Fills a workspace, and asks for each page of its settings.
pub async fn measure(world: &World, size: Size) -> Result<Outcome> {
    println!("\n6. Pages of settings of a large workspace: milliseconds until a page is there, one after the other");
    println!("   reference: `/healthz` of the same server; Baton: `serve --web`, the median of {TIMES} times each page");
    let workspace = fill(world).await?;
    let client = world.connect().await?;
    let pages = pages(&client, workspace).await?;
    let cookie = administrator(world, workspace).await?;
    let mut pairs = Pairs::default();
    for pair in 1..=size.pairs() {
        let server = world.baton(Sides::Web)?;
        let cookie = cookies_with_token(server.address, std::slice::from_ref(&cookie)).await?.remove(0);
        let reference = taken(server.address, "/healthz", &cookie).await?;
        let mut each = Vec::with_capacity(pages.len());
        for page in &pages {
            each.push((taken(server.address, page, &cookie).await?, page));
        }
        each.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let slowest = each.first().context("there is no page")?.0;
        println!("   pair {pair}: reference {reference:.2} ms, the slowest of {} pages {slowest:.1} ms", pages.len());
        if pair == 1 {
            each.iter().take(TOLD).for_each(|(taken, page)| println!("     {taken:>7.1} ms  {page}"));
        }
        pairs.reference.push(reference);
        pairs.reached.push(slowest);
    }
    Ok(judge("the slowest page of settings", " ms", MUST, &pairs, size))
}

/// Brings the file in, and answers the workspace it made.
async fn fill(world: &World) -> Result<WorkspaceId> {
    let store = &world.store;
    let workspace = WorkspaceId(Uuid::now_v7());
    store.create_workspace(workspace, "Large", "en", "UTC").await?;
    let (live, _changes) = Live::new(Bus::new(world.redis.url())?.0);
    let runner = Runner::new(store.clone(), live, Rulebook::WHATSAPP);
    let document = file::read(&large_file::file()).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let import = Import {
        document,
        prune: false,
        reach: Reach::Installation,
        secrets: BTreeMap::new(),
        known_apps: BTreeSet::new(),
        password: Secret::new(String::new()),
        seed: Uuid::now_v7(),
    };
    runner.import(workspace, &By::CommandLine, import, None, None).await?;
    world.connect().await?.batch_execute("VACUUM ANALYZE").await?;
    Ok(workspace)
}

async fn administrator(world: &World, workspace: WorkspaceId) -> Result<String> {
    let id = UserId(Uuid::now_v7());
    let email = "administrator@example.com".parse()?;
    let user = NewUser { workspace, id, email, name: "Iris", role: Role::Admin, password_hash: "", locale: "en" };
    world.store.create_user(&user).await?;
    sign_in(&world.store, workspace, id).await
}

/// Every page of settings, each of one thing of its kind.
async fn pages(client: &Client, workspace: WorkspaceId) -> Result<Vec<String>> {
    let mut pages = Vec::new();
    for route in ROUTES.iter().filter(|route| route.method == Method::GET && route.path.starts_with("/settings")) {
        let Some((noun, _)) = route.path.trim_start_matches("/settings/").split_once("/{id}") else {
            pages.push(route.path.to_owned());
            continue;
        };
        let table = match noun {
            "people" => "users",
            "canned-replies" => "canned_replies",
            "numbers" => continue,
            noun => noun,
        };
        let found =
            client.query_opt(&format!("SELECT id FROM {table} WHERE workspace_id = $1 ORDER BY id LIMIT 1"), &[&workspace.0]).await?;
        let id: Uuid = found.with_context(|| format!("there is nothing in {table}"))?.get(0);
        pages.push(route.path.replace("{id}", &id.to_string()));
    }
    Ok(pages)
}

/// The median of some times, in milliseconds.
async fn taken(server: SocketAddr, path: &str, cookie: &str) -> Result<f64> {
    let mut connection = Connection::open(server).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nCookie: {cookie}\r\n\r\n");
    let mut taken = Vec::<Duration>::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        let status = connection.send(request.as_bytes()).await?;
        ensure!((200..400).contains(&status), "{path} answered {status}");
        taken.push(began.elapsed());
    }
    Ok(Latencies::from(taken).quantile(0.5))
}
