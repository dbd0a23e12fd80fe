//! The simulator's clock: the machine's time plus what was skipped through `/control/clock`.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// Milliseconds since 1970 on the simulator's clock, or a span of milliseconds.
pub type Millis = i64;

/// One second in [`Millis`].
pub const SECOND: Millis = 1_000;
/// One hour in [`Millis`].
pub const HOUR: Millis = 3_600 * SECOND;
/// One day in [`Millis`].
pub const DAY: Millis = 24 * HOUR;
/// Furthest the clock may be ahead of the machine: ten years.
pub const ADVANCE_LIMIT: Millis = 3_650 * DAY;

/// A clock that only ever goes forward.
#[derive(Debug, Default)]
pub struct Clock {
    ahead: AtomicI64,
}

impl Clock {
    /// Now, on this clock.
    pub fn now(&self) -> Millis {
        machine_now().saturating_add(self.ahead.load(Ordering::Relaxed))
    }

    /// How far this clock is ahead of the machine.
    pub fn ahead(&self) -> Millis {
        self.ahead.load(Ordering::Relaxed)
    }

    /// Skips `span` forward. Answers false, and does nothing, when it would pass [`ADVANCE_LIMIT`].
    pub fn advance(&self, span: Millis) -> bool {
        let skipped = self
            .ahead
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |ahead| ahead.checked_add(span).filter(|ahead| *ahead <= ADVANCE_LIMIT));
        skipped.is_ok()
    }

    /// Back to the machine's time.
    pub fn reset(&self) {
        self.ahead.store(0, Ordering::Relaxed);
    }
}

/// RFC 3339 in UTC with milliseconds, as the control API writes times.
pub fn rfc3339(at: Millis) -> String {
    match jiff::Timestamp::from_millisecond(at) {
        Ok(at) => at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        Err(_) => String::from("1970-01-01T00:00:00.000Z"),
    }
}

/// Reads an RFC 3339 instant.
pub fn parse_rfc3339(text: &str) -> Option<Millis> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

fn machine_now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX / 2)
}
