//! The contact and the inbox of a conversation: neither ever changes, and every command about a conversation begins with them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Error, Runner};
use crate::domain::ids::{ContactId, ConversationId, InboxId, WorkspaceId};
use crate::store::access::Sight;

/// Conversations of one generation; two are kept.
const KEPT: usize = 20_000;

type Key = (WorkspaceId, ConversationId);
type Subject = (ContactId, InboxId);

/// Those that were asked for lately.
#[derive(Debug, Default)]
pub(super) struct Subjects(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, Subject>,
    old: HashMap<Key, Subject>,
}

impl Generations {
    fn get(&mut self, key: Key) -> Option<Subject> {
        if let Some(subject) = self.young.get(&key) {
            return Some(*subject);
        }
        let subject = self.old.remove(&key)?;
        self.keep(key, subject);
        Some(subject)
    }

    fn keep(&mut self, key: Key, subject: Subject) {
        if self.young.len() >= KEPT {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, subject);
    }
}

impl Runner {
    /// Whose a conversation is, and in which inbox.
    ///
    /// # Errors
    /// [`Error::NotFound`], or a fault.
    pub(super) async fn subject(&self, workspace: WorkspaceId, conversation: ConversationId) -> Result<Subject, Error> {
        let key = (workspace, conversation);
        let generations = || self.subjects.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = generations().get(key);
        if let Some(subject) = known {
            return Ok(subject);
        }
        let subject = self.store.contact_of(Sight::unbounded(workspace, conversation)).await?.ok_or(Error::NotFound)?;
        generations().keep(key, subject);
        Ok(subject)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn key(number: usize) -> Key {
        (WorkspaceId(Uuid::nil()), ConversationId(Uuid::from_u128(number as u128)))
    }

    #[test]
    fn what_is_asked_for_is_kept_and_the_rest_is_forgotten_in_time() {
        let subject = (ContactId(Uuid::nil()), InboxId(Uuid::nil()));
        let mut generations = Generations::default();
        for number in 0..3 * KEPT {
            generations.keep(key(number), subject);
            assert_eq!(generations.get(key(0)), Some(subject), "after {number}");
        }
        assert!(generations.young.len() + generations.old.len() <= 2 * KEPT);
        assert_eq!(generations.get(key(1)), None);
    }
}
