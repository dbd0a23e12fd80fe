//! What the pages of settings share.

use super::places::{OF_EVERYBODY, PLACES, Place, START};
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

impl Shell {
    /// The places beside a page of this section.
    pub fn places(&self, may_set_up: bool, section: &str) -> impl Iterator<Item = &'static Place> {
        let shows_start = self.shows_start || section == START;
        let is_theirs = move |place: &Place| if may_set_up { shows_start || !place.holds(START) } else { place.holds(OF_EVERYBODY) };
        PLACES.iter().filter(move |place| place.is_listed && is_theirs(place))
    }
}
