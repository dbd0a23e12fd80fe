//! The pool, and what can go wrong with it.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{ConfigConnectImpl, Connect, Manager, ManagerConfig, Pool, PoolError, QueueMode, RecyclingMethod, Runtime};
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{NoTls, Row};
use tokio_util::task::AbortOnDropHandle;

use super::Statement;

/// How long a caller waits for a free connection before it is told that the database is away.
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(2);

/// How long a new connection may take.
const CONNECT: Duration = Duration::from_secs(2);

/// After how long without a query the network is asked whether the server is still there, and how long it may owe an answer to the
/// network: something between may have forgotten a connection that was not used for a while.
const IDLE: Duration = Duration::from_secs(60);
const SILENT: Duration = Duration::from_secs(30);

/// A statement is planned once for a connection and not again for its parameters: planning costs more than running here, and
/// `tests/statements.rs` sees to it that the general plan of every statement is a good one.
const GENERIC_PLANS: &str = "-c plan_cache_mode=force_generic_plan";

/// A fault of the database; the person sees only that something failed, the log sees this.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database cannot be reached: {0}")]
    Away(String),
    #[error("the database refused: {}", without_values(.0))]
    Refused(#[from] tokio_postgres::Error),
    #[error("a stored value cannot be read: {0}")]
    Unreadable(String),
}

impl Error {
    /// Whether waiting and trying again may help: the server is away, restarting, or lost this connection.
    #[must_use]
    pub fn is_away(&self) -> bool {
        match self {
            Error::Away(_) => true,
            Error::Refused(error) => error.is_closed() || error.code().is_none_or(|code| is_outage(code.code())),
            Error::Unreadable(_) => false,
        }
    }

    /// Whether the same transaction may simply be run again (deadlock, serialisation).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Refused(error) if error.code().is_some_and(|code| matches!(code.code(), "40001" | "40P01")))
    }
}

/// What PostgreSQL said, without its message: that may quote what a customer wrote. The code is its
/// [SQLSTATE](https://www.postgresql.org/docs/current/errcodes-appendix.html).
fn without_values(error: &tokio_postgres::Error) -> String {
    let Some(said) = error.as_db_error() else { return error.to_string() };
    let places = [("table", said.table()), ("column", said.column()), ("constraint", said.constraint())];
    let places = places.into_iter().filter_map(|(kind, name)| Some(format!(", {kind} {}", name?)));
    format!("SQLSTATE {}{}", said.code().code(), places.collect::<String>())
}

/// Classes 08 (connection), 53 (resources), 57P0x (shutting down, starting up).
fn is_outage(code: &str) -> bool {
    code.starts_with("08") || code.starts_with("53") || code.starts_with("57P")
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) if error.code().is_some() => Error::Refused(error),
            other => Error::Away(other.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::Unreadable(error.to_string())
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A transaction that the runner opened; committed by it, rolled back when dropped.
pub type Transaction<'a> = deadpool_postgres::Transaction<'a>;

/// The database, cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
}

impl Store {
    /// Opens a pool of at most `size` connections; connects lazily.
    ///
    /// # Errors
    /// When `url` is not a PostgreSQL connection string.
    pub fn new(url: &str, size: usize) -> Result<Self> {
        let mut config = tokio_postgres::Config::from_str(url)?;
        let options = [config.get_options().unwrap_or_default(), GENERIC_PLANS].join(" ");
        config.connect_timeout(CONNECT).application_name("baton").options(&options);
        config.keepalives_idle(IDLE).tcp_user_timeout(SILENT);
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let connect: Arc<dyn Connect> = match config.get_ssl_mode() {
            tokio_postgres::config::SslMode::Require => Arc::new(ConfigConnectImpl { tls: tls() }),
            _ => Arc::new(ConfigConnectImpl { tls: NoTls }),
        };
        let manager = Manager::from_connect(config, AtHome { connect, home: Handle::try_current().ok() }, manager);
        let pool = Pool::builder(manager)
            .max_size(size)
            // The latest first: its statements and its memory are still warm in the processor.
            .queue_mode(QueueMode::Lifo)
            .wait_timeout(Some(WAIT_FOR_CONNECTION))
            .create_timeout(Some(CONNECT))
            .recycle_timeout(Some(CONNECT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Away(error.to_string()))?;
        Ok(Self { pool })
    }

    /// A connection of the pool.
    ///
    /// # Errors
    /// [`Error::Away`] when none can be had in two seconds.
    pub async fn client(&self) -> Result<deadpool_postgres::Object> {
        Ok(self.pool.get().await?)
    }

    /// Runs one statement outside a transaction.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn query(&self, statement: &Statement, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let client = self.client().await?;
        let prepared = client.prepare_cached(statement.sql).await?;
        Ok(client.query(&prepared, parameters).await?)
    }

    /// As [`Store::query`], for at most one row.
    ///
    /// # Errors
    /// As PostgreSQL answers, and when there are several rows.
    pub async fn query_opt(&self, statement: &Statement, parameters: &[&(dyn ToSql + Sync)]) -> Result<Option<Row>> {
        let client = self.client().await?;
        let prepared = client.prepare_cached(statement.sql).await?;
        Ok(client.query_opt(&prepared, parameters).await?)
    }

    /// As [`Store::query`], answering how many rows it touched.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn execute(&self, statement: &Statement, parameters: &[&(dyn ToSql + Sync)]) -> Result<u64> {
        let client = self.client().await?;
        let prepared = client.prepare_cached(statement.sql).await?;
        Ok(client.execute(&prepared, parameters).await?)
    }
}

/// Opens connections on the runtime the pool was made on. The first to ask for one may be a thread of the HTTP server, which
/// would then carry it for good: every query from elsewhere would wake that thread, and wait for what else it does.
struct AtHome {
    connect: Arc<dyn Connect>,
    home: Option<Handle>,
}

type Connected = Result<(tokio_postgres::Client, JoinHandle<()>), tokio_postgres::Error>;

impl Connect for AtHome {
    fn connect(&self, config: &tokio_postgres::Config) -> BoxFuture<'_, Connected> {
        let (connect, config) = (self.connect.clone(), config.clone());
        let Some(home) = self.home.clone() else { return Box::pin(async move { connect.connect(&config).await }) };
        Box::pin(async move {
            let (there, same) = (connect.clone(), config.clone());
            // Who gives up waiting gives up the attempt.
            match AbortOnDropHandle::new(home.spawn(async move { there.connect(&same).await })).await {
                Ok(connected) => connected,
                // That runtime ends.
                Err(_) => connect.connect(&config).await,
            }
        })
    }
}

/// TLS with the machine's certificate authorities.
fn tls() -> tokio_postgres_rustls::MakeRustlsConnect {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        if let Err(error) = roots.add(certificate) {
            tracing::warn!(%error, "a certificate authority of this machine cannot be read");
        }
    }
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tokio_postgres_rustls::MakeRustlsConnect::new(config)
}
