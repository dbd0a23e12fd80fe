//! Puts the rooms together. The only place that knows all of them.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt};
use url::Url;

use crate::channels::whatsapp::WhatsApp;
use crate::channels::whatsapp::client::{Client, Settings};
use crate::channels::{Adapter, Adapters};
use crate::config::{Config, LogFormat};
use crate::live::bus::Bus;
use crate::live::rate_limits::RateLimits;
use crate::live::trouble::Trouble;
use crate::live::{Live, presence};
use crate::mail::Mailer;
use crate::media::MediaStore;
use crate::redis_servers::RedisServers;
use crate::runner::Runner;
use crate::runner::guard::kept_up;
use crate::runner::intake::Intake;
use crate::runner::{vitals, workplaces};
use crate::store::sealed::Keys;
use crate::store::{Store, Stores};
use crate::web::assets;
use crate::web::assets::others::Others;
use crate::web::edge::bodies::budget::Budgets;
use crate::web::edge::server::{self, Connections};
use crate::web::live::fanout;
use crate::web::live::receipts::Receipts;
use crate::web::routes;
use crate::web::sessions::tokens::Tokens;
use crate::web::sign_in::passwords::Passwords;
use crate::web::state::State;
use crate::workers::Workers;
use crate::{doctor, metrics};

/// How long a node takes to stop at most, whatever it waits for: less than what stops it usually grants (30 seconds).
const GRACE: Duration = Duration::from_secs(25);

/// How long a page asks WhatsApp at most.
const PAGE_ASKS: Duration = Duration::from_secs(10);

/// How often histograms are folded.
const FOLD_FIGURES: Duration = Duration::from_secs(5);

/// How often a node says that it is there.
const CALL: Duration = Duration::from_secs(10);

static NOT_CALLED: Trouble = Trouble::new("this node could not say that it is there");

/// Which half of the outside this process listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Both,
    Web,
    Workers,
}

impl Side {
    fn as_str(self) -> &'static str {
        match self {
            Side::Both => "both",
            Side::Web => "web",
            Side::Workers => "workers",
        }
    }
}

/// A running Baton.
pub struct App {
    address: SocketAddr,
    public_url: Url,
    runner: Runner,
    stop: CancellationToken,
    tasks: JoinSet<Result<()>>,
}

/// Serves until the system asks this process to stop.
///
/// # Errors
/// When it cannot start, in a sentence that says what to do, or when a side fails.
pub async fn serve(config: Config, side: Side) -> Result<()> {
    let node = config.node.clone();
    let app = App::start(config, side).await?;
    tracing::info!(node, address = %app.address(), ?side, "serving");
    if side != Side::Workers
        && let Some(address) = app.beginning().await?
    {
        say(&format!("Nobody has an account here yet. Open this address to make the first one:\n\n  {address}\n"));
    }
    asked_to_stop().await?;
    tracing::info!("stopping");
    app.stop().await
}

impl App {
    /// Starts `side` and answers once it takes requests.
    ///
    /// # Errors
    /// When the database is away, unsafe or without our schema, or the address is taken.
    pub async fn start(config: Config, side: Side) -> Result<Self> {
        Self::start_with(config, side, Vec::new()).await
    }

