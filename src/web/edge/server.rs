//! HTTP around the table of routes: threads, connections and their time-outs.
//!
//! Built by hand from the parts of actix, because `HttpServer` takes no stream but its own, and ours is watched (see [`Connection`]).

mod connections;
mod descriptors;
mod stream;

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::{Server, ServerBuilder};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, map_config};
use actix_web::dev::{AppConfig, fn_service};
use actix_web::rt::net::TcpStream;
use actix_web::web::{Data, ServiceConfig};

pub use self::connections::{Connections, Place};
pub use self::descriptors::{Descriptors, raise};
pub use self::stream::{Connection, HEAD, Progress, UnderWay};
use crate::web::state::State;

/// How long an idle connection is kept; longer than load balancers keep theirs.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long a connection that is to end may take to do so.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long requests under way may take when the node stops.
const SHUTDOWN_SECONDS: u64 = 5;

/// Connections that the system holds for us until we take them up.
const BACKLOG: u32 = 4096;

/// A server of these routes on `listener`; it serves once it is polled.
///
/// # Errors
/// When the listener cannot be used.
pub fn build(
    state: Data<State>,
    connections: &Arc<Connections>,
    listener: TcpListener,
    routes: fn(&mut ServiceConfig),
) -> std::io::Result<Server> {
    let server = ServerBuilder::new()
        .workers(state.config.workers)
        // Ours are refused before; these would be left waiting.
        .max_concurrent_connections(connections.most() + 1)
        .backlog(BACKLOG)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals();
    let stopping = server.graceful_shutdown_signal();
    let connections = connections.clone();
    let factory = move || {
        let (connections, stopping) = (connections.clone(), stopping.clone());
        let app = actix_web::App::new().app_data(state.clone()).configure(routes);
        let app = app.into_factory().map_err(|error: actix_web::Error| error.error_response());
        let http = HttpService::build()
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD)
            .client_disconnect_timeout(FAREWELL)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .on_connect_ext(|connection: &Connection, extensions| {
                extensions.insert::<Rc<Progress>>(connection.progress());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        take_up(connections).and_then(http)
    };
    Ok(server.listen("http", listener, factory)?.run())
}

/// Gives each connection its place, and lets go of those for which there is none.
fn take_up(
    connections: Arc<Connections>,
) -> impl ServiceFactory<
    TcpStream,
    Config = (),
    Response = (Connection, Option<std::net::SocketAddr>),
    Error = DispatchError,
    InitError = (),
    Service: 'static,
    Future: 'static,
> {
    fn_service(move |stream: TcpStream| {
        let peer = stream.peer_addr().ok();
        let taken = connections.take_up(peer.map(|peer| peer.ip())).map(|place| (Connection::new(stream, place), peer));
        std::future::ready(taken.ok_or(DispatchError::DisconnectTimeout))
    })
}
