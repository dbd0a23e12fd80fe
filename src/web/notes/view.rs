//! An internal note in the thread; never sent.

use askama::Template;
use jiff::Timestamp;

use crate::domain::ids::NoteId;
use crate::web::layouts::chrome::Person;
use crate::web::layouts::format;
use crate::web::layouts::time;
use crate::web::layouts::ui;
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
