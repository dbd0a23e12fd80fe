//! `quarantine list`: what belongs to nobody, for whoever runs the installation.

use anyhow::Result;

use baton::config::Config;

use super::QuarantineCommand;
use super::commands::store;

pub async fn quarantine(config: &Config, command: QuarantineCommand) -> Result<()> {
    let QuarantineCommand::List { limit, items } = command;
    let listed = store(config)?.quarantined_of_nobody(limit).await?;
    if listed.is_empty() {
        println!("Nothing is set aside.");
    }
    for item in listed {
        println!("{}  {}  body {}  {}", item.at, item.source, item.payload_seq, item.reason);
        if items {
            println!("{}", String::from_utf8_lossy(&item.item));
        }
    }
    Ok(())
}
