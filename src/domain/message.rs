//! Messages: what crosses WhatsApp in either direction, and how far it got.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{BotId, MediaId, MessageId, UserId};
use super::unspoken::Unspoken;

/// WhatsApp's own id of a message (`wamid.…`).
pub type Wamid = String;

/// One message of a conversation, in either direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub author: Author,
    pub content: Content,
    pub status: Status,
    /// Why it failed, in Meta's terms; only with [`Status::Failed`] and [`Status::Unknown`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wamid: Option<Wamid>,
    /// The message it answers, by WhatsApp's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Wamid>,
    /// When it was written: WhatsApp's clock for inbound, ours for outbound.
    pub at: Timestamp,
    /// The item as WhatsApp sent it; nothing where the rest says all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<serde_json::Value>,
}

impl Message {
    #[must_use]
    pub fn direction(&self) -> Direction {
        match self.author {
            Author::Contact => Direction::Inbound,
            Author::Flow | Author::Bot { .. } | Author::Agent { .. } => Direction::Outbound,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Inbound,
    Outbound,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Author {
    Contact,
    Flow,
    Bot { bot: BotId },
    Agent { user: UserId },
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    Text {
        body: String,
    },
    /// A question with buttons to tap.
    Buttons {
        body: String,
        options: Vec<Choice>,
    },
    /// A question with a list of choices, opened by `button`.
    List {
        body: String,
        button: String,
        options: Vec<Choice>,
    },
    /// A tap on one of our buttons or list rows.
    Reply {
        choice: Choice,
    },
    Image {
        media: MediaId,
        mime_type: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
        /// Pixels, once known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<(u32, u32)>,
        /// How far the picture has come to our own store.
        #[serde(default)]
        state: MediaState,
    },
    /// Something they sent that is kept and named but not shown yet: `of` is a word of ours, e.g. `voice` or `document`.
    Unsupported {
        of: String,
    },
    /// Something they sent that nobody here can read: WhatsApp does not hand it over, or it is of a kind we do not know. `of` names
    /// it where that is told.
    Unreadable {
        of: Option<String>,
    },
    Unspoken(Unspoken),
}

/// What a message is to the rules. Whoever asks whether somebody was spoken to asks this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// It was said: somebody waits for an answer, and it may be the answer to a question.
    Said,
    /// It was said, but nobody can read it: somebody waits, but it is no answer.
    Unreadable,
    /// Nothing was said: it is shown, and nothing more.
    Unspoken,
}

impl Content {
    /// The word for an edit that WhatsApp does not hand over, in [`Content::Unreadable`].
    pub const EDIT: &str = "edit";

    /// The words of it, for lists, flows and quotes; empty for a picture without a caption.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Content::Text { body } | Content::Buttons { body, .. } | Content::List { body, .. } => body,
            Content::Reply { choice } => &choice.title,
            Content::Image { caption, .. } => caption.as_deref().unwrap_or(""),
            Content::Unsupported { .. } | Content::Unreadable { .. } | Content::Unspoken(_) => "",
        }
    }

    /// What it is to the rules.
    #[must_use]
    pub fn speech(&self) -> Speech {
        match self {
            Content::Text { .. }
            | Content::Buttons { .. }
            | Content::List { .. }
            | Content::Reply { .. }
            | Content::Image { .. }
            | Content::Unsupported { .. } => Speech::Said,
            Content::Unreadable { .. } => Speech::Unreadable,
            Content::Unspoken(_) => Speech::Unspoken,
        }
    }

    /// Whether it opens the customer service window, or keeps it open.
    #[must_use]
    pub fn renews_window(&self) -> bool {
        match self {
            Content::Unspoken(unspoken) => unspoken.renews_window(),
            other => other.speech() != Speech::Unspoken,
        }
    }

    /// Whether the thread shows the item as WhatsApp sent it, because there is no better way yet.
    #[must_use]
    pub fn is_shown_raw(&self) -> bool {
        matches!(self, Content::Unsupported { .. } | Content::Unreadable { .. })
    }

    /// The name of its kind, as stored and as in `templates/`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Content::Text { .. } => "text",
            Content::Buttons { .. } => "buttons",
            Content::List { .. } => "list",
            Content::Reply { .. } => "reply",
            Content::Image { .. } => "image",
            Content::Unsupported { .. } => "unsupported",
            Content::Unreadable { .. } => "unreadable",
            Content::Unspoken(_) => "unspoken",
        }
    }
}

/// One button or list row; [`channel`](super::channel) says how long its parts may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub id: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaState {
    #[default]
    Pending,
    Stored,
    Failed,
}

/// How far a message got. Outbound statuses only ever climb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Inbound.
    Received,
    Queued,
    /// The answer was lost: it may or may not have been sent.
    Unknown,
    /// WhatsApp took it.
    Sending,
    Sent,
    Delivered,
    Read,
    Failed,
}

impl Status {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Received => "received",
            Status::Queued => "queued",
            Status::Sending => "sending",
            Status::Unknown => "unknown",
            Status::Sent => "sent",
            Status::Delivered => "delivered",
            Status::Read => "read",
            Status::Failed => "failed",
        }
    }

    /// How far a message of ours can get, in order: that WhatsApp took it, however late it is told, ends the uncertainty; a late failure
    /// overrules `sent`, but a message that was seen to arrive did arrive.
    pub const LADDER: [Status; 7] =
        [Status::Queued, Status::Unknown, Status::Sending, Status::Sent, Status::Failed, Status::Delivered, Status::Read];

    /// Whether a report of `next` changes a message that stands at `self`.
    #[must_use]
    pub fn climbs_to(self, next: Status) -> bool {
        let rung = |status| Status::LADDER.iter().position(|known| *known == status);
        rung(self).is_some() && rung(next) > rung(self)
    }
}

impl std::str::FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Status::Received, Status::Queued, Status::Sending, Status::Unknown, Status::Sent, Status::Delivered, Status::Read, Status::Failed]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| format!("unknown message status {text}"))
    }
}

/// Why WhatsApp did not take or deliver a message. Shown through the locale files by `code`; `title` is Meta's own wording, the fallback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Meta's error code; 0 when there was none (connection failures).
    pub code: i64,
    pub title: String,
}

impl Failure {
    /// The title of a send of unknown fate that a person is asked about.
    pub const UNANSWERED: &str = "unanswered";
    /// The title of one that a person decided to leave.
    pub const LEFT: &str = "left";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_message_of_ours_can_be_is_on_the_ladder() {
        for status in ["queued", "sending", "unknown", "sent", "delivered", "read", "failed"] {
            assert!(Status::LADDER.contains(&status.parse().unwrap()), "{status}");
        }
        assert!(!Status::LADDER.contains(&Status::Received));
    }

    #[test]
    fn a_status_only_ever_climbs() {
        assert!(Status::Queued.climbs_to(Status::Sent));
        assert!(Status::Sent.climbs_to(Status::Read));
        assert!(Status::Unknown.climbs_to(Status::Delivered));
        assert!(Status::Unknown.climbs_to(Status::Sending));
        assert!(!Status::Sending.climbs_to(Status::Unknown));
        assert!(!Status::Read.climbs_to(Status::Delivered));
        assert!(!Status::Delivered.climbs_to(Status::Failed));
        assert!(!Status::Received.climbs_to(Status::Read));
        assert!(Status::Failed.climbs_to(Status::Delivered));
    }
}
