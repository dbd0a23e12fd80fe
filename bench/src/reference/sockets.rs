//! The least an actix-ws server can do with one bounded queue a socket: register it, answer what it says, send what is queued.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use actix_ws::{Message, MessageStream, Session};
use anyhow::Result;
use bytestring::ByteString;
use clap::Args;
use futures_util::StreamExt;
use tokio::sync::mpsc;

/// Frames that wait for one socket at most.
const WAITING_FRAMES: usize = 32;

#[derive(Debug, Clone, Args)]
pub struct Options {
    #[arg(long)]
    listen: SocketAddr,
}

#[derive(Default)]
struct Sockets {
    all: Mutex<HashMap<u64, mpsc::Sender<ByteString>>>,
    next: AtomicU64,
}

impl Sockets {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, mpsc::Sender<ByteString>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until it is killed.
pub fn serve(options: Options) -> Result<()> {
    let sockets = Data::new(Sockets::default());
    let threads = std::thread::available_parallelism()?.get();
    let server = HttpServer::new(move || App::new().app_data(sockets.clone()).route("/live", web::get().to(open)));
    let server = server.workers(threads).backlog(4096).bind(options.listen)?.run();
    Ok(actix_web::rt::System::new().block_on(server)?)
}

async fn open(sockets: Data<Sockets>, request: HttpRequest, body: Payload) -> actix_web::Result<HttpResponse> {
    let (response, session, messages) = actix_ws::handle(&request, body)?;
    let (sender, frames) = mpsc::channel(WAITING_FRAMES);
    let id = sockets.next.fetch_add(1, Ordering::Relaxed);
    sockets.lock().insert(id, sender);
    actix_web::rt::spawn(async move {
        run(session, messages, frames).await;
        sockets.lock().remove(&id);
    });
    Ok(response)
}

async fn run(mut session: Session, mut messages: MessageStream, mut frames: mpsc::Receiver<ByteString>) {
    loop {
        tokio::select! {
            frame = frames.recv() => {
                let Some(frame) = frame else { return };
                if session.text(frame).await.is_err() {
                    return;
                }
            }
            message = messages.next() => match message {
                Some(Ok(Message::Text(_))) => {
                    if session.text(r#"{"type":"beat"}"#).await.is_err() {
                        return;
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}
