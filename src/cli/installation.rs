//! The one door, as the command line goes through it: what it publishes is heard by the nodes.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use tokio_util::sync::CancellationToken;

use baton::config::Config;
use baton::domain::channel::Rulebook;
use baton::domain::ids::WorkspaceId;
use baton::domain::password::PasswordRule;
use baton::domain::setup::{By, SetupCommand};
use baton::domain::user::{EmailAddress, User};
use baton::live::Live;
use baton::live::bus::Bus;
use baton::runner::setup::Configured;
use baton::runner::{Error, Runner};
use baton::store::Store;
use baton::store::accounts::Membership;

use super::commands::store;

pub struct Installation {
    pub runner: Runner,
    bus: tokio::task::JoinHandle<()>,
    live: Arc<Live>,
    stop: CancellationToken,
}

impl Installation {
    pub fn of(config: &Config) -> Result<Self> {
        let store = store(config)?;
        let (bus, task) = Bus::new(&config.redis_url).context("BATON_REDIS_URL is not an address of Redis")?;
        let (live, _) = Live::new(bus);
        let stop = CancellationToken::new();
        let bus = tokio::spawn(task.run(live.clone(), stop.clone()));
        Ok(Self { runner: Runner::new(store, live.clone(), Rulebook::WHATSAPP), bus, live, stop })
    }

    pub fn store(&self) -> &Store {
        self.runner.store()
    }

    /// Somebody of it, in the workspace of this name or id; it need not be named while they work in one only.
    pub async fn person(&self, email: &EmailAddress, workspace: Option<&str>) -> Result<User> {
        let known = self.store().find_by_email(email).await?;
        ensure!(!known.is_empty(), "nobody has the e-mail address {email}");
        let names: Vec<String> = known.iter().map(|it| format!("{} ({})", it.workspace_name, it.user.workspace)).collect();
        let is_meant = |it: &&Membership| {
            workspace.is_none_or(|workspace| it.workspace_name == workspace || it.user.workspace.to_string() == workspace)
        };
        let mut meant = known.iter().filter(is_meant);
        match (meant.next(), meant.next()) {
            (Some(one), None) => Ok(one.user.clone()),
            _ => bail!("{email} is in {}; say which one is meant with --workspace", names.join(" and ")),
        }
    }

    /// Any of what an account is, where all of it is meant.
    pub async fn account(&self, email: &EmailAddress) -> Result<User> {
        let known = self.store().find_by_email(email).await?.into_iter().next();
        Ok(known.with_context(|| format!("nobody has the e-mail address {email}"))?.user)
    }

    /// What a workspace asks of a new password.
    pub async fn password_rule(&self, workspace: WorkspaceId) -> Result<PasswordRule> {
        let security = self.store().security(workspace).await?;
        let least = security.and_then(|security| usize::try_from(security.least_password).ok());
        Ok(least.map_or_else(PasswordRule::default, PasswordRule::at_least))
    }

    /// Changes a set-up.
    pub async fn configure(&self, workspace: WorkspaceId, command: SetupCommand) -> Result<Configured> {
        self.runner.configure(workspace, &By::CommandLine, command, None).await.map_err(in_words)
    }

    /// Waits until the nodes have been told; false when they may not have been.
    pub async fn tell(self) -> Result<bool> {
        let has_told = self.live.has_told().await;
        self.stop.cancel();
        self.bus.await?;
        Ok(has_told)
    }
}

/// A refusal is an answer.
pub fn in_words(error: Error) -> anyhow::Error {
    match error {
        Error::Refused(refusal) => anyhow!("{refusal}"),
        error => error.into(),
    }
}
