//! Bodies become items, items become commands.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::Workers;
use super::keyed::{Keyed, Next};
use super::lanes::Lanes;
use crate::channels::Adapters;
use crate::domain::channel::channel_of;
use crate::domain::inbound::Said;
use crate::live::trouble::Trouble;
use crate::runner::crowd;
use crate::runner::sorting::Understand;
use crate::store::inbound_items::Lane;

/// How often bodies and items are looked for that nobody was woken for.
const SWEEP: Duration = Duration::from_secs(1);

/// Items this old were left behind by a node that stopped.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_secs(2);

/// Sources sorted at once on this node.
const MOST_SOURCES: usize = 1_000;

/// When a source is looked at again whose bodies another node is sorting, and whose bodies could not be sorted.
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
            sources = inbound.workers.live.wakes.payloads.next() => sources.into_iter().for_each(|source| inbound.sort(source)),
            _ = sweep.tick() => inbound.look_around().await,
        }
    }
    inbound.sources.finish().await;
    inbound.lanes.finish().await;
}

/// This node's side of what comes in. Cheap to clone.
#[derive(Clone)]
struct Inbound {
    workers: Workers,
    sources: Keyed<String>,
    lanes: Lanes,
    /// Up to which lane the last sweep looked.
    swept: Arc<Mutex<Option<Lane>>>,
}

impl Inbound {
    fn new(workers: Workers, stop: &CancellationToken) -> Self {
        let lanes = Lanes::new(workers.runner.clone(), workers.intake.clone(), stop);
        Self { workers, sources: Keyed::new("sorting", MOST_SOURCES, stop), lanes, swept: Arc::default() }
    }

    /// Sorts a source's bodies until none waits, in a task of its own. Those of a channel that only newer nodes know are left to them.
    fn sort(&self, source: String) {
        if self.workers.adapters.of(&channel_of(&source)).is_none() {
            return;
        }
        let inbound = self.clone();
        self.sources.run(source, move |source| {
            let inbound = inbound.clone();
            async move { inbound.sort_batch(&source).await }
        });
    }

    async fn sort_batch(&self, source: &str) -> Next {
        if tokio::time::timeout(AFTER_FAULT, self.lanes.have_room(source)).await.is_err() {
            return Next::Again;
        }
        match self.workers.runner.sort(source, self.workers.adapters.clone()).await {
            Ok(sorted) => {
                NOT_SORTED.is_over();
                sorted.lanes.into_iter().for_each(|lane| self.lanes.run(lane, source));
                match (sorted.is_overtaken, sorted.more_may_wait) {
                    (true, _) => Next::Later(AFTER_OTHERS),
                    (false, true) => Next::Again,
                    (false, false) => {
                        crowd::gather_after(sorted.bodies, usize::MAX).await;
                        Next::Done
                    }
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
        store.sources_with_unsorted_payloads().await?.into_iter().for_each(|source| self.sort(source));
        let before = crate::runner::now().saturating_sub(LEFT_BEHIND).unwrap_or(jiff::Timestamp::MIN);
        let seen = *self.swept();
        let (left, seen) = store.lanes_left_behind(before, seen).await?;
        *self.swept() = seen;
        left.into_iter().for_each(|lane| self.lanes.take_up(lane));
        Ok(())
    }

    fn swept(&self) -> MutexGuard<'_, Option<Lane>> {
        self.swept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Understand for Adapters {
    fn understand(&self, source: &str, body: &[u8]) -> Vec<Said> {
        let channel = channel_of(source);
        match self.of(&channel) {
            Some(adapter) => adapter.understand(body),
            None => {
                let reason = format!("this build does not know the channel `{}`", channel.as_str());
                vec![Said::Rejected { address: None, account: None, reason, raw: body.to_vec() }]
            }
        }
    }

    fn may_be_ticks(&self, source: &str, body: &[u8]) -> bool {
        self.of(&channel_of(source)).is_some_and(|adapter| adapter.may_be_ticks(body))
    }
}
