//! The one door. Every change runs the same five steps: lock → load → decide → commit → publish; for a contact ([`contact`]), or
//! for a queue ([`routing`]). No command takes both locks: putting work into a queue only wakes the router.

pub mod contact;
pub mod intake;
mod load;
pub mod outbox;
mod publish;
pub mod routing;
pub mod sorting;
mod workplaces;
mod write;

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::Refusal;
use crate::domain::ids::Ids;
use crate::live::Live;
use crate::store::{self, Store};

pub use workplaces::Workplaces;

/// What can go wrong on the way through the door.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Expected: an answer in words for the person.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// A fault, for the log.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The contact or conversation does not exist in this workspace.
    #[error("not found")]
    NotFound,
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Error::Store(error.into())
    }
}

/// Runs commands. Cheap to clone.
#[derive(Clone)]
pub struct Runner {
    pub(crate) store: Store,
    pub(crate) live: Arc<Live>,
    pub(crate) workplaces: Arc<Workplaces>,
}

impl Runner {
    #[must_use]
    pub fn new(store: Store, live: Arc<Live>) -> Self {
        let workplaces = Arc::new(Workplaces::new(store.clone()));
        Self { store, live, workplaces }
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    #[must_use]
    pub fn workplaces(&self) -> &Workplaces {
        &self.workplaces
    }
}

/// The clock that every command is decided by, in whole microseconds as PostgreSQL keeps them.
#[must_use]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

fn fresh_ids() -> Ids {
    Ids::new(Uuid::new_v4())
}
