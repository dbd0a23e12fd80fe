//! Where answers and notes are written. Never replaced live: it holds what a person is typing.

use askama::Template;
use askama::filters::HtmlSafe;
use uuid::Uuid;

use crate::domain::channel::Pictures;
use crate::domain::ids::ConversationId;
use crate::store::drafts::Draft;
use crate::web::layouts::html::Html;
use crate::web::layouts::{ui, words};
use crate::web::locale::Locale;

/// The forms for an answer and for a note.
#[derive(Debug, Clone, Template)]
#[template(path = "conversations/composer.html")]
pub struct Composer {
    pub locale: Locale,
    pub csrf: String,
    pub conversation: ConversationId,
    pub contact_name: String,
    /// What the viewer has begun to write to the customer, and for colleagues.
    pub reply: Draft,
    pub note: Draft,
    /// The pictures that the channel takes, if any.
    pub pictures: Option<Pictures>,
    /// The sequence the page shows: what the person has seen when they answer.
    pub seen: i64,
    /// Ids for forms sent without scripts; scripts make a new one for each.
    pub message_id: Uuid,
    pub note_id: Uuid,
    /// Words of a refusal to show, after a plain form was refused.
    pub refusal: Option<Html>,
}

impl HtmlSafe for Composer {}
