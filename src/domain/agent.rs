//! Agents as routing sees them: how much they hold, how much they may hold, and whether they want work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{TeamId, UserId};
use super::refusal::Refusal;
use super::signing_off::SignedOff;

/// What a person chose for themselves. Presence is this and a live socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    Online,
    Away,
}

impl Availability {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Availability::Online => "online",
            Availability::Away => "away",
        }
    }
}

impl std::str::FromStr for Availability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "online" => Ok(Availability::Online),
            "away" => Ok(Availability::Away),
            other => Err(format!("unknown availability {other}")),
        }
    }
}

/// Whether a person is there: online (a live page and willing), away (a live page, not willing), offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Online,
    Away,
    Offline,
}

impl Presence {
    /// `connected`: at least one live page, or one that may be reloading.
    #[must_use]
    pub fn of(connected: bool, availability: Availability) -> Self {
        match (connected, availability) {
            (true, Availability::Online) => Presence::Online,
            (true, Availability::Away) => Presence::Away,
            (false, _) => Presence::Offline,
        }
    }
}

/// An agent's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub user: UserId,
    pub name: String,
    pub availability: Availability,
    /// Conversations held now.
    pub load: i32,
    /// Conversations that routing and takers may give at most.
    pub capacity: i32,
    /// Since when they hold what they hold: they have been given nothing since, and have finished nothing.
    pub idle_since: Timestamp,
    /// When they were given something last.
    pub given_at: Timestamp,
    /// When they last had a page open, or did something.
    pub here_at: Timestamp,
    pub teams: Vec<TeamId>,
    /// Whether their role allows to answer customers.
    pub may_reply: bool,
    /// Until they are back, they count as away.
    pub signed_off: Option<SignedOff>,
}

impl Agent {
    /// Whether somebody may hand them a conversation, whose customer waits for an answer.
    ///
    /// # Errors
    /// [`Refusal::MayNotReply`].
    pub fn may_be_handed_to(&self) -> Result<(), Refusal> {
        if self.may_reply { Ok(()) } else { Err(Refusal::MayNotReply { name: self.name.clone() }) }
    }

    /// Whether somebody else may set them online: whoever signed off said what becomes of what they hold, and is back by themselves.
    ///
    /// # Errors
    /// [`Refusal::SignedOff`].
    pub fn may_be_set_online(&self) -> Result<(), Refusal> {
        if self.signed_off.is_none() { Ok(()) } else { Err(Refusal::SignedOff { name: self.name.clone() }) }
    }

    /// Whether they take what routing gives, as far as their row says; whether they are here is another matter.
    #[must_use]
    pub fn takes_work(&self) -> bool {
        self.availability == Availability::Online && self.signed_off.is_none() && self.may_reply
    }

    #[must_use]
    pub fn has_room(&self) -> bool {
        self.load < self.capacity
    }
}
