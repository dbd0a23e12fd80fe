//! An internal note in the thread; never sent.

use askama::Template;
use jiff::Timestamp;

use super::chrome::Person;
use super::format;
use super::time;
use super::ui;
use crate::domain::ids::NoteId;
use crate::web::locale::Locale;

/// A note of a colleague.
#[derive(Debug, Clone, Template)]
#[template(path = "conversations/note.html")]
pub struct NoteItem {
    pub locale: Locale,
    pub id: NoteId,
    pub seq: i64,
    pub at: Timestamp,
    pub author: Person,
    pub body: String,
}
