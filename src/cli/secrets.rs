//! `secrets new` and `secrets rotate`: what secrets in the database are sealed with.

use anyhow::{Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use jiff::Timestamp;

use baton::config::Config;

use super::SecretsCommand;
use super::commands::store;

pub async fn secrets(command: SecretsCommand) -> Result<()> {
    match command {
        SecretsCommand::New => println!("{}", invent(Timestamp::now())),
        SecretsCommand::Rotate => {
            let store = store(&Config::from_environment()?)?;
            let count = store.rotate_secrets().await?;
            println!("{count} rows are sealed with the first key now.");
            let needed: Vec<String> = store.needed_secret_keys().await?.into_iter().map(|(name, _)| name).collect();
            if needed.len() > 1 {
                bail!("somebody sealed meanwhile with another key; `{}` are needed still: run this again", needed.join("`, `"));
            }
            println!("The other keys are needed no more.");
        }
    }
    Ok(())
}

/// Named after the moment, so that the next one is called otherwise.
fn invent(now: Timestamp) -> String {
    let key: [u8; 32] = rand::random();
    format!("{}:{}", now.strftime("%Y%m%d-%H%M%S"), BASE64.encode(key))
}
