//! Faults that last. One is told when it begins, each minute in one line with a count, and when it ends: what fails three times a
//! second for a night must not fill the disk, nor hide what else there is to read.

use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a fault that lasts is told again.
const TOLD_AGAIN: Duration = Duration::from_secs(60);

/// How long nothing is to fail before it is over: of many contacts, numbers or timers, one may fail while the others go well.
const CALM: Duration = Duration::from_secs(5);

/// One thing that may fail again and again.
#[derive(Debug)]
pub struct Trouble {
    what: &'static str,
    lasting: Mutex<Option<Lasting>>,
}

#[derive(Debug)]
struct Lasting {
    since: Instant,
    told_at: Instant,
    failed_at: Instant,
    /// Failures since it was told.
    untold: u64,
}

/// What is to be said of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Say {
    ItBegins,
    /// It has lasted for so long, and happened so often since the last line.
    ItLasts(Duration, u64),
    Nothing,
}

impl Trouble {
    /// `what` is the sentence of its log lines, such as "bodies could not be sorted".
    #[must_use]
    pub const fn new(what: &'static str) -> Self {
        Self { what, lasting: Mutex::new(None) }
    }

    /// It failed.
    pub fn failed(&self, error: &impl Display) {
        match self.say(Instant::now()) {
            Say::ItBegins => tracing::error!(%error, "{}", self.what),
            Say::ItLasts(lasts, times) => tracing::error!(%error, times, lasts_s = lasts.as_secs(), "{}, still", self.what),
            Say::Nothing => {}
        }
    }

    /// It went well, or something beside it that may not need the same: over, once it has not failed for [`CALM`].
    pub fn is_over(&self) {
        self.is_over_after(CALM);
    }

    /// As [`Trouble::is_over`], for what fails more seldom than that.
    pub fn is_over_after(&self, calm: Duration) {
        let mut lasting = self.lasting();
        if let Some(lasted) = lasting.take_if(|lasting| lasting.failed_at.elapsed() >= calm) {
            drop(lasting);
            let lasted = lasted.failed_at.duration_since(lasted.since);
            tracing::info!(lasted_s = lasted.as_secs(), "{}: over", self.what);
        }
    }

    /// Whether it has begun and is not over.
    #[cfg(test)]
    pub(super) fn lasts(&self) -> bool {
        self.lasting().is_some()
    }

    fn say(&self, now: Instant) -> Say {
        let mut lasting = self.lasting();
        let Some(known) = lasting.as_mut() else {
            *lasting = Some(Lasting { since: now, told_at: now, failed_at: now, untold: 0 });
            return Say::ItBegins;
        };
        known.untold += 1;
        known.failed_at = now;
        if now.duration_since(known.told_at) < TOLD_AGAIN {
            return Say::Nothing;
        }
        known.told_at = now;
        Say::ItLasts(now.duration_since(known.since), std::mem::take(&mut known.untold))
    }

    fn lasting(&self) -> MutexGuard<'_, Option<Lasting>> {
        self.lasting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_that_lasts_is_told_at_its_beginning_and_each_minute_with_a_count() {
        let trouble = Trouble::new("it failed");
        let start = Instant::now();
        let after = |seconds| trouble.say(start + Duration::from_secs(seconds));
        assert_eq!(after(0), Say::ItBegins);
        assert_eq!([after(1), after(59)], [Say::Nothing; 2]);
        assert_eq!(after(60), Say::ItLasts(Duration::from_secs(60), 3));
        assert_eq!([after(61), after(119)], [Say::Nothing; 2]);
        assert_eq!(after(125), Say::ItLasts(Duration::from_secs(125), 3));
        trouble.is_over_after(Duration::ZERO);
        assert_eq!(after(126), Say::ItBegins);
    }

    #[test]
    fn what_goes_well_beside_it_ends_nothing_that_failed_just_now() {
        let trouble = Trouble::new("it failed");
        trouble.failed(&"now");
        trouble.is_over();
        assert!(trouble.lasts());
        trouble.is_over_after(Duration::ZERO);
        assert!(!trouble.lasts());
    }
}
