//! The least a durable webhook can do: check the signature, insert one row, answer once it is committed.

use std::net::SocketAddr;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use anyhow::Result;
use clap::Args;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use tokio_postgres::NoTls;

/// A table like Baton's, with the same columns and indexes, and nothing else that writes to it.
pub const TABLE: &str = "CREATE TABLE IF NOT EXISTS reference_payloads (LIKE payloads INCLUDING ALL)";

const INSERT: &str = "INSERT INTO reference_payloads (source, received_at, body) VALUES ($1, $2, $3)";

/// Connections to PostgreSQL: more are no faster here.
const CONNECTIONS: usize = 16;

#[derive(Debug, Clone, Args)]
pub struct Options {
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    database: String,
    #[arg(long)]
    secret: String,
}

struct State {
    pool: Pool,
    secret: String,
}

/// Serves until it is killed.
pub fn serve(options: Options) -> Result<()> {
    let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(options.database.parse()?, NoTls, manager);
    let pool = Pool::builder(manager).max_size(CONNECTIONS).build()?;
    let state = Data::new(State { pool, secret: options.secret });
    let threads = std::thread::available_parallelism()?.get();
    let server = HttpServer::new(move || App::new().app_data(state.clone()).route("/webhooks/whatsapp/{app_id}", web::post().to(take)));
    let server = server.workers(threads).backlog(4096).bind(options.listen)?.run();
    Ok(actix_web::rt::System::new().block_on(server)?)
}

async fn take(state: Data<State>, app_id: Path<String>, request: HttpRequest, body: Bytes) -> HttpResponse {
    if !is_signed(&state.secret, &request, &body) {
        return HttpResponse::new(StatusCode::UNAUTHORIZED);
    }
    match insert(&state.pool, &app_id, &body).await {
        Ok(()) => HttpResponse::new(StatusCode::OK),
        Err(error) => {
            eprintln!("{error:#}");
            HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// Compares in constant time.
fn is_signed(secret: &str, request: &HttpRequest, body: &[u8]) -> bool {
    let header = request.headers().get("x-hub-signature-256").and_then(|value| value.to_str().ok());
    let Some(given) = header.and_then(|header| hex::decode(header.strip_prefix("sha256=")?).ok()) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(body);
    mac.verify_slice(&given).is_ok()
}

async fn insert(pool: &Pool, source: &str, body: &[u8]) -> Result<()> {
    let client = pool.get().await?;
    let statement = client.prepare_cached(INSERT).await?;
    client.execute(&statement, &[&source, &Timestamp::now(), &body]).await?;
    Ok(())
}
