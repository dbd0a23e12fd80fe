//! Answers of the database that are kept for a few seconds, so that asking again and again costs no query.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How old a kept answer may be.
const FRESH: Duration = Duration::from_secs(3);

/// Answers by what was asked; beyond `most` all are forgotten.
#[derive(Debug)]
pub struct Kept<K, V> {
    most: usize,
    answers: Mutex<HashMap<K, (Instant, V)>>,
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, answers: Mutex::default() }
    }

    /// An answer that is fresh enough.
    pub fn get(&self, question: &K) -> Option<V> {
        self.answers().get(question).filter(|(since, _)| since.elapsed() < FRESH).map(|(_, answer)| answer.clone())
    }

    pub fn keep(&self, question: K, answer: V) {
        let mut answers = self.answers();
        if answers.len() >= self.most {
            answers.clear();
        }
        answers.insert(question, (Instant::now(), answer));
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<K, (Instant, V)>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_does_not_fill_the_memory() {
        let kept = Kept::new(2);
        kept.keep(1, "one");
        kept.keep(2, "two");
        assert_eq!((kept.get(&1), kept.get(&2)), (Some("one"), Some("two")));
        kept.keep(3, "three");
        assert_eq!((kept.get(&1), kept.get(&3)), (None, Some("three")));
    }
}
