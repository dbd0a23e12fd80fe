//! The command line.

mod cli;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::Parser;

use baton::config::Config;
use baton::{app, demo};
use cli::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What threads under way get to end in when everything else has.
const LAST_WORK: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let command = Cli::parse().command;
    match start(command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("baton: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(command: Command) -> Result<ExitCode> {
    choose_cryptography()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let code = runtime.block_on(run(command));
    // A thread that waits for a disk must not keep the program from ending.
    runtime.shutdown_timeout(LAST_WORK);
    code
}

async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Demo(arguments) => demo::run(&arguments.options()).await?,
        Command::Serve(arguments) => app::serve(logged()?, arguments.side()).await?,
        Command::Migrate => cli::migrate(&Config::from_environment()?).await?,
        Command::Doctor => return Ok(cli::doctor(&Config::from_environment()).await),
        Command::Routing { command } => cli::routing(&Config::from_environment()?, command).await?,
        Command::Workspace { command } => cli::workspace(&Config::from_environment()?, command).await?,
        Command::Inbox { command } => cli::inbox(&Config::from_environment()?, command).await?,
        Command::Flow { command } => return cli::flow(command),
        Command::Secrets { command } => cli::secrets(command).await?,
        Command::Quarantine { command } => cli::quarantine(&Config::from_environment()?, command).await?,
        Command::Owner { command } => cli::owner(&Config::from_environment()?, command).await?,
        Command::User { command } => cli::user(&Config::from_environment()?, command).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn logged() -> Result<Config> {
    let config = Config::from_environment()?;
    app::start_logging(&config);
    Ok(config)
}

/// One implementation for TLS and for tokens.
fn choose_cryptography() -> Result<()> {
    rustls::crypto::aws_lc_rs::default_provider().install_default().map_err(|_| anyhow!("TLS was set up twice"))?;
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().map_err(|_| anyhow!("tokens were set up twice"))
}
