//! The simulator as a program: reads the command line, listens, serves until it is told to stop.

use std::net::TcpListener;

use clap::Parser;
use tracing_subscriber::EnvFilter;

/// A local WhatsApp Cloud API with phones in the browser.
#[derive(Parser)]
#[command(name = "simulator", version)]
struct Arguments {
    /// Address to listen on; port 0 takes a free one and the log says which.
    #[arg(
        long,
        env = "SIMULATOR_LISTEN",
        default_value = simulator::DEFAULT_LISTEN,
        value_name = "ADDRESS"
    )]
    listen: String,
    /// Threads that answer HTTP; webhooks are sent from one more.
    #[arg(long, env = "SIMULATOR_WORKERS", default_value_t = 1, value_name = "N")]
    workers: usize,
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    // actix-http reports every connection we cut on purpose as an error.
    let filter = EnvFilter::try_from_env("SIMULATOR_LOG").unwrap_or_else(|_| EnvFilter::new("info,actix_http=off,actix_server=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let listener = TcpListener::bind(&arguments.listen)?;
    let options = simulator::Options { workers: arguments.workers.max(1), stop_on: simulator::StopOn::Signals };
    simulator::serve(listener, options).await
}
