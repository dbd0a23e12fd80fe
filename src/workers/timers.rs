//! Deadlines become commands.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Workers;
use crate::live::trouble::Trouble;
use crate::runner::{Error, now};
use crate::store::timers::DueTimer;

/// The longest sleep: another node may have set a timer that this one has not heard of.
const LONGEST: Duration = Duration::from_secs(1);

/// Timers of a kind taken at once, and run at once.
const BATCH: i64 = 200;
const AT_ONCE: usize = 4;

/// How long a node has the timers it took to itself: longer than a batch takes when each waits for its contact. One that takes longer
/// still rings here and elsewhere, and the second finds it gone.
const CLAIM: Duration = Duration::from_secs(120);

/// When a timer that could not be run rings again, and one over which the program fails.
const RINGS_AGAIN: Duration = Duration::from_secs(2);
const RINGS_AGAIN_AFTER_PANIC: Duration = Duration::from_secs(60);

static NOT_LOOKED: Trouble = Trouble::new("due timers could not be looked for");
static NOT_READ: Trouble = Trouble::new("due timers could not be read");
static NOT_RUN: Trouble = Trouble::new("timers could not be run; they ring again");

/// Runs the timers of a kind until `stop`. Each kind has a loop and a budget of its own: a million of one kind that are due at nine delay
/// no other.
pub(super) async fn run(workers: Workers, kind: &'static str, stop: CancellationToken) {
    let pulse = workers.runner.vitals().pulse(kind);
    let mut wakes = workers.live.wakes.timers.subscribe();
    loop {
        pulse.beat();
        let sleep = match pulse.during(ring(&workers, kind, &stop)).await {
            Ok(sleep) => sleep,
            Err(error) => {
                NOT_LOOKED.failed(&error);
                LONGEST
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            _ = wakes.changed() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// Runs what is due; answers how long nothing will be.
async fn ring(workers: &Workers, kind: &str, stop: &CancellationToken) -> Result<Duration, Error> {
    let store = workers.runner.store();
    workers.runner.check_clock()?;
    let due = store.claim_timers(kind, CLAIM, BATCH).await?;
    NOT_LOOKED.is_over();
    match due.unreadable {
        0 => NOT_READ.is_over(),
        count => NOT_READ.failed(&format_args!("{count} of them")),
    }
    // What cannot be read is nobody's for a while: what stands behind it may be due too.
    if !due.timers.is_empty() || due.unreadable > 0 {
        stream::iter(due.timers).for_each_concurrent(AT_ONCE, |timer| command(workers, timer, stop)).await;
        return Ok(Duration::ZERO);
    }
    Ok(store.next_timer(kind).await?.map_or(LONGEST, |next| next.min(LONGEST)))
}

async fn command(workers: &Workers, timer: DueTimer, stop: &CancellationToken) {
    if stop.is_cancelled() {
        return give_back(workers, &timer, Duration::ZERO).await;
    }
    metrics::histogram!("baton_timer_lag_seconds").record(lag(&timer, now()));
    match workers.runner.ring(&timer).await {
        // A timer that no longer matters is dropped; so is one that another node took.
        Ok(_) | Err(Error::Refused(_)) => NOT_RUN.is_over(),
        Err(error) => {
            NOT_RUN.failed(&error);
            let again = if matches!(error, Error::Panicked) { RINGS_AGAIN_AFTER_PANIC } else { RINGS_AGAIN };
            give_back(workers, &timer, again).await;
        }
    }
}

fn lag(timer: &DueTimer, now: Timestamp) -> f64 {
    now.duration_since(timer.due_at).as_secs_f64().max(0.0)
}

async fn give_back(workers: &Workers, timer: &DueTimer, after: Duration) {
    if let Err(error) = workers.runner.store().release_timer(timer, after).await {
        NOT_RUN.failed(&error);
    }
}
