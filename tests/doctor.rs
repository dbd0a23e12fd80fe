//! `baton doctor`, and what `baton serve` refuses to start on, against private servers.

use std::path::{Path, PathBuf};
use std::sync::Once;

use baton::app::{App, Side};
use baton::config::{Config, Faults};
use baton::demo::place::Place;
use baton::demo::postgres::Durability;
use baton::demo::{postgres, redis};
use baton::doctor::{Finding, Health, examine};
use baton::store::Store;
use baton::store::sealed::Keys;

static CRYPTOGRAPHY: Once = Once::new();

/// A key that everybody knows.
const KEY: &str = "for-tests:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn keys() -> Keys {
    Keys::new(&[("for-tests".to_owned(), [0; 32])]).unwrap()
}

/// A database and a Redis of this test's own; gone when it ends.
struct World {
    folder: PathBuf,
    servers: Option<(postgres::Server, redis::Server)>,
    database_url: String,
    redis_url: String,
}

impl World {
    fn start(name: &str, durability: Durability) -> Self {
        CRYPTOGRAPHY.call_once(|| rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let place = Place::prepare(&folder).unwrap();
        let postgres = postgres::Server::start(&place, durability, &[]).unwrap();
        let redis = redis::Server::start(&place).unwrap();
        let (database_url, redis_url) = (postgres.url().to_owned(), redis.url().to_owned());
        Self { folder, servers: Some((postgres, redis)), database_url, redis_url }
    }

    fn config(&self, more: &[(&'static str, &str)]) -> Config {
        let own = [
            ("BATON_DATABASE_URL", self.database_url.as_str()),
            ("BATON_REDIS_URL", self.redis_url.as_str()),
            ("BATON_SECRET_KEYS", KEY),
            ("BATON_LISTEN", "127.0.0.1:0"),
        ];
        let pairs: Vec<(&str, String)> = more.iter().chain(&own).map(|(name, value)| (*name, (*value).to_owned())).collect();
        Config::from_pairs(&pairs).unwrap()
    }

    async fn migrate(&self) {
        Store::new(&self.database_url, 2, keys()).unwrap().migrate().await.unwrap();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.servers.take();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn wrong(findings: &[Finding]) -> Vec<&str> {
    findings.iter().filter(|finding| finding.health == Health::Wrong).map(|finding| finding.words.as_str()).collect()
}

async fn refusal(config: Config) -> String {
    App::start(config, Side::Both).await.map(|_| ()).unwrap_err().to_string()
}

#[tokio::test]
async fn a_sound_installation_has_nothing_wrong() {
    let world = World::start("sound", Durability::Kept);
    world.migrate().await;
    let findings = examine(&Ok(world.config(&[]))).await;
    assert_eq!(wrong(&findings), [""; 0]);
    let said = findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for part in ["PostgreSQL 1", "Redis ", "on disk", "up to date", "clock", "No number is connected"] {
        assert!(said.contains(part), "nothing about {part}:\n{said}");
    }
}

#[tokio::test]
async fn a_database_that_may_lose_commits_is_not_served_from_unless_told() {
    let world = World::start("unsafe", Durability::GivenUp);
    world.migrate().await;
    let reason = refusal(world.config(&[])).await;
    assert!(reason.contains("fsync, full_page_writes, synchronous_commit is off"), "{reason}");
    let told = world.config(&[("BATON_SKIP_DURABILITY_CHECK", "true")]);
    assert_eq!(wrong(&examine(&Ok(told.clone())).await), [""; 0]);
    App::start(told, Side::Workers).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_database_without_our_schema_is_not_served_from() {
    let world = World::start("empty", Durability::Kept);
    let reason = refusal(world.config(&[])).await;
    assert!(reason.contains("V1__the_house") && reason.contains("baton migrate"), "{reason}");
    let store = Store::new(&world.database_url, 4, keys()).unwrap();
    let (first, second) = tokio::join!(store.migrate(), store.migrate());
    let mut applied = [first.unwrap().len(), second.unwrap().len()];
    applied.sort_unstable();
    assert_eq!(applied[0], 0, "of two that start at once, one finds the work done");
    assert!(applied[1] >= 1);
    assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn what_does_not_answer_is_named_with_what_to_do() {
    CRYPTOGRAPHY.call_once(|| rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap());
    let pairs = [
        ("BATON_DATABASE_URL", "postgres://baton@127.0.0.1:1/baton"),
        ("BATON_REDIS_URL", "redis://127.0.0.1:1"),
        ("BATON_SECRET_KEYS", KEY),
    ];
    let config = Config::from_pairs(&pairs.map(|(name, value)| (name, value.to_owned()))).unwrap();
    let findings = examine(&Ok(config)).await;
    let wrong = wrong(&findings);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong.iter().any(|words| words.contains("correct BATON_DATABASE_URL")), "{wrong:?}");
    assert!(wrong.iter().any(|words| words.contains("correct BATON_REDIS_URL")), "{wrong:?}");
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_all_that_is_looked_at() {
    let findings = examine(&Err(Faults(vec!["BATON_LISTEN is odd.".to_owned(), "BATON_LOG is odd.".to_owned()]))).await;
    assert_eq!(wrong(&findings), ["BATON_LISTEN is odd.", "BATON_LOG is odd."]);
}

const PAUSED: &str = r#"
    INSERT INTO workspaces (id, name) VALUES ('{i}', 'Harbour');
    INSERT INTO teams (workspace_id, id, name) VALUES ('{i}', '{i}', 'Sales');
    INSERT INTO queues (workspace_id, id, key, name, team_id, hours) VALUES ('{i}', '{i}', 'sales', 'Sales', '{i}', '{}');
    INSERT INTO apps (app_id, app_secret, verify_token) VALUES ('1', 'secret', 'token');
    INSERT INTO inboxes (workspace_id, id, name, channel, default_queue_id) VALUES ('{i}', '{i}', 'Main', 'whatsapp', '{i}');
    INSERT INTO whatsapp_numbers (workspace_id, inbox_id, app_id, phone_number_id, waba_id, display_phone_number, access_token)
    VALUES ('{i}', '{i}', '1', '2001', '1', '+34 600 000 000', 'token');
    INSERT INTO allowances (workspace_id, inbox_id, paused_until, pause_reason)
    VALUES ('{i}', '{i}', now() + interval '5 minutes', '{"code": 190, "title": "Session has expired"}');"#;

#[tokio::test]
async fn a_number_that_sends_nothing_is_named_by_its_id_with_what_to_do() {
    let world = World::start("paused", Durability::GivenUp);
    world.migrate().await;
    let id = "0190a1b2-0000-7000-8000-000000000001";
    let store = Store::new(&world.database_url, 2, keys()).unwrap();
    store.client().await.unwrap().batch_execute(&PAUSED.replace("{i}", id)).await.unwrap();
    let told = world.config(&[("BATON_SKIP_DURABILITY_CHECK", "true"), ("BATON_GRAPH_URL", "http://127.0.0.1:1")]);
    let findings = examine(&Ok(told)).await;
    let wrong = wrong(&findings);
    let words = wrong.iter().find(|words| words.contains("190")).unwrap_or_else(|| panic!("{wrong:?}"));
    assert!(words.contains(id) && words.contains(&format!("baton inbox update --inbox {id}")), "{words}");
    assert!(!words.contains("+34") && !words.contains("2001"), "{words}");
}
