//! The lane of a conversation, its contact and its inbox: neither ever changes, and every command about a conversation begins with them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Error, Runner};
use crate::domain::ids::{ConversationId, WorkspaceId};
use crate::store::access::Sight;
use crate::store::inbound_items::Lane;

/// Conversations of one generation; two are kept.
const KEPT: usize = 20_000;

type Key = (WorkspaceId, ConversationId);

/// Those that were asked for lately.
#[derive(Debug, Default)]
pub(super) struct KnownLanes(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, Lane>,
    old: HashMap<Key, Lane>,
}

impl Generations {
    fn get(&mut self, key: Key) -> Option<Lane> {
        if let Some(lane) = self.young.get(&key) {
            return Some(*lane);
        }
        let lane = self.old.remove(&key)?;
        self.keep(key, lane);
        Some(lane)
    }

    fn keep(&mut self, key: Key, lane: Lane) {
        if self.young.len() >= KEPT {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, lane);
    }
}

impl Runner {
    /// Whose a conversation is, and in which inbox.
    ///
    /// # Errors
    /// [`Error::NotFound`], or a fault.
    pub(super) async fn lane_of(&self, workspace: WorkspaceId, conversation: ConversationId) -> Result<Lane, Error> {
        let key = (workspace, conversation);
        let generations = || self.known_lanes.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = generations().get(key);
        if let Some(lane) = known {
            return Ok(lane);
        }
        let (contact, inbox) = self.store.contact_of(Sight::unbounded(workspace, conversation)).await?.ok_or(Error::NotFound)?;
        let lane = Lane { workspace, contact, inbox };
        generations().keep(key, lane);
        Ok(lane)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{ContactId, InboxId};

    fn key(number: usize) -> Key {
        (WorkspaceId(Uuid::nil()), ConversationId(Uuid::from_u128(number as u128)))
    }

    #[test]
    fn what_is_asked_for_is_kept_and_the_rest_is_forgotten_in_time() {
        let nil = Uuid::nil();
        let lane = Lane { workspace: WorkspaceId(nil), contact: ContactId(nil), inbox: InboxId(nil) };
        let mut generations = Generations::default();
        for number in 0..3 * KEPT {
            generations.keep(key(number), lane);
            assert_eq!(generations.get(key(0)), Some(lane), "after {number}");
        }
        assert!(generations.young.len() + generations.old.len() <= 2 * KEPT);
        assert_eq!(generations.get(key(1)), None);
    }
}
