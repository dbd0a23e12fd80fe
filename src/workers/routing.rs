//! Waiting conversations find agents the moment somebody comes, frees up, or a conversation arrives.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Workers, after_fault};
use crate::domain::ids::{QueueId, WorkspaceId};
use crate::live::wakes::Wake;
use crate::runner::routing::RoundOutcome;

/// How often queues are looked at that nobody was woken for: a node may have stopped between its commit and its wake-up.
const SWEEP: Duration = Duration::from_secs(3);

/// Runs until `stop`.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            queues = workers.live.wakes.queues.next() => {
                for (workspace, queue) in queues {
                    route(&workers, workspace, queue).await;
                }
            }
            people = workers.live.wakes.agents.next() => {
                for (workspace, user) in people {
                    match workers.runner.queues_of(workspace, user).await {
                        Ok(queues) => queues.into_iter().for_each(|queue| workers.live.wakes.wake(Wake::Queue(workspace, queue))),
                        Err(error) => after_fault("an agent's queues could not be found", &error).await,
                    }
                }
            }
            _ = sweep.tick() => look_around(&workers).await,
        }
    }
}

async fn route(workers: &Workers, workspace: WorkspaceId, queue: QueueId) {
    loop {
        match workers.runner.route(workspace, queue).await {
            Ok(RoundOutcome::Settled) => return,
            Ok(RoundOutcome::MoreMayWait) => {}
            Err(error) => return after_fault("a queue could not be routed", &error).await,
        }
    }
}

async fn look_around(workers: &Workers) {
    match workers.runner.store().queues_with_waiting().await {
        Ok(queues) => queues.into_iter().for_each(|(workspace, queue)| workers.live.wakes.wake(Wake::Queue(workspace, queue))),
        Err(error) => after_fault("waiting queues could not be looked for", &error.into()).await,
    }
}
