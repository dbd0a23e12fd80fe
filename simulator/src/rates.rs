//! Meta's two rates (fact sheet 8): per user 45 at once, then one in 6 seconds; per number so many a second.

use crate::clock::{Millis, SECOND};

/// Messages to one user that may go out at once.
pub const PAIR_BURST: f64 = 45.0;
/// Milliseconds that earn one more message to the same user.
pub const PAIR_INTERVAL: f64 = 6.0 * SECOND as f64;

/// A bucket of tokens that refills with time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    spent: f64,
    seen: Millis,
}

impl Bucket {
    /// Takes one token of `size`, one of which comes back every `interval` milliseconds. Answers whether there was one.
    pub fn take(&mut self, now: Millis, size: f64, interval: f64) -> bool {
        let passed = now.saturating_sub(self.seen).max(0) as f64;
        self.seen = now;
        // A size that has shrunk forgives what was taken beyond it.
        self.spent = (self.spent.min(size) - passed / interval).max(0.0);
        if self.spent + 1.0 > size {
            return false;
        }
        self.spent += 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_45_then_one_in_six_seconds() {
        let mut bucket = Bucket::default();
        let sent = (0..60).filter(|_| bucket.take(1_000, PAIR_BURST, PAIR_INTERVAL)).count();
        assert_eq!(sent, 45);
        assert!(!bucket.take(6_900, PAIR_BURST, PAIR_INTERVAL));
        assert!(bucket.take(7_100, PAIR_BURST, PAIR_INTERVAL));
    }
}
