//! Several Redis servers: one with replicas that Sentinels watch over, or a cluster.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton::demo::account::Account;
use baton::demo::process::{Process, Signal};
use redis::aio::MultiplexedConnection;

use super::SOON;
use super::ports;
use super::servers::{send, signal};
use super::waiting::{eventually, found};

/// What Sentinels call the servers they watch.
const NAME: &str = "baton";

/// After how many milliseconds without an answer a server counts as gone.
const GONE_AFTER: &str = "2000";

/// The channel that every node of Baton listens to.
const BUS: &str = "{installation}:bus";

/// A server; stopped when dropped.
pub struct Member {
    pub address: SocketAddr,
    process: Option<Process>,
}

/// Servers that know of each other.
pub struct RedisFarm {
    pub members: Vec<Member>,
    pub sentinels: Vec<Member>,
    folder: PathBuf,
}

impl Member {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let address = ports::free();
        let folder = folder.join(address.port().to_string());
        fs::create_dir_all(&folder).unwrap();
        let port = address.port().to_string();
        let own = folder.to_string_lossy();
        let common = ["--bind", "127.0.0.1", "--port", &port, "--dir", &own, "--save", "", "--appendonly", "no"];
        Self { address, process: Some(launch(&[&common, arguments].concat(), &folder)) }
    }

    fn start_sentinel(folder: &Path, first: SocketAddr) -> Self {
        let address = ports::free();
        let folder = folder.join(address.port().to_string());
        fs::create_dir_all(&folder).unwrap();
        let settings = format!(
            "bind 127.0.0.1\nport {}\ndir {}\nsentinel monitor {NAME} 127.0.0.1 {} 2\nsentinel down-after-milliseconds {NAME} {GONE_AFTER}\n\
             sentinel failover-timeout {NAME} 6000\n",
            address.port(),
            folder.display(),
            first.port()
        );
        let file = folder.join("sentinel.conf");
        fs::write(&file, settings).unwrap();
        Self { address, process: Some(launch(&[&file.to_string_lossy(), "--sentinel"], &folder)) }
    }

    pub async fn connect(&self) -> MultiplexedConnection {
        found("a server of Redis answers", SOON, async || {
            let client = redis::Client::open(format!("redis://{}", self.address)).unwrap();
            client.get_multiplexed_async_connection().await.ok()
        })
        .await
    }

    async fn says(&self, words: &[&str]) -> String {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut self.connect().await).await.unwrap()
    }

    /// How many nodes of Baton listen here.
    pub async fn listeners(&self) -> usize {
        let mut connection = self.connect().await;
        let (_, count): (String, usize) = redis::cmd("PUBSUB").arg("NUMSUB").arg(BUS).query_async(&mut connection).await.unwrap();
        count
    }

    pub fn kill(&mut self) {
        let process = self.process.take().expect("it runs");
        signal("KILL", process.id());
    }

    pub fn freeze(&self) {
        send("STOP", self.process.as_ref().expect("it runs").id());
    }

    pub fn thaw(&self) {
        send("CONT", self.process.as_ref().expect("it runs").id());
    }

    pub fn runs(&self) -> bool {
        self.process.is_some()
    }
}

fn launch(arguments: &[&str], folder: &Path) -> Process {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Process::start("Redis", &Account::Own, Path::new("redis-server"), &arguments, Signal::Terminate, &folder.join("log")).unwrap()
}

impl RedisFarm {
    /// One server with two replicas, and three Sentinels.
    pub async fn watched(folder: &Path) -> Self {
        let first = Member::start(folder, &[]);
        let port = first.address.port().to_string();
        let mut members = vec![first];
        members.extend((0..2).map(|_| Member::start(folder, &["--replicaof", "127.0.0.1", &port])));
        for replica in &members[1..] {
            eventually("a replica follows", SOON, async || replica.says(&["INFO", "replication"]).await.contains("master_link_status:up"))
                .await;
        }
        let sentinels: Vec<Member> = (0..3).map(|_| Member::start_sentinel(folder, members[0].address)).collect();
        let farm = Self { members, sentinels, folder: folder.to_owned() };
        for sentinel in &farm.sentinels {
            eventually("Sentinels know each other", SOON, async || {
                let about = sentinel.says(&["INFO", "sentinel"]).await;
                about.contains("slaves=2") && about.contains("sentinels=3")
            })
            .await;
        }
        farm
    }

