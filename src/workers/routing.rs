//! Waiting conversations find agents the moment somebody comes, frees up, or a conversation arrives.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Workers;
use super::keyed::{Keyed, Next};
use crate::domain::ids::{QueueId, UserId, WorkspaceId};
use crate::live::trouble::Trouble;
use crate::runner::routing::RoundOutcome;

/// How often queues are looked at that nobody was woken for: a node may have stopped between its commit and its wake-up.
const SWEEP: Duration = Duration::from_secs(3);

/// Queues routed at once on this node; the sweep finds the others.
const MOST_QUEUES: usize = 10_000;

/// When a queue is looked at again that could not be routed.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// When a queue is looked at again at which somebody else had the turn.
const AFTER_TURN: Duration = Duration::from_millis(10);

static NOT_ROUTED: Trouble = Trouble::new("queues could not be routed");
static NOT_LOOKED: Trouble = Trouble::new("waiting queues could not be looked for");

/// Runs until `stop`.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let pulse = workers.runner.vitals().pulse("routing");
    let routing = Routing { workers, queues: Keyed::new("routing", MOST_QUEUES, &stop) };
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pulse.beat();
        tokio::select! {
            () = stop.cancelled() => break,
            queues = routing.workers.live.wakes.queues.next() => queues.into_iter().for_each(|queue| routing.route(queue)),
            people = routing.workers.live.wakes.agents.next() => {
                for person in people {
                    routing.find_work(person).await;
                }
            }
            _ = sweep.tick() => routing.look_around().await,
        }
    }
    routing.queues.finish().await;
}

struct Routing {
    workers: Workers,
    queues: Keyed<(WorkspaceId, QueueId)>,
}

impl Routing {
    /// Routes a queue until nobody waits or nobody has room, in a task of its own.
    fn route(&self, queue: (WorkspaceId, QueueId)) {
        let workers = self.workers.clone();
        self.queues.run(queue, move |queue| {
            let workers = workers.clone();
            async move { route(&workers, queue).await }
        });
    }

    /// Somebody came or has room: the queues of their teams may have work for them.
    async fn find_work(&self, (workspace, user): (WorkspaceId, UserId)) {
        match self.workers.runner.queues_of(workspace, user).await {
            Ok(queues) => queues.into_iter().for_each(|queue| self.route((workspace, queue))),
            Err(error) => NOT_LOOKED.failed(&error),
        }
    }

    async fn look_around(&self) {
        match self.workers.runner.store().queues_with_waiting().await {
            Ok(queues) => {
                NOT_LOOKED.is_over();
                queues.into_iter().for_each(|queue| self.route(queue));
            }
            Err(error) => NOT_LOOKED.failed(&error),
        }
    }
}

async fn route(workers: &Workers, (workspace, queue): (WorkspaceId, QueueId)) -> Next {
    match workers.runner.route(workspace, queue).await {
        Ok(outcome) => {
            NOT_ROUTED.is_over();
            match outcome {
                RoundOutcome::MoreMayWait => Next::Again,
                RoundOutcome::SomebodyElses => Next::Later(AFTER_TURN),
                RoundOutcome::Settled => Next::Done,
            }
        }
        Err(error) => {
            NOT_ROUTED.failed(&error);
            Next::Later(AFTER_FAULT)
        }
    }
}
