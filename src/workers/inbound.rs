//! Bodies become items, items become commands.

use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::lanes::Lanes;
use super::{Workers, after_fault};
use crate::runner::sorting::{BATCH, Said};
use crate::whatsapp::webhook::{self, Item};

/// How often bodies and items are looked for that nobody was woken for.
const SWEEP: Duration = Duration::from_secs(1);

/// Items this old were left behind by a node that stopped.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_secs(2);

/// Runs until `stop`.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let lanes = Lanes::new(workers.runner.clone(), workers.intake.clone());
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            apps = workers.live.wakes.payloads.next() => {
                for app in apps {
                    sort(&workers, &lanes, &app, &stop).await;
                }
            }
            _ = sweep.tick() => look_around(&workers, &lanes, &stop).await,
        }
    }
    lanes.finish().await;
}

/// Sorts an app's bodies until none waits, or until `stop`.
async fn sort(workers: &Workers, lanes: &Lanes, app_id: &str, stop: &CancellationToken) {
    while stop.run_until_cancelled(lanes.have_room()).await.is_some() {
        match workers.runner.sort(app_id, understand).await {
            Ok(sorted) => {
                for lane in sorted.lanes {
                    lanes.run(lane);
                }
                if sorted.bodies < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                    return;
                }
            }
            Err(error) => return after_fault("webhook bodies could not be sorted", &error).await,
        }
    }
}

async fn look_around(workers: &Workers, lanes: &Lanes, stop: &CancellationToken) {
    match workers.runner.store().apps_with_unsorted_payloads().await {
        Ok(apps) => {
            for app in apps {
                sort(workers, lanes, &app, stop).await;
            }
        }
        Err(error) => return after_fault("waiting bodies could not be looked for", &error.into()).await,
    }
    let before = crate::runner::now().saturating_sub(LEFT_BEHIND).unwrap_or(jiff::Timestamp::MIN);
    match workers.runner.store().lanes_left_behind(before).await {
        Ok(left) => left.into_iter().for_each(|lane| lanes.run(lane)),
        Err(error) => after_fault("waiting items could not be looked for", &error.into()).await,
    }
}

/// What a body says, for the sorter.
fn understand(body: &[u8]) -> Vec<Said> {
    let parsed = match webhook::parse(body) {
        Ok(parsed) => parsed,
        Err(unreadable) => return vec![Said::Rejected { reason: unreadable.to_string(), raw: body.to_vec() }],
    };
    let said = parsed.items.into_iter().map(|item| match item {
        Item::ForInbox { phone_number_id, item, .. } => Said::ForInbox { phone_number_id, item },
        Item::Notice { waba_id, phone_number_id, kind, field, value, time } => {
            Said::Notice { waba_id, phone_number_id, kind: kind.as_str(), field, value, time }
        }
        Item::Rejected { pointer, reason, raw } => Said::Rejected { reason: format!("{pointer}: {reason}"), raw },
    });
    said.collect()
}
