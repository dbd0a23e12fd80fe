//! Messages out: claimed per number, sent, and their answers recorded. What is claimed is committed as `dispatching` before the
//! first byte leaves; what is not provably unsent or refused is never sent again by itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Workers, after_fault};
use crate::domain::Refusal;
use crate::domain::contact::Identity;
use crate::domain::delivery::{Outcome, Reaction};
use crate::domain::ids::{InboxId, MediaId, WorkspaceId};
use crate::domain::message::{Content, Failure};
use crate::live::wakes::Wake;
use crate::runner::{Error, now};
use crate::store::inboxes::Connection;
use crate::store::outbox::{Claim, Dispatch};
use crate::whatsapp::{client, payload};

/// Sends of one number under way at once on this node.
const AT_ONCE: usize = 48;

/// How often due messages are looked for that nobody was woken for (postponed ones, and those of a node that stopped).
const SWEEP: Duration = Duration::from_secs(1);

/// When a number that spent its allowance is looked at again.
const ALLOWANCE: Duration = Duration::from_millis(15);

/// Pause between attempts to record an answer while the database is away, and how many.
const RECORD_RETRY: Duration = Duration::from_millis(250);
const RECORD_TRIES: usize = 120;

type Permits = HashMap<(WorkspaceId, InboxId), Arc<Semaphore>>;

/// Runs until `stop`; then waits for the answers of what is under way.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    let mut permits = Permits::new();
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            numbers = workers.live.wakes.outbox.next() => {
                for number in numbers {
                    pump(&workers, &tasks, &mut permits, number).await;
                }
            }
            _ = sweep.tick() => look_around(&workers).await,
        }
    }
    tasks.close();
    tasks.wait().await;
}

async fn look_around(workers: &Workers) {
    match workers.runner.store().inboxes_due(now()).await {
        Ok(numbers) => numbers.into_iter().for_each(|(workspace, inbox)| workers.live.wakes.wake(Wake::Outbox(workspace, inbox))),
        Err(error) => after_fault("due messages could not be looked for", &error.into()).await,
    }
}

/// Claims and sends what a number may send now.
async fn pump(workers: &Workers, tasks: &TaskTracker, permits: &mut Permits, number: (WorkspaceId, InboxId)) {
    let (workspace, inbox) = number;
    let permits = permits.entry(number).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE)));
    loop {
        let free = permits.available_permits();
        if free == 0 {
            // The next answer wakes this number again.
            return;
        }
        match workers.runner.claim_outbox(workspace, inbox, free).await {
            Ok(Claim::Taken(dispatches)) => {
                let count = dispatches.len();
                for dispatch in dispatches {
                    let Ok(permit) = permits.clone().try_acquire_owned() else { return };
                    tasks.spawn(deliver(workers.clone(), dispatch, permit));
                }
                if count < free {
                    return;
                }
            }
            Ok(Claim::OutOfAllowance) => return wake_later(workers, tasks, number, ALLOWANCE),
            Ok(Claim::PausedUntil(_)) => return,
            Err(error) => return after_fault("messages could not be claimed", &error).await,
        }
    }
}

fn wake_later(workers: &Workers, tasks: &TaskTracker, (workspace, inbox): (WorkspaceId, InboxId), after: Duration) {
    let live = workers.live.clone();
    tasks.spawn(async move {
        tokio::time::sleep(after).await;
        live.wakes.wake(Wake::Outbox(workspace, inbox));
    });
}

/// Sends one message and records what came of it.
async fn deliver(workers: Workers, dispatch: Dispatch, permit: OwnedSemaphorePermit) {
    let age = now().duration_since(dispatch.queued_at).as_secs_f64();
    metrics::histogram!("baton_outbox_seconds").record(age.max(0.0));
    let outcome = send(&workers, &dispatch).await;
    metrics::counter!("baton_sends_total", "outcome" => outcome_name(&outcome)).increment(1);
    if let Outcome::Unknown { reason } | Outcome::Unsent { reason } = &outcome {
        tracing::warn!(message = %dispatch.message.id, reason, "a send has no answer");
    }
    // Free before the answer wakes the number, so that the wake finds room.
    drop(permit);
    record(&workers, &dispatch, &outcome).await;
}

