//! What becomes of what is of a queue that is removed.

use super::draft::{Applied, Draft, known};
use super::event::SetupEvent;
use super::refusal::{SetupRefusal, Thing};
use crate::domain::ids::QueueId;

impl Draft {
    /// Whatever is of it needs a place to be.
    pub(super) fn remove_queue(&mut self, queue: QueueId, to: QueueId) -> Applied {
        let name = known(&mut self.setup.queues, queue, Thing::Queue)?.name.clone();
        if queue == to || !self.setup.queues.contains_key(&to) {
            return Err(SetupRefusal::Unknown(Thing::Queue));
        }
        if let Some(from) = self.setup.queues.values().find(|from| from.overflow.to == Some(queue)) {
            return Err(SetupRefusal::QueueOfOverflow { queue: name, from: from.name.clone() });
        }
        if let Some(inbox) = self.setup.inboxes.values().find(|inbox| inbox.default_queue == queue) {
            return Err(SetupRefusal::QueueOfNumber { queue: name, number: inbox.name.clone() });
        }
        if let Some(rule) = self.setup.entry_rules.values().find(|rule| rule.queue == Some(queue)) {
            return Err(SetupRefusal::QueueOfRule { queue: name, rule: rule.name.clone() });
        }
        self.setup.queues.remove(&queue);
        self.beside.push(SetupEvent::QueueMoved { id: queue, to });
        Ok(())
    }
}
