//! A private PostgreSQL on a Unix socket, from the programs installed on this machine.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::config::program_folders;

use super::place::{Place, remove};
use super::process::{self, Process, Signal};

/// How long it may take to be ready: after a crash it reads its log first.
const START: Duration = Duration::from_secs(60);

/// How long the one of a run that was killed may take to end.
const PREDECESSOR: Duration = Duration::from_secs(60);

const OLDEST_VERSION: u32 = 14;

/// Whether commits must survive a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Kept,
    /// Faster; for tests whose data nobody will miss.
    GivenUp,
}

/// A running server; stopped when dropped, and when this process ends in any other way.
#[derive(Debug)]
pub struct Server {
    process: Process,
    url: String,
}

/// `postgres`, `initdb` and `pg_ctl` of one version.
struct Programs {
    folder: PathBuf,
    version: u32,
}

impl Server {
    /// Starts the server whose files are in `place`, making them the first time. Waits for one that a killed run left behind.
    ///
    /// # Errors
    /// In one sentence that says what to do.
    pub fn start(place: &Place, durability: Durability, settings: &[(&str, &str)]) -> Result<Self> {
        let cluster = cluster(place);
        let programs = Programs::find(version_of(&cluster))?;
        wait_for_predecessor(&cluster, &place.sockets)?;
        if !cluster.exists() {
            programs.make_cluster(place, &cluster, durability)?;
        }
        let log = place.log("postgres");
        let arguments = arguments(&cluster, &place.sockets, durability, settings);
        let postgres = programs.folder.join("postgres");
        let mut process = Process::start("PostgreSQL", &place.account, &postgres, &arguments, Signal::Interrupt, &log)?;
        process.wait_until_ready(START, &log, || is_ready(&cluster))?;
        Ok(Self { process, url: url(&place.sockets) })
    }

    /// Where it is, for `BATON_DATABASE_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The number of its first process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }
}

/// Removes what the server of `place` kept, once one that a killed run left behind has closed.
///
/// # Errors
/// In one sentence.
pub fn forget(place: &Place) -> Result<()> {
    let cluster = cluster(place);
    wait_for_predecessor(&cluster, &place.sockets)?;
    remove(&cluster)
}

/// The address of the server whose socket is in `sockets`.
#[must_use]
pub fn url(sockets: &Path) -> String {
    let host: String = url::form_urlencoded::byte_serialize(sockets.as_os_str().as_encoded_bytes()).collect();
    format!("postgresql://baton@{}/postgres", host.replace('+', "%20"))
}

impl Programs {
    /// Those of `wanted` where files of that version exist, else the first on the path, else the newest that Debian installed.
    fn find(wanted: Option<u32>) -> Result<Self> {
        let found: Vec<Self> = folders().into_iter().filter_map(Self::in_folder).collect();
        match (wanted, found.is_empty()) {
            (_, true) => bail!("PostgreSQL is not installed; `apt-get install postgresql` installs it, or set BATON_DATABASE_URL"),
            (Some(wanted), false) => found.into_iter().find(|programs| programs.version == wanted).map_or_else(
                || bail!("the demo's data was written by PostgreSQL {wanted}, which is no longer installed; start over with `--fresh`"),
                Ok,
            ),
            (None, false) => found.into_iter().find(|programs| programs.version >= OLDEST_VERSION).map_or_else(
                || bail!("the PostgreSQL installed here is older than {OLDEST_VERSION}; install a newer one, or set BATON_DATABASE_URL"),
                Ok,
            ),
        }
    }

    fn in_folder(folder: PathBuf) -> Option<Self> {
        if !["postgres", "initdb"].iter().all(|name| folder.join(name).is_file()) {
            return None;
        }
        // `postgres (PostgreSQL) 15.18 (Debian …)`
        let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let version = text.split_whitespace().nth(2)?.split(['.', 'b', 'r', 'd']).next()?.parse().ok()?;
        Some(Self { folder, version })
    }

