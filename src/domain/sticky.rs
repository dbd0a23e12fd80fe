//! Whoever had the customer's previous conversation gets them first, and a queue waits for them a while when they are busy.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::decision::Decision;
use super::ids::{QueueId, UserId};

/// How a queue keeps customers with whom they know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sticky {
    /// As long as their previous conversation is not older than so many days.
    pub days: i32,
    /// So many seconds it waits for somebody who is here and has no room; 0: not at all.
    pub seconds: i32,
}

impl Sticky {
    pub const MOST_DAYS: i32 = 365;
    pub const LONGEST: i32 = 60 * 60;
}

/// Whom a conversation is for rather than for anybody else, and how long it waits for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rather {
    pub user: UserId,
    pub name: String,
    /// Until then it waits for them while they are here and have no room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Who had the customer's conversation before, where the queue keeps customers with whom they know.
pub(super) fn rather(it: &Decision, queue: QueueId) -> Option<Rather> {
    let workplace = &it.snapshot.workplace;
    let Sticky { days, seconds } = *workplace.sticky.get(&queue)?;
    let own = it.snapshot.conversation.as_ref().and_then(|conversation| conversation.last_agent).map(|user| (user, it.now));
    let (user, at) = own.or(it.previous_agent.zip(it.previous_at))?;
    let oldest = it.now.saturating_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN);
    let name = workplace.people.get(&user).filter(|_| at >= oldest)?.clone();
    let until = it.now.saturating_add(SignedDuration::from_secs(seconds.into())).ok().filter(|_| seconds > 0);
    Some(Rather { user, name, until })
}
