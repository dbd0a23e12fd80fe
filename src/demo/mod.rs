//! `baton demo`: the whole product on one machine, with nothing to set up.
//!
//! Brings what is not configured: a private PostgreSQL and Redis under `var/`, a workspace with a believable past, and the
//! simulator in place of Meta. [`postgres`] and [`redis`] also serve the tests and the bench.

pub mod account;
pub mod home;
pub mod place;
pub mod postgres;
pub mod process;
pub mod redis;
pub mod seed;
pub mod simulator;

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use futures_util::poll;
use url::Url;

use crate::app::{self, App, Side};
use crate::config::{Config, given};
use crate::store::Store;
use crate::store::sealed::Keys;
use home::Home;
use place::Place;
use seed::{DemoPerson, Size};
use simulator::Simulator;

/// The simulator's port unless told otherwise.
pub const SIMULATOR_PORT: u16 = 8090;

/// How long the programs of a run that was killed may hold their ports.
const PORT_IS_FREED: Duration = Duration::from_secs(3);

/// How often is said how much of the past is there.
const SAID_AGAIN: Duration = Duration::from_secs(5);

/// What a person may say on the command line.
#[derive(Debug, Clone)]
pub struct Options {
    pub keep: Keep,
    pub begin: Begin,
    /// `None` is the port of `BATON_LISTEN`, 0 any free one.
    pub port: Option<u16>,
    /// 0 is any free one.
    pub simulator_port: u16,
    /// How many conversations lie behind a workspace that is made up.
    pub past: usize,
    pub strangers: Strangers,
    pub foreign_database: ForeignDatabase,
}

/// What the demo does with an address that others reach: its passwords are known to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    KeptOut,
    LetIn,
}

/// What the demo does with a database that is not its own: people might be at work in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignDatabase {
    LeftAlone,
    Filled,
}

/// What there is in a database without a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// A workspace that is made up, with a past.
    MadeUp,
    /// Nothing: somebody begins.
    Empty,
}

/// What becomes of the past runs' data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Everything,
    Nothing,
}

/// The private servers; stopped when dropped.
struct Servers {
    _postgres: Option<postgres::Server>,
    _redis: Option<redis::Server>,
}

/// Runs the demo until it is asked to stop.
///
/// # Errors
/// In one sentence that says what to do.
pub async fn run(options: &Options) -> Result<()> {
    let home = Home::open(Path::new("var"))?;
    let place = Place::prepare(home.folder())?;
    let config = configure(&home, &place, options)?;
    app::start_logging(&config);
    let simulator_address = free_address(simulator_host(&config), options.simulator_port, "--simulator-port")?;
    let config = Config { graph_url: web_address(simulator_address)?, ..config };
    if options.keep == Keep::Nothing {
        forget(&home, &place)?;
    }
    let _servers = Servers::start(&place)?;
    let store = Store::new(&config.database_url, config.database_pool, Keys::new(&config.secret_keys)?)?;
    store.migrate().await?;
    if options.begin == Begin::MadeUp {
        seed::fill_if_empty(&store, Size { past: options.past, ..seed::DEMO_SIZE }, progress(options.past)).await?;
    }
    let simulator = Simulator::start(simulator_address, &place.log("simulator"))?;
    let app = App::start(config.clone(), Side::Both).await?;
    let beginning = app.beginning().await?;
    let is_connected = seed::is_connected(&store).await?;
    let number = if is_connected { seed::number() } else { seed::unconnected_number() };
    simulator.introduce(&number, &seed::app(&store, &config.public_url).await?, &seed::answerable(&store).await?).await?;
    let sign_ins = seed::sign_ins(&store).await?;
    let mut asked_to_stop = pin!(app::asked_to_stop());
    // The first look makes it listen: from here on Ctrl+C stops in good order.
    if poll!(asked_to_stop.as_mut()).is_pending() {
        say(&welcome(&config, beginning.as_ref(), &sign_ins, is_connected));
        asked_to_stop.await?;
    }
    say("Stopping …");
    app.stop().await
}

