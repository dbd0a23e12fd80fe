//! Where Redis is: one server, the one that Sentinels name, or a cluster.

mod address;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, Pipeline, RedisFuture, RedisResult, TlsMode, Value};

use self::address::{Address, Many};

/// How long all servers together may take to say which of them is to be used.
const SEARCH: Duration = Duration::from_secs(5);

/// Servers of a cluster that are known beside those in the address, at most.
const MOST_LEARNED: usize = 1_000;

/// Where Redis is, as an address says it.
#[derive(Clone)]
pub struct RedisServers(Kind);

#[derive(Clone)]
enum Kind {
    One(Arc<Client>),
    Sentinels(Arc<Sentinels>),
    Cluster(Arc<Cluster>),
}

struct Cluster {
    /// Those in the address.
    seeds: Vec<ConnectionInfo>,
    /// Those that a server of it named last.
    learned: Mutex<Vec<ConnectionInfo>>,
    /// Where the search begins: past whichever failed last.
    next: AtomicUsize,
}

struct Sentinels {
    client: tokio::sync::Mutex<SentinelClient>,
    /// The server that they named last.
    named: Mutex<Option<Client>>,
}

/// A connection for keys. All keys of a pipeline are of one hash tag, so that it goes to one server of a cluster.
#[derive(Clone)]
pub enum KeysConnection {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl RedisServers {
    /// The servers at an address: `redis://host:6379`, `rediss://…` with TLS, `redis+unix:///run/redis.sock`,
    /// `redis+sentinel://host:26379,host:26379/name` or `redis+cluster://host:6379,host:6379`.
    ///
    /// # Errors
    /// When it is not one of these.
    pub fn at(address: &str) -> RedisResult<Self> {
        Ok(Self(match Address::parse(address) {
            None => Kind::One(Arc::new(Client::open(address)?)),
            Some(Address::Cluster(many)) => Kind::Cluster(Arc::new(Cluster::of(&many)?)),
            Some(Address::Sentinels { many, name, database, sentinel_login }) => {
                let mut of_servers = redis::RedisConnectionInfo::default().set_db(database);
                if let Some(username) = &many.login.username {
                    of_servers = of_servers.set_username(username);
                }
                if let Some(password) = &many.login.password {
                    of_servers = of_servers.set_password(password);
                }
                let mut servers = SentinelNodeConnectionInfo::default().set_redis_connection_info(of_servers);
                if many.has_tls {
                    servers = servers.set_tls_mode(TlsMode::Secure);
                }
                let sentinels = many.each_with(&sentinel_login);
                let client = SentinelClient::build(sentinels, name, Some(servers), SentinelServerType::Master)?;
                Kind::Sentinels(Arc::new(Sentinels { client: tokio::sync::Mutex::new(client), named: Mutex::default() }))
            }
        }))
    }

    /// A server to publish and to listen at: every other one hears what is said there.
    ///
    /// # Errors
    /// When there is none, or none is found in time.
    pub async fn broker(&self) -> RedisResult<Client> {
        match &self.0 {
            Kind::One(client) => Ok(Client::clone(client)),
            Kind::Sentinels(sentinels) => sentinels.named_or_last().await,
            Kind::Cluster(cluster) => in_time(cluster.broker()).await,
        }
    }

    /// Whether a broker is still one, or is told from its work as one that others have left. Asks nothing of a single server.
    ///
    /// # Errors
    /// When that cannot be found out.
    pub async fn is_broker(&self, broker: &Client, connection: &mut MultiplexedConnection) -> RedisResult<bool> {
        match &self.0 {
            Kind::One(_) => Ok(true),
            Kind::Sentinels(sentinels) => Ok(sentinels.named().await?.get_connection_info().addr() == broker.get_connection_info().addr()),
            Kind::Cluster(_) => in_time(is_whole(connection)).await,
        }
    }