async fn record(workers: &Workers, dispatch: &Dispatch, outcome: &Outcome) {
    for _ in 0..RECORD_TRIES {
        match workers.runner.record_delivery(dispatch, outcome.clone()).await {
            Ok(_) => return,
            // A status was quicker than the answer; the contact's next message may go.
            Err(Error::Refused(Refusal::Duplicate)) => return workers.live.wakes.wake(Wake::Outbox(dispatch.workspace, dispatch.inbox)),
            Err(Error::Store(error)) if error.is_away() || error.is_retryable() => tokio::time::sleep(RECORD_RETRY).await,
            Err(error) => return tracing::error!(%error, message = %dispatch.message.id, "the answer to a send could not be recorded"),
        }
    }
    tracing::error!(message = %dispatch.message.id, "the answer to a send could not be recorded; its lease will lapse");
}

async fn send(workers: &Workers, dispatch: &Dispatch) -> Outcome {
    let connection = match workers.runner.workplaces().connection(dispatch.workspace, dispatch.inbox).await {
        Ok(Some(connection)) => connection,
        Ok(None) => return never("the number is not connected any more"),
        Err(error) => return Outcome::Unsent { reason: error.to_string() },
    };
    let Some(to) = recipient(dispatch) else { return never("the contact has no number and no user id") };
    let uploaded = match &dispatch.message.content {
        Content::Image { media, mime_type, .. } => match upload(workers, dispatch, &connection, *media, mime_type).await {
            Ok(id) => Some(id),
            Err(outcome) => return outcome,
        },
        _ => None,
    };
    match payload::build(&dispatch.message, to, uploaded.as_deref()) {
        Ok(body) => workers.client.send(&connection.phone_number_id, &connection.access_token, &body).await,
        Err(unfit) => never(&unfit.to_string()),
    }
}

/// The phone number when we know it: WhatsApp takes it for every kind of message.
fn recipient(dispatch: &Dispatch) -> Option<&Identity> {
    let is_phone = |identity: &&Identity| matches!(identity, Identity::Phone(_));
    dispatch.identities.iter().find(is_phone).or_else(|| dispatch.identities.first())
}

fn never(reason: &str) -> Outcome {
    Outcome::Refused { failure: Failure { code: 0, title: reason.to_owned() }, reaction: Reaction::Never }
}

/// Brings a picture to WhatsApp, once. Nothing was sent to the customer yet, so that every failure here is safe to repeat.
async fn upload(
    workers: &Workers,
    dispatch: &Dispatch,
    connection: &Connection,
    media: MediaId,
    mime_type: &str,
) -> Result<String, Outcome> {
    let unsent = |reason: String| Outcome::Unsent { reason };
    let store = workers.runner.store();
    if let Some(id) = store.uploaded_media(dispatch.workspace, media).await.map_err(|error| unsent(error.to_string()))? {
        return Ok(id);
    }
    let bytes = workers.media.read(dispatch.workspace, media).await.map_err(|error| unsent(error.to_string()))?;
    let uploaded = workers.client.upload(&connection.phone_number_id, &connection.access_token, bytes, mime_type).await;
    let id = uploaded.map_err(|error| match error {
        client::Error::Refused { failure, reaction } => Outcome::Refused { failure, reaction },
        other => unsent(other.to_string()),
    })?;
    store.set_uploaded_media(dispatch.workspace, media, &id).await.map_err(|error| unsent(error.to_string()))?;
    Ok(id)
}

fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Refused { .. } => "refused",
        Outcome::Unsent { .. } => "unsent",
        Outcome::Unknown { .. } => "unknown",
    }
}
