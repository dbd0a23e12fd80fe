//! What was set aside for a person: it goes the same way once more, or stays aside for good; each exactly once. And nodes that say they
//! are there.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Error, Runner, now};
use crate::live::wakes::Wake;
use crate::store::nodes::Node;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Done,
    /// Somebody was quicker.
    Already,
    /// Its body is kept no more.
    Gone,
}

impl Runner {
    /// The body of something that was set aside is sorted once more, with all that was set aside of it: what had its effect then has none
    /// now.
    ///
    /// # Errors
    /// [`Error::NotFound`], or a fault.
    pub async fn try_again(&self, item: Uuid, by: &str) -> Result<Settled, Error> {
        let Some(known) = self.store.quarantined_one(item).await? else { return Err(Error::NotFound) };
        if known.is_settled {
            return Ok(Settled::Already);
        }
        if !known.has_body {
            return Ok(Settled::Gone);
        }
        if !self.store.sort_again(item, by, now()).await? {
            return Ok(Settled::Already);
        }
        self.live.wake(Wake::Payloads(known.source));
        Ok(Settled::Done)
    }

    /// Something that was set aside stays so; it is kept, with who decided that.
    ///
    /// # Errors
    /// [`Error::NotFound`], or a fault.
    pub async fn leave_aside(&self, item: Uuid, by: &str) -> Result<Settled, Error> {
        if self.store.quarantined_one(item).await?.is_none() {
            return Err(Error::NotFound);
        }
        Ok(if self.store.leave_aside(item, by, now()).await? { Settled::Done } else { Settled::Already })
    }

    /// A node says that it is there.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn call_node(&self, name: &str, side: &str, started_at: Timestamp) -> Result<(), Error> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let node = Node { name: name.to_owned(), version, side: side.to_owned(), started_at, seen_at: now() };
        Ok(self.store.call_node(&node).await?)
    }
}
