//! `migrate`, `doctor`, `workspace create` and the beginning of `user`.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use jiff::tz::TimeZone;
use uuid::Uuid;

use baton::config::{Config, Faults};
use baton::doctor::Health;
use baton::domain::access::Role;
use baton::domain::ids::{QueueId, TeamId, UserId, WorkspaceId};
use baton::domain::password::PasswordRule;
use baton::domain::queue::Queue;
use baton::domain::setup::command::{NewMember, NewTeams};
use baton::domain::setup::{By, Secret, SetupCommand};
use baton::domain::user::EmailAddress;
use baton::store::Store;
use baton::store::sealed::Keys;
use baton::store::users::{FIRST_CAPACITY, NewWorkspace};
use baton::web::locale::Locale;
use baton::web::sign_in::passwords::Passwords;

use super::installation::{Installation, in_words};
use super::{UserCommand, WorkspaceCommand, files, history, people};

/// Letters and digits that nobody confuses when reading a password aloud.
const PASSWORD_LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// 20 of 31 letters: 99 bits. A rule may ask for more.
const PASSWORD_LENGTH: usize = 20;

/// Brings the schema up to date.
pub async fn migrate(config: &Config) -> Result<()> {
    match store(config)?.migrate().await?.as_slice() {
        [] => println!("The schema is up to date."),
        names => println!("Applied {}.", names.join(", ")),
    }
    Ok(())
}

/// Prints what was found; fails when something is wrong.
pub async fn doctor(config: &Result<Config, Faults>) -> ExitCode {
    let findings = baton::doctor::examine(config).await;
    findings.iter().for_each(|finding| println!("{finding}"));
    match findings.iter().filter(|finding| finding.health == Health::Wrong).count() {
        0 => ExitCode::SUCCESS,
        wrong => {
            println!("\n{wrong} of {} checks found something wrong.", findings.len());
            ExitCode::FAILURE
        }
    }
}

pub async fn workspace(config: &Config, command: WorkspaceCommand) -> Result<()> {
    match command {
        WorkspaceCommand::Create { name, locale, time_zone } => create_workspace(config, &name, &locale, &time_zone).await,
        WorkspaceCommand::History { workspace, limit } => history::list(config, &workspace, limit).await,
        WorkspaceCommand::Export { file, workspace, without_people } => {
            files::export(config, workspace.as_deref(), file.as_deref(), !without_people).await
        }
        WorkspaceCommand::Import { file, workspace, plan: _, apply, prune } => {
            files::import(config, workspace.as_deref(), &file, apply, prune).await
        }
        WorkspaceCommand::Undo { workspace, line } => history::undo(config, &workspace, line).await,
    }
}

async fn create_workspace(config: &Config, name: &str, locale: &str, time_zone: &str) -> Result<()> {
    check_locale(locale)?;
    TimeZone::get(time_zone).with_context(|| format!("`{time_zone}` is no time zone; write it as Europe/Madrid"))?;
    let id = WorkspaceId(Uuid::now_v7());
    let team = TeamId(Uuid::now_v7());
    let queue = Queue::new(QueueId(Uuid::now_v7()), "support".to_owned(), "Support".to_owned(), team, time_zone);
    let begins_with = vec![SetupCommand::AddTeam { team, name: "Support".to_owned() }, SetupCommand::AddQueue { queue }];
    let new = NewWorkspace { id, name: name.trim(), locale, time_zone };
    let installation = Installation::of(config)?;
    installation.runner.open_workspace(&new, &By::CommandLine, SetupCommand::Several(begins_with)).await.map_err(in_words)?;
    println!("{id}");
    installation.tell().await?;
    Ok(())
}

pub async fn user(config: &Config, command: UserCommand) -> Result<()> {
    match command {
        UserCommand::Create { workspace, email, name, role, locale, password_stdin } => {
            create_user(config, &workspace, Newcomer { email, name, role, locale }, password_stdin).await
        }
        UserCommand::Deactivate { email, workspace } => people::deactivate(config, &email, workspace.as_deref()).await,
        UserCommand::Activate { email, workspace } => people::activate(config, &email, workspace.as_deref()).await,
        UserCommand::Password { email, password_stdin } => people::change_password(config, &email, password_stdin).await,
        UserCommand::SignOut { email } => people::sign_out(config, &email).await,
        UserCommand::Role { email, workspace, role } => people::change_role(config, &email, workspace.as_deref(), role).await,
    }
}

struct Newcomer {
    email: EmailAddress,
    name: String,
    role: Role,
    locale: String,
}

async fn create_user(config: &Config, workspace: &str, newcomer: Newcomer, password_stdin: bool) -> Result<()> {
    let Newcomer { email, name, role, locale } = newcomer;
    check_locale(&locale)?;
    let installation = Installation::of(config)?;
    let workspace = find_workspace(installation.store(), workspace).await?;
    let given = Given::of(password_stdin, installation.password_rule(workspace).await?, (&name, &email))?;
    let password = Secret::new(Passwords::new()?.hash(given.password.clone()).await?);
    let member = UserId(Uuid::now_v7());
    let new = NewMember { name, email, role, locale, capacity: FIRST_CAPACITY, teams: NewTeams::All, languages: [].into() };
    let done = installation.configure(workspace, SetupCommand::AddMember { member, new, password }).await?;
    println!("{member}");
    if done.had_account.is_empty() {
        given.say();
    } else {
        eprintln!("They have an account already, and sign in with the password that they have.");
    }
    installation.tell().await?;
    Ok(())
}

/// A password that somebody gets.
pub(super) struct Given {
    pub password: String,
    is_invented: bool,
}

impl Given {
    /// From standard input, or else made up; by the rule that counts for somebody of this name and address.
    pub(super) fn of(password_stdin: bool, rule: PasswordRule, (name, email): (&str, &EmailAddress)) -> Result<Self> {
        let password = if password_stdin { read_password()? } else { invent_password(rule) };
        rule.check(&password, &[name, email.as_str()])?;
        Ok(Self { password, is_invented: !password_stdin })
    }

    /// Shows what was made up, once.
    pub(super) fn say(&self) {
        if self.is_invented {
            println!("Password, shown only now: {}", self.password);
        }
    }
}

pub(super) fn store(config: &Config) -> Result<Store> {
    Ok(Store::new(&config.database_url, config.database_pool, Keys::new(&config.secret_keys)?)?)
}

fn check_locale(locale: &str) -> Result<()> {
    let known: Vec<&str> = Locale::ALL.iter().map(Locale::as_str).collect();
    if known.contains(&locale) { Ok(()) } else { bail!("`{locale}` is no language of the interface; it speaks {}", known.join(", ")) }
}

pub(super) async fn find_workspace(store: &Store, wanted: &str) -> Result<WorkspaceId> {
    match store.find_workspaces(wanted).await?.as_slice() {
        [only] => Ok(*only),
        [] => bail!("there is no workspace `{wanted}`; `baton workspace create` makes one"),
        _ => bail!("several workspaces are called `{wanted}`; give the id of one"),
    }
}

fn read_password() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("the password cannot be read from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

pub(super) fn invent_password(rule: PasswordRule) -> String {
    (0..rule.least.max(PASSWORD_LENGTH)).map(|_| char::from(PASSWORD_LETTERS[rand::random_range(0..PASSWORD_LETTERS.len())])).collect()
}
