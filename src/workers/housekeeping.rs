//! Chores: sends whose node stopped, what people hold who have left, what waits in queues that are gone, what is of numbers that speak no
//! more, places in the feed, figures for `/metrics`, tables swept and looked at for the planner, and old bodies. One that fails keeps the
//! others waiting for nothing.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Workers;
use crate::domain::Refusal;
use crate::domain::ids::InboxId;
use crate::live::trouble::Trouble;
use crate::runner::{Error, now};

/// How often.
const ROUND: Duration = Duration::from_secs(2);

/// In every how many rounds the feed is numbered: who reads it numbers it, and the more come together, the less they cost.
const ROUNDS_OF_FEED: usize = 5;

/// How long sorted bodies are kept: longer than Meta repeats them (7 days).
const KEEP_PAYLOADS: SignedDuration = SignedDuration::from_hours(24 * 14);

/// How long what people did, and what came and went, is counted by quarters of an hour, and what was done on floors is kept as one.
const KEEP_TALLIES: SignedDuration = SignedDuration::from_hours(24 * 8);
const KEEP_FLOOR_ACTS: SignedDuration = SignedDuration::from_hours(24);

/// How long it is kept what routing decided, and from what.
const KEEP_DECISIONS: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Batches of old bodies that one round forgets at most.
const FORGET_BATCHES: usize = 20;

static NOT_TENDED: Trouble = Trouble::new("tables could not be swept, or looked at for the planner");
static NOT_DONE: Trouble = Trouble::new("the chores could not be done");

/// Runs until `stop`.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let pulse = workers.runner.vitals().pulse("chores");
    let (mut paused, mut tending) = (HashSet::new(), JoinSet::new());
    for number in 0_usize.. {
        pulse.beat();
        tokio::select! {
            () = stop.cancelled() => return,
            _ = rounds.tick() => {}
        }
        tend(&workers, &mut tending);
        match pulse.during(round(&workers, &mut paused, number.is_multiple_of(ROUNDS_OF_FEED))).await {
            Ok(()) => NOT_DONE.is_over(),
            Err(error) => NOT_DONE.failed(&error),
        }
    }
}

async fn round(workers: &Workers, paused: &mut HashSet<InboxId>, is_of_feed: bool) -> Result<(), Error> {
    workers.runner.check_clock()?;
    let chores = [
        record_lapses(workers).await,
        workers.runner.return_what_nobody_holds().await,
        workers.runner.move_what_is_in_removed_queues().await,
        workers.runner.resolve_what_is_of_disconnected_numbers().await,
        if is_of_feed { workers.runner.number_feeds().await } else { Ok(()) },
        tell_figures(workers, paused).await,
        keep_small(workers).await,
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

/// Tables are swept and looked at, which may take its time: no chore waits for it, and it is begun again when it is done.
fn tend(workers: &Workers, tending: &mut JoinSet<()>) {
    while tending.try_join_next().is_some() {}
    if !tending.is_empty() {
        return;
    }
    let store = workers.runner.store().clone();
    tending.spawn(async move {
        match store.tend_tables().await {
            Ok(()) => NOT_TENDED.is_over(),
            Err(error) => NOT_TENDED.failed(&error),
        }
    });
}

/// What grows without end is forgotten.
async fn keep_small(workers: &Workers) -> Result<(), Error> {
    let store = workers.runner.store();
    let forget_before = now().saturating_sub(KEEP_PAYLOADS).unwrap_or(Timestamp::MIN);
    for _ in 0..FORGET_BATCHES {
        if store.forget_payloads(forget_before).await? == 0 {
            break;
        }
    }
    store.forget_tallies(now().saturating_sub(KEEP_TALLIES).unwrap_or(Timestamp::MIN)).await?;
    store.forget_queue_tallies(now().saturating_sub(KEEP_TALLIES).unwrap_or(Timestamp::MIN)).await?;
    store.forget_floor_acts(now().saturating_sub(KEEP_FLOOR_ACTS).unwrap_or(Timestamp::MIN)).await?;
    store.forget_routing_decisions(now().saturating_sub(KEEP_DECISIONS).unwrap_or(Timestamp::MIN)).await?;
    store.forget_mails().await?;
    store.forget_account_links(now()).await?;
    store.forget_old_connection_drafts(now()).await?;
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
