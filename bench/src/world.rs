//! The private installation everything is measured on.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use baton::demo::place::{self, Place};
use baton::demo::postgres::{self, Durability};
use baton::demo::process::{Process, Signal};
use baton::demo::{account::Account, redis};
use baton::store::Store;
use baton::store::sealed::Keys;
use tokio_postgres::NoTls;

use crate::machine;
use crate::seed::{self, Installation};

/// How long a server may take to listen.
const START: Duration = Duration::from_secs(20);

/// Nobody listens here: what is measured sends nothing to Meta.
const NO_GRAPH: &str = "http://127.0.0.1:9";

/// With what a server is asked for its figures.
pub const METRICS_TOKEN: &str = "a-token-for-the-figures";

/// What a machine is given that is there for PostgreSQL. With what `bin/run` asks of a laptop, this much work makes a checkpoint every half
/// minute, and after each of them every page is written whole once more.
const OF_A_SERVER: [(&str, &str); 2] = [("shared_buffers", "2GB"), ("max_wal_size", "8GB")];

/// Databases, and a workspace with agents who hold conversations. Gone when dropped.
pub struct World {
    pub installation: Installation,
    pub store: Store,
    pub postgres: postgres::Server,
    pub redis: redis::Server,
    place: Place,
    folder: Folder,
}

/// Which sides of Baton a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    Web,
    Both,
}

/// What is around a server under measurement.
pub struct Settings {
    /// Where PostgreSQL is.
    pub database: String,
    /// Where WhatsApp is.
    pub graph: String,
    pub sides: Sides,
}

/// A server under measurement; stopped when dropped.
pub struct Server {
    pub address: SocketAddr,
    process: Process,
}

impl Server {
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }
}

/// Removed when dropped; the last field of [`World`], so that the servers in it have ended.
struct Folder(Vec<PathBuf>);

impl Drop for Folder {
    fn drop(&mut self) {
        for folder in &self.0 {
            if let Err(error) = place::remove(folder) {
                eprintln!("bench: {error:#}");
            }
        }
    }
}

impl World {
    /// Starts the databases and fills them.
    pub async fn start() -> Result<Self> {
        let folder = PathBuf::from(format!("/var/tmp/baton-bench-{}", std::process::id()));
        let place = Place::prepare(&folder)?;
        let folder = Folder(vec![place.sockets.clone(), place.databases.clone(), folder]);
        let postgres = postgres::Server::start(&place, Durability::Kept, &OF_A_SERVER)?;
        let redis = redis::Server::start(&place)?;
        let store = Store::new(postgres.url(), 8, keys()?)?;
        store.migrate().await?;
        let installation = seed::fill(&store, postgres.url()).await.context("the workspace cannot be set up")?;
        Ok(Self { installation, store, postgres, redis, place, folder })
    }

    /// Where Baton finds what is around it, unless told otherwise.
    pub fn settings(&self) -> Settings {
        Settings { database: self.postgres.url().to_owned(), graph: NO_GRAPH.to_owned(), sides: Sides::Both }
    }

    /// A folder for files of a measurement.
    pub fn folder(&self) -> &Path {
        &self.folder.0[2]
    }

    /// What another node knows the database by.
    pub fn another_store(&self, connections: usize) -> Result<Store> {
        Ok(Store::new(self.postgres.url(), connections, keys()?)?)
    }

    /// The folder of PostgreSQL's socket.
    pub fn sockets(&self) -> &Path {
        &self.place.sockets
    }

    /// Starts Baton from the build beside this program.
    pub fn baton(&self, sides: Sides) -> Result<Server> {
        self.baton_with(&Settings { sides, ..self.settings() })
    }

    /// As [`World::baton`], with other things around it.
    pub fn baton_with(&self, Settings { database, graph, sides }: &Settings) -> Result<Server> {
        let address = machine::free_address()?;
        let program = std::env::current_exe()?.with_file_name("baton");
        let settings = [
            format!("BATON_DATABASE_URL={database}"),
            format!("BATON_REDIS_URL={}", self.redis.url()),
            "BATON_SECRET_KEYS=bench:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            format!("BATON_LISTEN={address}"),
            format!("BATON_PUBLIC_URL=http://{address}"),
            format!("BATON_GRAPH_URL={graph}"),
            format!("BATON_MEDIA_URL={}", self.folder().join("media").display()),
            format!("BATON_METRICS_TOKEN={METRICS_TOKEN}"),
            "BATON_LOG=warn".to_owned(),
        ];
        let arguments: &[&str] = match sides {
            Sides::Web => &["serve", "--web"],
            Sides::Both => &["serve"],
        };
        self.run("Baton", &program, &settings, arguments, address)
    }

    /// Starts one of the reference servers of this program.
    pub fn reference(&self, name: &str, options: &[&str]) -> Result<Server> {
        let address = machine::free_address()?;
        let listen = address.to_string();
        let arguments = [&[name, "--listen", &listen], options].concat();
        self.run("the reference", &std::env::current_exe()?, &[], &arguments, address)
    }

    /// `env` sets the settings and then becomes the program.
    fn run(&self, name: &'static str, program: &Path, settings: &[String], arguments: &[&str], address: SocketAddr) -> Result<Server> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let log = self.place.log(&format!("server-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        let program = program.to_string_lossy().into_owned();
        let words: Vec<String> =
            settings.iter().cloned().chain([program]).chain(arguments.iter().map(|argument| (*argument).to_owned())).collect();
        let mut process = Process::start(name, &Account::Own, Path::new("/usr/bin/env"), &words, Signal::Terminate, &log)?;
        process.wait_until_ready(START, &log, || TcpStream::connect(address).is_ok())?;
        Ok(Server { address, process })
    }

    /// A connection of our own to the database.
    pub async fn connect(&self) -> Result<tokio_postgres::Client> {
        connect(self.postgres.url()).await
    }
}

fn keys() -> Result<Keys> {
    Ok(Keys::new(&[("bench".to_owned(), [0; 32])])?)
}

/// A connection that is driven until it is dropped.
pub async fn connect(url: &str) -> Result<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("bench: the database went away: {error}");
        }
    });
    Ok(client)
}
