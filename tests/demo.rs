//! `baton demo` as a person runs it: a process in a folder. Started, killed, started again, started over.
//!
//! Needs the program `simulator` beside `baton` (`cargo build -p simulator`).

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use baton::config::Config;
use baton::demo::home::Home;
use baton::demo::place::Place;
use baton::demo::process::{is_running, wait_until};
use baton::domain::access::Role;
use baton::domain::ids::{UserId, WorkspaceId};
use baton::store::Store;
use baton::store::apps::App;
use baton::store::sealed::Keys;
use baton::store::users::NewUser;
use uuid::Uuid;

/// Longest wait for something that is bound to happen.
const SOON: Duration = Duration::from_secs(30);

/// A folder that a demo runs in; removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("demo-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
        command.current_dir(&self.0).args(["demo", "--port", "0", "--simulator-port", "0"]).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BATON_")) {
            command.env_remove(name);
        }
        command
    }

    /// A demo with a past of a few conversations, which is made up faster.
    fn demo(&self, more: &[&str]) -> Demo {
        Demo::of(self.command(&[more, &["--past", "20"]].concat()))
    }

    /// Where its servers are: not below the folder when the account they run as cannot get there.
    fn place(&self) -> Place {
        Place::prepare(&self.0.join("var")).unwrap()
    }

    fn socket(&self, name: &str) -> PathBuf {
        self.place().sockets.join(name)
    }

    fn database(&self) -> String {
        baton::demo::postgres::url(&self.place().sockets)
    }

    /// As the demo that runs here reads and writes.
    fn store(&self) -> Store {
        let key = std::fs::read_to_string(self.0.join("var/secret-key")).unwrap();
        let pairs = [("BATON_DATABASE_URL", self.database()), ("BATON_REDIS_URL", "redis://unused".to_owned()), ("BATON_SECRET_KEYS", key)];
        let config = Config::from_pairs(&pairs).unwrap();
        Store::new(&config.database_url, 1, Keys::new(&config.secret_keys).unwrap()).unwrap()
    }

    fn postmaster(&self) -> u32 {
        let file = std::fs::read_to_string(self.place().databases.join("postgres/postmaster.pid")).unwrap();
        file.lines().next().unwrap().parse().unwrap()
    }

    /// Nothing that the demo started is there any more.
    fn is_quiet(&self, demo: &Demo, postmaster: u32) -> bool {
        let is_deaf = |name| UnixStream::connect(self.socket(name)).is_err();
        !is_running(postmaster) && is_deaf(".s.PGSQL.5432") && is_deaf("redis.sock") && TcpStream::connect(demo.phones).is_err()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let Place { databases, sockets, .. } = self.place();
        for folder in [databases, sockets, self.0.clone()] {
            assert!(wait_until(SOON, || baton::demo::place::remove(&folder).is_ok()), "{} cannot be removed", folder.display());
        }
    }
}

/// A demo that said it runs.
struct Demo {
    child: Child,
    inbox: SocketAddr,
    phones: SocketAddr,
    /// Everything it printed by then.
    said: String,
}

