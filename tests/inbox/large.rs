//! Settings of a workspace as large as they come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use actix_web::http::Method;
use baton::demo::postgres;
use baton::domain::access::Role;
use baton::domain::setup::file::{self, Import, Reach};
use baton::domain::setup::{By, Secret};
use baton::store::Store;
use baton::web::routes::ROUTES;
use uuid::Uuid;

use crate::house::{House, fresh_store, servers};
use crate::large_file;
use crate::servers::keys::keys;
use crate::shop::Shop;
use crate::trips::Trips;

/// How often a list, or the editor of flows, may wait for the database: who asks, what stands around every page, and the list.
const OF_A_LIST: usize = 4;

/// And the page of one thing, with its history and everything that can be chosen there.
const OF_A_THING: usize = 9;

/// As often as there are connections that may have to learn it, and once more.
const TIMES: usize = 6;

/// What is about one thing although its address says nothing of it: the rules for all, the whole set-up, everything that was decided.
const OF_ONE: [&str; 3] = ["/settings/security", "/settings/file/workspace.yaml", "/settings/changes.csv"];

/// Where the things are that have a page.
const THINGS: [(&str, &str); 12] = [
    ("people", "users"),
    ("teams", "teams"),
    ("queues", "queues"),
    ("roles", "roles"),
    ("flows", "flows"),
    ("canned-replies", "canned_replies"),
    ("numbers", "inboxes"),
    ("tags", "tags"),
    ("fields", "fields"),
    ("rules", "entry_rules"),
    ("skills", "skills"),
    ("sla", "sla_policies"),
];

/// A shop with everything that the file brings, whose trips to the database are counted.
async fn large() -> (Shop, Trips) {
    drop(fresh_store().await);
    let sockets = &servers().await.place().sockets;
    let folder = sockets.join("trips");
    std::fs::create_dir(&folder).unwrap();
    let trips = Trips::start(&folder, sockets).unwrap();
    let shop = Shop::open_in(House::in_store(Store::new(&postgres::url(&folder), 4, keys()).unwrap()).await).await;
    shop.hires("root@example.com", Role::Admin).await;
    let document = file::read(&large_file::file()).unwrap_or_else(|fault| panic!("{fault}"));
    let password = Secret::new(String::new());
    let import = Import {
        document,
        prune: false,
        reach: Reach::Installation,
        secrets: BTreeMap::new(),
        known_apps: BTreeSet::new(),
        password,
        seed: Uuid::now_v7(),
    };
    shop.house.state.runner.import(shop.house.workspace, &By::CommandLine, import, None, None).await.unwrap();
    (shop, trips)
}

#[actix_web::test]
async fn pages_of_settings_ask_as_little_of_a_large_workspace_as_of_a_small_one() {
    let (shop, trips) = large().await;
    let mut root = shop.house.browser("root@example.com").await;
    let client = shop.house.state.store.client().await.unwrap();
    let mut ids = BTreeMap::new();
    for (noun, table) in THINGS {
        let row = client.query_one(&format!("SELECT id FROM {table} ORDER BY id DESC LIMIT 1"), &[]).await.unwrap();
        ids.insert(noun, row.get::<_, Uuid>(0).to_string());
    }
    drop(client);
    let mut over = Vec::new();
    for route in ROUTES.iter().filter(|route| route.method == Method::GET && route.path.starts_with("/settings")) {
        let noun = route.path.split('/').nth(2).unwrap_or_default();
        let path = ids.get(noun).map_or_else(|| route.path.to_owned(), |id| route.path.replace("{id}", id));
        let is_of_a_thing = route.path.contains("{id}") && !route.path.ends_with("/edit") || OF_ONE.contains(&route.path);
        let most = if is_of_a_thing { OF_A_THING } else { OF_A_LIST };
        let mut asked = usize::MAX;
        // The first times prepare statements.
        for _ in 0..TIMES {
            let before = trips.count.load(Ordering::SeqCst);
            let answer = root.get(&path).await;
            assert!(answer.status.as_u16() < 400, "{path}: {} {}", answer.status, answer.body);
            asked = asked.min(trips.count.load(Ordering::SeqCst) - before);
        }
        println!("{path}: {asked}");
        if asked > most {
            over.push(format!("{path}: {asked} times instead of {most}"));
        }
    }
    assert!(over.is_empty(), "{over:#?}");
}
