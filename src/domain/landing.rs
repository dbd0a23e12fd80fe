//! Where something comes to wait that comes in, when the queue it is meant for takes nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::QueueId;
use super::queue::Queue;
use super::workplace::Workplace;

/// Why it does not wait where it was meant to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nothing new comes into it.
    Draining,
    /// Something of another version.
    #[serde(other)]
    Strange,
}

impl Why {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Draining => "draining",
            Why::Strange => "strange",
        }
    }
}

/// The queue in whose stead it waits in another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instead {
    pub queue: QueueId,
    pub name: String,
    pub why: Why,
}

/// What decides where something lands.
#[derive(Debug, Clone, Copy)]
pub struct Landing<'a> {
    pub workplace: &'a Workplace,
    /// Where the number sends everything.
    pub default_queue: QueueId,
    pub now: Timestamp,
}

impl<'a> Landing<'a> {
    /// The queue that something meant for another one comes into, and why it is not that. Where every other one takes nothing either, it is
    /// the one it was meant for: nobody is lost.
    #[must_use]
    pub fn of(&self, meant: &'a Queue) -> (&'a Queue, Option<Why>) {
        let Some(why) = self.shut(meant.id) else { return (meant, None) };
        let mut passed = vec![meant.id];
        let mut next = self.next(meant);
        while let Some(queue) = next.filter(|queue| !passed.contains(&queue.id)) {
            if self.shut(queue.id).is_none() {
                return (queue, Some(why));
            }
            passed.push(queue.id);
            next = self.next(queue);
        }
        (meant, None)
    }

    /// Why nothing comes into a queue.
    fn shut(&self, queue: QueueId) -> Option<Why> {
        let rest = self.workplace.rests.get(&queue)?;
        rest.keeps_out(self.now).then_some(Why::Draining)
    }

    /// Where what is meant for a queue goes that takes nothing.
    fn next(&self, _: &Queue) -> Option<&'a Queue> {
        self.workplace.queue(self.default_queue)
    }
}