    /// Three servers that share all keys, and a replica of each.
    pub async fn cluster(folder: &Path) -> Self {
        let buses: Vec<String> = (0..6).map(|_| ports::free().port().to_string()).collect();
        let start = |bus: &String| {
            Member::start(folder, &["--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", GONE_AFTER])
        };
        let members: Vec<Member> = buses.iter().map(start).collect();
        let farm = Self { members, sentinels: Vec::new(), folder: folder.to_owned() };
        let first = &farm.members[0];
        for (other, bus) in farm.members.iter().zip(&buses).skip(1) {
            let (host, port) = (other.address.ip().to_string(), other.address.port().to_string());
            first.says(&["CLUSTER", "MEET", &host, &port, bus]).await;
        }
        for (member, (from, to)) in farm.members.iter().zip([("0", "5460"), ("5461", "10922"), ("10923", "16383")]) {
            member.says(&["CLUSTER", "ADDSLOTSRANGE", from, to]).await;
        }
        for member in &farm.members {
            eventually("a server knows its cluster", SOON, async || {
                let about = member.says(&["CLUSTER", "INFO"]).await;
                about.contains("cluster_state:ok") && about.contains("cluster_known_nodes:6")
            })
            .await;
        }
        for (replica, owner) in farm.members[3..].iter().zip(&farm.members) {
            let id = owner.says(&["CLUSTER", "MYID"]).await;
            replica.says(&["CLUSTER", "REPLICATE", &id]).await;
            eventually("a replica follows", SOON, async || replica.says(&["INFO", "replication"]).await.contains("master_link_status:up"))
                .await;
        }
        farm
    }

    /// What Baton is told of it: its Sentinels, or one server of a cluster.
    pub fn url(&self, first: usize) -> String {
        let sentinels: Vec<String> = self.sentinels.iter().map(|sentinel| sentinel.address.to_string()).collect();
        match &sentinels[..] {
            [] => format!("redis+cluster://{}", self.members[first].address),
            sentinels => format!("redis+sentinel://{}/{NAME}", sentinels.join(",")),
        }
    }

    /// The place of the server that Sentinels name.
    pub async fn named(&self) -> usize {
        found("Sentinels name a server that runs", SOON, async || {
            let mut connection = self.sentinels[0].connect().await;
            let (_, port): (String, String) =
                redis::cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(NAME).query_async(&mut connection).await.ok()?;
            self.members.iter().position(|member| member.runs() && member.address.port().to_string() == port)
        })
        .await
    }

    /// The place of the server of a cluster that has a key.
    pub async fn owner(&self, key: &str) -> usize {
        let slot: u16 = self.living().says_slot(key).await;
        found("somebody owns the slot", SOON, async || {
            let nodes = self.living().says(&["CLUSTER", "NODES"]).await;
            let has = |line: &&str| !line.contains("fail") && line.split(' ').skip(8).any(|range| is_within(slot, range));
            let line = nodes.lines().find(has)?;
            self.members.iter().position(|member| member.runs() && line.contains(&format!(":{}@", member.address.port())))
        })
        .await
    }

    /// What moves all slots of a server to another one, key by key, as it is done under load.
    pub async fn reshard(&self, from: usize, to: usize) -> Reshard {
        let (source, target) = (self.members[from].says(&["CLUSTER", "MYID"]).await, self.members[to].says(&["CLUSTER", "MYID"]).await);
        Reshard { at: self.members[from].address, source, target }
    }

    /// How many nodes of Baton listen somewhere.
    pub async fn listeners(&self) -> usize {
        let mut count = 0;
        for member in self.members.iter().filter(|member| member.runs()) {
            count += member.listeners().await;
        }
        count
    }

    fn living(&self) -> &Member {
        self.members.iter().find(|member| member.runs()).expect("one of them runs")
    }
}

/// Slots that are to be moved.
pub struct Reshard {
    at: SocketAddr,
    source: String,
    target: String,
}

impl Reshard {
    pub fn run(&self) {
        let output = Command::new("redis-cli")
            .args(["--cluster", "reshard", &self.at.to_string(), "--cluster-from", &self.source, "--cluster-to", &self.target])
            .args(["--cluster-slots", "5461", "--cluster-yes"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for RedisFarm {
    fn drop(&mut self) {
        self.members.clear();
        self.sentinels.clear();
        fs::remove_dir_all(&self.folder).ok();
    }
}

impl Member {
    async fn says_slot(&self, key: &str) -> u16 {
        redis::cmd("CLUSTER").arg("KEYSLOT").arg(key).query_async(&mut self.connect().await).await.unwrap()
    }
}

fn is_within(slot: u16, range: &str) -> bool {
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    matches!((from.parse::<u16>(), to.parse::<u16>()), (Ok(from), Ok(to)) if (from..=to).contains(&slot))
}