impl Demo {
    fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !said.contains("Ctrl+C stops everything") {
            if lines.read_line(&mut said).unwrap() == 0 {
                let mut fault = String::new();
                child.stderr.take().unwrap().read_to_string(&mut fault).unwrap();
                panic!("the demo ended: {said}{fault}");
            }
        }
        let address = |label: &str| {
            let line = said.lines().find(|line| line.trim_start().starts_with(label)).unwrap();
            line.split("http://").nth(1).unwrap().split('/').next().unwrap().parse().unwrap()
        };
        Self { inbox: address("Inbox"), phones: address("Phones"), said, child }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn interrupt(&mut self) -> ExitStatus {
        Command::new("sh").args(["-c", "kill -s INT \"$0\"", &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// One line of figures of a demo's database.
async fn ask(url: &str, sql: &str) -> Vec<i64> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let talking = tokio::spawn(connection);
    let row = client.query_one(sql, &[]).await.unwrap();
    drop(client);
    talking.await.unwrap().unwrap();
    (0..row.len()).map(|column| row.get(column)).collect()
}

#[tokio::test]
async fn a_demo_that_is_killed_takes_everything_with_it_and_comes_back_with_its_data() {
    let folder = Folder::new("killed");
    let mut demo = folder.demo(&[]);
    assert!(demo.said.contains("ana@example.com") && demo.said.contains("baton-demo"), "{}", demo.said);
    assert_ne!(demo.inbox, demo.phones);
    ask(&folder.database(), "WITH gone AS (DELETE FROM canned_replies RETURNING 1) SELECT count(*) FROM gone").await;
    let postmaster = folder.postmaster();
    demo.kill();
    assert!(wait_until(SOON, || folder.is_quiet(&demo, postmaster)), "something outlived the demo");

    let mut demo = folder.demo(&[]);
    assert_eq!(ask(&folder.database(), "SELECT count(*), (SELECT count(*) FROM canned_replies) FROM workspaces").await, [1, 0]);
    let postmaster = folder.postmaster();
    assert!(demo.interrupt().success());
    assert!(folder.is_quiet(&demo, postmaster), "a demo that was asked to stop leaves nothing behind");

    let demo = folder.demo(&["--fresh"]);
    assert_eq!(ask(&folder.database(), "SELECT count(*), (SELECT count(*) FROM canned_replies) FROM workspaces").await, [1, 12]);
    drop(demo);
}

#[tokio::test]
async fn what_somebody_began_with_nothing_goes_on_after_a_restart() {
    let folder = Folder::new("empty");
    let mut demo = folder.demo(&["--empty"]);
    assert!(demo.said.contains("  Begin ") && !demo.said.contains("ana@example.com"), "{}", demo.said);
    // Somebody begins, and brings the app, whose verify token is made then.
    let store = folder.store();
    let workspace = WorkspaceId(Uuid::now_v7());
    store.create_workspace(workspace, "Lamp Shop", "en", "UTC").await.unwrap();
    let email = "olga@example.com".parse().unwrap();
    let (id, role) = (UserId(Uuid::now_v7()), Role::Admin);
    store.create_user(&NewUser { workspace, id, email, name: "Olga", role, password_hash: "nobody's", locale: "en" }).await.unwrap();
    let known = |name: &str| demo.said.split(name).nth(1).unwrap().split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned();
    let (app_id, app_secret) = (known("app "), known("its secret "));
    store.save_app(&App { app_id: app_id.clone(), app_secret, verify_token: "made-here".to_owned() }).await.unwrap();
    drop(store);
    assert!(demo.interrupt().success());

    let demo = folder.demo(&["--empty"]);
    assert!(!demo.said.contains("Sign in with the password"), "nobody of the demo's people is there: {}", demo.said);
    assert!(!demo.said.contains("  Begin ") && demo.said.contains("To connect the number"), "{}", demo.said);
    let (_, challenged_at) = folder.store().app_with_challenge(&app_id).await.unwrap().unwrap();
    assert!(challenged_at.is_some(), "the simulator asked with another token than ours");
}

#[test]
fn a_second_demo_in_the_same_folder_says_so() {
    let folder = Folder::new("second");
    let _first = Home::open(&folder.0.join("var")).unwrap();
    let second = folder.command(&[]).output().unwrap();
    assert!(!second.status.success());
    let fault = String::from_utf8(second.stderr).unwrap();
    let first = std::process::id();
    assert_eq!(fault, format!("baton: a demo already runs in this folder (process {first}); stop it first, or start in another folder\n"));
}

#[test]
fn a_demo_keeps_strangers_out_and_foreign_databases_alone_unless_it_is_told_twice() {
    let folder = Folder::new("strangers");
    let refused = |name: &str, value: &str, flag: &str| {
        let output = folder.command(&[]).env(name, value).output().unwrap();
        assert!(!output.status.success());
        let fault = String::from_utf8(output.stderr).unwrap();
        assert!(fault.contains(name) && fault.contains(flag), "{fault}");
        assert!(!folder.place().databases.join("postgres").exists(), "something was started first");
    };
    for public in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        refused("BATON_LISTEN", public, "--let-strangers-in");
    }
    refused("BATON_DATABASE_URL", "host=/nowhere user=nobody", "--fill-foreign-database");
    let _demo = Demo::of({
        let mut command = folder.command(&["--past", "20", "--let-strangers-in"]);
        command.env("BATON_LISTEN", "0.0.0.0:0");
        command
    });
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = Folder::new("port");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_baton")).current_dir(&folder.0).args(["demo", "--port", &port]).output().unwrap();
    let fault = String::from_utf8(output.stderr).unwrap();
    assert!(fault.contains(&format!("127.0.0.1:{port} is in use by another program")) && fault.contains("`--port`"), "{fault}");
}

#[tokio::test]
async fn the_past_looks_as_if_it_had_happened_and_agrees_with_itself() {
    let folder = Folder::new("past");
    let _demo = Demo::of(folder.command(&[]));
    let url = folder.database();
    let counts = "
        SELECT count(*) FILTER (WHERE state = 'resolved'), count(*) FILTER (WHERE state = 'open'),
               count(*) FILTER (WHERE opened_at < now() - interval '58 days'), count(*) FILTER (WHERE last_message_at > now())
        FROM conversations";
    let counts = ask(&url, counts).await;
    assert_eq!(counts[0], 2_000);
    assert_eq!(counts[1], 10);
    assert!(counts[2] > 0, "nobody wrote in the first days");
    assert_eq!(counts[3], 0, "something happened in the future");
    let people = "SELECT count(*) FILTER (WHERE role = 'agent'), count(*) FILTER (WHERE role = 'supervisor'), count(*) FILTER (WHERE role = 'admin') FROM users";
    assert_eq!(ask(&url, people).await, [6, 2, 1]);
    let set_up =
        "SELECT (SELECT count(*) FROM queues), (SELECT count(*) FROM flows WHERE published_version = 1), (SELECT count(*) FROM inboxes)";
    assert_eq!(ask(&url, set_up).await, [3, 1, 1]);
    for (fault, sql) in [
        (
            "a journal with a gap",
            "SELECT count(*) FROM (SELECT count(*) AS length, max(seq) AS last, last_seq FROM conversations JOIN events
             ON events.workspace_id = conversations.workspace_id AND subject_id = id GROUP BY id, last_seq) AS journal
             WHERE length <> last OR last <> last_seq",
        ),
        (
            "a contact's journal with a gap",
            "SELECT count(*) FROM contacts WHERE last_seq <> (SELECT count(*) FROM events WHERE subject_id = id)
             OR last_seq <> coalesce((SELECT max(seq) FROM events WHERE subject_id = id), 0)",
        ),
        (
            "a conversation without a journal",
            "SELECT count(*) FROM conversations WHERE NOT EXISTS (SELECT FROM events WHERE subject_id = conversations.id)",
        ),
        (
            "an agent whose load is not what they hold",
            "SELECT count(*) FROM agents WHERE load <> (SELECT count(*) FROM conversations WHERE agent_id = user_id) OR load > capacity",
        ),
        ("a message that is still on its way", "SELECT count(*) FROM messages WHERE status NOT IN ('received', 'delivered', 'read')"),
        (
            "a message that its journal does not know",
            "SELECT count(*) FROM messages WHERE NOT EXISTS (SELECT FROM events WHERE events.workspace_id = messages.workspace_id
             AND events.subject_id = messages.conversation_id AND events.seq = messages.seq
             AND events.event->'message'->>'id' = messages.id::text)",
        ),
        ("a session of a flow that is over", "SELECT count(*) FROM flow_sessions"),
        ("a resolved conversation that waits", "SELECT count(*) FROM conversations WHERE state = 'resolved' AND waiting_since IS NOT NULL"),
    ] {
        assert_eq!(ask(&url, sql).await, [0], "{fault}");
    }
}

