//! What came of a send, and what follows from it. WhatsApp's send has no idempotency key, so the outcomes are told apart by
//! one question: can the customer have received the message?

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::contact::Identity;
use super::message::{Author, Failure, Wamid};

/// Whose messages of a number go first. As they are stored, a smaller number is earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    Agent = 0,
    Flow = 1,
    Journey = 2,
    Broadcast = 3,
}

impl Priority {
    /// Of what somebody says in a conversation.
    #[must_use]
    pub fn of(author: Author) -> Self {
        match author {
            Author::Agent { .. } => Priority::Agent,
            // A bot waits behind people as a flow does.
            Author::Contact | Author::Flow | Author::Bot { .. } => Priority::Flow,
        }
    }
}

/// What came of one call to send a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// WhatsApp took it. `recipient` is what WhatsApp calls the customer, which may differ from what was asked for (Brazil, Mexico).
    Accepted { wamid: Wamid, recipient: Vec<Identity> },
    /// WhatsApp said no: it was not sent.
    Refused { failure: Failure, reaction: Reaction },
    /// Not a byte of the request left: it was not sent.
    Unsent { reason: String, backoff: Backoff },
    /// The answer was lost: it may or may not have been sent. Never send it again without a word from WhatsApp or a person.
    Unknown { reason: String },
}

impl Outcome {
    /// Why it was refused, and what that asks of us.
    #[must_use]
    pub fn refusal(&self) -> Option<(Failure, Reaction)> {
        match self {
            Outcome::Refused { failure, reaction } => Some((failure.clone(), *reaction)),
            Outcome::Accepted { .. } | Outcome::Unsent { .. } | Outcome::Unknown { .. } => None,
        }
    }
}

/// What to do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reaction", rename_all = "snake_case")]
pub enum Reaction {
    /// Try the same request again later, as often and as late as the backoff says.
    Retry { backoff: Backoff },
    /// The same request will be refused for ever.
    Never,
    /// WhatsApp counts the service window as closed; only a template would be taken.
    CloseWindow,
    /// Nothing at all reaches this customer.
    Unreachable,
    /// Nothing of this inbox will be taken until a person has seen to it; look again after `for_seconds`.
    PauseInbox { for_seconds: u64 },
}

/// How late and how often to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    /// One more try after a few seconds: WhatsApp's unexplained errors.
    Once,
    /// Too many messages to this customer: 4ⁿ seconds (Meta, 131056).
    Pair,
    /// WhatsApp stumbled: a few tries within minutes.
    Service,
    /// The connection could not be made.
    Connection,
    /// What it needs was not there in time: its picture, its claim.
    Preparation,
    /// The number sends faster than it may: seconds.
    Throughput,
    /// The number or account is being worked on, for a minute or so (Meta, 131057).
    Maintenance,
    /// The allowance of the whole app or account is spent: minutes.
    Allowance,
}

/// Whom a wait before the next try holds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// Only what goes to the same customer.
    Recipient,
    /// Everything the inbox sends.
    Inbox,
}

impl Backoff {
    /// How long to wait after the `attempts`-th try (the first is 1) has failed; none when it is time to give up.
    /// `jitter`, from 0 to 1 and drawn outside, adds up to a quarter, so that what failed together does not come back together.
    #[must_use]
    pub fn delay(self, attempts: u32, jitter: f64) -> Option<Duration> {
        let plan = self.plan();
        if attempts >= plan.tries {
            return None;
        }
        let doublings = attempts.saturating_sub(1).min(20);
        let seconds = (plan.first * plan.growth.powi(doublings as i32)).min(plan.longest);
        let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 0.0 };
        Some(Duration::from_secs_f64(seconds * (1.0 + jitter / 4.0)))
    }

    /// Whom the wait holds up.
    #[must_use]
    pub fn holds(self) -> Hold {
        match self {
            Backoff::Once | Backoff::Pair | Backoff::Service | Backoff::Preparation => Hold::Recipient,
            Backoff::Connection | Backoff::Throughput | Backoff::Maintenance | Backoff::Allowance => Hold::Inbox,
        }
    }

    fn plan(self) -> Plan {
        let plan = |tries, first, growth, longest| Plan { tries, first, growth, longest };
        match self {
            Backoff::Once => plan(2, 5.0, 1.0, 5.0),
            Backoff::Pair => plan(7, 1.0, 4.0, 1_024.0),
            Backoff::Service => plan(6, 2.0, 3.0, 120.0),
            Backoff::Connection => plan(60, 1.0, 2.0, 60.0),
            Backoff::Preparation => plan(20, 1.0, 2.0, 60.0),
            Backoff::Throughput => plan(12, 1.0, 2.0, 60.0),
            Backoff::Maintenance => plan(10, 60.0, 1.5, 300.0),
            Backoff::Allowance => plan(24, 60.0, 2.0, 900.0),
        }
    }
}

/// The numbers of a backoff: tries in all, seconds before the second, factor for each later one, and the most seconds.
struct Plan {
    tries: u32,
    first: f64,
    growth: f64,
    longest: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(backoff: Backoff) -> Vec<u64> {
        (1..).map_while(|attempts| backoff.delay(attempts, 0.0)).map(|delay| delay.as_secs()).collect()
    }

    #[test]
    fn delays_grow_and_end() {
        assert_eq!(delays(Backoff::Once), [5]);
        assert_eq!(delays(Backoff::Pair), [1, 4, 16, 64, 256, 1_024]);
        assert_eq!(delays(Backoff::Service), [2, 6, 18, 54, 120]);
        assert_eq!(delays(Backoff::Throughput), [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]);
        assert_eq!(delays(Backoff::Maintenance)[..3], [60, 90, 135]);
        assert_eq!(delays(Backoff::Connection).len(), 59);
        assert_eq!(delays(Backoff::Allowance).iter().max(), Some(&900));
    }

    #[test]
    fn jitter_adds_at_most_a_quarter() {
        assert_eq!(Backoff::Pair.delay(2, 1.0), Some(Duration::from_secs(5)));
        assert_eq!(Backoff::Pair.delay(2, 7.0), Some(Duration::from_secs(5)));
        assert_eq!(Backoff::Pair.delay(2, f64::NAN), Some(Duration::from_secs(4)));
    }

    #[test]
    fn only_what_concerns_the_number_holds_the_inbox() {
        assert_eq!(Backoff::Pair.holds(), Hold::Recipient);
        assert_eq!(Backoff::Throughput.holds(), Hold::Inbox);
    }
}
