//! Bodies become items, items become commands.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::Workers;
use super::keyed::{Keyed, Next};
use super::lanes::Lanes;
use crate::live::trouble::Trouble;
use crate::runner::sorting::Said;
use crate::whatsapp::webhook::{self, Item};

/// How often bodies and items are looked for that nobody was woken for.
const SWEEP: Duration = Duration::from_secs(1);

/// Items this old were left behind by a node that stopped.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_secs(2);

/// Apps sorted at once on this node.
const MOST_APPS: usize = 1_000;

/// When an app is looked at again whose bodies another node is sorting, and whose bodies could not be sorted.
const AFTER_OTHERS: Duration = Duration::from_millis(5);
const AFTER_FAULT: Duration = Duration::from_secs(1);

static NOT_SORTED: Trouble = Trouble::new("webhook bodies could not be sorted");
static NOT_LOOKED: Trouble = Trouble::new("waiting bodies and items could not be looked for");

/// Runs until `stop`.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let pulse = workers.runner.vitals().pulse("inbound");
    let inbound = Inbound::new(workers, &stop);
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pulse.beat();
        tokio::select! {
            () = stop.cancelled() => break,
            apps = inbound.workers.live.wakes.payloads.next() => apps.into_iter().for_each(|app| inbound.sort(app)),
            _ = sweep.tick() => inbound.look_around().await,
        }
    }
    inbound.apps.finish().await;
    inbound.lanes.finish().await;
}

/// This node's side of what comes in. Cheap to clone.
#[derive(Clone)]
struct Inbound {
    workers: Workers,
    apps: Keyed<String>,
    lanes: Lanes,
    /// Up to which item the last sweep looked.
    swept: Arc<AtomicI64>,
}

impl Inbound {
    fn new(workers: Workers, stop: &CancellationToken) -> Self {
        let lanes = Lanes::new(workers.runner.clone(), workers.intake.clone(), stop);
        Self { workers, apps: Keyed::new("sorting", MOST_APPS, stop), lanes, swept: Arc::default() }
    }

    /// Sorts an app's bodies until none waits, in a task of its own.
    fn sort(&self, app: String) {
        let inbound = self.clone();
        self.apps.run(app, move |app| {
            let inbound = inbound.clone();
            async move { inbound.sort_batch(&app).await }
        });
    }

    async fn sort_batch(&self, app: &str) -> Next {
        if tokio::time::timeout(AFTER_FAULT, self.lanes.have_room(app)).await.is_err() {
            return Next::Again;
        }
        match self.workers.runner.sort(app, understand).await {
            Ok(sorted) => {
                NOT_SORTED.is_over();
                sorted.lanes.into_iter().for_each(|lane| self.lanes.run(lane, app));
                match (sorted.is_overtaken, sorted.more_may_wait) {
                    (true, _) => Next::Later(AFTER_OTHERS),
                    (false, true) => Next::Again,
                    (false, false) => Next::Done,
                }
            }
            Err(error) => {
                NOT_SORTED.failed(&error);
                Next::Later(AFTER_FAULT)
            }
        }
    }

    async fn look_around(&self) {
        match self.look().await {
            Ok(()) => NOT_LOOKED.is_over(),
            Err(error) => NOT_LOOKED.failed(&error),
        }
    }

    async fn look(&self) -> crate::store::Result<()> {
        let store = self.workers.runner.store();
        store.apps_with_unsorted_payloads().await?.into_iter().for_each(|app| self.sort(app));
        let before = crate::runner::now().saturating_sub(LEFT_BEHIND).unwrap_or(jiff::Timestamp::MIN);
        let (left, seen) = store.lanes_left_behind(before, self.swept.load(Ordering::Relaxed)).await?;
        self.swept.store(seen, Ordering::Relaxed);
        left.into_iter().for_each(|lane| self.lanes.take_up(lane));
        Ok(())
    }
}

/// What a body says, for the sorter.
#[must_use]
pub fn understand(body: &[u8]) -> Vec<Said> {
    let parsed = match webhook::parse(body) {
        Ok(parsed) => parsed,
        Err(unreadable) => {
            let (reason, raw) = (unreadable.to_string(), body.to_vec());
            return vec![Said::Rejected { waba_id: None, phone_number_id: None, reason, raw }];
        }
    };
    let said = parsed.items.into_iter().map(|item| match item {
        Item::ForInbox { phone_number_id, waba_id, item } => Said::ForInbox { phone_number_id, waba_id, item },
        Item::Notice { waba_id, phone_number_id, kind, field, value, time } => {
            Said::Notice { waba_id, phone_number_id, kind: kind.as_str(), field, value, time }
        }
        Item::Rejected { waba_id, phone_number_id, pointer, reason, raw } => {
            Said::Rejected { waba_id, phone_number_id, reason: format!("{pointer}: {reason}"), raw }
        }
    });
    said.collect()
}
