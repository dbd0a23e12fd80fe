//! Puts the rooms together. The only place that knows all of them.

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};
use crate::doctor;
use crate::store::Store;

/// Which half of the outside this process listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Both,
    Web,
    Workers,
}

/// A running Baton.
pub struct App {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: JoinSet<Result<()>>,
}

/// Serves until the system asks this process to stop.
///
/// # Errors
/// When it cannot start, in a sentence that says what to do, or when a side fails.
pub async fn serve(config: Config, side: Side) -> Result<()> {
    let app = App::start(config, side).await?;
    tracing::info!(address = %app.address(), ?side, "serving");
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
        let store = Store::new(&config.database_url, config.database_pool)?;
        if let Some(reason) = doctor::refusal_to_serve(&store, &config).await.context("PostgreSQL does not answer; `baton doctor` says more")? {
            bail!(reason);
        }
        let listener = TcpListener::bind(config.listen).with_context(|| format!("{} cannot be listened on", config.listen))?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let tasks = JoinSet::new();
        if side != Side::Workers {}
        if side != Side::Web {}
        Ok(Self { address, stop, tasks })
    }

    /// Where it listens; tells the port when that was left to the system.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops gracefully: takes nothing new, ends what is under way.
    ///
    /// # Errors
    /// When a task failed.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
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
    let lines = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&config.log)).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}
