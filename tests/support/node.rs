//! `baton serve` as a process of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use baton::demo::account::Account;
use baton::demo::process::{Process, Signal, is_running, wait_until};

use super::ports;
use super::servers::keys::SECRET_KEYS;
use super::servers::{Servers, send, signal};
use super::waiting::eventually;

/// Longest wait for a node to serve in a debug build on a busy machine.
const START: Duration = Duration::from_secs(20);

/// Lines of a log that are shown when a test fails.
const SHOWN: usize = 25;

/// What programs send that read the figures of a node.
pub const METRICS_TOKEN: &str = "figures-for-the-tests";

/// Which half of the outside a node listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Both,
    Web,
    Workers,
}

/// One node; killed when dropped.
pub struct Node {
    pub address: SocketAddr,
    name: String,
    side: Side,
    environment: Vec<String>,
    /// The program.
    build: String,
    /// A program that starts ours, with its arguments.
    starter: Vec<String>,
    log: PathBuf,
    starts: u32,
    process: Option<Process>,
}

impl Node {
    /// A node that has not been started.
    pub fn new(name: &str, side: Side, servers: &Servers, graph_url: &str) -> Self {
        let address = ports::free();
        let folder = &servers.place().folder;
        let set = |name: &str, value: &str| format!("{name}={value}");
        let environment = vec![
            set("BATON_DATABASE_URL", &format!("{}?application_name={name}", servers.database_url())),
            set("BATON_REDIS_URL", &servers.redis_url()),
            set("BATON_SECRET_KEYS", SECRET_KEYS),
            set("BATON_LISTEN", &address.to_string()),
            set("BATON_GRAPH_URL", graph_url),
            set("BATON_MEDIA_URL", &folder.join("media").to_string_lossy()),
            set("BATON_LOG", "warn"),
            set("BATON_NODE", name),
            set("BATON_METRICS_TOKEN", METRICS_TOKEN),
            set("BATON_SKIP_DURABILITY_CHECK", if servers.is_durable() { "false" } else { "true" }),
        ];
        let (name, log) = (name.to_owned(), folder.join("log"));
        Self { address, name, side, environment, build: binary(), starter: Vec::new(), log, starts: 0, process: None }
    }

    /// From its next start on it may have so many descriptors open, and may raise that to `at_most`.
    pub fn may_open(&mut self, descriptors: usize, at_most: usize) {
        self.starter = vec!["prlimit".to_owned(), format!("--nofile={descriptors}:{at_most}")];
    }

    /// Is of another build from its next start on.
    pub fn is_built_as(&mut self, program: &str) {
        program.clone_into(&mut self.build);
    }

    /// Starts with this setting from its next start on.
    pub fn is_set(&mut self, name: &str, value: &str) {
        self.environment.push(format!("{name}={value}"));
    }

    /// Starts it and waits until it serves; answers how long that took.
    pub async fn start(&mut self) -> Duration {
        let began = Instant::now();
        self.launch();
        let ready = format!("http://{}/readyz", self.address);
        let http = reqwest::Client::new();
        eventually(&format!("{} serves", self.name), START, async || {
            http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        began.elapsed()
    }

    /// Starts it, whether it will serve or not.
    pub fn launch(&mut self) {
        self.starts += 1;
        let program = Path::new("/usr/bin/env");
        let mut arguments = self.environment.clone();
        arguments.extend(self.starter.clone());
        arguments.push(self.build.clone());
        arguments.push("serve".to_owned());
        arguments.extend(match self.side {
            Side::Both => None,
            Side::Web => Some("--web".to_owned()),
            Side::Workers => Some("--workers".to_owned()),
        });
        let log = self.log();
        self.process = Some(Process::start("baton", &Account::Own, program, &arguments, Signal::Terminate, &log).unwrap());
    }

    /// Runs with a clock that is so many seconds ahead, from its next start on.
    pub fn has_clock_ahead_by(&mut self, seconds: i64) {
        let libraries =
            ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"].map(|folder| format!("{folder}/faketime/libfaketime.so.1"));
        let library = libraries.iter().find(|library| Path::new(library).exists()).expect("libfaketime is installed by bin/setup --test");
        let pairs = [("LD_PRELOAD", library.clone()), ("FAKETIME", format!("+{seconds}s")), ("DONT_FAKE_MONOTONIC", "1".to_owned())];
        self.environment.extend(pairs.map(|(name, value)| format!("{name}={value}")));
    }

    /// Its name, also among the connections of PostgreSQL.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Stands still, wherever it is, until it is thawed.
    pub fn freeze(&self) {
        send("STOP", self.process().id());
    }

    pub fn thaw(&self) {
        send("CONT", self.process().id());
    }

    /// Memory it holds, in bytes.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process().id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a process holds memory");
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// What `/readyz` says: the status and the rest.
    pub async fn readiness(&self) -> (u16, serde_json::Value) {
        let answer = reqwest::get(self.url("/readyz")).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Asks it to stop; answers how long it took.
    pub fn stops(&mut self, limit: Duration) -> Duration {
        let id = self.process().id();
        let began = Instant::now();
        send("TERM", id);
        assert!(wait_until(limit, || !is_running(id)), "{} still runs {limit:?} after it was asked to stop", self.name);
        drop(self.process.take());
        began.elapsed()
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("the node runs")
    }

    /// kill -9.
    pub fn kill(&mut self) {
        let process = self.process.take().expect("the node runs");
        signal("KILL", process.id());
        drop(process);
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(&mut self) {
        drop(self.process.take());
    }

    /// What a command says that an administrator types on this node's machine.
    pub async fn runs(&self, arguments: &[&str]) -> String {
        let mut command = tokio::process::Command::new("/usr/bin/env");
        let output = command.args(&self.environment).arg(&self.build).args(arguments).output().await.unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The number of its process.
    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("the node runs").id()
    }

    /// A figure of the system about its process, such as `VmRSS` (in kB) of `status`.
    pub fn figure(&self, file: &str, name: &str) -> usize {
        let text = std::fs::read_to_string(format!("/proc/{}/{file}", self.process_id())).unwrap();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
        line[name.len()..].split_whitespace().find_map(|word| word.trim_end_matches(':').parse().ok()).unwrap_or_else(|| panic!("{line}"))
    }

    /// Memory that it holds, in bytes.
    pub fn resident(&self) -> usize {
        self.figure("status", "VmRSS:") * 1024
    }

    pub fn threads(&self) -> usize {
        self.figure("status", "Threads:")
    }

    /// The most memory that it held since [`Node::forgets_its_peak`], in bytes.
    pub fn peak(&self) -> usize {
        self.figure("status", "VmHWM:") * 1024
    }

    pub fn forgets_its_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.process_id()), "5").unwrap();
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn log(&self) -> PathBuf {
        self.log.join(format!("{}-{}.log", self.name, self.starts))
    }

    /// Everything that its latest process said.
    pub fn words(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The end of what its processes said.
    pub fn last_words(&self) -> String {
        let of = |start| format!("{}-{start}", self.name);
        (1..=self.starts).map(|start| last_lines(&of(start), &self.log.join(format!("{}.log", of(start))))).collect()
    }
}

/// The end of a log, each line with the name of who said it.
pub fn last_lines(name: &str, log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN)..]
        .iter()
        .map(|line| format!("{name}: {}\n", line.chars().take(600).collect::<String>()))
        .collect()
}

/// The program under test: the one built with the tests, or another build of it.
fn binary() -> String {
    std::env::var("BATON_TEST_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_baton").to_owned())
}
