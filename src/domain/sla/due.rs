//! When something is due, and when it is told that it will be.

use jiff::{SignedDuration, Timestamp};

use super::policy::SlaPolicy;
use crate::domain::hours::Hours;

/// What counts for whoever is measured by a policy.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    pub policy: &'a SlaPolicy,
    pub hours: &'a Hours,
}

/// A stretch that does not count; without an end it goes on.
pub type Gap = (Timestamp, Option<Timestamp>);

/// Two instants: when it is told, and when it is due.
pub type Instants = (Option<Timestamp>, Timestamp);

impl Counted<'_> {
    fn after(&self, from: Timestamp, open: SignedDuration) -> Option<Timestamp> {
        if self.policy.in_hours { self.hours.after(from, open) } else { from.checked_add(open).ok() }
    }

    fn between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        if self.policy.in_hours { self.hours.open_between(from, to) } else { to.duration_since(from).max(SignedDuration::ZERO) }
    }

    /// When so much has passed that counts; nothing while that stands still, or where it never does.
    fn passed(&self, since: Timestamp, open: SignedDuration, gaps: &[Gap]) -> Option<Timestamp> {
        let (mut from, mut left) = (since, open);
        for (begins, ends) in gaps {
            let counts = self.between(from, *begins);
            if left <= counts {
                return self.after(from, left);
            }
            left -= counts;
            from = from.max((*ends)?);
        }
        self.after(from, left)
    }

    /// When a target is due that began then. Where a customer was promised an instant that is sooner, that is when.
    pub fn due(&self, since: Timestamp, minutes: i32, gaps: &[Gap], promised_by: Option<Timestamp>) -> Option<Instants> {
        let whole = SignedDuration::from_mins(i64::from(minutes));
        let due = self.passed(since, whole, gaps);
        if let Some(by) = promised_by.filter(|by| due.is_none_or(|due| *by < due)) {
            let left = by.duration_since(since).max(SignedDuration::ZERO);
            return Some((self.lead(left).and_then(|lead| since.checked_add(lead).ok()), by));
        }
        let due = due?;
        Some((self.lead(whole).and_then(|lead| self.passed(since, lead, gaps)).map(|soon| soon.min(due)), due))
    }

    /// How much of a target passes before it is told.
    fn lead(&self, whole: SignedDuration) -> Option<SignedDuration> {
        match (self.policy.warn_minutes, self.policy.warn_percent) {
            (Some(minutes), _) => Some((whole - SignedDuration::from_mins(i64::from(minutes))).max(SignedDuration::ZERO)),
            (None, Some(percent)) => Some(whole / 100 * percent),
            (None, None) => None,
        }
    }
}
