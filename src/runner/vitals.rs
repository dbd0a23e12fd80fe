//! How this node is: whether its loops go round and whether its clock can be believed. `/readyz` asks.

use std::pin::pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::live::trouble::Trouble;
use crate::store::Store;

/// How long a loop may say nothing: longer than a statement may run, and than the longest sleep of any loop. One whose rounds may take
/// longer beats on the way ([`Pulse::during`]).
pub const STILL: Duration = Duration::from_secs(30);

/// How often a loop beats while it is at work.
const BEAT: Duration = Duration::from_secs(5);

/// How far a node's clock may be from the database's. Leases, windows and deadlines are compared across nodes.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// How often the clocks are compared.
const COMPARE: Duration = Duration::from_secs(2);

/// A comparison that took longer says too little.
const LONGEST_COMPARISON: SignedDuration = SignedDuration::from_secs(2);

/// What is known of this node. Shared by all its parts.
#[derive(Debug)]
pub struct Vitals {
    started: Instant,
    pulses: Mutex<Vec<(&'static str, Arc<AtomicU64>)>>,
    /// The database's clock minus ours, in milliseconds.
    clock_offset: AtomicI64,
}

/// A loop's sign of life.
#[derive(Debug, Clone)]
pub struct Pulse {
    started: Instant,
    last: Arc<AtomicU64>,
}

impl Pulse {
    /// The loop goes round.
    pub fn beat(&self) {
        self.last.store(milliseconds(self.started.elapsed()), Ordering::Relaxed);
    }

    /// Beats while `work` goes on. Only for work whose every wait has an end of its own.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            match tokio::time::timeout(BEAT, &mut work).await {
                Ok(done) => return done,
                Err(_) => self.beat(),
            }
        }
    }
}

impl Default for Vitals {
    fn default() -> Self {
        Self { started: Instant::now(), pulses: Mutex::default(), clock_offset: AtomicI64::new(0) }
    }
}

impl Vitals {
    /// A loop begins, or begins anew; it is expected to beat at least every [`STILL`].
    #[must_use]
    pub fn pulse(&self, name: &'static str) -> Pulse {
        let mut pulses = self.pulses();
        let known = pulses.iter().find(|(known, _)| *known == name).map(|(_, last)| last.clone());
        let last = known.unwrap_or_else(|| {
            let last = Arc::default();
            pulses.push((name, Arc::clone(&last)));
            last
        });
        drop(pulses);
        let pulse = Pulse { started: self.started, last };
        pulse.beat();
        pulse
    }

    /// The loops that have not been heard of for too long, also because they ended in a panic.
    #[must_use]
    pub fn standing_still(&self) -> Vec<&'static str> {
        self.still_at(self.started.elapsed())
    }

    fn still_at(&self, elapsed: Duration) -> Vec<&'static str> {
        let oldest = milliseconds(elapsed.saturating_sub(STILL));
        self.pulses().iter().filter(|(_, last)| last.load(Ordering::Relaxed) < oldest).map(|(name, _)| *name).collect()
    }

    /// How far the database's clock is ahead of ours.
    #[must_use]
    pub fn clock_offset(&self) -> SignedDuration {
        SignedDuration::from_millis(self.clock_offset.load(Ordering::Relaxed))
    }

    /// Whether what this node decides by its clock agrees with what the others decide by theirs.
    #[must_use]
    pub fn is_clock_right(&self) -> bool {
        self.clock_offset().abs() <= CLOCK_TOLERANCE
    }

    /// Notes a comparison: what the database's clock said between two looks at ours.
    fn note_clock(&self, before: Timestamp, database: Timestamp, after: Timestamp) {
        let took = after.duration_since(before);
        if took.is_negative() || took > LONGEST_COMPARISON {
            return;
        }
        // Somewhere between the two looks: the nearer end counts, so that a slow answer accuses nobody.
        let offset = match (database.duration_since(before), database.duration_since(after)) {
            (since_before, _) if since_before.is_negative() => since_before,
            (_, since_after) if since_after.is_positive() => since_after,
            _ => SignedDuration::ZERO,
        };
        self.clock_offset.store(i64::try_from(offset.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    fn pulses(&self) -> MutexGuard<'_, Vec<(&'static str, Arc<AtomicU64>)>> {
        self.pulses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Compares our clock with the database's until `stop`.
pub async fn watch_clock(store: Store, vitals: Arc<Vitals>, stop: CancellationToken) {
    let off = Trouble::new("this machine's clock is off; the node does not work until it is right");
    loop {
        compare_clocks(&store, &vitals).await;
        if vitals.is_clock_right() {
            off.is_over();
        } else {
            off.failed(&format_args!("the database's clock is {} s ahead", vitals.clock_offset().as_secs()));
        }
        if stop.run_until_cancelled(tokio::time::sleep(COMPARE)).await.is_none() {
            return;
        }
    }
}

/// Compares once; a database that does not answer changes nothing.
pub async fn compare_clocks(store: &Store, vitals: &Vitals) {
    let before = Timestamp::now();
    if let Ok(database) = store.clock().await {
        vitals.note_clock(before, database, Timestamp::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_says_nothing_for_too_long_stands_still() {
        let vitals = Vitals::default();
        let inbound = vitals.pulse("inbound");
        let _outbox = vitals.pulse("outbox");
        assert!(vitals.still_at(STILL).is_empty());
        inbound.last.store(milliseconds(STILL), Ordering::Relaxed);
        assert_eq!(vitals.still_at(STILL + Duration::from_secs(1)), ["outbox"]);
        assert_eq!(vitals.still_at(STILL * 3), ["inbound", "outbox"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_is_long_at_work_does_not_stand_still() {
        let vitals = Vitals::default();
        let pulse = vitals.pulse("pictures");
        let first = pulse.last.load(Ordering::Relaxed);
        pulse.last.store(u64::MAX, Ordering::Relaxed);
        tokio::time::timeout(STILL * 2, pulse.during(std::future::pending::<()>())).await.unwrap_err();
        let beaten = pulse.last.load(Ordering::Relaxed);
        assert!((first..u64::MAX).contains(&beaten), "{beaten}");
    }

    #[test]
    fn a_loop_that_begins_anew_keeps_its_pulse() {
        let vitals = Vitals::default();
        let _lost = vitals.pulse("outbox");
        let anew = vitals.pulse("outbox");
        anew.last.store(milliseconds(STILL * 3), Ordering::Relaxed);
        assert!(vitals.still_at(STILL * 3).is_empty());
    }

    #[test]
    fn a_clock_is_off_by_what_the_comparison_cannot_explain() {
        let at = |milliseconds: i64| Timestamp::from_millisecond(1_760_000_000_000 + milliseconds).unwrap();
        let vitals = Vitals::default();
        let offset = |before: i64, database: i64, after: i64| {
            vitals.note_clock(at(before), at(database), at(after));
            (vitals.clock_offset().as_millis(), vitals.is_clock_right())
        };
        assert_eq!(offset(0, 90_000, 10), (89_990, false));
        assert_eq!(offset(0, 1_200, 1_500), (0, true), "a slow answer accuses nobody");
        assert_eq!(offset(0, -5_000, 10), (-5_000, true));
        assert_eq!(offset(0, -5_001, 10), (-5_001, false));
        assert_eq!(offset(0, 90_000, 2_001), (-5_001, false), "too slow to say anything");
        assert_eq!(offset(10, 90_000, 0), (-5_001, false), "our clock was set back meanwhile");
    }
}