#[tokio::test]
async fn at_night_agents_hold_what_came_to_the_queue_that_never_closes() {
    let folder = Folder::new("night");
    let hour = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour();
    // West of Greenwich is plus in these names: so many hours that it is between three and four there.
    let west = if hour > 14 { hour - 3 - 24 } else { hour - 3 };
    let mut command = folder.command(&["--past", "20"]);
    command.env("TZ", format!("Etc/GMT{west:+}"));
    let _demo = Demo::of(command);
    let standings = "SELECT count(*) FILTER (WHERE controller = 'agent'), count(*) FILTER (WHERE controller = 'queue') FROM conversations
                     WHERE state = 'open'";
    assert_eq!(ask(&folder.database(), standings).await, [7, 3]);
    let most = "SELECT max(load)::bigint FROM agents";
    assert_eq!(ask(&folder.database(), most).await, [2], "everybody has room for what comes");
}

#[tokio::test]
async fn a_demo_uses_the_database_it_is_given_and_never_empties_it() {
    let (given, folder) = (Folder::new("given"), Folder::new("guest"));
    let place = Place::prepare(&given.0).unwrap();
    let server = baton::demo::postgres::Server::start(&place, baton::demo::postgres::Durability::Kept, &[]).unwrap();
    let mut command = folder.command(&["--past", "20", "--fill-foreign-database"]);
    let demo = Demo::of({
        command.env("BATON_DATABASE_URL", server.url());
        command
    });
    assert_eq!(ask(server.url(), "SELECT count(*) FROM workspaces").await, [1]);
    assert!(!folder.place().databases.join("postgres").exists());
    drop(demo);
    let refused = folder.command(&["--fresh", "--fill-foreign-database"]).env("BATON_DATABASE_URL", server.url()).output().unwrap();
    assert!(String::from_utf8(refused.stderr).unwrap().contains("empty that one yourself"));
    assert_eq!(ask(server.url(), "SELECT count(*) FROM workspaces").await, [1]);
}
