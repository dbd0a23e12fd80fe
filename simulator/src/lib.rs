//! A local WhatsApp Cloud API: the Graph side a business talks to, the phones its customers hold,
//! and a control API for whoever checks. Everything is in memory and every collection has a named limit.

#![deny(missing_docs)]

mod agenda;
mod apps;
mod chats;
mod clock;
mod control;
mod counts;
mod errors;
mod escape;
mod faults;
mod graph;
mod http;
mod ids;
mod ledger;
mod limits;
mod media;
mod numbers;
mod phones;
mod rates;
mod reading;
mod reset;
mod sending;
mod settings;
mod signature;
mod traffic;
mod users;
mod webhooks;
mod window;
mod world;
mod writing;

use std::{io, net::TcpListener, time::Duration};

use actix_web::{App, HttpServer, web};

use crate::world::World;

/// Where the program listens unless told otherwise.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8090";

/// Longest body the simulator reads: a document of 100 MB and its form.
const BODY_LIMIT: usize = 105 * 1024 * 1024;
/// How long open requests and sockets may last once told to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 1;

/// What ends [`serve`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopOn {
    /// SIGTERM or SIGINT, gracefully.
    Signals,
    /// Only dropping the future, for tests in the same process.
    Drop,
}

/// How to run a simulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that answer HTTP, at least 1.
    pub workers: usize,
    /// What ends it.
    pub stop_on: StopOn,
}

impl Default for Options {
    fn default() -> Self {
        Self { workers: 1, stop_on: StopOn::Drop }
    }
}

/// Serves a fresh, empty simulator on `listener` until it is stopped. Must be called inside a Tokio or actix runtime.
///
/// # Errors
/// When the listener cannot be used or the HTTP client cannot be built.
pub async fn serve(listener: TcpListener, options: Options) -> io::Result<()> {
    let address = listener.local_addr()?;
    let world = World::start(format!("http://{address}"))?;
    let shared = web::Data::from(world.clone());
    let _beside = Beside(world);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .app_data(web::PayloadConfig::new(BODY_LIMIT))
            .wrap(http::same_origin())
            .configure(control::routes)
            .configure(phones::routes)
            .configure(graph::routes)
            .default_service(web::to(http::not_found))
    })
    .on_connect(reset::remember)
    .workers(options.workers)
    .backlog(4096)
    .keep_alive(Duration::from_secs(120))
    .shutdown_timeout(SHUTDOWN_SECONDS);
    let server = match options.stop_on {
        StopOn::Signals => server,
        StopOn::Drop => server.disable_signals(),
    };
    let running = server.listen(listener)?.run();
    tracing::info!("listening on http://{address}");
    running.await
}

/// Ends the work beside the server with it, also when the future is dropped.
struct Beside(std::sync::Arc<World>);

impl Drop for Beside {
    fn drop(&mut self) {
        self.0.stop();
    }
}