/// What the environment says, what the command line says, and for the rest what the demo brings.
fn configure(home: &Home, place: &Place, options: &Options) -> Result<Config> {
    if given("BATON_DATABASE_URL").is_some() && options.foreign_database == ForeignDatabase::LeftAlone {
        bail!(
            "BATON_DATABASE_URL names a database that is not the demo's own; people who are invented, with passwords everybody knows, do \
             not belong where others work. Unset it, or say `--fill-foreign-database`"
        );
    }
    let mut config = Config::from_environment_or(&[
        ("BATON_DATABASE_URL", postgres::url(&place.sockets)),
        ("BATON_REDIS_URL", redis::url(&place.sockets)?),
        ("BATON_SECRET_KEYS", home.secret_key()?),
        ("BATON_MEDIA_URL", home.media().to_string_lossy().into_owned()),
        ("BATON_LOG", "warn".to_owned()),
    ])?;
    if !config.listen.ip().is_loopback() && options.strangers == Strangers::KeptOut {
        bail!(
            "BATON_LISTEN is {}, which others reach, and the demo's passwords are known to everybody. Unset it, or say `--let-strangers-in`",
            config.listen
        );
    }
    let port = options.port.unwrap_or(config.listen.port());
    config.listen = free_address(config.listen.ip(), port, "--port")?;
    if given("BATON_PUBLIC_URL").is_none() {
        config.public_url = web_address(config.listen)?;
    }
    Ok(config)
}

impl Servers {
    /// Starts those that are not configured.
    fn start(place: &Place) -> Result<Self> {
        let postgres = match given("BATON_DATABASE_URL") {
            Some(_) => None,
            None => {
                say(&format!("Starting PostgreSQL in {} …", place.databases.display()));
                Some(postgres::Server::start(place, postgres::Durability::Kept, &[])?)
            }
        };
        let redis = match given("BATON_REDIS_URL") {
            Some(_) => None,
            None => Some(redis::Server::start(place)?),
        };
        Ok(Self { _postgres: postgres, _redis: redis })
    }
}

fn forget(home: &Home, place: &Place) -> Result<()> {
    if given("BATON_DATABASE_URL").is_some() {
        bail!("`--fresh` forgets only the demo's own database, but BATON_DATABASE_URL names another; empty that one yourself");
    }
    postgres::forget(place)?;
    place::remove(&home.media())
}

/// An address that can be listened on; waits a moment for the last run's to be given back.
fn free_address(host: IpAddr, port: u16, option: &str) -> Result<SocketAddr> {
    let wanted = SocketAddr::new(host, port);
    let mut free = None;
    process::wait_until(PORT_IS_FREED, || {
        free = TcpListener::bind(wanted).and_then(|listener| listener.local_addr()).ok();
        free.is_some()
    });
    free.ok_or_else(|| anyhow!("{wanted} is in use by another program; stop that one, or choose another port with `{option}`"))
}

fn simulator_host(config: &Config) -> IpAddr {
    config.listen.ip()
}

/// How a browser on this machine calls `address`.
fn web_address(address: SocketAddr) -> Result<Url> {
    let host = if address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    Ok(Url::parse(&format!("http://{}", SocketAddr::new(host, address.port())))?)
}

/// To the screen, if anybody still looks: a closed pipe is no reason to stop.
fn say(words: &str) {
    if let Err(error) = writeln!(std::io::stdout(), "{words}") {
        tracing::debug!(%error, "nobody reads what the demo says");
    }
}

/// Says now and then how much of the past is there; nothing when it is there soon.
fn progress(all: usize) -> impl FnMut(usize) + Send {
    let mut said = Instant::now();
    move |stored| {
        if said.elapsed() >= SAID_AGAIN {
            said = Instant::now();
            say(&format!("The past is made up: {stored} of {all} conversations."));
        }
    }
}

/// What a newcomer needs, last on the screen: where to begin while nobody has an account, who can sign in, and what a number that is not
/// connected yet is connected with.
fn welcome(config: &Config, beginning: Option<&Url>, sign_ins: &[&DemoPerson], is_connected: bool) -> String {
    let Config { public_url, graph_url, .. } = config;
    let mut words = match beginning {
        Some(address) => format!("\nBaton is running, and nobody has an account.\n\n  Begin   {address}\n"),
        None => "\nBaton is running.\n\n".to_owned(),
    };
    words += &format!("  Inbox   {public_url}\n  Phones  {graph_url}   (write as a customer)\n");
    if !is_connected {
        let of_app = |name: &str| seed::unconnected_app()[name].as_str().unwrap_or_default().to_owned();
        let of_number = |name: &str| seed::unconnected_number()[name].as_str().unwrap_or_default().to_owned();
        words += &format!(
            "  Meta    {graph_url}dashboard   (“Verify and save” the webhook there)\n\n  To connect the number: app {}, its secret {},\n  access token {}, PIN {}\n",
            of_app("app_id"),
            of_app("app_secret"),
            of_number("access_token"),
            of_number("pin"),
        );
    }
    if !sign_ins.is_empty() {
        words += &format!("\n  Sign in with the password “{}” as one of", seed::PASSWORD);
        words.extend(sign_ins.iter().map(|person| format!("\n    {:<11} {:<18} {}", person.role.word(), person.name, person.email)));
        words.push('\n');
    }
    words + "\n  Ctrl+C stops everything; what happened is kept for the next start.\n"
}
