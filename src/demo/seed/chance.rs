//! Chance that falls the same way every time, so that every demo starts with the same past.

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

pub(super) struct Chance(StdRng);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// From 0 up to but not including `end`.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.random_range(0..end) }
    }

    /// One of `choices`, which are never none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    pub fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.0.random()).into_uuid()
    }

    /// A while between two lengths in seconds; shorter ones are likelier.
    pub fn seconds(&mut self, shortest: f64, longest: f64) -> SignedDuration {
        let share: f64 = self.0.random_range(0.0_f64..1.0).powi(2);
        SignedDuration::from_secs_f64(shortest + (longest - shortest) * share)
    }

    /// A moment of the `hours` before `now`.
    pub fn within(&mut self, hours: f64, now: Timestamp) -> Timestamp {
        let seconds = self.0.random_range(0.0_f64..1.0) * hours * 3_600.0;
        now - SignedDuration::from_secs_f64(seconds)
    }

    pub fn digits(&mut self, count: u32) -> String {
        let first = 10_usize.pow(count - 1);
        (first + self.below(9 * first)).to_string()
    }
}