    /// Made beside and moved into place when whole, so that a start that was cut off leaves nothing half-made.
    fn make_cluster(&self, place: &Place, cluster: &Path, durability: Durability) -> Result<()> {
        let unfinished = cluster.with_extension("new");
        if !process::wait_until(PREDECESSOR, || remove(&unfinished).is_ok()) {
            remove(&unfinished)?;
        }
        place.account.make_folder(&unfinished)?;
        let mut arguments =
            vec!["--username=baton", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions", "--pgdata"];
        let folder = unfinished.to_string_lossy();
        arguments.push(&folder);
        if durability == Durability::GivenUp {
            arguments.push("--no-sync");
        }
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        process::run(&place.account, &self.folder.join("initdb"), &arguments)?;
        Ok(fs::rename(&unfinished, cluster)?)
    }
}

fn cluster(place: &Place) -> PathBuf {
    place.databases.join("postgres")
}

/// Where the programs may be.
fn folders() -> Vec<PathBuf> {
    let mut folders = program_folders();
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().and_then(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))))
        .collect();
    debian.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    folders.extend(debian.into_iter().map(|(_, folder)| folder));
    folders
}

fn version_of(cluster: &Path) -> Option<u32> {
    fs::read_to_string(cluster.join("PG_VERSION")).ok()?.trim().parse().ok()
}

fn arguments(cluster: &Path, sockets: &Path, durability: Durability, settings: &[(&str, &str)]) -> Vec<String> {
    let mut arguments = vec!["-D".to_owned(), cluster.to_string_lossy().into_owned(), "-p".to_owned(), "5432".to_owned()];
    let mut set = |name: &str, value: &str| arguments.extend(["-c".to_owned(), format!("{name}={value}")]);
    set("listen_addresses", "");
    set("unix_socket_directories", &format!("\"{}\"", sockets.display()));
    set("unix_socket_permissions", "0700");
    set("max_connections", "120");
    set("shared_buffers", "256MB");
    set("effective_cache_size", "1GB");
    set("random_page_cost", "1.1");
    set("jit", "off");
    set("wal_level", "minimal");
    set("max_wal_senders", "0");
    set("max_wal_size", "2GB");
    set("checkpoint_timeout", "15min");
    set("log_checkpoints", "off");
    if durability == Durability::GivenUp {
        ["fsync", "full_page_writes", "synchronous_commit"].iter().for_each(|name| set(name, "off"));
    }
    settings.iter().for_each(|(name, value)| set(name, value));
    arguments
}

/// A run that was killed took its server with it, but a server needs a moment to close. One that was killed itself leaves its
/// number behind, which PostgreSQL would take for a living process when another one, or a corpse, bears it now.
fn wait_for_predecessor(cluster: &Path, sockets: &Path) -> Result<()> {
    let pid_file = cluster.join("postmaster.pid");
    if let Some(predecessor) = process_in(&pid_file) {
        let is_there =
            || process::is_running(predecessor) && fs::read_link(format!("/proc/{predecessor}/cwd")).is_ok_and(|folder| folder == cluster);
        if !process::wait_until(PREDECESSOR, || !is_there()) {
            bail!("the PostgreSQL of an earlier run (process {predecessor}) is still running; stop it with `kill -INT {predecessor}`");
        }
    }
    for left in [pid_file, sockets.join(".s.PGSQL.5432.lock")] {
        match fs::remove_file(&left) {
            Err(error) if error.kind() != ErrorKind::NotFound => bail!("{} cannot be removed: {error}", left.display()),
            _ => {}
        }
    }
    Ok(())
}

/// The first line of the server's own file.
fn process_in(pid_file: &Path) -> Option<u32> {
    fs::read_to_string(pid_file).ok()?.lines().next()?.trim().parse().ok()
}

/// The eighth line of the server's own file says how far it is.
fn is_ready(cluster: &Path) -> bool {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).unwrap_or_default();
    text.lines().nth(7).is_some_and(|state| state.trim() == "ready")
}
