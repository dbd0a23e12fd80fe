//! `inbox connect`: a WhatsApp number begins to speak through Baton.

use std::path::Path;

use anyhow::{Context, Result, bail};
use uuid::Uuid;

use baton::config::Config;
use baton::domain::flows::definition::Definition;
use baton::domain::flows::validation;
use baton::domain::ids::{FlowId, InboxId, WorkspaceId};
use baton::domain::inbox::Inbox;
use baton::domain::queue::Queue;
use baton::store::Store;
use baton::store::apps::App;
use baton::store::inboxes::NewInbox;

use super::InboxCommand;
use super::commands::{find_workspace, store};

/// How long after it was resolved a new message reopens a conversation, in hours.
const REOPEN_HOURS: u32 = 24;

/// What Meta lets a number send a second unless it was raised (Meta, throughput).
const RATE_PER_SECOND: i32 = 80;

/// Connects a number and says where Meta has to call.
pub async fn inbox(config: &Config, command: InboxCommand) -> Result<()> {
    let InboxCommand::Connect { workspace, name, app_id, phone_number_id, waba_id, display_phone_number, flow } = command;
    let store = store(config)?;
    let workspace = find_workspace(&store, &workspace).await?;
    let queues = store.workplace(workspace).await?.queues;
    let Some(default_queue) = queues.first().map(|queue| queue.id) else {
        bail!("the workspace has no queue for conversations to wait in");
    };
    let [app_secret, verify_token, access_token] = read_secrets()?;
    let flow = match flow {
        Some(file) => Some(publish(&store, workspace, &queues, &file).await?),
        None => None,
    };
    store.save_app(&App { app_id: app_id.clone(), app_secret, verify_token }).await?;
    let inbox = Inbox { id: InboxId(Uuid::now_v7()), name, flow, default_queue, reopen_hours: REOPEN_HOURS };
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
    store.add_inbox(&new).await.context("the number could not be connected; is it connected already?")?;
    println!("{id}");
    println!("In Meta's app dashboard, set the webhook's callback URL to {callback} and subscribe to `messages`.");
    Ok(())
}

/// The app's secret, the webhook's verify token and the access token, a line each: they must not stand in the process list.
fn read_secrets() -> Result<[String; 3]> {
    let mut secrets = [String::new(), String::new(), String::new()];
    for (secret, what) in secrets.iter_mut().zip(["the app secret", "the verify token", "the access token"]) {
        eprintln!("{what}:");
        std::io::stdin().read_line(secret).with_context(|| format!("{what} cannot be read from standard input"))?;
        secret.truncate(secret.trim_end().len());
        if secret.is_empty() {
            bail!("{what} is missing; standard input must hold the app secret, the verify token and the access token, a line each");
        }
    }
    Ok(secrets)
}

/// Publishes the flow of a file, if nothing is wrong with it.
async fn publish(store: &Store, workspace: WorkspaceId, queues: &[Queue], file: &Path) -> Result<FlowId> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
    let keys: Vec<&str> = queues.iter().map(|queue| queue.key.as_str()).collect();
    let definition: Definition = match validation::check(&value, &keys) {
        Ok(definition) => definition,
        Err(faults) => {
            bail!("the flow cannot be used:\n{}", faults.iter().map(|fault| format!("- {fault}")).collect::<Vec<_>>().join("\n"))
        }
    };
    let flow = FlowId(Uuid::now_v7());
    let name = file.file_stem().map_or_else(|| "flow".to_owned(), |name| name.to_string_lossy().into_owned());
    store.add_flow(workspace, flow, &name).await?;
    store.publish_flow(workspace, flow, &definition).await?;
    Ok(flow)
}
