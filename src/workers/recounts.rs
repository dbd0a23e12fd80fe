//! Deadlines follow what is set up.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Workers;
use crate::live::trouble::Trouble;

/// How often it is looked whether there is anything to do.
const ROUND: Duration = Duration::from_secs(1);

static NOT_RECOUNTED: Trouble = Trouble::new("what is due of conversations could not be reckoned anew");

/// Runs until `stop`.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let pulse = workers.runner.vitals().pulse("recounts");
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pulse.beat();
        tokio::select! {
            () = stop.cancelled() => return,
            _ = rounds.tick() => {}
        }
        match pulse.during(workers.runner.recount()).await {
            Ok(_) => NOT_RECOUNTED.is_over(),
            Err(error) => NOT_RECOUNTED.failed(&error),
        }
    }
}
