//! What stands before the nodes of an installation: spreads connections over those that accept them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::ports;

/// A running balancer; ends when dropped.
pub struct Balancer {
    address: SocketAddr,
    left_out: Arc<Mutex<Vec<SocketAddr>>>,
    task: JoinHandle<()>,
}

impl Balancer {
    pub async fn start(nodes: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind(ports::free()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let left_out = Arc::<Mutex<Vec<SocketAddr>>>::default();
        let task = tokio::spawn(accept(listener, nodes.into(), left_out.clone()));
        Self { address, left_out, task }
    }

    /// Sends nobody to a node any more, as when its health is asked for and not answered.
    pub fn leaves_out(&self, node: SocketAddr) {
        self.left_out.lock().unwrap().push(node);
    }

    /// Sends people to every node again.
    pub fn takes_back_all(&self) {
        self.left_out.lock().unwrap().clear();
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

async fn accept(listener: TcpListener, nodes: Arc<[SocketAddr]>, left_out: Arc<Mutex<Vec<SocketAddr>>>) {
    let turn = Arc::new(AtomicUsize::new(0));
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let left_out = left_out.lock().unwrap().clone();
        let nodes: Vec<SocketAddr> = nodes.iter().copied().filter(|node| !left_out.contains(node)).collect();
        tokio::spawn(carry(client, nodes, turn.clone()));
    }
}

/// A connection stays with its node; it breaks when the node does, as behind every balancer.
async fn carry(mut client: TcpStream, nodes: Vec<SocketAddr>, turn: Arc<AtomicUsize>) {
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
