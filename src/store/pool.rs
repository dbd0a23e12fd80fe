//! The pool, and how long anybody may hold anybody up.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, ConfigConnectImpl, Connect, Manager, ManagerConfig, Object, Pool, QueueMode, RecyclingMethod, Runtime,
};
use futures_util::future::{BoxFuture, try_join_all};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{NoTls, Row};
use tokio_util::task::AbortOnDropHandle;

use super::sealed::Keys;
use super::{Error, Result, Statement};

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

/// A table in which work waits is empty when a connection plans, and walking through all of it costs nothing then; a moment later it is
/// long. Every statement has its index, and takes it from the beginning.
const BY_INDEX: &str = "-c enable_seqscan=off";

/// What is worked on is in memory, where a page costs hardly more than a row of it. Believed to be dear, the few rows of a customer in a
/// table that was written to much would be gathered page by page, through all that was ever there, which nobody would clear away.
const IN_MEMORY: &str = "-c seq_page_cost=0.02 -c random_page_cost=0.02";

/// A plan that walks through a table all the same, where there is no other, counts as the dearest there is, and PostgreSQL would compile
/// it each time it runs: a hundred times as long as walking through a few rows takes.
const NOT_COMPILED: &str = "-c jit=off";

/// How long one statement may run, wait for a lock, and leave a transaction open without the next statement. A node that is frozen
/// while it holds a lock is a node like any other to PostgreSQL: without these, everybody would wait for it to come back.
const TIME_OUTS: &str = "-c statement_timeout=15s -c lock_timeout=2s -c idle_in_transaction_session_timeout=3s";

/// How long an answer is waited for at most: a server that is frozen gives none, and hears of no time-out.
const ANSWER: Duration = Duration::from_secs(20);

/// For what takes its time and has the database to itself: a migration, the demo's past.
const WITHOUT_TIME_OUTS: &str = "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0";

/// Connections that only intake takes, one for each of its writers, and those that only watching takes: what must be answered while
/// everything else waits.
const FOR_INTAKE: usize = 3;
const FOR_WATCHING: usize = 1;

/// The pools of a node: nobody who waits in one of them keeps those of another waiting.
pub struct Stores {
    pub main: Store,
    /// For taking bodies in.
    pub intake: Store,
    /// For health and clock.
    pub watch: Store,
}

impl Stores {
    /// Opens pools of at most `size` connections in all, and of one each at least; they connect lazily.
    ///
    /// # Errors
    /// When `url` is not a PostgreSQL connection string.
    pub fn new(url: &str, size: usize, keys: &Keys) -> Result<Self> {
        let intake = FOR_INTAKE.min(size.saturating_sub(FOR_WATCHING) / 2).max(1);
        let main = size.saturating_sub(intake + FOR_WATCHING).max(1);
        let store = |size| Store::new(url, size, keys.clone());
        Ok(Self { main: store(main)?, intake: store(intake)?, watch: store(FOR_WATCHING)? })
    }
}

/// The database, cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    size: usize,
    keys: Keys,
}

impl Store {
    /// Opens a pool of at most `size` connections; connects lazily. Secrets are sealed and opened with `keys`.
    ///
    /// # Errors
    /// When `url` is not a PostgreSQL connection string.
    pub fn new(url: &str, size: usize, keys: Keys) -> Result<Self> {
        let mut config = tokio_postgres::Config::from_str(url)?;
        let options = [GENERIC_PLANS, BY_INDEX, IN_MEMORY, NOT_COMPILED, TIME_OUTS, config.get_options().unwrap_or_default()].join(" ");
        config.connect_timeout(CONNECT).options(&options);
        if config.get_application_name().is_none() {
            config.application_name("baton");
        }
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
        Ok(Self { pool, size, keys })
    }

    /// Connections at most.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// What secrets are sealed with.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// A connection of the pool.
    ///
    /// # Errors
    /// [`Error::Away`] when none can be had in two seconds.
    pub async fn client(&self) -> Result<deadpool_postgres::Object> {
        Ok(self.pool.get().await?)
    }

    /// A connection of its own that nothing hurries; it closes when dropped.
    ///
    /// # Errors
    /// As [`Store::client`].
    pub async fn unhurried(&self) -> Result<ClientWrapper> {
        let client = Object::take(self.client().await?);
        client.batch_execute(WITHOUT_TIME_OUTS).await?;
        Ok(client)
    }

    /// Runs one statement outside a transaction.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn query(&self, statement: &Statement, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        answered(async {
            let client = self.client().await?;
            let prepared = client.prepare_cached(statement.sql).await?;
            Ok(client.query(&prepared, parameters).await?)
        })
        .await
    }

    /// As [`Store::query`], of several statements at once on one connection: it is waited for one answer.
    ///
    /// # Errors
    /// As [`Store::query`].
    pub async fn query_together<const COUNT: usize>(
        &self,
        asked: [(&Statement, &[&(dyn ToSql + Sync)]); COUNT],
    ) -> Result<[Vec<Row>; COUNT]> {
        answered(async {
            let client = self.client().await?;
            let mut prepared = Vec::with_capacity(COUNT);
            for (statement, parameters) in asked {
                prepared.push((client.prepare_cached(statement.sql).await?, parameters));
            }
            let all = try_join_all(prepared.iter().map(|(statement, parameters)| client.query(statement, parameters))).await?;
            let mut all = all.into_iter();
            Ok(std::array::from_fn(|_| all.next().unwrap_or_default()))
        })
        .await
    }

    /// As [`Store::query`], for at most one row.
    ///
    /// # Errors
    /// As PostgreSQL answers, and when there are several rows.
    pub async fn query_opt(&self, statement: &Statement, parameters: &[&(dyn ToSql + Sync)]) -> Result<Option<Row>> {
        answered(async {
            let client = self.client().await?;
            let prepared = client.prepare_cached(statement.sql).await?;
            Ok(client.query_opt(&prepared, parameters).await?)
        })
        .await
    }

    /// As [`Store::query`], answering how many rows it touched.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn execute(&self, statement: &Statement, parameters: &[&(dyn ToSql + Sync)]) -> Result<u64> {
        answered(async {
            let client = self.client().await?;
            let prepared = client.prepare_cached(statement.sql).await?;
            Ok(client.execute(&prepared, parameters).await?)
        })
        .await
    }
}

/// What the database answers, if it does.
///
/// # Errors
/// [`Error::Away`] when it takes longer than anything here may take.
pub(super) async fn answered<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    let in_time = tokio::time::timeout(ANSWER, answer).await;
    in_time.unwrap_or_else(|_| Err(Error::Away(format!("no answer in {} s", ANSWER.as_secs()))))
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
