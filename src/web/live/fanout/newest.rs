//! How far conversations have come, as far as was shown: a change that comes late is not shown over a newer one.

use std::collections::HashMap;

use crate::domain::conversation::{Conversation, Listing};
use crate::domain::ids::ConversationId;
use crate::live::change::ConversationChange;

/// Conversations that are remembered at least, and half of those that are at most: a change is late by seconds.
const KEPT: usize = 2048;

/// The newest that was shown of recent conversations.
#[derive(Default)]
pub(super) struct Newest {
    recent: HashMap<ConversationId, (Time, Listing)>,
    before: HashMap<ConversationId, (Time, Listing)>,
}

/// How far a conversation has come: to which event, and whether the last line had left by then, which no event tells.
type Time = (i64, bool);

fn time(conversation: &Conversation) -> Time {
    (conversation.last_seq, conversation.last_message.as_ref().is_none_or(|last| !last.is_queued))
}

impl Newest {
    /// Where the conversation is by a newer change than this one, if one was shown; otherwise this is the newest.
    pub(super) fn than(&mut self, change: &ConversationChange) -> Option<Listing> {
        self.noted(change.conversation.id, time(&change.conversation), Listing::of(&change.conversation))
    }

    fn noted(&mut self, conversation: ConversationId, time: Time, listing: Listing) -> Option<Listing> {
        let known = self.recent.get(&conversation).or_else(|| self.before.get(&conversation));
        if let Some((_, now)) = known.filter(|(known, _)| *known > time) {
            return Some(*now);
        }
        if self.recent.len() >= KEPT && !self.recent.contains_key(&conversation) {
            self.before = std::mem::take(&mut self.recent);
        }
        self.recent.insert(conversation, (time, listing));
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
        assert_eq!(newest.noted(one(0), (3, true), queue), None);
        assert_eq!(newest.noted(one(0), (2, true), flow), Some(queue));
        assert_eq!(newest.noted(one(0), (3, true), flow), None, "of the same time is not late");
        assert_eq!(newest.noted(one(0), (3, false), queue), Some(flow), "its last line has left by now");
        assert_eq!(newest.noted(one(1), (1, true), flow), None, "another is another matter");
        for number in 2..=KEPT as u128 {
            assert_eq!(newest.noted(one(number), (1, true), flow), None);
        }
        assert_eq!(newest.noted(one(0), (2, true), queue), Some(flow), "remembered beyond so many others");
        for number in 0..4 * KEPT as u128 {
            newest.noted(one(number + 9999), (1, true), flow);
        }
        assert!(newest.recent.len() + newest.before.len() <= 2 * KEPT);
    }

    fn listed(controller: Controller) -> Listing {
        Listing { state: State::Open, controller, queue: None, last_agent: None }
    }
}
