//! Crowds: what came together in numbers is followed by more, and a moment in which those gather saves commits, statements and the start
//! of their plans.

use std::time::Duration;

/// So many at once are a crowd: at a few hundred a second hardly any two come together.
const CROWD: usize = 8;

/// In which the next ones gather.
const MOMENT: Duration = Duration::from_millis(4);

/// Leaves a moment to the next ones behind a crowd of `count`. Where that was as many as are worked off at once, the next ones are there.
pub async fn gather_after(count: usize, most: usize) {
    if (CROWD..most).contains(&count) {
        tokio::time::sleep(MOMENT).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_behind_a_crowd_that_was_all_there_was_a_moment_is_left() {
        for (count, waited) in [(0, Duration::ZERO), (7, Duration::ZERO), (8, MOMENT), (63, MOMENT), (64, Duration::ZERO)] {
            let before = Instant::now();
            gather_after(count, 64).await;
            assert_eq!(before.elapsed(), waited, "{count}");
        }
    }
}
