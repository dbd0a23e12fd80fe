//! What the pages of settings share.

use crate::web::layouts::html::Html;

/// How a page of settings stands.
#[derive(Debug)]
pub struct Shell {
    /// The last sequence of the set-up's journal as the page shows it.
    pub seq: i64,
    /// What this person just did, while nothing else was done since.
    pub did: Option<i64>,
    /// Why what was sent changed nothing.
    pub problem: Option<Html>,
    /// Whether what a workspace begins with is among the places.
    pub shows_start: bool,
}
