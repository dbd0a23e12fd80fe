//! Chores: sends whose node stopped, what people hold who have left, places in the feed, figures for `/metrics` and for the planner, and old bodies. One
//! that fails keeps the others waiting for nothing.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::Workers;
use crate::domain::Refusal;
use crate::domain::ids::InboxId;
use crate::live::trouble::Trouble;
use crate::runner::{Error, now};

/// How often.
const ROUND: Duration = Duration::from_secs(2);

/// How long sorted bodies are kept: longer than Meta repeats them (7 days).
const KEEP_PAYLOADS: SignedDuration = SignedDuration::from_hours(24 * 14);

/// Batches of old bodies that one round forgets at most.
const FORGET_BATCHES: usize = 20;

static NOT_DONE: Trouble = Trouble::new("the chores could not be done");

/// Runs until `stop`.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let pulse = workers.runner.vitals().pulse("chores");
    let mut paused = HashSet::new();
    loop {
        pulse.beat();
        tokio::select! {
            () = stop.cancelled() => return,
            _ = rounds.tick() => {}
        }
        match pulse.during(round(&workers, &mut paused)).await {
            Ok(()) => NOT_DONE.is_over(),
            Err(error) => NOT_DONE.failed(&error),
        }
    }
}

async fn round(workers: &Workers, paused: &mut HashSet<InboxId>) -> Result<(), Error> {
    workers.runner.check_clock()?;
    let chores = [
        record_lapses(workers).await,
        workers.runner.return_what_nobody_holds().await,
        workers.runner.number_feeds().await,
        tell_figures(workers, paused).await,
        forget(workers).await,
        workers.runner.store().tend_tables().await.map_err(Error::from),
    ];
    chores.into_iter().collect()
}

/// Each by itself: one that this version does not understand is left to the others.
async fn record_lapses(workers: &Workers) -> Result<(), Error> {
    let mut failed = Ok(());
    for lapsed in workers.runner.store().lapsed_sends().await? {
        match workers.runner.record_lapse(&lapsed).await {
            Ok(_) => tracing::warn!(message = %lapsed.message, "a send lost its node; nobody knows whether it arrived"),
            Err(Error::Refused(Refusal::Duplicate) | Error::Busy) => {}
            Err(Error::Store(error)) if error.is_busy() => {}
            Err(error) => failed = Err(error),
        }
    }
    failed
}

async fn tell_figures(workers: &Workers, paused: &mut HashSet<InboxId>) -> Result<(), Error> {
    let store = workers.runner.store();
    let (oldest, waiting) = store.outbox_age().await?;
    metrics::gauge!("baton_outbox_age_seconds").set(oldest.map_or(0.0, |since| now().duration_since(since).as_secs_f64().max(0.0)));
    metrics::gauge!("baton_outbox_messages").set(waiting as f64);
    metrics::gauge!("baton_timers_overdue").set(store.overdue_timers().await? as f64);
    show_paused(paused, store.all_paused_numbers().await?.into_iter().map(|number| number.inbox).collect());
    Ok(())
}

/// What grows without end is forgotten.
async fn forget(workers: &Workers) -> Result<(), Error> {
    let store = workers.runner.store();
    let forget_before = now().saturating_sub(KEEP_PAYLOADS).unwrap_or(Timestamp::MIN);
    for _ in 0..FORGET_BATCHES {
        if store.forget_payloads(forget_before).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// Tells `/metrics` which numbers wait for a person, and of those that did before that they no longer do.
fn show_paused(before: &mut HashSet<InboxId>, now: HashSet<InboxId>) {
    let figure = |inbox: &InboxId| metrics::gauge!("baton_number_paused", "inbox" => inbox.to_string());
    before.difference(&now).for_each(|inbox| figure(inbox).set(0.0));
    now.iter().for_each(|inbox| figure(inbox).set(1.0));
    *before = now;
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_paused_number_is_named_by_its_inbox_until_it_sends_again() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let (inbox, mut paused) = (InboxId(Uuid::from_u128(7)), HashSet::new());
        let figure = |value| format!("baton_number_paused{{inbox=\"{inbox}\"}} {value}\n");
        metrics::with_local_recorder(&recorder, || show_paused(&mut paused, HashSet::from([inbox])));
        assert!(recorder.handle().render().contains(&figure(1)), "{}", recorder.handle().render());
        metrics::with_local_recorder(&recorder, || show_paused(&mut paused, HashSet::new()));
        assert!(recorder.handle().render().contains(&figure(0)), "{}", recorder.handle().render());
    }
}
