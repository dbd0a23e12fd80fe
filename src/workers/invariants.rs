//! Once a minute it is looked whether what must always be so is.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Workers;
use crate::live::trouble::Trouble;
use crate::runner::invariants::{Looked, PutRight};

/// How often.
const ROUND: Duration = Duration::from_secs(60);

static NOT_LOOKED: Trouble = Trouble::new("what must always be so could not be looked at");

/// Runs until `stop`.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let pulse = workers.runner.vitals().pulse("invariants");
    let mut looked = Looked::default();
    tell(PutRight::default());
    loop {
        pulse.beat();
        tokio::select! {
            () = stop.cancelled() => return,
            _ = rounds.tick() => {}
        }
        match pulse.during(workers.runner.look_at_invariants(&mut looked)).await {
            Ok(right) => {
                NOT_LOOKED.is_over();
                tell(right);
            }
            Err(error) => NOT_LOOKED.failed(&error),
        }
    }
}

fn tell(PutRight { loads, timers }: PutRight) {
    metrics::counter!("baton_invariants_broken_total", "what" => "load").increment(loads);
    metrics::counter!("baton_invariants_broken_total", "what" => "timer").increment(timers);
}
