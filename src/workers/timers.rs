//! Deadlines become commands.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Workers, after_fault};
use crate::domain::Command;
use crate::runner::contact::Alongside;
use crate::runner::{Error, now};
use crate::store::timers::DueTimer;

/// The longest sleep: another node may have set a timer that this one has not heard of.
const LONGEST: Duration = Duration::from_secs(1);

/// Timers taken at once, and run at once.
const BATCH: i64 = 200;
const AT_ONCE: usize = 4;

/// Runs until `stop`.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    loop {
        let sleep = match ring(&workers).await {
            Ok(sleep) => sleep,
            Err(error) => {
                after_fault("due timers could not be looked for", &error).await;
                continue;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = workers.live.wakes.timers.notified() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// Runs what is due; answers how long nothing will be.
async fn ring(workers: &Workers) -> Result<Duration, Error> {
    let now = now();
    let due = workers.runner.store().due_timers(now, BATCH).await?;
    if !due.is_empty() {
        stream::iter(due).for_each_concurrent(AT_ONCE, |timer| command(workers, timer, now)).await;
        return Ok(Duration::ZERO);
    }
    let next = workers.runner.store().next_timer().await?;
    Ok(next.map_or(LONGEST, |at| Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO)).min(LONGEST))
}

async fn command(workers: &Workers, timer: DueTimer, now: Timestamp) {
    metrics::histogram!("baton_timer_lag_seconds").record(now.duration_since(timer.due_at).as_secs_f64().max(0.0));
    let (workspace, conversation) = (timer.workspace, timer.conversation);
    let command = Command::TimerDue { timer: timer.timer };
    let alongside = Alongside { timer: Some(timer), media: None };
    match workers.runner.run_alongside(workspace, conversation, command, &alongside).await {
        // A timer that no longer matters is dropped; so is one that another node took.
        Ok(_) | Err(Error::Refused(_)) => {}
        Err(error) => after_fault("a timer could not be run; it rings again", &error).await,
    }
}
