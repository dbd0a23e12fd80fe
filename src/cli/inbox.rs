//! `inbox connect` and `inbox update`: a WhatsApp number begins to speak through Baton, and goes on when its token has run out.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use uuid::Uuid;

use baton::config::Config;
use baton::domain::channel::{self, Channel};
use baton::domain::flows::definition::Definition;
use baton::domain::flows::validation;
use baton::domain::ids::{FlowId, InboxId};
use baton::domain::inbox::Inbox;
use baton::domain::queue::Queue;
use baton::store::apps::{App, IfKnown};
use baton::store::inboxes::{Connection, NewInbox};
use baton::store::users::is_taken;
use baton::store::workplace::NewFlow;

use super::InboxCommand;
use super::commands::{find_workspace, store};

/// How long after it was resolved a new message reopens a conversation, in hours.
const REOPEN_HOURS: u32 = 24;

/// What Meta lets a number send a second unless it was raised (Meta, throughput).
const RATE_PER_SECOND: i32 = 80;

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
    let store = store(config)?;
    let workspace = find_workspace(&store, workspace).await?;
    let is_meant = |connection: &Connection| {
        connection.inbox.id.to_string() == wanted || connection.inbox.name == wanted || connection.address == wanted
    };
    let meant: Vec<Connection> = store.connections_of(workspace).await?.into_iter().filter(is_meant).collect();
    let [connection] = meant.as_slice() else {
        bail!("{} numbers of the workspace are meant by `{wanted}`; give the id of one", if meant.is_empty() { "no" } else { "several" })
    };
    let [access_token] = read_secrets(["the access token"])?;
    store.set_access_token(workspace, connection.inbox.id, &access_token).await?;
    println!("{} sends with the new token from now on.", connection.inbox.name);
    Ok(())
}

/// Meta's ids stand in addresses.
fn check_id(name: &str, id: &str) -> Result<()> {
    if (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    bail!("“{id}” is no {name}: it holds letters and digits only, 64 at most")
}

/// Connects a number and says where Meta has to call.
async fn connect(config: &Config, typed: Typed) -> Result<()> {
    let Typed { workspace, name, app_id, phone_number_id, waba_id, display_phone_number, flow, replace } = typed;
    check_id("app id", &app_id)?;
    check_id("phone number id", &phone_number_id)?;
    check_id("WhatsApp Business account id", &waba_id)?;
    let store = store(config)?;
    let workspace = find_workspace(&store, &workspace).await?;
    let queues = store.workplace(workspace).await?.workplace.queues;
    let Some(default_queue) = queues.first().map(|queue| queue.id) else {
        bail!("the workspace has no queue for conversations to wait in");
    };
    let [app_secret, verify_token, access_token] = read_secrets(["the app secret", "the verify token", "the access token"])?;
    let app = App { app_id: app_id.clone(), app_secret, verify_token };
    let flow = flow.map(|file| flow_of(&queues, &file)).transpose()?;
    let inbox = Inbox {
        id: InboxId(Uuid::now_v7()),
        name,
        channel: Channel::WHATSAPP,
        flow: flow.as_ref().map(|flow| flow.id),
        default_queue,
        reopen_hours: REOPEN_HOURS,
    };
    let callback = config.public_url.join(&format!("webhooks/whatsapp/{app_id}"))?;
    let id = inbox.id;
    let new = NewInbox {
        workspace,
        inbox,
        app_id,
        phone_number_id,
        waba_id,
        display_phone_number,
        access_token,
        rate_per_second: RATE_PER_SECOND,
    };
    // An app that is known is not given other secrets by the way: every webhook of its other numbers would be refused.
    let known = if replace { IfKnown::Replace } else { IfKnown::Keep };
    let is_connected = store.connect(&app, known, flow.as_ref(), &new).await.map_err(|error| {
        if is_taken(&error) {
            anyhow!("the number is connected already; `baton inbox update` gives it a new access token")
        } else {
            error.into()
        }
    })?;
    if !is_connected {
        bail!(
            "the app {} is known here under another secret or verify token. Give those, or `--replace` them for every number of the app",
            app.app_id
        );
    }
    println!("{id}");
    println!("In Meta's app dashboard, set the webhook's callback URL to {callback} and subscribe to `messages`.");
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

/// The flow of a file, if nothing is wrong with it.
fn flow_of(queues: &[Queue], file: &Path) -> Result<NewFlow> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
    let keys: Vec<&str> = queues.iter().map(|queue| queue.key.as_str()).collect();
    let definition: Definition = match validation::check(&value, &keys, &channel::WHATSAPP) {
        Ok(definition) => definition,
        Err(faults) => {
            bail!("the flow cannot be used:\n{}", faults.iter().map(|fault| format!("- {fault}")).collect::<Vec<_>>().join("\n"))
        }
    };
    let name = file.file_stem().map_or_else(|| "flow".to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(NewFlow { id: FlowId(Uuid::now_v7()), name, definition })
}
