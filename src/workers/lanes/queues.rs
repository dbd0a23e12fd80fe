//! Lanes that wait for a transaction, by their inbox.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Semaphore, oneshot};

use super::Answer;
use crate::domain::ids::{ContactId, InboxId, WorkspaceId};

/// Lanes that one transaction runs at most.
pub const LANES_TOGETHER: usize = 32;

/// Transactions of an inbox at once: those that come meanwhile are run together, which is less work than each by itself.
pub const AT_ONCE_IN_AN_INBOX: usize = 2;

/// A lane that waits for its transaction, and where it hears what came of it.
#[derive(Debug)]
pub struct Waiting {
    pub contact: ContactId,
    /// Somebody runs it.
    pub is_taken: Arc<AtomicBool>,
    pub answer: oneshot::Sender<Answer>,
}

pub type Inbox = (WorkspaceId, InboxId);

/// The lanes of an inbox that wait, and the rights to run them.
#[derive(Debug)]
struct Queue {
    waiting: VecDeque<Waiting>,
    turns: Arc<Semaphore>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), turns: Arc::new(Semaphore::new(AT_ONCE_IN_AN_INBOX)) }
    }
}

/// The queues of the inboxes for which anything waits or runs.
#[derive(Debug, Default)]
pub struct Queues(HashMap<Inbox, Queue>);

impl Queues {
    /// Answers the rights to run lanes of the inbox.
    pub fn join(&mut self, inbox: Inbox, waiting: Waiting) -> Arc<Semaphore> {
        let queue = self.0.entry(inbox).or_default();
        queue.waiting.push_back(waiting);
        queue.turns.clone()
    }

    /// Those of the inbox that have waited longest.
    pub fn next(&mut self, inbox: Inbox) -> Vec<Waiting> {
        let Some(Queue { waiting, .. }) = self.0.get_mut(&inbox) else { return Vec::new() };
        let taken: Vec<Waiting> = waiting.drain(..waiting.len().min(LANES_TOGETHER)).collect();
        taken.iter().for_each(|waiting| waiting.is_taken.store(true, Ordering::Relaxed));
        taken
    }

    /// Whether who waits there with this flag still waited, and does not any more.
    pub fn leave(&mut self, inbox: Inbox, who: &Arc<AtomicBool>) -> bool {
        let Some(Queue { waiting, .. }) = self.0.get_mut(&inbox) else { return false };
        let before = waiting.len();
        waiting.retain(|waiting| !Arc::ptr_eq(&waiting.is_taken, who));
        waiting.len() < before
    }

    /// Whether nothing waits or runs.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets the inbox when nobody waits there, or has a right to run its lanes.
    pub fn forget_unused(&mut self, inbox: Inbox) {
        if self.0.get(&inbox).is_some_and(|queue| queue.waiting.is_empty() && Arc::strong_count(&queue.turns) == 1) {
            self.0.remove(&inbox);
        }
    }
}

#[cfg(test)]
pub mod tests {
    use uuid::Uuid;

    use super::*;

    pub fn waiting(contact: u128) -> Waiting {
        Waiting { contact: ContactId(Uuid::from_u128(contact)), is_taken: Arc::default(), answer: oneshot::channel().0 }
    }

    pub fn inbox(number: u128) -> Inbox {
        (WorkspaceId(Uuid::nil()), InboxId(Uuid::from_u128(number)))
    }

    #[test]
    fn those_who_wait_are_taken_together_and_no_more_of_them_than_one_transaction_runs() {
        let mut queues = Queues::default();
        let contacts = 2 * LANES_TOGETHER - 1;
        (0..contacts).for_each(|contact| _ = queues.join(inbox(1), waiting(contact as u128)));
        let sets: Vec<usize> = std::iter::from_fn(|| Some(queues.next(inbox(1)).len()).filter(|count| *count > 0)).collect();
        assert_eq!(sets, [LANES_TOGETHER, contacts - LANES_TOGETHER]);
    }

    #[test]
    fn who_leaves_is_run_by_nobody_and_keeps_no_place() {
        let mut queues = Queues::default();
        let who = waiting(1);
        let flag = who.is_taken.clone();
        let turns = queues.join(inbox(1), who);
        assert!(queues.leave(inbox(1), &flag));
        assert!(!queues.leave(inbox(1), &flag));
        assert!(queues.next(inbox(1)).is_empty());
        queues.forget_unused(inbox(1));
        assert!(!queues.is_empty(), "somebody has a right there");
        drop(turns);
        queues.forget_unused(inbox(1));
        assert!(queues.is_empty());
    }
}
