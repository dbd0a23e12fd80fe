//! One decision: what is known, with whatever conditions compare made comparable once, however many of them ask.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use jiff::Zoned;
use uuid::Uuid;

use super::compile::Signs;
use super::facts::Facts;
use super::{LONGEST_TEXT, MOST_CHARACTERS, MOST_TEXTS};

/// What conditions are held against, one after the other.
#[derive(Debug)]
pub struct Case<'a> {
    pub facts: Facts<'a>,
    said: OnceCell<Vec<&'a str>>,
    tags: OnceCell<BTreeSet<Uuid>>,
    local: OnceCell<Zoned>,
    /// By where each text stands: it stays there as long as the facts do.
    folded: RefCell<HashMap<(*const str, Signs), Rc<str>>>,
    signs: RefCell<HashMap<*const str, Signs>>,
}

impl<'a> Case<'a> {
    #[must_use]
    pub fn of(facts: Facts<'a>) -> Self {
        Self {
            facts,
            said: OnceCell::new(),
            tags: OnceCell::new(),
            local: OnceCell::new(),
            folded: RefCell::default(),
            signs: RefCell::default(),
        }
    }

    /// The customer's words as far as they are looked at, the newest first.
    pub(super) fn said(&self) -> &[&'a str] {
        self.said.get_or_init(|| {
            let mut room = MOST_CHARACTERS;
            let texts = self.facts.said.iter().rev().copied().filter(|text| !text.trim().is_empty()).take(MOST_TEXTS);
            let cut = texts.map(|text| {
                let cut = beginning(text, LONGEST_TEXT.min(room));
                room -= cut.chars().count();
                cut
            });
            cut.take_while(|text| !text.is_empty()).collect()
        })
    }

    /// The tags that count: one that was merged is the other.
    pub(super) fn tags(&self) -> &BTreeSet<Uuid> {
        self.tags.get_or_init(|| {
            let Facts { details, tags, words, .. } = self.facts;
            let own = details.into_iter().flat_map(|details| &details.tags).chain(tags);
            own.map(|tag| words.tag(*tag).map_or(tag.0, |tag| tag.id.0)).collect()
        })
    }

    /// The moment where the workspace is.
    pub(super) fn local(&self) -> &Zoned {
        self.local.get_or_init(|| self.facts.now.to_zoned(self.facts.zone.clone()))
    }

    /// How many texts were made comparable.
    #[cfg(test)]
    pub(super) fn folds(&self) -> usize {
        self.folded.borrow().len()
    }

    /// Whether signs tell a text of the facts from another one.
    pub(super) fn signs(&self, text: &'a str) -> Signs {
        *self.signs.borrow_mut().entry(std::ptr::from_ref(text)).or_insert_with(|| Signs::of(beginning(text, LONGEST_TEXT)))
    }

    /// A text of the facts, made comparable.
    pub(super) fn folded(&self, text: &'a str, signs: Signs) -> Rc<str> {
        let fold = || signs.fold(beginning(text, LONGEST_TEXT)).into();
        self.folded.borrow_mut().entry((std::ptr::from_ref(text), signs)).or_insert_with(fold).clone()
    }
}

/// As many of its characters at most.
fn beginning(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}
