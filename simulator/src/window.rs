//! The 24-hour customer service window of one user and one business number (fact sheet 9).

use serde::Serialize;

use crate::clock::{DAY, Millis};

/// How long a user's message lets the business answer freely.
pub const WINDOW: Millis = DAY;

/// When the user last wrote, if ever.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Window {
    renewed: Option<Millis>,
}

impl Window {
    /// The user wrote at `now`.
    pub fn renew(&mut self, now: Millis) {
        self.renewed = Some(now);
    }

    /// Whether free-form messages may be sent.
    pub fn is_open(&self, now: Millis) -> bool {
        self.closes_at().is_some_and(|end| now < end)
    }

    /// End of the window, open or past.
    pub fn closes_at(&self) -> Option<Millis> {
        self.renewed.map(|at| at + WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_with_a_message_and_closes_a_day_later() {
        let mut window = Window::default();
        assert!(!window.is_open(0));
        window.renew(1_000);
        assert!(window.is_open(1_000 + WINDOW - 1));
        assert!(!window.is_open(1_000 + WINDOW));
    }
}
