//! Between Baton and PostgreSQL: counts how often Baton waits for an answer before it says more.

use std::io::Result;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

/// The name of a server's socket in its folder.
const SOCKET: &str = ".s.PGSQL.5432";

/// A socket in front of PostgreSQL's; gone when dropped.
pub struct Trips {
    pub count: Arc<AtomicUsize>,
    _task: JoinSet<Result<()>>,
}

impl Trips {
    /// Listens in `folder` for what is meant for the server whose socket is in `sockets`.
    pub fn start(folder: &Path, sockets: &Path) -> Result<Self> {
        let listener = UnixListener::bind(folder.join(SOCKET))?;
        let count = Arc::new(AtomicUsize::new(0));
        let mut task = JoinSet::new();
        task.spawn(accept(listener, sockets.join(SOCKET), count.clone()));
        Ok(Self { count, _task: task })
    }
}

async fn accept(listener: UnixListener, server: PathBuf, count: Arc<AtomicUsize>) -> Result<()> {
    let mut pumps = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await?;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = UnixStream::connect(&server).await?.into_split();
        let was_answered = Arc::new(AtomicBool::new(true));
        let (asked, answered, count) = (was_answered.clone(), was_answered, count.clone());
        pumps.spawn(pump(from_client, to_server, move || {
            if asked.swap(false, Ordering::SeqCst) {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }));
        pumps.spawn(pump(from_server, to_client, move || answered.store(true, Ordering::SeqCst)));
    }
}

/// Passes on what is said, and tells `said` of it beforehand.
async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, said: impl Fn()) -> Result<()> {
    let mut some = vec![0; 64 * 1024];
    loop {
        match from.read(&mut some).await? {
            0 => return to.shutdown().await,
            length => {
                said();
                to.write_all(&some[..length]).await?;
            }
        }
    }
}
