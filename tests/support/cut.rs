//! Between a node and a server: a line that may be cut. What is said meanwhile arrives when it is mended; no connection ends by it.

use std::io::Result;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A socket in front of a server's; gone when dropped.
pub struct Cut {
    is_cut: watch::Sender<bool>,
    _task: JoinSet<Result<()>>,
}

impl Cut {
    /// Listens at `at` for what is meant for the server at `server`.
    pub fn start(at: &Path, server: PathBuf) -> Self {
        let listener = UnixListener::bind(at).unwrap();
        let (is_cut, state) = watch::channel(false);
        let mut task = JoinSet::new();
        task.spawn(accept(listener, server, state));
        Self { is_cut, _task: task }
    }

    pub fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    pub fn mend(&self) {
        self.is_cut.send_replace(false);
    }
}

async fn accept(listener: UnixListener, server: PathBuf, state: watch::Receiver<bool>) -> Result<()> {
    let mut lines = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await?;
        let (server, state) = (server.clone(), state.clone());
        lines.spawn(async move {
            whole(state.clone()).await;
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = UnixStream::connect(&server).await?.into_split();
            tokio::select! {
                ended = pump(from_client, to_server, state.clone()) => ended,
                ended = pump(from_server, to_client, state) => ended,
            }
        });
        while lines.try_join_next().is_some() {}
    }
}

/// Waits until the line is whole.
async fn whole(mut state: watch::Receiver<bool>) {
    state.wait_for(|is_cut| !is_cut).await.ok();
}

async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, state: watch::Receiver<bool>) -> Result<()> {
    let mut some = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut some).await?;
        whole(state.clone()).await;
        match length {
            0 => return to.shutdown().await,
            _ => to.write_all(&some[..length]).await?,
        }
    }
}
