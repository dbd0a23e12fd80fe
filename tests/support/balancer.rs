//! What stands before the nodes of an installation: spreads connections over those that accept them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::ports;

/// A running balancer; ends when dropped.
pub struct Balancer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Balancer {
    pub async fn start(nodes: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind(ports::free()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(accept(listener, nodes.into()));
        Self { address, task }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, nodes: Arc<[SocketAddr]>) {
    let turn = Arc::new(AtomicUsize::new(0));
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        tokio::spawn(carry(client, nodes.clone(), turn.clone()));
    }
}

/// A connection stays with its node; it breaks when the node does, as behind every balancer.
async fn carry(mut client: TcpStream, nodes: Arc<[SocketAddr]>, turn: Arc<AtomicUsize>) {
    let first = turn.fetch_add(1, Ordering::Relaxed);
    for step in 0..nodes.len() {
        let Ok(mut node) = TcpStream::connect(nodes[(first + step) % nodes.len()]).await else { continue };
        for stream in [&client, &node] {
            stream.set_nodelay(true).ok();
        }
        tokio::io::copy_bidirectional(&mut client, &mut node).await.ok();
        return;
    }
}
