//! Every statement of the store, against the migrated database: PostgreSQL understands it, on a large data set it reads no table from
//! end to end, and every index serves one.

#[path = "statements/distribution.rs"]
mod distribution;
#[path = "statements/large.rs"]
mod large;
#[path = "statements/plans.rs"]
mod plans;
#[path = "statements/registry.rs"]
mod registry;
#[allow(dead_code, reason = "shared with the scenarios")]
#[path = "support/servers.rs"]
mod servers;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use baton::demo::postgres::Durability;
use baton::store::Store;

use servers::Servers;
use servers::keys::keys;

#[test]
fn every_file_with_statements_is_in_the_registry() {
    let mut declaring = BTreeSet::new();
    let mut folders = vec!["src".into()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join::<&PathBuf>(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if fs::read(entry.path()).unwrap().split(|byte| *byte == b'\n').any(|line| line.starts_with(b"crate::statements!")) {
                declaring.insert(path.to_string_lossy().into_owned());
            }
        }
    }
    let known: BTreeSet<String> = registry::ALL.iter().map(|file| registry::path(file.name)).collect();
    assert_eq!(declaring, known, "tests/statements/registry.rs names every file that declares statements");
}

#[tokio::test]
async fn postgresql_understands_every_statement() {
    let servers = Servers::start(Durability::GivenUp).await;
    let store = Store::new(&servers.database_url(), 2, keys()).unwrap();
    let client = store.client().await.unwrap();
    let mut faults = Vec::new();
    for file in registry::ALL {
        for statement in file.statements {
            if let Err(error) = client.prepare(statement.sql).await {
                faults.push(format!("{}: {}: {error:?}", registry::path(file.name), statement.name));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[tokio::test]
async fn the_rows_of_a_workspace_can_live_apart_from_those_of_the_others() {
    let servers = Servers::start(Durability::GivenUp).await;
    let store = Store::new(&servers.database_url(), 2, keys()).unwrap();
    let client = store.client().await.unwrap();
    assert_eq!(distribution::faults(&client).await, [""; 0]);
    // Each kind of fault is found.
    let planted = "
        CREATE TABLE lamps (id uuid PRIMARY KEY);
        CREATE TABLE shades (workspace_id uuid NOT NULL, name text UNIQUE, team_id uuid);
        CREATE UNIQUE INDEX teams_alone ON teams (id);
        ALTER TABLE shades ADD CONSTRAINT shades_of_teams FOREIGN KEY (team_id) REFERENCES teams (id)";
    client.batch_execute(planted).await.unwrap();
    let found = distribution::faults(&client).await.join("; ");
    for fault in [
        "lamps has no workspace_id that is never missing",
        "shades has no primary key",
        "shades_of_teams refers to rows of any workspace",
        "teams_alone is unique beyond a workspace",
        "lamps_pkey is unique beyond a workspace",
        "shades_name_key is unique beyond a workspace",
    ] {
        assert!(found.contains(fault), "{fault} is not found: {found}");
    }
}

#[tokio::test]
async fn no_statement_reads_a_large_table_from_end_to_end_and_no_index_is_idle() {
    let servers = Servers::start(Durability::GivenUp).await;
    let store = Store::new(&servers.database_url(), 2, keys()).unwrap();
    let client = store.client().await.unwrap();
    large::load(&client).await;
    client.batch_execute("SET plan_cache_mode = force_generic_plan; SET jit = off").await.unwrap();
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    for file in registry::ALL {
        for statement in file.statements {
            faults.extend(plans::faults(&client, file.name, statement).await);
            used.extend(plans::indexes(&client, statement).await);
        }
    }
    faults.extend(plans::idle_excuses());
    let indexes = client.query(INDEXES, &[]).await.unwrap();
    let idle = indexes.iter().map(|row| row.get::<_, String>(0)).filter(|index| !used.contains(index));
    faults.extend(idle.map(|index| format!("migrations: {index} serves no statement; every write pays for it")));
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[tokio::test]
async fn no_statement_looks_for_one_row_among_all_because_it_was_planned_when_there_was_none() {
    let servers = Servers::start(Durability::GivenUp).await;
    let store = Store::new(&servers.database_url(), 2, keys()).unwrap();
    store.migrate().await.unwrap();
    let client = store.client().await.unwrap();
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    let mut faults = Vec::new();
    for file in registry::ALL {
        for statement in file.statements {
            faults.extend(plans::faults_at_first(&client, file.name, statement).await);
        }
    }
    // A page asks for it every second, long before anybody has looked at the table.
    let of_floor = baton::store::floor::STATEMENTS.iter().find(|statement| statement.name == "QUEUES").unwrap();
    let found_by = plans::indexes(&client, of_floor).await;
    if !found_by.contains(&"conversations_waiting".to_owned()) {
        faults.push(format!("store/floor.rs: QUEUES finds those who wait by {found_by:?}"));
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    let planted = "
        WITH ready AS (
            SELECT message_id
            FROM outbox
            WHERE workspace_id = $1 AND inbox_id = $2 AND state = 'queued'
            ORDER BY priority, position
            LIMIT 1
            FOR UPDATE SKIP LOCKED)
        UPDATE outbox SET attempts = 0 FROM ready WHERE outbox.workspace_id = $1 AND outbox.message_id = ready.message_id";
    let planted = baton::store::Statement { name: "PLANTED", sql: planted };
    assert!(!plans::faults_at_first(&client, "planted", &planted).await.is_empty(), "the planted fault was not found");
}

#[tokio::test]
async fn no_table_in_which_work_waits_is_taken_from_those_who_work_to_make_it_shorter() {
    let servers = Servers::start(Durability::GivenUp).await;
    let store = Store::new(&servers.database_url(), 2, keys()).unwrap();
    store.migrate().await.unwrap();
    let may_be = "SELECT name FROM UNNEST($1::text[]) AS name WHERE NOT EXISTS (
        SELECT FROM pg_class WHERE relname = name AND reloptions @> '{vacuum_truncate=off}') ORDER BY name";
    let come_and_go: Vec<&str> = plans::CHURNED.iter().copied().chain(["payloads", "workspaces"]).collect();
    let rows = store.client().await.unwrap().query(may_be, &[&come_and_go]).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(found, ["workspaces"], "and a table where nothing comes and goes would be found");
}

/// Indexes that are there for reading only.
const INDEXES: &str = "
    SELECT indexrelid::regclass::text
    FROM pg_index
    JOIN pg_class AS own ON own.oid = indrelid
    WHERE own.relnamespace = 'public'::regnamespace AND NOT indisunique
    ORDER BY 1";

#[tokio::test]
async fn a_statement_that_reads_a_table_from_end_to_end_would_be_found() {
    let servers = Servers::start(Durability::GivenUp).await;
    let store = Store::new(&servers.database_url(), 2, keys()).unwrap();
    let client = store.client().await.unwrap();
    large::load(&client).await;
    client.batch_execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    let planted = [
        "SELECT id FROM messages WHERE workspace_id = $1 AND reply_to = $2",
        "SELECT seq FROM payloads WHERE sorted_at < $1 ORDER BY seq LIMIT 1000",
        "SELECT count(*) FROM conversations WHERE workspace_id = $1",
        "UPDATE outbox SET attempts = 0 WHERE lease_until < $1",
    ];
    for sql in planted {
        let statement = baton::store::Statement { name: "PLANTED", sql };
        assert!(!plans::faults(&client, "planted", &statement).await.is_empty(), "{sql} was not found");
    }
}

#[tokio::test]
async fn connections_compile_no_plan_and_take_every_index() {
    let servers = Servers::start(Durability::GivenUp).await;
    let store = Store::new(&servers.database_url(), 2, keys()).unwrap();
    let settings =
        "SELECT name || '=' || setting FROM pg_settings WHERE name IN ('jit', 'enable_seqscan') AND source = 'client' ORDER BY name";
    let rows = store.client().await.unwrap().query(settings, &[]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(), ["enable_seqscan=off", "jit=off"]);
}

#[tokio::test]
async fn a_table_that_cannot_be_looked_at_keeps_no_other_waiting() {
    let servers = Servers::start(Durability::GivenUp).await;
    let store = Store::new(&servers.database_url(), 2, keys()).unwrap();
    let client = store.client().await.unwrap();
    // Looking at it computes what its index holds, and that fails by now.
    let planted = "
        CREATE FUNCTION of_it(number integer) RETURNS integer IMMUTABLE LANGUAGE sql RETURN number;
        CREATE TABLE aching (number integer);
        CREATE TABLE healthy (number integer);
        CREATE INDEX aching_by_it ON aching (of_it(number));
        INSERT INTO aching SELECT generate_series(1, 1000);
        INSERT INTO healthy SELECT generate_series(1, 1000);
        CREATE OR REPLACE FUNCTION of_it(number integer) RETURNS integer IMMUTABLE LANGUAGE sql RETURN number / 0;
        SELECT pg_stat_force_next_flush()";
    client.batch_execute(planted).await.unwrap();
    assert!(store.tend_tables().await.is_err(), "what failed is told");
    let known = client.query_one("SELECT reltuples::bigint FROM pg_class WHERE relname = 'healthy'", &[]).await.unwrap();
    assert_eq!(known.get::<_, i64>(0), 1000);
}
