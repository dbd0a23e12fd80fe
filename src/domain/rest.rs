//! A queue rests: nothing of it is given out, or nothing new comes in, until a time or until somebody ends it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How it rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RestKind {
    /// Nothing of it is given to anybody by itself; people take what they choose, and whoever waits keeps their place.
    Paused,
    /// Nothing new comes in; what waits is worked off.
    Draining,
}

impl RestKind {
    pub const ALL: [RestKind; 2] = [RestKind::Paused, RestKind::Draining];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            RestKind::Paused => "paused",
            RestKind::Draining => "draining",
        }
    }
}

impl std::str::FromStr for RestKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        RestKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| format!("no rest is called {text:?}"))
    }
}

/// The rest of a queue, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rest {
    /// One of [`RestKind`]'s, or a word of a newer version.
    pub kind: String,
    pub reason: String,
    pub since: Timestamp,
    /// It ends by itself then; without it, when somebody ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who began it, as they were called then.
    pub by: String,
}

impl Rest {
    /// Characters of a reason.
    pub const REASON: usize = 200;

    /// The longest that ends by itself.
    pub const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);

    #[must_use]
    pub fn kind(&self) -> Option<RestKind> {
        self.kind.parse().ok()
    }

    /// Whether it is not over.
    #[must_use]
    pub fn is_on(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Nothing of the queue is given out. Of what only a newer version understands, a newer node gives.
    #[must_use]
    pub fn holds_back(&self, now: Timestamp) -> bool {
        self.is_on(now) && self.kind() != Some(RestKind::Draining)
    }

    /// Nothing new comes in.
    #[must_use]
    pub fn keeps_out(&self, now: Timestamp) -> bool {
        self.is_on(now) && self.kind() == Some(RestKind::Draining)
    }
}
