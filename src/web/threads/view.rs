//! The thread: its items in the order of their sequence, with the days between them.

pub mod line;

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use askama_web::WebTemplate;
use jiff::Timestamp;

use self::line::SystemLine;
use crate::domain::ids::{ContactId, ConversationId};
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::locale::Locale;
use crate::web::messages::view::Bubble;
use crate::web::notes::view::NoteItem;

/// Something with a place in the thread. Rendered once per event and language.
#[derive(Debug, Clone)]
pub enum ThreadItem {
    Message(Box<Bubble>),
    Note(NoteItem),
    Line(SystemLine),
}

impl ThreadItem {
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            ThreadItem::Message(bubble) => bubble.at,
            ThreadItem::Note(note) => note.at,
            ThreadItem::Line(line) => line.at,
        }
    }

    #[must_use]
    pub fn seq(&self) -> i64 {
        match self {
            ThreadItem::Message(bubble) => bubble.seq,
            ThreadItem::Note(note) => note.seq,
            ThreadItem::Line(line) => line.seq,
        }
    }

    /// What the line offers to part, for whoever knows better to take it away.
    pub fn joined(&mut self) -> Option<&mut Option<(ConversationId, ContactId)>> {
        match self {
            ThreadItem::Line(line) => Some(&mut line.joined).filter(|joined| joined.is_some()),
            ThreadItem::Message(_) | ThreadItem::Note(_) => None,
        }
    }
}

impl fmt::Display for ThreadItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rendered = match self {
            ThreadItem::Message(bubble) => bubble.render(),
            ThreadItem::Note(note) => note.render(),
            ThreadItem::Line(line) => line.render(),
        };
        f.write_str(&rendered.map_err(|_| fmt::Error)?)
    }
}

impl HtmlSafe for ThreadItem {}

/// An item, or the day that begins with the next one.
#[derive(Debug)]
pub enum ThreadEntry<'items> {
    /// The first moment seen of a day, in UTC; browsers regroup by local days.
    Day(Timestamp),
    Item(&'items ThreadItem),
}

/// Items with a day before each that begins one.
#[must_use]
pub fn entries(items: &[ThreadItem]) -> Vec<ThreadEntry<'_>> {
    let mut entries = Vec::with_capacity(items.len() + 4);
    let mut last_day = None;
    for item in items {
        let day = time::day(item.at());
        if last_day.as_ref() != Some(&day) {
            entries.push(ThreadEntry::Day(item.at()));
            last_day = Some(day);
        }
        entries.push(ThreadEntry::Item(item));
    }
    entries
}

/// `GET /conversations/{id}/earlier`: older items, and the way to those before them.
#[derive(Template, WebTemplate)]
#[template(path = "conversations/earlier.html")]
pub struct EarlierFrame {
    pub locale: Locale,
    pub conversation: ConversationId,
    pub items: Vec<ThreadItem>,
    /// There is more before this sequence.
    pub earlier: Option<i64>,
}
