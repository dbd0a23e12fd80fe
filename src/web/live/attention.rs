//! How we listen to a page: for how long it may say nothing, and how often it may ask for something that costs.

use std::time::Duration;

use tokio::time::Instant;

/// How long a page may say nothing; it beats every 20 seconds. What it is told does not count.
const SILENCE: Duration = Duration::from_secs(70);

/// Messages that are taken in at once; walking through a list with a key held down needs a few.
const BURST: u32 = 40;

/// Beyond it one is taken in each such while; the others wait in the network, and what the page is told does not.
const PAUSE: Duration = Duration::from_millis(100);

/// What is remembered of what a page said. Only that moves its deadline, never what it is told.
#[derive(Debug)]
pub struct Attention {
    heard: Instant,
    /// Messages that would be taken in at once as of `counted`.
    left: u32,
    counted: Instant,
}

impl Attention {
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { heard: now, left: BURST, counted: now }
    }

    /// A message came, of whatever kind.
    pub fn take_in(&mut self, now: Instant) {
        self.count(now);
        self.left = self.left.saturating_sub(1);
    }

    /// It was something that a page says.
    pub fn understand(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Whether the page is listened to just now.
    #[must_use]
    pub fn has_ear(&self) -> bool {
        self.left > 0
    }

    /// When to look again: at the end of the page's time, or when it is listened to again.
    #[must_use]
    pub fn alarm(&self) -> Instant {
        if self.has_ear() { self.heard + SILENCE } else { self.counted + PAUSE }
    }

    /// Whether the page's time is over; call when the alarm has rung.
    #[must_use]
    pub fn is_over(&mut self, now: Instant) -> bool {
        self.count(now);
        now >= self.heard + SILENCE
    }

    fn count(&mut self, now: Instant) {
        while self.left < BURST && self.counted + PAUSE <= now {
            self.left += 1;
            self.counted += PAUSE;
        }
        if self.left == BURST {
            self.counted = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_page_says_moves_its_deadline() {
        let start = Instant::now();
        let mut attention = Attention::new(start);
        assert_eq!(attention.alarm(), start + SILENCE);
        let later = start + SILENCE / 2;
        attention.take_in(later);
        assert!(!attention.is_over(later));
        assert_eq!(attention.alarm(), start + SILENCE, "noise is no word");
        attention.understand(later);
        assert!(!attention.is_over(start + SILENCE) && attention.is_over(later + SILENCE));
    }

    #[test]
    fn of_a_page_that_says_very_much_ten_messages_a_second_are_taken_in() {
        let start = Instant::now();
        let mut attention = Attention::new(start);
        let mut taken = 0;
        let mut now = start;
        while now < start + Duration::from_secs(10) {
            match attention.has_ear() {
                true => {
                    attention.take_in(now);
                    attention.understand(now);
                    taken += 1;
                }
                false => {
                    now = attention.alarm();
                    assert!(!attention.is_over(now));
                }
            }
        }
        assert!((BURST + 95..=BURST + 101).contains(&taken), "{taken}");
        attention.take_in(now + Duration::from_secs(60));
        assert_eq!(attention.left, BURST - 1, "a rest gives it all back");
    }
}
