//! A message as a bubble.

pub mod composer;
pub mod ticks;

use askama::Template;
use jiff::Timestamp;

use self::ticks::Ticks;
use crate::domain::channel::Formatting;
use crate::domain::ids::MessageId;
use crate::domain::message::{Author, Content, Failure, MediaState, Status};
use crate::web::layouts::format;
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::words::sentence;
use crate::web::layouts::{ui, words};
use crate::web::locale::Locale;

/// The message a bubble answers. Without `message` it is not ours to jump to.
#[derive(Debug, Clone)]
pub struct Quoted {
    pub message: Option<MessageId>,
    pub author_name: String,
    pub content: Option<Content>,
}

/// One message.
#[derive(Debug, Clone, Template)]
#[template(path = "conversations/bubble.html")]
pub struct Bubble {
    pub locale: Locale,
    pub id: MessageId,
    pub seq: i64,
    pub at: Timestamp,
    pub author: Author,
    /// The customer's or colleague's name; flows and bots need none.
    pub author_name: String,
    pub content: Content,
    /// What marks in its words mean.
    pub formatting: Formatting,
    pub status: Status,
    pub failure: Option<Failure>,
    pub quote: Option<Quoted>,
    /// The item as WhatsApp sent it, for unsupported kinds.
    pub raw: Option<serde_json::Value>,
}

impl Bubble {
    pub(in crate::web) fn direction(&self) -> &'static str {
        match self.author {
            Author::Contact => "inbound",
            Author::Flow | Author::Bot { .. } | Author::Agent { .. } => "outbound",
        }
    }

    /// What groups neighbouring bubbles: `contact`, `flow`, or the id of an agent or a bot.
    pub(in crate::web) fn author_key(&self) -> String {
        match self.author {
            Author::Contact => "contact".to_owned(),
            Author::Flow => "flow".to_owned(),
            Author::Bot { bot } => bot.to_string(),
            Author::Agent { user } => user.to_string(),
        }
    }

    pub(in crate::web) fn author_label(&self) -> String {
        match self.author {
            Author::Flow => self.locale.t("thread.flow").into_owned(),
            Author::Bot { .. } => self.locale.t("thread.bot").into_owned(),
            Author::Contact | Author::Agent { .. } => self.author_name.clone(),
        }
    }

    /// The fate of it: its own element, replaced alone as it climbs.
    #[must_use]
    pub fn ticks(&self) -> Ticks {
        Ticks { locale: self.locale, message: self.id, at: self.at, status: self.status, failure: self.failure.clone() }
    }

    /// Its words, or the name of its kind.
    #[must_use]
    pub fn summary(&self) -> String {
        summary(self.locale, &self.content)
    }

    /// What is said of something that cannot be shown.
    fn unshown(&self) -> Option<Html> {
        let named = |of: &str| {
            let thing = words::known(&self.locale, &format!("thing.{of}")).unwrap_or_else(|| of.to_owned());
            sentence(&self.locale, "thread.unsupported", &[("kind", &thing)])
        };
        match &self.content {
            Content::Unsupported { of } => Some(named(of)),
            Content::Unreadable { of: None } => Some(sentence(&self.locale, "thread.unreadable.something", &[])),
            Content::Unreadable { of: Some(of) } if of == Content::EDIT => Some(sentence(&self.locale, "thread.unreadable.edit", &[])),
            Content::Unreadable { of: Some(of) } => Some(named(of)),
            Content::Text { .. }
            | Content::Buttons { .. }
            | Content::List { .. }
            | Content::Reply { .. }
            | Content::Image { .. }
            | Content::Unspoken(_) => None,
        }
    }

    /// What marks it as a program's: `flow` or `bot`.
    fn program(&self) -> Option<&'static str> {
        match self.author {
            Author::Flow => Some("flow"),
            Author::Bot { .. } => Some("bot"),
            Author::Contact | Author::Agent { .. } => None,
        }
    }

    fn raw_text(&self) -> Option<String> {
        self.raw.as_ref().map(|raw| self.locale.phones().anywhere(&format!("{raw:#}")))
    }

    fn quote_line(&self, quote: &Quoted) -> String {
        quote.content.as_ref().map_or_else(|| self.locale.t("thread.quote_unknown").into_owned(), |content| summary(self.locale, content))
    }

    fn picture_box(&self, size: &Option<(u32, u32)>) -> (u32, u32) {
        picture_box(*size)
    }
}

/// The picture's box before it has loaded: its own size within [`LARGEST`], or a square.
fn picture_box(size: Option<(u32, u32)>) -> (u32, u32) {
    let (width, height) = size.unwrap_or((LARGEST, LARGEST));
    let (width, height) = (width.clamp(1, 20_000), height.clamp(1, 20_000));
    let longest = width.max(height);
    if longest <= LARGEST {
        return (width, height);
    }
    ((width * LARGEST / longest).max(1), (height * LARGEST / longest).max(1))
}

/// The longest side of a picture in the thread, in CSS pixels.
const LARGEST: u32 = 320;

/// The words of a content, or the name of its kind.
#[must_use]
pub(in crate::web) fn summary(locale: Locale, content: &Content) -> String {
    let text = content.text();
    if text.trim().is_empty() { locale.t(&format!("kind.{}", content.kind())).into_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_within_the_largest_box() {
        assert_eq!(picture_box(Some((1600, 1200))), (320, 240));
        assert_eq!(picture_box(Some((10, 4000))), (1, 320));
        assert_eq!(picture_box(Some((100, 80))), (100, 80));
        assert_eq!(picture_box(None), (320, 320));
    }
}
