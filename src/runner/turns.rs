//! Turns at a contact: one command at a time on this node, and few that wait. Who waits holds no connection; so a contact that somebody
//! keeps locked costs this node one connection, however many requests ask for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;
use crate::domain::Command;
use crate::domain::ids::{ContactId, WorkspaceId};

/// Commands that wait for their turn at one contact at most. A person's double clicks and a colleague's fit; a script's hundred do not.
const WAITING: usize = 8;

/// How long a person's command waits for its turn, and how long what can come again does: as long as a command takes.
const PATIENCE: Duration = Duration::from_secs(3);
const GLANCE: Duration = Duration::from_millis(50);

/// What to do while somebody else is at the contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Somebody outside waits for the answer: wait a moment.
    Wait,
    /// Something of ours that can come again: leave it, and use the time for others.
    Pass,
}

impl Patience {
    /// A person or a bot waits for their answer; what else there is comes again by itself.
    pub fn of(command: &Command) -> Self {
        match command {
            Command::Reply { .. }
            | Command::AddNote { .. }
            | Command::StartBot { .. }
            | Command::BotReply { .. }
            | Command::BotHandOff { .. }
            | Command::Take { .. }
            | Command::SetPriority { .. }
            | Command::Transfer { .. }
            | Command::BulkTransfer { .. }
            | Command::SignOff { .. }
            | Command::Resolve { .. }
            | Command::Reopen { .. }
            | Command::Part { .. }
            | Command::Undo { .. }
            | Command::ReturnToQueue { .. }
            | Command::HandOver { .. }
            | Command::Settle { .. } => Patience::Wait,
            Command::Receive { .. }
            | Command::MoveOn { .. }
            | Command::MoveQueue { .. }
            | Command::RecordStatus(_)
            | Command::RecordDelivery { .. }
            | Command::RecordLapse { .. }
            | Command::RecordMedia { .. }
            | Command::Assign { .. }
            | Command::Spill { .. }
            | Command::Announce { .. }
            | Command::EndLease { .. }
            | Command::Recount { .. }
            | Command::Check { .. }
            | Command::TimerDue { .. } => Patience::Pass,
            Command::AsSeen { command, .. } => Self::of(command),
        }
    }

    fn limit(self) -> Duration {
        match self {
            Patience::Wait => PATIENCE,
            Patience::Pass => GLANCE,
        }
    }
}

type Key = (WorkspaceId, ContactId);

/// The contacts at which something is done or waits.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    contacts: Arc<Mutex<HashMap<Key, Place>>>,
}

#[derive(Debug)]
struct Place {
    turn: Arc<Semaphore>,
    /// Who is there, waiting or not.
    present: usize,
}

/// A turn; over when dropped.
#[derive(Debug)]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
    _present: Present,
}

/// Somebody at a contact, waiting or not.
#[derive(Debug)]
struct Present {
    turns: Turns,
    key: Key,
}

impl Turns {
    /// Waits for a turn at a contact.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait already, or when it takes too long.
    pub async fn take(&self, workspace: WorkspaceId, contact: ContactId, patience: Patience) -> Result<Turn, Error> {
        let (present, turn) = self.enter((workspace, contact))?;
        match tokio::time::timeout(patience.limit(), turn.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Turn { _permit: permit, _present: present }),
            Ok(Err(_)) | Err(_) => Err(Error::Busy),
        }
    }

    /// A turn at a contact where nobody is.
    #[must_use]
    pub fn take_at_once(&self, workspace: WorkspaceId, contact: ContactId) -> Option<Turn> {
        let (present, turn) = self.enter((workspace, contact)).ok()?;
        Some(Turn { _permit: turn.try_acquire_owned().ok()?, _present: present })
    }

    fn enter(&self, key: Key) -> Result<(Present, Arc<Semaphore>), Error> {
        let mut contacts = self.contacts();
        let place = contacts.entry(key).or_insert_with(|| Place { turn: Arc::new(Semaphore::new(1)), present: 0 });
        if place.present > WAITING {
            return Err(Error::Busy);
        }
        place.present += 1;
        Ok((Present { turns: self.clone(), key }, place.turn.clone()))
    }

    fn contacts(&self) -> MutexGuard<'_, HashMap<Key, Place>> {
        self.contacts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut contacts = self.turns.contacts();
        let Some(place) = contacts.get_mut(&self.key) else { return };
        place.present -= 1;
        if place.present == 0 {
            contacts.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const SHOP: WorkspaceId = WorkspaceId(Uuid::nil());
    const MIA: ContactId = ContactId(Uuid::from_u128(1));
    const NOA: ContactId = ContactId(Uuid::from_u128(2));

    #[tokio::test(start_paused = true)]
    async fn few_wait_for_a_contact_and_for_a_moment_only() {
        let turns = Turns::default();
        let first = turns.take(SHOP, MIA, Patience::Wait).await.unwrap();
        assert!(turns.take(SHOP, NOA, Patience::Pass).await.is_ok(), "another contact is another matter");
        assert!(matches!(turns.take(SHOP, MIA, Patience::Pass).await, Err(Error::Busy)));
        let waiting: Vec<_> = (0..WAITING)
            .map(|_| {
                let turns = turns.clone();
                tokio::spawn(async move { turns.take(SHOP, MIA, Patience::Wait).await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(matches!(turns.take(SHOP, MIA, Patience::Wait).await, Err(Error::Busy)), "one more than may wait");
        for waiting in waiting {
            assert!(matches!(waiting.await.unwrap(), Err(Error::Busy)), "waited for ever");
        }
        drop(first);
        assert!(turns.take(SHOP, MIA, Patience::Pass).await.is_ok());
        assert!(turns.contacts().is_empty(), "nobody is there, and something is remembered");
    }
}
