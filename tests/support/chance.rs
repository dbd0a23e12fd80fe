//! What a run may set: its chance (`BATON_SCENARIO_SEED`; a test that fails says what it was), its size, and whose word counts.

use std::time::Duration;

/// A sequence of numbers that look random (SplitMix64).
pub struct Chance(u64);

impl Chance {
    /// From the environment, or else from the clock; says so.
    pub fn new() -> Self {
        let given = std::env::var("BATON_SCENARIO_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| jiff::Timestamp::now().as_nanosecond() as u64 & 0xffff_ffff);
        eprintln!("BATON_SCENARIO_SEED={seed}");
        Self(seed)
    }

    /// Another sequence, of its own.
    pub fn fork(&mut self) -> Self {
        Self(self.0.wrapping_add(self.below(usize::MAX) as u64))
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    /// So many different numbers below `limit`, in order.
    pub fn some_below(&mut self, limit: usize, count: usize) -> Vec<usize> {
        let mut chosen = std::collections::BTreeSet::new();
        while chosen.len() < count.min(limit) {
            chosen.insert(self.below(limit));
        }
        chosen.into_iter().collect()
    }
}

/// A time that the product promises. A debug build that shares its machine with other tests gets three times as much; a build that
/// `BATON_TEST_BINARY` names is held to its word.
pub fn promised(limit: Duration) -> Duration {
    if std::env::var_os("BATON_TEST_BINARY").is_some() { limit } else { limit * 3 }
}

/// A size that a longer run may set: `BATON_SCENARIO_SIZE=1000`.
pub fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|size| size.parse().ok()).unwrap_or(usual)
}
