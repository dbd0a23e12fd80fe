//! `owner list`, `add` and `remove`: who looks after the whole installation.

use anyhow::{Result, ensure};

use baton::config::Config;
use baton::domain::user::EmailAddress;

use super::OwnerCommand;
use super::commands::store;
use super::installation::Installation;

pub async fn owner(config: &Config, command: OwnerCommand) -> Result<()> {
    match command {
        OwnerCommand::List => {
            store(config)?.installation_owners().await?.iter().for_each(|email| println!("{email}"));
            Ok(())
        }
        OwnerCommand::Add { email } => set(config, &email, true).await,
        OwnerCommand::Remove { email } => set(config, &email, false).await,
    }
}

async fn set(config: &Config, email: &EmailAddress, is_owner: bool) -> Result<()> {
    let installation = Installation::of(config)?;
    let is_set = installation.runner.set_owner(email, is_owner).await?;
    ensure!(is_set, if is_owner { "nobody has this e-mail address" } else { "nobody has this e-mail address, or nobody would be left" });
    println!("{email} looks after the installation{}.", if is_owner { "" } else { " no more" });
    installation.tell().await?;
    Ok(())
}
