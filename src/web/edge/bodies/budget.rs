//! How many bytes of bodies one node holds at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The first bytes of every body cost nothing: what honest webhooks and forms are is never starved by large bodies, and how many
/// there can be is bounded by the connections.
pub const FREE: usize = 16 * 1024;

/// For bodies that nobody has vouched for yet, webhooks above all: ten of the largest that Meta sends (3 MB). Each is held for some
/// hundredths of a second.
const UNPROVEN: usize = 32 * 1024 * 1024;

/// For people who signed in: a dozen of the largest pictures, which come slowly and are held only as far as they have come.
const SIGNED_IN: usize = 64 * 1024 * 1024;

/// The budgets of one node.
pub struct Budgets {
    pub unproven: Arc<Budget>,
    pub signed_in: Arc<Budget>,
}

impl Default for Budgets {
    fn default() -> Self {
        Self { unproven: Arc::new(Budget::of(UNPROVEN)), signed_in: Arc::new(Budget::of(SIGNED_IN)) }
    }
}

/// Bytes that may still be held.
pub struct Budget {
    left: AtomicUsize,
}

impl Budget {
    #[must_use]
    pub fn of(bytes: usize) -> Self {
        Self { left: AtomicUsize::new(bytes) }
    }

    fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Takes `bytes`, or nothing.
    fn take(&self, bytes: usize) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }
}

/// What one body holds; given back when dropped.
pub struct Held {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Held {
    #[must_use]
    pub fn nothing_of(budget: &Arc<Budget>) -> Self {
        Self { budget: budget.clone(), bytes: 0 }
    }

    /// Whether a body of `length` bytes could be held as things are now.
    #[must_use]
    pub fn could_grow_to(&self, length: usize) -> bool {
        paid(length) <= self.bytes + self.budget.left()
    }

    /// Holds `length` bytes in all; false when the budget is spent.
    pub fn grow_to(&mut self, length: usize) -> bool {
        let more = paid(length).saturating_sub(self.bytes);
        let is_taken = more == 0 || self.budget.take(more);
        if is_taken {
            self.bytes += more;
        }
        is_taken
    }

    /// Holds nothing any more.
    pub fn let_go(&mut self) {
        self.budget.left.fetch_add(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// What of a body counts.
fn paid(length: usize) -> usize {
    length.saturating_sub(FREE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_share_a_budget_and_give_it_back() {
        let budget = Arc::new(Budget::of(100));
        let mut first = Held::nothing_of(&budget);
        assert!(first.grow_to(FREE + 60) && first.grow_to(FREE + 70));
        let mut second = Held::nothing_of(&budget);
        assert!(second.could_grow_to(FREE + 30) && !second.could_grow_to(FREE + 31));
        assert!(!second.grow_to(FREE + 31));
        assert!(second.grow_to(FREE + 30), "a refusal was counted");
        drop(first);
        assert_eq!(budget.left(), 70);
    }

    #[test]
    fn small_bodies_are_free_however_little_is_left() {
        let budget = Arc::new(Budget::of(0));
        let mut small = Held::nothing_of(&budget);
        assert!(small.could_grow_to(FREE) && small.grow_to(FREE));
        assert!(!small.grow_to(FREE + 1));
    }
}
