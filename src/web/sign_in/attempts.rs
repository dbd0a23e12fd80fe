//! How often a password may be guessed, and by whom.
//!
//! Guesses are counted by account and address together, so that nobody keeps the owner out from elsewhere. A browser that has signed in
//! before is counted by itself: it is slowed down when it guesses and never waits for what others did.

use std::time::Duration;

use crate::live::rate_limits::{Limit, RateLimits, Verdict};

/// Wrong passwords for one account from one address.
const BY_BOTH: Limit = Limit { name: "sign-in-account-address", attempts: 5, window: Duration::from_secs(300) };

/// Wrong sign-ins from one address; an office may share it.
const BY_ADDRESS: Limit = Limit { name: "sign-in-address", attempts: 20, window: Duration::from_secs(300) };

/// Wrong passwords for one account from anywhere: what many addresses together may try.
const BY_ACCOUNT: Limit = Limit { name: "sign-in-account", attempts: 100, window: Duration::from_secs(900) };

/// Wrong passwords in a browser that has signed in to this account before.
const BY_DEVICE: Limit = Limit { name: "sign-in-device", attempts: 5, window: Duration::from_secs(15) };

/// A browser that guesses more than this may be in other hands, and counts as one that nobody knows.
const BY_DEVICE_IN_A_DAY: Limit = Limit { name: "sign-in-device-day", attempts: 100, window: Duration::from_secs(24 * 3600) };

/// Somebody who says who they are.
pub(super) struct Attempt {
    account: String,
    address: String,
    device: Option<String>,
}

/// What an attempt was counted under.
pub(super) struct Counted(Vec<(&'static Limit, String)>);

/// Too many; after this they may try again.
pub(super) struct TooMany(pub(super) Duration);

impl Attempt {
    /// `device` is what the browser is known by, if it has signed in to this account before.
    pub(super) fn new(account: String, address: String, device: Option<String>) -> Self {
        Self { account, address, device }
    }

    /// Counts the attempt, before the password is looked at.
    pub(super) async fn count(self, limits: &RateLimits) -> Result<Counted, TooMany> {
        let mut counted = Counted(Vec::new());
        if let Some(device) = self.device {
            counted.under(&BY_DEVICE, device.clone(), limits).await?;
            if counted.under(&BY_DEVICE_IN_A_DAY, device, limits).await.is_ok() {
                return Ok(counted);
            }
        }
        counted.under(&BY_ADDRESS, self.address.clone(), limits).await?;
        if let Err(too_many) = counted.under(&BY_BOTH, format!("{}-{}", self.account, self.address), limits).await {
            // Refused already: others who share the address do not pay for it.
            limits.give_back(&BY_ADDRESS, &self.address).await;
            return Err(too_many);
        }
        counted.under(&BY_ACCOUNT, self.account, limits).await?;
        Ok(counted)
    }
}

impl Counted {
    /// Takes the attempt back: the password was right.
    pub(super) async fn give_back(self, limits: &RateLimits) {
        for (limit, subject) in self.0 {
            limits.give_back(limit, &subject).await;
        }
    }

    async fn under(&mut self, limit: &'static Limit, subject: String, limits: &RateLimits) -> Result<(), TooMany> {
        let verdict = limits.take(limit, &subject).await;
        self.0.push((limit, subject));
        match verdict {
            Verdict::Allowed => Ok(()),
            Verdict::Refused { wait } => Err(TooMany(wait)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_refused(limits: &RateLimits, address: &str, device: Option<&str>) -> bool {
        Attempt::new("ana".to_owned(), address.to_owned(), device.map(str::to_owned)).count(limits).await.is_err()
    }

    #[tokio::test]
    async fn what_one_address_was_refused_is_not_held_against_the_account() {
        let limits = RateLimits::alone();
        for _ in 0..200 {
            is_refused(&limits, "here", None).await;
        }
        assert!(is_refused(&limits, "here", None).await);
        assert!(!is_refused(&limits, "elsewhere", None).await);
    }

    #[tokio::test]
    async fn who_guesses_one_account_on_and_on_keeps_nobody_else_of_the_office_out() {
        let limits = RateLimits::alone();
        for _ in 0..200 {
            is_refused(&limits, "office", None).await;
        }
        let ben = Attempt::new("ben".to_owned(), "office".to_owned(), None);
        assert!(ben.count(&limits).await.is_ok());
    }

    #[tokio::test]
    async fn right_passwords_are_not_counted_at_all() {
        let limits = RateLimits::alone();
        for device in [None, Some("known")] {
            for _ in 0..120 {
                let attempt = Attempt::new("ana".to_owned(), "here".to_owned(), device.map(str::to_owned));
                attempt.count(&limits).await.ok().expect("a right password was refused").give_back(&limits).await;
            }
        }
    }

    #[tokio::test]
    async fn a_known_browser_that_guesses_all_day_counts_as_any_other() {
        let limits = RateLimits::alone();
        for _ in 0..BY_DEVICE_IN_A_DAY.attempts {
            limits.take(&BY_DEVICE_IN_A_DAY, "known").await;
        }
        for _ in 0..4 {
            assert!(!is_refused(&limits, "here", Some("known")).await);
        }
        for _ in 0..5 {
            is_refused(&limits, "here", None).await;
        }
        limits.give_back(&BY_DEVICE, "known").await;
        assert!(is_refused(&limits, "here", Some("known")).await, "it is counted by itself for ever");
    }
}
