//! A turn: everything a customer says before they pause. Three texts, or an album of pictures, are one answer.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::engine::{Incoming, Kind};
use super::text;
use crate::domain::brief::Quote;
use crate::domain::ids::MessageId;

/// How long a turn may last: who never pauses is answered all the same.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);

/// Messages of a turn that are read; the thread has them all.
const MOST_BUBBLES: usize = 50;

/// What is being said at the question that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub bubbles: Vec<Bubble>,
    pub began_at: Timestamp,
    /// When they have paused, unless they go on.
    pub ends_at: Timestamp,
    /// It began before the question had reached them: what does not answer it is no failed answer.
    pub is_early: bool,
}

/// One message of a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bubble {
    pub message: MessageId,
    /// Its words, its caption, or the title of what was tapped, on one line.
    pub text: String,
    pub kind: Kind,
}

impl Turn {
    pub(super) fn new(now: Timestamp, is_early: bool) -> Self {
        Self { bubbles: Vec::new(), began_at: now, ends_at: now, is_early }
    }

    /// They go on; it ends when they are silent for as long as `settling`.
    pub(super) fn add(&mut self, bubble: Bubble, now: Timestamp, settling: SignedDuration) {
        if self.bubbles.len() < MOST_BUBBLES {
            self.bubbles.push(bubble);
        }
        let last = self.began_at.saturating_add(LONGEST).unwrap_or(Timestamp::MAX);
        self.ends_at = now.saturating_add(settling).unwrap_or(Timestamp::MAX).min(last);
    }

    /// Whether nothing of it can be read.
    pub(super) fn is_unreadable(&self) -> bool {
        self.bubbles.iter().all(|bubble| bubble.kind == Kind::Unreadable)
    }

    /// Whether it is pictures, recordings and the like without a word.
    pub(super) fn is_wordless(&self) -> bool {
        let is_word = |bubble: &Bubble| matches!(bubble.kind, Kind::Words | Kind::Tap) || !bubble.text.is_empty();
        !self.bubbles.iter().any(is_word)
    }

    /// The bubbles with words that were written, not tapped.
    pub(super) fn written(&self) -> impl Iterator<Item = &Bubble> {
        self.bubbles.iter().filter(|bubble| bubble.kind != Kind::Tap && !bubble.text.is_empty())
    }

    /// All that was written, in one piece.
    pub(super) fn words(&self) -> String {
        self.written().map(|bubble| bubble.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Its pictures, recordings and documents.
    pub(super) fn attachments(&self) -> impl Iterator<Item = &Bubble> {
        self.bubbles.iter().filter(|bubble| bubble.kind == Kind::Attachment)
    }
}

impl Bubble {
    pub(super) fn of(incoming: &Incoming<'_>) -> Self {
        Self { message: incoming.message, text: said(incoming), kind: incoming.kind }
    }

    pub(super) fn quote(self) -> Quote {
        Quote { message: self.message, text: self.text }
    }
}

/// The words of a message on one line.
pub(super) fn said(incoming: &Incoming<'_>) -> String {
    text::clean(incoming.choice.map(|choice| choice.title.as_str()).or(incoming.text).unwrap_or(""))
}