    /// As [`App::start`], with these channels beside WhatsApp.
    ///
    /// # Errors
    /// As [`App::start`].
    pub async fn start_with(config: Config, side: Side, channels: Vec<Arc<dyn Adapter>>) -> Result<Self> {
        let descriptors = server::raise().context("the system does not say how many files may be open")?;
        let Stores { main: store, intake, watch } =
            Stores::new(&config.database_url, config.database_pool, &Keys::new(&config.secret_keys)?)?;
        if let Some(reason) =
            doctor::refusal_to_serve(&watch, &config).await.context("PostgreSQL does not answer; `baton doctor` says more")?
        {
            bail!(reason);
        }
        let listener = TcpListener::bind(config.listen).with_context(|| format!("{} cannot be listened on", config.listen))?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let (bus, bus_task) = Bus::new(&config.redis_url).context("BATON_REDIS_URL is not an address of Redis")?;
        let (live, changes) = Live::new(bus);
        let client = Client::new(Settings::new(config.graph_url.clone(), &config.graph_version))?;
        let whatsapp: Arc<dyn Adapter> = Arc::new(WhatsApp::new(client));
        let adapters = Adapters::new([whatsapp].into_iter().chain(channels).collect());
        let intake = Intake::start(&intake, &live, adapters.clone());
        let runner = Runner::new(store, live.clone(), adapters.rulebook());
        vitals::compare_clocks(&watch, runner.vitals()).await;
        keep_up(&mut tasks, &stop, "clock", {
            let (watch, vitals) = (watch.clone(), runner.vitals().clone());
            move |stop| vitals::watch_clock(watch.clone(), vitals.clone(), stop)
        });
        let media = Arc::new(MediaStore::at(&config.media_url)?);
        spawn(&mut tasks, bus_task.run(live.clone(), stop.clone()));
        keep_up(&mut tasks, &stop, "set-up", {
            let workplaces = runner.workplaces().clone();
            move |stop| workplaces::catch_up(workplaces.clone(), stop)
        });
        keep_up(&mut tasks, &stop, "presence", {
            let (live, servers) = (live.clone(), RedisServers::at(&config.redis_url)?);
            move |stop| presence::run(live.clone(), servers.clone(), stop)
        });
        spawn(&mut tasks, keep_figures(stop.clone()));
        spawn(&mut tasks, call(runner.clone(), config.node.clone(), side, stop.clone()));
        if side != Side::Web {
            let workers = Workers {
                runner: runner.clone(),
                intake: intake.clone(),
                live: live.clone(),
                adapters: adapters.clone(),
                media: media.clone(),
                mailer: Mailer::of(&config).context("BATON_SMTP_HOST is no name of a mail server")?,
            };
            workers.start(&mut tasks, &stop);
        }
        let (public_url, own) = (config.public_url.clone(), runner.clone());
        let state = Data::new(state(config, runner, intake, watch, live, media, adapters)?);
        if side != Side::Workers {
            assets::publish(&state.store).await.context("the files of pages cannot be kept in the database")?;
            spawn(&mut tasks, assets::keep_published(state.store.clone(), stop.clone()));
            keep_up(&mut tasks, &stop, "pages", {
                let (state, changes) = (state.clone(), Arc::new(Mutex::new(changes)));
                move |stop| fanout::run(state.clone(), changes.clone(), stop)
            });
        }
        let connections =
            Arc::new(Connections::new(descriptors.for_connections(state.config.database_pool), state.config.trusted_proxies.clone()));
        let server = server::build(
            state,
            &connections,
            listener,
            match side {
                Side::Both | Side::Web => routes::configure,
                Side::Workers => routes::configure_health,
            },
        )?;
        let handle = server.handle();
        tasks.spawn(async move { Ok(server.await?) });
        let stopping = stop.clone();
        spawn(&mut tasks, async move {
            stopping.cancelled().await;
            handle.stop(true).await;
        });
        Ok(Self { address, public_url, runner: own, stop, tasks })
    }

    /// Where it listens; tells the port when that was left to the system.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the first account is made, once; nothing when there is a workspace.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn beginning(&self) -> Result<Option<Url>> {
        let Some(secret) = self.runner.offer_beginning().await? else { return Ok(None) };
        Ok(Some(self.public_url.join(&format!("begin/{secret}"))?))
    }

    /// Stops gracefully: takes nothing new, and ends what is under way or leaves it to others after a while.
    ///
    /// # Errors
    /// When a task failed.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.cancel();
        let ended = tokio::time::timeout(GRACE, async {
            while let Some(ended) = self.tasks.join_next().await {
                ended??;
            }
            Ok(())
        });
        ended.await.unwrap_or_else(|_| {
            tracing::warn!("something under way did not end in time; it is left to whoever comes next");
            Ok(())
        })
    }
}

fn spawn(tasks: &mut JoinSet<Result<()>>, task: impl Future<Output = ()> + Send + 'static) {
    tasks.spawn(async move {
        task.await;
        Ok(())
    });
}

/// Runs a loop until `stop`, again and again should it panic.
fn keep_up<F: Future<Output = ()> + Send>(
    tasks: &mut JoinSet<Result<()>>,
    stop: &CancellationToken,
    name: &'static str,
    run: impl Fn(CancellationToken) -> F + Send + Sync + 'static,
) {
    let stop = stop.clone();
    spawn(tasks, async move { kept_up(name, &stop, || run(stop.clone())).await });
}

