//! Ids: UUID v7, a type for each noun, so that one cannot be passed for another.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($( $(#[$doc:meta])* $name:ident; )+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+ };
}

ids! {
    /// A tenant.
    WorkspaceId;
    /// A person who signs in: agent, supervisor or admin.
    UserId;
    TeamId;
    /// A role that a workspace made for itself.
    RoleId;
    /// Where conversations wait.
    QueueId;
    /// One connected WhatsApp number.
    InboxId;
    ContactId;
    ConversationId;
    MessageId;
    NoteId;
    MediaId;
    FlowId;
    /// An outside program that speaks with customers.
    BotId;
    CannedReplyId;
    TagId;
    FieldId;
    /// By when customers are answered.
    SlaPolicyId;
    /// What decides where a conversation goes that comes in.
    EntryRuleId;
    /// Something that people are good at.
    SkillId;
    SessionId;
    /// A mail to somebody.
    MailId;
    /// What a supervisor did on the floor; made by the page.
    FloorActId;
    /// Somebody who is asked to work here.
    InvitationId;
    /// One taking of messages out of the outbox; whatever comes of it names it.
    ClaimId;
}

/// A supply of fresh ids. The world outside draws the seed; the rules only count on from it, so that deciding twice from the
/// same snapshot gives the same ids.
#[derive(Debug)]
pub struct Ids {
    seed: Uuid,
    drawn: AtomicU32,
}

impl Ids {
    /// `seed` is random; its time part is replaced by that of each id.
    #[must_use]
    pub fn new(seed: Uuid) -> Self {
        Self { seed, drawn: AtomicU32::new(0) }
    }

    /// The next id: a UUID v7 of `now`. Ids of one supply and one millisecond rise in the order they were drawn
    /// (RFC 9562, 6.2, method 1: a counter in the leading random bits).
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Uuid {
        let counter = self.drawn.fetch_add(1, Ordering::Relaxed) & 0x0fff;
        let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let random = self.seed.as_u128() as u64;
        let high = (milliseconds << 16) | 0x7000 | u64::from(counter);
        let low = (random & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        Uuid::from_u64_pair(high, low.wrapping_add(u64::from(counter)))
    }
}

impl Clone for Ids {
    fn clone(&self) -> Self {
        Self { seed: self.seed, drawn: AtomicU32::new(self.drawn.load(Ordering::Relaxed)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_supply_rise_in_the_order_they_were_drawn() {
        let ids = Ids::new(Uuid::from_u128(42));
        let now = Timestamp::from_millisecond(1_760_000_000_000).unwrap();
        let drawn: Vec<Uuid> = (0..100).map(|_| ids.next(now)).collect();
        assert!(drawn.is_sorted());
        assert!(drawn.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(drawn.iter().all(|id| id.get_version_num() == 7));
    }
}
