//! The PostgreSQL and the Redis of one world: private processes, made from a migrated template in a moment.

#[path = "keys.rs"]
pub mod keys;

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use baton::demo::place::{Place, remove};
use baton::demo::postgres::{self, Durability};
use baton::demo::process::{is_running, wait_until};
use baton::demo::redis;
use baton::store::Store;

/// Longest wait for a process to end or a folder to be free.
const SOON: Duration = Duration::from_secs(20);

/// A file system in memory, and how many mebibytes of it several worlds at once need.
const MEMORY: &str = "/dev/shm";
const PLENTY: u64 = 6 * 1024;

/// Where the template of all worlds is, and those that need a disk.
fn worlds() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("worlds")
}

/// Where worlds live whose data nobody will miss: in memory, if there is plenty. A file system that is nearly full takes seconds to
/// make the thousand files of a cluster.
fn quick_worlds() -> PathBuf {
    static CHOSEN: OnceLock<PathBuf> = OnceLock::new();
    let of_this_user = || format!("baton-worlds-{}", fs::metadata("/proc/self").map_or(0, |process| process.uid()));
    let chosen = || if free_mebibytes(MEMORY) >= PLENTY { Path::new(MEMORY).join(of_this_user()) } else { worlds() };
    CHOSEN.get_or_init(chosen).clone()
}

fn free_mebibytes(folder: &str) -> u64 {
    let shown = Command::new("df").args(["-m", "--output=avail", folder]).output();
    let text = shown.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().nth(1).and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}

/// Both servers, and the folder they live in; gone when dropped.
pub struct Servers {
    place: Place,
    durability: Durability,
    postgres: Option<postgres::Server>,
    redis: Option<redis::Server>,
}

impl Servers {
    /// Starts both with an empty, migrated database.
    pub async fn start(durability: Durability) -> Self {
        let template = template().await;
        let place = Place::prepare(&fresh_folder(durability)).unwrap();
        copy(&template.join("postgres"), &place.databases.join("postgres"));
        let mut servers = Self { place, durability, postgres: None, redis: None };
        servers.start_postgres();
        servers.start_redis();
        servers
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    pub fn database_url(&self) -> String {
        postgres::url(&self.place.sockets)
    }

    pub fn redis_url(&self) -> String {
        redis::url(&self.place.sockets).unwrap()
    }

    /// Whether commits survive a power cut here.
    pub fn is_durable(&self) -> bool {
        self.durability == Durability::Kept
    }

    pub fn start_postgres(&mut self) {
        self.postgres = Some(postgres::Server::start(&self.place, self.durability, &[]).unwrap());
    }

    /// Stops PostgreSQL at once: every connection breaks, and the next start recovers from its log.
    pub fn kill_postgres(&mut self) {
        let server = self.postgres.take().expect("PostgreSQL runs");
        signal("QUIT", server.process_id());
        drop(server);
    }

    pub fn start_redis(&mut self) {
        self.redis = Some(redis::Server::start(&self.place).unwrap());
    }

    /// Stops Redis with everything that was in it.
    pub fn kill_redis(&mut self) {
        let server = self.redis.take().expect("Redis runs");
        signal("KILL", server.process_id());
        drop(server);
    }

    /// PostgreSQL stands still, with every connection as it is.
    pub fn freeze_postgres(&self) {
        self.to_postgres("STOP");
    }

    pub fn thaw_postgres(&self) {
        self.to_postgres("CONT");
    }

    /// The server and the processes of its connections.
    fn to_postgres(&self, name: &str) {
        let first = self.postgres.as_ref().expect("PostgreSQL runs").process_id();
        let status = Command::new("pkill").args([&format!("-{name}"), "-P", &first.to_string()]).status().unwrap();
        assert!(status.success(), "PostgreSQL has no processes to get {name}");
        send(name, first);
    }

    /// Redis stands still: it neither answers nor ends a connection.
    pub fn freeze_redis(&self) {
        send("STOP", self.redis.as_ref().expect("Redis runs").process_id());
    }

    pub fn thaw_redis(&self) {
        send("CONT", self.redis.as_ref().expect("Redis runs").process_id());
    }

    /// Empties Redis while it runs.
    pub async fn flush_redis(&self) {
        let client = ::redis::Client::open(self.redis_url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        ::redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await.unwrap();
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.redis.take());
        drop(self.postgres.take());
        for folder in [&self.place.sockets, &self.place.databases, &self.place.folder] {
            remove(folder).ok();
        }
    }
}

/// Sends a signal to one process.
pub fn send(name: &str, id: u32) {
    let status = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &id.to_string()]).status().unwrap();
    assert!(status.success(), "process {id} was not there to get {name}");
}

/// Sends a signal to one process and waits until it is gone.
pub fn signal(name: &str, id: u32) {
    send(name, id);
    assert!(wait_until(SOON, || !is_running(id)), "process {id} did not end at {name}");
}

/// A folder that bears the number of this process, so that one that a killed test left behind is known for what it is.
fn fresh_folder(durability: Durability) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let worlds = match durability {
        Durability::Kept => worlds(),
        Durability::GivenUp => quick_worlds(),
    };
    worlds.join(format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// A cluster with the schema of today, made once for all tests; answers the folder that holds its `postgres/`.
async fn template() -> PathBuf {
    fs::create_dir_all(worlds()).unwrap();
    let lock = File::create(worlds().join("lock")).unwrap();
    lock.lock().unwrap();
    forget_the_dead(&worlds());
    forget_the_dead(&quick_worlds());
    let name = format!("template-{:016x}", schema());
    let ready = worlds().join(&name).join("ready");
    let place = Place::prepare(&worlds().join(&name)).unwrap();
    if !ready.exists() {
        let server = postgres::Server::start(&place, Durability::GivenUp, &[]).unwrap();
        Store::new(server.url(), 2, keys::keys()).unwrap().migrate().await.unwrap();
        drop(server);
        File::create(ready).unwrap();
    }
    place.databases
}

/// Different for every schema.
fn schema() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}

fn forget_the_dead(worlds: &Path) {
    for entry in fs::read_dir(worlds).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner: Option<u32> = name.split_once('-').and_then(|(id, _)| id.parse().ok());
        if owner.is_some_and(|id| !is_running(id)) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// As it is, with its owner.
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").args(["-a", "--reflink=auto"]).arg(from).arg(to).status().unwrap();
    assert!(status.success(), "{} cannot be copied", from.display());
}
