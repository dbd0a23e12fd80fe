//! `user deactivate`, `activate`, `password`, `sign-out` and `role`: what is decided here counts on every node at once.

use anyhow::Result;

use baton::config::Config;
use baton::domain::access::Role;
use baton::domain::password::PasswordRule;
use baton::domain::setup::{By, Secret, SetupCommand};
use baton::domain::user::EmailAddress;
use baton::runner::people::Returned;
use baton::web::sign_in::passwords::Passwords;

use super::commands::Given;
use super::installation::{Installation, in_words};

pub async fn deactivate(config: &Config, email: &EmailAddress, workspace: Option<&str>) -> Result<()> {
    let installation = Installation::of(config)?;
    let user = installation.person(email, workspace).await?;
    let left = installation.runner.deactivate(user.workspace, &By::CommandLine, user.id).await;
    let Returned { returned, left } = left.map_err(in_words)?;
    println!("{} has left: signed out everywhere, {returned} conversations back in their queues.", user.name);
    if left > 0 {
        println!("{left} could not be returned now. Every node goes on trying; one without a queue waits for a supervisor.");
    }
    tell(installation).await
}

pub async fn activate(config: &Config, email: &EmailAddress, workspace: Option<&str>) -> Result<()> {
    let installation = Installation::of(config)?;
    let user = installation.person(email, workspace).await?;
    installation.configure(user.workspace, SetupCommand::Activate { member: user.id }).await?;
    println!("{} can sign in.", user.name);
    tell(installation).await
}

pub async fn change_password(config: &Config, email: &EmailAddress, password_stdin: bool) -> Result<()> {
    let installation = Installation::of(config)?;
    let user = installation.account(email).await?;
    let credentials = installation.store().credentials(user.workspace, user.id).await?;
    let rule = credentials.map_or_else(PasswordRule::default, |credentials| credentials.rule);
    let given = Given::of(password_stdin, rule, (&user.name, email))?;
    let hash = Secret::new(Passwords::new()?.hash(given.password.clone()).await?);
    installation.configure(user.workspace, SetupCommand::ReplacePassword { member: user.id, hash }).await?;
    println!("{} has another password, and is signed out everywhere.", user.name);
    given.say();
    tell(installation).await
}

pub async fn sign_out(config: &Config, email: &EmailAddress) -> Result<()> {
    let installation = Installation::of(config)?;
    let user = installation.account(email).await?;
    let ended = installation.runner.sign_out_account(user.workspace, user.id).await?;
    println!("{} is signed out everywhere; {ended} sessions ended.", user.name);
    tell(installation).await
}

pub async fn change_role(config: &Config, email: &EmailAddress, workspace: Option<&str>, role: Role) -> Result<()> {
    let installation = Installation::of(config)?;
    let user = installation.person(email, workspace).await?;
    installation.configure(user.workspace, SetupCommand::role(user.id, role)).await?;
    println!("{} is {role} now.", user.name);
    tell(installation).await
}

/// Waits until the nodes have been told, and says when they may not have been.
async fn tell(installation: Installation) -> Result<()> {
    if !installation.tell().await? {
        println!("Redis does not answer, so nodes may take a minute to notice.");
    }
    Ok(())
}
