//! Cuts a connection for real: the client sees a TCP reset and not one byte of an answer.

use std::{any::Any, io, os::fd::AsFd, sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, dev::Extensions, rt::net::TcpStream, web::Bytes};
use futures_util::stream;
use socket2::Socket;

/// The socket of a connection, kept beside it.
struct Wire(Arc<Socket>);

/// Remembers a new connection's socket so that [`cut`] can reach it.
pub fn remember(connection: &dyn Any, extensions: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    match stream.as_fd().try_clone_to_owned() {
        Ok(owned) => {
            extensions.insert(Wire(Arc::new(Socket::from(owned))));
        }
        Err(error) => tracing::warn!(%error, "a connection cannot be reset later"),
    }
}

/// An answer that never arrives: its body fails before the first byte is flushed, which makes
/// actix drop the connection, and zero linger makes the kernel send a reset.
pub fn cut(request: &HttpRequest) -> HttpResponse {
    if let Some(wire) = request.conn_data::<Wire>()
        && let Err(error) = wire.0.set_linger(Some(Duration::ZERO))
    {
        tracing::warn!(%error, "a connection is closed instead of reset");
    }
    let broken = stream::once(async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset)) });
    HttpResponse::Ok().streaming(broken)
}
