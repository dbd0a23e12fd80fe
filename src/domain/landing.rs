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
    /// It is closed.
    Closed,
    /// Nobody is here who could have it.
    NobodyHere,
    /// So many wait already.
    Full,
    /// It waited for so long.
    Late,
    /// Whom it was for had no room for so long.
    Busy,
    /// Something of another version.
    #[serde(other)]
    Strange,
}

impl Why {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Draining => "draining",
            Why::Closed => "closed",
            Why::NobodyHere => "nobody_here",
            Why::Full => "full",
            Why::Late => "late",
            Why::Busy => "busy",
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
        self.taken(meant).unwrap_or((meant, None))
    }

    /// As [`Landing::of`]; nothing where none takes it.
    #[must_use]
    pub fn taken(&self, meant: &'a Queue) -> Option<(&'a Queue, Option<Why>)> {
        let Some(why) = self.shut(meant.id) else { return Some((meant, None)) };
        let mut passed = vec![meant.id];
        let mut next = self.next(meant);
        while let Some(queue) = next.filter(|queue| !passed.contains(&queue.id)) {
            if self.shut(queue.id).is_none() {
                return Some((queue, Some(why)));
            }
            passed.push(queue.id);
            next = self.next(queue);
        }
        // What is only closed waits there for the morning: the default queue is for what is not taken at all.
        let default = self.workplace.queue(self.default_queue).filter(|_| why == Why::Draining);
        let default = default.filter(|queue| !passed.contains(&queue.id) && self.shut(queue.id).is_none())?;
        Some((default, Some(why)))
    }

    /// Why nothing comes into a queue.
    fn shut(&self, queue: QueueId) -> Option<Why> {
        if self.workplace.rests.get(&queue).is_some_and(|rest| rest.keeps_out(self.now)) {
            return Some(Why::Draining);
        }
        let overflow = self.workplace.overflows.get(&queue).filter(|rules| rules.when_closed && rules.to.is_some())?;
        let is_closed = overflow.to != Some(queue) && !self.workplace.queue(queue)?.hours.is_open(self.now);
        is_closed.then_some(Why::Closed)
    }

    /// Where what is meant for a queue goes that takes nothing.
    fn next(&self, queue: &Queue) -> Option<&'a Queue> {
        self.workplace.queue(self.workplace.overflows.get(&queue.id)?.to?)
    }
}
