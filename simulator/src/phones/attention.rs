//! Which phones are on a screen, and which chats are open there: that decides what is read.

use std::{collections::HashMap, sync::Arc};

use crate::chats::ChatKey;

/// Phones shown and chats open, each counted over all pages.
#[derive(Debug, Default)]
pub struct Attention {
    shown: HashMap<Arc<str>, usize>,
    open: HashMap<ChatKey, usize>,
}

impl Attention {
    /// Whether this person's phone is on a screen.
    pub fn is_shown(&self, wa_id: &str) -> bool {
        self.shown.contains_key(wa_id)
    }

    /// Whether this chat is open on a screen.
    pub fn is_open(&self, key: &ChatKey) -> bool {
        self.open.contains_key(key)
    }

    /// A page shows this phone.
    pub fn show(&mut self, wa_id: &Arc<str>) {
        *self.shown.entry(wa_id.clone()).or_default() += 1;
    }

    /// A page no longer shows it.
    pub fn hide(&mut self, wa_id: &Arc<str>) {
        forget(&mut self.shown, wa_id);
    }

    /// A page has opened this chat.
    pub fn open(&mut self, key: &ChatKey) {
        *self.open.entry(key.clone()).or_default() += 1;
    }

    /// A page has left this chat.
    pub fn close(&mut self, key: &ChatKey) {
        forget(&mut self.open, key);
    }
}

fn forget<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
