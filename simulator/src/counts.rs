//! What happened so far, in numbers.

use std::collections::BTreeMap;

use serde::Serialize;

/// Counters since the start or the last reset.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Counts {
    /// Calls to `/messages`.
    pub calls: u64,
    /// Messages accepted from businesses.
    pub accepted: u64,
    /// Calls refused, by Graph error code.
    pub refused: BTreeMap<i64, u64>,
    /// Messages written by users.
    pub written: u64,
    /// Statuses sent to businesses, by name.
    pub statuses: BTreeMap<&'static str, u64>,
    /// Webhook POSTs attempted.
    pub webhook_attempts: u64,
    /// Webhook POSTs answered 200.
    pub webhooks_acknowledged: u64,
    /// Webhook POSTs answered otherwise or not at all.
    pub webhooks_failed: u64,
    /// Updates lost because an app's queue was full.
    pub webhooks_dropped: u64,
    /// Updates given up after seven days.
    pub webhooks_abandoned: u64,
    /// Updates no app was subscribed to.
    pub webhooks_unrouted: u64,
}
