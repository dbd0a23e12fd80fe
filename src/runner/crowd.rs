//! Crowds: what came together in numbers is followed by more, and a moment in which those gather saves commits, statements and their
//! plans. Whoever comes alone waits for nothing.

use std::time::Duration;

/// So many at once are a crowd: at a few hundred a second hardly any two come together.
const CROWD: usize = 8;

/// In which the next ones gather.
const MOMENT: Duration = Duration::from_millis(4);

/// The moment that whoever worked off so many at once leaves to the next ones.
#[must_use]
pub fn moment_after(count: usize) -> Option<Duration> {
    (count >= CROWD).then_some(MOMENT)
}
