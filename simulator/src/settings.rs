//! How the simulated world behaves; read and changed through `/control/settings`.

use serde::{Deserialize, Serialize};

/// How a message outside the window is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WindowErrors {
    /// HTTP 400 with code 131047.
    Sync,
    /// HTTP 200, then a `failed` status with code 131047, as Meta mostly does.
    Async,
}

/// All settings, with their defaults.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How a message outside the window is refused.
    pub window_errors: WindowErrors,
    /// Whether 45 messages at once and then one in 6 s per user is enforced (131056).
    pub pair_rate: bool,
    /// Messages a second per business number (130429); 0 is no limit.
    pub mps: u32,
    /// Milliseconds from the answer to the `sent` status.
    pub sent_ms: u32,
    /// Milliseconds from `sent` to `delivered` on a phone that is online.
    pub delivery_ms: u32,
    /// Milliseconds from `delivered` to `read` when the chat is open or reads by itself.
    pub read_ms: u32,
    /// Milliseconds an app has to answer a webhook.
    pub webhook_timeout_ms: u32,
    /// Milliseconds to the first retry of a webhook; it doubles each time.
    pub retry_first_ms: u32,
    /// Longest pause between two attempts, in milliseconds.
    pub retry_cap_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window_errors: WindowErrors::Sync,
            pair_rate: true,
            mps: 80,
            sent_ms: 20,
            delivery_ms: 150,
            read_ms: 300,
            webhook_timeout_ms: 10_000,
            retry_first_ms: 500,
            retry_cap_ms: 60_000,
        }
    }
}
