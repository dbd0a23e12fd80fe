//! `user deactivate`, `activate`, `password`, `sign-out` and `role`: what is decided here counts on every node at once.

use std::sync::Arc;

use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;

use baton::config::Config;
use baton::domain::channel::Rulebook;
use baton::domain::user::{EmailAddress, Role, User};
use baton::live::Live;
use baton::live::bus::Bus;
use baton::runner::Runner;
use baton::runner::people::Returned;
use baton::web::passwords::Passwords;

use super::commands::{Given, store};

pub async fn deactivate(config: &Config, email: &EmailAddress) -> Result<()> {
    let (installation, user) = Installation::with(config, email).await?;
    let Returned { returned, left } = installation.runner.deactivate(user.workspace, user.id).await?;
    println!("{} has left: signed out everywhere, {returned} conversations back in their queues.", user.name);
    if left > 0 {
        println!("{left} could not be returned now. Every node goes on trying; one without a queue waits for a supervisor.");
    }
    installation.tell().await
}

pub async fn activate(config: &Config, email: &EmailAddress) -> Result<()> {
    let (installation, user) = Installation::with(config, email).await?;
    installation.runner.activate(user.workspace, user.id).await?;
    println!("{} can sign in.", user.name);
    installation.tell().await
}

pub async fn change_password(config: &Config, email: &EmailAddress, given: Given) -> Result<()> {
    let (installation, user) = Installation::with(config, email).await?;
    let password_hash = Passwords::new()?.hash(given.password.clone()).await?;
    installation.runner.change_password(user.workspace, user.id, &password_hash).await?;
    println!("{} has another password, and is signed out everywhere.", user.name);
    given.say();
    installation.tell().await
}

pub async fn sign_out(config: &Config, email: &EmailAddress) -> Result<()> {
    let (installation, user) = Installation::with(config, email).await?;
    let ended = installation.runner.sign_out_everywhere(user.workspace, user.id).await?;
    println!("{} is signed out everywhere; {ended} sessions ended.", user.name);
    installation.tell().await
}

pub async fn change_role(config: &Config, email: &EmailAddress, role: Role) -> Result<()> {
    let (installation, user) = Installation::with(config, email).await?;
    installation.runner.change_role(user.workspace, user.id, role).await?;
    println!("{} is {role} now.", user.name);
    installation.tell().await
}

/// The one door, as this command goes through it: what it publishes is heard by the nodes.
struct Installation {
    runner: Runner,
    bus: tokio::task::JoinHandle<()>,
    live: Arc<Live>,
    stop: CancellationToken,
}

impl Installation {
    /// The installation, and somebody of it.
    async fn with(config: &Config, email: &EmailAddress) -> Result<(Self, User)> {
        let store = store(config)?;
        let known = store.find_user_by_email(email).await?;
        let user = known.with_context(|| format!("nobody has the e-mail address {email}"))?.user;
        let (bus, task) = Bus::new(&config.redis_url).context("BATON_REDIS_URL is not an address of Redis")?;
        let (live, _) = Live::new(bus);
        let stop = CancellationToken::new();
        let bus = tokio::spawn(task.run(live.clone(), stop.clone()));
        Ok((Self { runner: Runner::new(store, live.clone(), Rulebook::WHATSAPP), bus, live, stop }, user))
    }

    /// Waits until the nodes have been told.
    async fn tell(self) -> Result<()> {
        let has_told = self.live.has_told().await;
        self.stop.cancel();
        self.bus.await?;
        if !has_told {
            println!("Redis does not answer, so nodes may take a minute to notice.");
        }
        Ok(())
    }
}
