//! `inbox connect` and `inbox update`: a WhatsApp number begins to speak through Baton, and goes on when its token has run out.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use uuid::Uuid;

use baton::config::Config;
use baton::domain::Refusal;
use baton::domain::channel::Channel;
use baton::domain::ids::{FlowId, InboxId};
use baton::domain::setup::value::{Inbox, InboxState, LONGEST_META_ID, Number, REOPEN_HOURS, is_meta_id};
use baton::domain::setup::{By, Secret, SetupCommand, SetupRefusal};
use baton::runner::Error;
use baton::store::apps::{App, IfKnown};
use baton::store::inboxes::Connection;

use super::InboxCommand;
use super::commands::find_workspace;
use super::installation::{Installation, in_words};

/// A number to be connected, as it was typed.
struct Typed {
    workspace: String,
    name: String,
    app_id: String,
    phone_number_id: String,
    waba_id: String,
    display_phone_number: String,
    flow: Option<PathBuf>,
    replace: bool,
}

pub async fn inbox(config: &Config, command: InboxCommand) -> Result<()> {
    match command {
        InboxCommand::Connect { workspace, name, app_id, phone_number_id, waba_id, display_phone_number, flow, replace } => {
            connect(config, Typed { workspace, name, app_id, phone_number_id, waba_id, display_phone_number, flow, replace }).await
        }
        InboxCommand::Update { workspace, inbox } => update(config, &workspace, &inbox).await,
    }
}

/// Gives a number a new access token.
async fn update(config: &Config, workspace: &str, wanted: &str) -> Result<()> {
    let installation = Installation::of(config)?;
    let workspace = find_workspace(installation.store(), workspace).await?;
    let is_meant = |connection: &Connection| {
        connection.inbox.id.to_string() == wanted || connection.inbox.name == wanted || connection.address == wanted
    };
    let meant: Vec<Connection> = installation.store().connections_of(workspace).await?.into_iter().filter(is_meant).collect();
    let [connection] = meant.as_slice() else {
        bail!("{} numbers of the workspace are meant by `{wanted}`; give the id of one", if meant.is_empty() { "no" } else { "several" })
    };
    let [access_token] = read_secrets(["the access token"])?;
    let command = SetupCommand::ReplaceAccessToken { inbox: connection.inbox.id, token: Secret::new(access_token) };
    installation.configure(workspace, command).await?;
    println!("{} sends with the new token from now on.", connection.inbox.name);
    installation.tell().await?;
    Ok(())
}

fn check_id(name: &str, id: &str) -> Result<()> {
    if is_meta_id(id) {
        return Ok(());
    }
    bail!("“{id}” is no {name}: it holds letters and digits only, {LONGEST_META_ID} at most")
}

/// Connects a number and says where Meta has to call.
async fn connect(config: &Config, typed: Typed) -> Result<()> {
    let Typed { workspace, name, app_id, phone_number_id, waba_id, display_phone_number, flow, replace } = typed;
    check_id("app id", &app_id)?;
    check_id("phone number id", &phone_number_id)?;
    check_id("WhatsApp Business account id", &waba_id)?;
    let installation = Installation::of(config)?;
    let workspace = find_workspace(installation.store(), &workspace).await?;
    let queues = installation.store().workplace(workspace).await?.workplace.queues;
    let Some(default_queue) = queues.first().map(|queue| queue.id) else {
        bail!("the workspace has no queue for conversations to wait in");
    };
    let [app_secret, verify_token, access_token] = read_secrets(["the app secret", "the verify token", "the access token"])?;
    let app = App { app_id: app_id.clone(), app_secret, verify_token };
    let callback = config.public_url.join(&format!("webhooks/whatsapp/{app_id}"))?;
    let added = flow.map(|file| flow_of(&file)).transpose()?;
    let flow = added.as_ref().map(|(flow, _)| *flow);
    let number = Some(Number { app_id, phone_number_id, waba_id, display_phone_number });
    let inbox = InboxId(Uuid::now_v7());
    let new =
        Inbox { name, channel: Channel::WHATSAPP, flow, default_queue, reopen_hours: REOPEN_HOURS, number, state: InboxState::Active };
    let connected = SetupCommand::ConnectInbox { inbox, new, token: Secret::new(access_token) };
    let commands = added.map(|(_, command)| command).into_iter().chain([connected]).collect();
    // An app that is known is not given other secrets by the way: every webhook of its other numbers would be refused.
    let known = if replace { IfKnown::Replace } else { IfKnown::Keep };
    let connected = installation.runner.connect(workspace, &By::CommandLine, &app, known, SetupCommand::Several(commands)).await;
    connected.map_err(|error| match error {
        Error::Refused(Refusal::SetUp(SetupRefusal::NumberTaken)) => {
            anyhow!("the number is connected already; `baton inbox update` gives it a new access token")
        }
        Error::Refused(Refusal::SetUp(SetupRefusal::AppKnownOtherwise)) => anyhow!(
            "the app {} is known here under another secret or verify token. Give those, or `--replace` them for every number of the app",
            app.app_id
        ),
        error => in_words(error),
    })?;
    println!("{inbox}");
    println!("In Meta's app dashboard, set the webhook's callback URL to {callback} and subscribe to `messages`.");
    installation.tell().await?;
    Ok(())
}

/// Secrets, a line each: they must not stand in the process list.
fn read_secrets<const COUNT: usize>(names: [&str; COUNT]) -> Result<[String; COUNT]> {
    let mut secrets = [const { String::new() }; COUNT];
    for (secret, name) in secrets.iter_mut().zip(names) {
        eprintln!("{name}:");
        std::io::stdin().read_line(secret).with_context(|| format!("{name} cannot be read from standard input"))?;
        secret.truncate(secret.trim_end().len());
        if secret.is_empty() {
            bail!("{name} is missing; standard input must hold {}, a line each", names.join(", "));
        }
    }
    Ok(secrets)
}

/// The flow of a file, to be added.
fn flow_of(file: &Path) -> Result<(FlowId, SetupCommand)> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let definition = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
    let name = file.file_stem().map_or_else(|| "flow".to_owned(), |name| name.to_string_lossy().into_owned());
    let flow = FlowId(Uuid::now_v7());
    Ok((flow, SetupCommand::AddFlow { flow, name, definition }))
}