/// Says now and then that this node is there.
async fn call(runner: Runner, node: String, side: Side, stop: CancellationToken) {
    let (side, started_at) = (side.as_str(), crate::runner::now());
    loop {
        // Whoever is heard of has said who is here.
        let said = async {
            runner.tell_who_is_here().await?;
            runner.call_node(&node, side, started_at).await
        };
        match said.await {
            Ok(()) => NOT_CALLED.is_over(),
            Err(error) => NOT_CALLED.failed(&error),
        }
        if tokio::time::timeout(CALL, stop.cancelled()).await.is_ok() {
            return;
        }
    }
}

/// Histograms are folded now and then, so that they stay small between two scrapes.
async fn keep_figures(stop: CancellationToken) {
    let figures = metrics::recorder();
    while tokio::time::timeout(FOLD_FIGURES, stop.cancelled()).await.is_err() {
        figures.run_upkeep();
    }
}

/// What every handler may ask for.
fn state(
    config: Config,
    runner: Runner,
    intake: Intake,
    watch: Store,
    live: Arc<Live>,
    media: Arc<MediaStore>,
    adapters: Adapters,
) -> Result<State> {
    let store = runner.store().clone();
    Ok(State {
        tokens: Tokens::new(store.clone(), live.endings.clone()),
        passwords: Passwords::new()?,
        rate_limits: RateLimits::at(&config.redis_url)?,
        sockets: live.clone(),
        metrics: metrics::recorder(),
        intake,
        runner,
        live,
        media,
        graph: Client::new(Settings { timeout: PAGE_ASKS, ..Settings::new(config.graph_url.clone(), &config.graph_version) })?,
        adapters,
        receipts: Receipts::default(),
        bodies: Budgets::default(),
        other_builds: Others::default(),
        store,
        watch,
        config,
    })
}

/// For whoever started this: a secret that belongs on their screen, and in no log that is gathered elsewhere.
fn say(words: &str) {
    // Nobody may be listening.
    writeln!(std::io::stdout(), "{words}").ok();
}

/// Returns at SIGTERM or SIGINT.
///
/// # Errors
/// When the system does not let us listen for them.
pub async fn asked_to_stop() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Sends log lines to standard error; called once, first thing.
pub fn start_logging(config: &Config) {
    let lines = fmt::layer().with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => heard(&config.log).with(lines).init(),
        LogFormat::Json => heard(&config.log).with(lines.json().flatten_event(true)).init(),
    }
}

/// What is heard of all that is said. Libraries say little at these levels that does not quote what they are given: the one that speaks
/// with PostgreSQL tells every value of every statement.
fn heard(directives: &str) -> impl Subscriber + for<'a> LookupSpan<'a> + use<> {
    let may_be_heard = |metadata: &Metadata<'_>| *metadata.level() <= Level::INFO || is_ours(metadata.target());
    Registry::default().with(EnvFilter::new(directives)).with(filter_fn(may_be_heard))
}

fn is_ours(target: &str) -> bool {
    target == "baton" || target.starts_with("baton::")
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::{SubscriberExt, fmt, heard};

    /// What was logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn however_much_is_logged_no_library_quotes_what_it_was_given() {
        for directives in ["trace", "debug", "info,tokio_postgres=trace", "tokio_postgres::query=debug"] {
            let log = Log::default();
            let into = log.clone();
            let lines = fmt::layer().with_ansi(false).with_writer(move || into.clone());
            tracing::subscriber::with_default(heard(directives).with(lines), || {
                tracing::debug!(target: "tokio_postgres::query", "executing statement s0 with parameters: [secret]");
                tracing::trace!(target: "batonic", "secret");
                tracing::warn!(target: "tokio_postgres::connection", "it is over");
                tracing::debug!(target: "baton::runner", "a step");
            });
            let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
            assert!(!told.contains("secret"), "{directives}: {told}");
            assert_eq!(told.contains("a step"), matches!(directives, "trace" | "debug"), "{directives}: {told}");
            assert_eq!(told.contains("it is over"), directives != "tokio_postgres::query=debug", "{directives}: {told}");
        }
    }
}
