//! `baton routing`: decisions, made again.

use anyhow::{Context, Result, bail};
use jiff::SignedDuration;

use baton::config::Config;
use baton::runner::now;

use super::RoutingCommand;
use super::files::meant;
use super::installation::Installation;

/// Conversations that are named.
const NAMED: usize = 20;

/// Runs a command of `baton routing`.
///
/// # Errors
/// In one sentence.
pub async fn routing(config: &Config, command: RoutingCommand) -> Result<()> {
    match command {
        RoutingCommand::Replay { workspace, last } => replay(config, workspace.as_deref(), last).await,
    }
}

async fn replay(config: &Config, workspace: Option<&str>, last: i64) -> Result<()> {
    let installation = Installation::of(config)?;
    let workspace = meant(installation.store(), workspace).await?.context("there is no workspace yet")?;
    let until = now();
    let since = until.saturating_sub(SignedDuration::from_hours(last)).unwrap_or(jiff::Timestamp::MIN);
    let replayed = installation.runner.replay(workspace, since, until).await?;
    println!("{} decisions of the last {last} hours were made again; {} came out otherwise.", replayed.count, replayed.otherwise.len());
    for (conversation, line) in replayed.otherwise.iter().take(NAMED) {
        println!("  conversation {conversation}, line {line}");
    }
    if !replayed.otherwise.is_empty() {
        bail!("not every decision is the same when it is made again");
    }
    Ok(())
}
