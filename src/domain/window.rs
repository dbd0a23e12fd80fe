//! The customer service window: 24 hours from the customer's last message in which free-form messages may be sent.

use jiff::{SignedDuration, Timestamp};

/// Meta: "Customer service windows", 24 hours from the user's last message.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// When the window that a message of `at` opened closes.
#[must_use]
pub fn expires_at(at: Timestamp) -> Timestamp {
    at.saturating_add(WINDOW).unwrap_or(Timestamp::MAX)
}

/// Whether a free-form message may be sent at `now`.
#[must_use]
pub fn is_open(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_some_and(|end| now < end)
}
