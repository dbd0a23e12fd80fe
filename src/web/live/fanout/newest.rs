//! How far conversations have come, as far as was shown: a change that comes late is not shown over a newer one.

use std::collections::HashMap;

use crate::domain::conversation::Listing;
use crate::domain::ids::ConversationId;
use crate::live::change::ConversationChange;

/// Conversations that are remembered at least, and half of those that are at most: a change is late by seconds.
const KEPT: usize = 2048;

/// The newest that was shown of recent conversations.
#[derive(Default)]
pub(super) struct Newest {
    recent: HashMap<ConversationId, (i64, Listing)>,
    before: HashMap<ConversationId, (i64, Listing)>,
}

impl Newest {
    /// Where the conversation is by a newer change than this one, if one was shown; otherwise this is the newest.
    pub(super) fn than(&mut self, change: &ConversationChange) -> Option<Listing> {
        self.noted(change.conversation.id, change.conversation.last_seq, Listing::of(&change.conversation))
    }

    fn noted(&mut self, conversation: ConversationId, seq: i64, listing: Listing) -> Option<Listing> {
        let known = self.recent.get(&conversation).or_else(|| self.before.get(&conversation));
        if let Some((_, now)) = known.filter(|(known, _)| *known > seq) {
            return Some(*now);
        }
        if self.recent.len() >= KEPT && !self.recent.contains_key(&conversation) {
            self.before = std::mem::take(&mut self.recent);
        }
        self.recent.insert(conversation, (seq, listing));
        None
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::conversation::{Controller, State};

    #[test]
    fn what_comes_late_is_told_where_the_conversation_is_by_now() {
        let (flow, queue) = (listed(Controller::Flow), listed(Controller::Queue));
        let one = |number| ConversationId(Uuid::from_u128(number));
        let mut newest = Newest::default();
        assert_eq!(newest.noted(one(0), 3, queue), None);
        assert_eq!(newest.noted(one(0), 2, flow), Some(queue));
        assert_eq!(newest.noted(one(0), 3, flow), None, "of the same time is not late");
        assert_eq!(newest.noted(one(1), 1, flow), None, "another is another matter");
        for number in 2..=KEPT as u128 {
            assert_eq!(newest.noted(one(number), 1, flow), None);
        }
        assert_eq!(newest.noted(one(0), 2, queue), Some(flow), "remembered beyond so many others");
        for number in 0..4 * KEPT as u128 {
            newest.noted(one(number + 9999), 1, flow);
        }
        assert!(newest.recent.len() + newest.before.len() <= 2 * KEPT);
    }

    fn listed(controller: Controller) -> Listing {
        Listing { state: State::Open, controller, queue: None, last_agent: None }
    }
}
