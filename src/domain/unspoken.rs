//! What is not speech: what customers do without saying anything, and what WhatsApp tells about them. It stands in the thread, and
//! nobody is bothered by it.

use serde::{Deserialize, Serialize};

use super::contact::Identity;
use super::message::Wamid;

/// Something that was done or told, but not said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Unspoken {
    /// An emoji on a message; without one, it was taken away again.
    Reaction { emoji: Option<String>, to: Option<Wamid> },
    /// They changed what they had written; `text` is how it reads now, where it has words.
    Edit { of: Option<Wamid>, text: Option<String> },
    /// They deleted what they had written.
    Deletion { of: Option<Wamid> },
    /// They opened the empty chat with us for the first time.
    ChatOpened,
    /// They answered whether we may call them.
    CallPermission { is_granted: bool },
    /// Messages of this chat disappear after a while, or do no longer.
    Disappearing,
    /// They have another number from now on.
    NumberChanged { to: Option<String> },
    /// WhatsApp calls them by another id from now on.
    UserIdChanged {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Their security code is another one: a new phone, or WhatsApp was installed anew.
    SecurityCodeChanged,
    /// Something else WhatsApp tells about them, in its own words.
    Notice { words: Option<String> },
}

impl Unspoken {
    /// The message it is about.
    #[must_use]
    pub fn about(&self) -> Option<&Wamid> {
        match self {
            Unspoken::Reaction { to: about, .. } | Unspoken::Edit { of: about, .. } | Unspoken::Deletion { of: about } => about.as_ref(),
            Unspoken::ChatOpened
            | Unspoken::CallPermission { .. }
            | Unspoken::Disappearing
            | Unspoken::NumberChanged { .. }
            | Unspoken::UserIdChanged { .. }
            | Unspoken::SecurityCodeChanged
            | Unspoken::Notice { .. } => None,
        }
    }

    /// What WhatsApp calls the customer by from now on, when it says so.
    #[must_use]
    pub fn new_identity(&self) -> Option<Identity> {
        match self {
            Unspoken::NumberChanged { to: Some(to) } => {
                let digits: String = to.chars().filter(char::is_ascii_digit).collect();
                (!digits.is_empty()).then_some(Identity::Phone(digits))
            }
            Unspoken::UserIdChanged { to: Some(to) } => Some(Identity::UserId(to.clone())),
            _ => None,
        }
    }

    /// Whether it opens the customer service window. Meta says so of an opened chat alone ("Conversational components"); of
    /// reactions, edits and permissions it says nothing, and a window believed open too long makes answers fail.
    #[must_use]
    pub fn renews_window(&self) -> bool {
        matches!(self, Unspoken::ChatOpened)
    }
}
