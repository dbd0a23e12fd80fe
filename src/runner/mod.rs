//! The one door. Every change runs the same steps: lock → load → decide → write → commit → publish, for a contact ([`contact`]), for
//! many of them ([`many`]; commands that come at once: [`gathering`]), and for what waits for many ([`lanes`]). Routing chooses who
//! waits for whom, and gives them away as a set of commands ([`routing`]).

mod acceptances;
mod announcing;
pub mod beginning;
pub mod contact;
pub mod crowd;
pub mod effects;
pub mod feed;
pub mod floor;
mod gathering;
pub(crate) mod guard;
pub mod intake;
pub mod invariants;
mod kept;
mod known_lanes;
pub mod lanes;
pub mod leases;
mod links;
mod load;
mod mails;
pub mod many;
mod noted;
mod numbers;
pub mod origin;
pub mod outbox;
pub mod people;
mod publish;
mod queues;
mod recounts;
pub mod routing;
mod sets;
pub mod settling;
pub mod setup;
mod signing_off;
pub mod sorting;
mod spilling;
mod ticks;
pub mod turns;
pub mod vitals;
pub mod workplaces;

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::domain::Refusal;
use crate::domain::channel::Rulebook;
use crate::domain::ids::Ids;
use crate::live::Live;
use crate::store::{self, Store};

use gathering::Gatherings;
use known_lanes::KnownLanes;
use leases::Acted;
use numbers::Heard;
use outbox::Sender;
use publish::LookUps;
use turns::Turns;
use vitals::Vitals;
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
    /// Somebody else is at the contact, or too many wait.
    #[error("somebody else is changing it at this moment")]
    Busy,
    /// This machine's clock is off, and nothing is decided by it.
    #[error("this machine's clock is off by {} s", .0.as_secs())]
    ClockOff(SignedDuration),
    /// The program failed over it; the panic itself is in the log.
    #[error("the program failed over it")]
    Panicked,
}

impl Error {
    /// Whether it says nothing about what was to be done: the same may succeed later, or elsewhere.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Error::Store(error) => error.is_passing(),
            Error::Busy | Error::ClockOff(_) => true,
            Error::Refused(_) | Error::NotFound | Error::Panicked => false,
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Error::Store(error.into())
    }
}

/// Connections that no transaction takes.
const FOR_READERS: usize = 4;

/// How long a transaction waits to begin.
const AT_THE_DOOR: Duration = Duration::from_secs(3);

/// A connection, and the right to hold locks on it.
struct Inside {
    client: deadpool_postgres::Object,
    _door: OwnedSemaphorePermit,
}

/// Runs commands. Cheap to clone.
#[derive(Clone)]
pub struct Runner {
    pub(crate) store: Store,
    pub(crate) live: Arc<Live>,
    pub(crate) workplaces: Arc<Workplaces>,
    vitals: Arc<Vitals>,
    turns: Turns,
    known_lanes: Arc<KnownLanes>,
    heard: Arc<Heard>,
    gatherings: Arc<Gatherings>,
    look_ups: Arc<LookUps>,
    /// Who did something here since it was told.
    acted: Arc<Acted>,
    /// Where messages leave this node, if they do.
    sender: Arc<Mutex<Option<Weak<dyn Sender>>>>,
    /// Transactions that hold locks; fewer than there are connections, so that whoever only reads finds one.
    doors: Arc<Semaphore>,
}

impl Runner {
    /// `rulebook` tells what the channels of this build allow.
    #[must_use]
    pub fn new(store: Store, live: Arc<Live>, rulebook: Rulebook) -> Self {
        let workplaces = Arc::new(Workplaces::new(store.clone(), live.clone(), rulebook));
        let doors = Arc::new(Semaphore::new(store.size().saturating_sub(FOR_READERS).max(1)));
        Self {
            store,
            live,
            workplaces,
            vitals: Arc::default(),
            turns: Turns::default(),
            known_lanes: Arc::default(),
            heard: Arc::default(),
            gatherings: Arc::default(),
            look_ups: Arc::default(),
            acted: Arc::default(),
            sender: Arc::default(),
            doors,
        }
    }

    /// How this node is.
    #[must_use]
    pub fn vitals(&self) -> &Arc<Vitals> {
        &self.vitals
    }

    /// A connection for a transaction that holds locks.
    async fn enter(&self) -> Result<Inside, Error> {
        let door = tokio::time::timeout(AT_THE_DOOR, self.doors.clone().acquire_owned()).await;
        let _door = door.ok().and_then(Result::ok).ok_or(Error::Busy)?;
        Ok(Inside { client: self.store.client().await?, _door })
    }

    /// Nothing is decided, claimed or taken in by a clock that is off.
    ///
    /// # Errors
    /// [`Error::ClockOff`].
    pub fn check_clock(&self) -> Result<(), Error> {
        if self.vitals.is_clock_right() { Ok(()) } else { Err(Error::ClockOff(self.vitals.clock_offset())) }
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    #[must_use]
    pub fn workplaces(&self) -> &Arc<Workplaces> {
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