    /// A connection for keys.
    ///
    /// # Errors
    /// When it cannot be opened in time.
    pub async fn connect(&self) -> RedisResult<KeysConnection> {
        in_time(async {
            Ok(match &self.0 {
                Kind::Cluster(cluster) => KeysConnection::Cluster(ClusterClient::new(cluster.known())?.get_async_connection().await?),
                Kind::One(_) | Kind::Sentinels(_) => KeysConnection::Server(self.broker().await?.get_multiplexed_async_connection().await?),
            })
        })
        .await
    }
}

impl Sentinels {
    async fn named(&self) -> RedisResult<Client> {
        let named = in_time(async { self.client.lock().await.async_get_client().await }).await?;
        *self.named.lock().unwrap_or_else(PoisonError::into_inner) = Some(named.clone());
        Ok(named)
    }

    /// The server that they name, or named last: that nobody can say which one it is, is no reason to leave one that answers.
    async fn named_or_last(&self) -> RedisResult<Client> {
        let named = self.named().await;
        let last = || self.named.lock().unwrap_or_else(PoisonError::into_inner).clone();
        named.or_else(|error| last().ok_or(error))
    }
}

impl Cluster {
    fn of(many: &Many) -> RedisResult<Self> {
        let seeds =
            many.each_with(&many.login).into_iter().map(IntoConnectionInfo::into_connection_info).collect::<RedisResult<Vec<_>>>()?;
        Ok(Self { seeds, learned: Mutex::default(), next: AtomicUsize::new(0) })
    }

    /// The first server that is there and belongs to a whole cluster.
    async fn broker(&self) -> RedisResult<Client> {
        let known = self.known();
        let mut failure = None;
        for _ in 0..known.len() {
            let place = self.next.load(Ordering::Relaxed) % known.len();
            let client = Client::open(known[place].clone())?;
            match self.ask(&client, &known[place]).await {
                Ok(()) => return Ok(client),
                Err(error) => failure = Some(error),
            }
            self.next.store(place + 1, Ordering::Relaxed);
        }
        Err(failure.unwrap_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound).into()))
    }

    async fn ask(&self, client: &Client, info: &ConnectionInfo) -> RedisResult<()> {
        let mut connection = client.get_multiplexed_async_connection().await?;
        if !is_whole(&mut connection).await? {
            return Err(std::io::Error::other("this server is cut off from its cluster").into());
        }
        let nodes: String = redis::cmd("CLUSTER").arg("NODES").query_async(&mut connection).await?;
        let learned = address::nodes(&nodes).take(MOST_LEARNED).map(|(host, port)| info.clone().set_addr(at(info.addr(), host, port)));
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = learned.collect();
        Ok(())
    }

    fn known(&self) -> Vec<ConnectionInfo> {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let others = learned.iter().filter(|info| self.seeds.iter().all(|seed| seed.addr() != info.addr()));
        self.seeds.iter().chain(others).cloned().collect()
    }
}

/// Whether a server sees the cluster whole.
async fn is_whole(connection: &mut MultiplexedConnection) -> RedisResult<bool> {
    let about: String = redis::cmd("CLUSTER").arg("INFO").query_async(connection).await?;
    Ok(about.lines().any(|line| line.trim_end() == "cluster_state:ok"))
}

/// Another server, reached the same way.
fn at(like: &ConnectionAddr, host: String, port: u16) -> ConnectionAddr {
    match like {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
        }
        _ => ConnectionAddr::Tcp(host, port),
    }
}

async fn in_time<T>(answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let answer = tokio::time::timeout(SEARCH, answer).await;
    answer.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

impl ConnectionLike for KeysConnection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            KeysConnection::Server(connection) => connection.req_packed_command(command),
            KeysConnection::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(&'a mut self, pipeline: &'a Pipeline, offset: usize, count: usize) -> RedisFuture<'a, Vec<Value>> {
        match self {
            KeysConnection::Server(connection) => connection.req_packed_commands(pipeline, offset, count),
            KeysConnection::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            KeysConnection::Server(connection) => connection.get_db(),
            KeysConnection::Cluster(connection) => connection.get_db(),
        }
    }
}
