//! Nobody keeps conversations who is not here.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Workers;
use crate::live::trouble::Trouble;
use crate::runner::leases::Steadiness;
use crate::runner::{Error, now};

/// How often.
const ROUND: Duration = Duration::from_secs(2);

static NOT_ENDED: Trouble = Trouble::new("what people hold who are not here could not be given back");

/// Runs until `stop`.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let pulse = workers.runner.vitals().pulse("leases");
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut steadiness = Steadiness::default();
    loop {
        pulse.beat();
        tokio::select! {
            () = stop.cancelled() => return,
            _ = rounds.tick() => {}
        }
        match pulse.during(round(&workers, &mut steadiness)).await {
            Ok(()) => NOT_ENDED.is_over(),
            Err(error) => NOT_ENDED.failed(&error),
        }
    }
}

async fn round(workers: &Workers, steadiness: &mut Steadiness) -> Result<(), Error> {
    let heard_at = workers.runner.pages_heard_at().await;
    let is_steady = steadiness.look(now(), heard_at.as_ref().ok().copied().flatten());
    heard_at?;
    if is_steady {
        workers.runner.end_leases().await?;
    }
    Ok(())
}
