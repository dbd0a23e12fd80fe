//! What is shared between nodes in Redis, and this node's sockets. Everything here may be lost: it is rebuilt from PostgreSQL or
//! from the browsers within seconds, and the product stays correct while it is away.

pub mod bus;
pub mod change;
pub mod delivery;
pub mod endings;
pub mod floors;
pub mod hub;
pub mod message;
pub mod people;
pub mod presence;
pub mod rate_limits;
pub mod setups;
pub mod subscriptions;
pub mod trouble;
pub mod wakes;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytestring::ByteString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};

use crate::domain::conversation::Listing;
use crate::domain::ids::{SessionId, UserId, WorkspaceId};
use bus::Bus;
use change::{Change, SetUpChange};
use delivery::deliver;
use endings::Endings;
use floors::{FloorMarks, KnownHabits};
use hub::Hub;
use message::Message;
use people::People;
use presence::PresenceMap;
use setups::SetupVersions;
use subscriptions::Subscriptions;
use wakes::{Wake, Wakes};

/// Changes that wait to be rendered for this node's sockets at most; beyond it the sockets are told to look for themselves.
const WAITING_CHANGES: usize = 8192;

/// How long telling the other nodes may take.
const TELLING: Duration = Duration::from_secs(3);

/// What happened to a person that no token of theirs knows yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PersonChange {
    /// All their sessions ended: they left, or their password changed.
    SignedOut,
    /// They may do more or less than before.
    Rights,
}

/// The live side of a node.
pub struct Live {
    pub hub: Hub,
    pub wakes: Wakes,
    pub people: People,
    /// What tokens of this node must not outlive.
    pub endings: Arc<Endings>,
    /// How far each workspace's set-up has come.
    pub setups: SetupVersions,
    /// Sign-outs may have been missed: every session is to be looked up.
    pub sessions_in_doubt: Notify,
    /// Floors that are to be looked at anew.
    pub floors: FloorMarks,
    pub habits: KnownHabits,
    /// To which workspaces the bus listens.
    pub subscriptions: Subscriptions,
    pub(crate) presence: PresenceMap,
    bus: Bus,
    changes: mpsc::Sender<Change>,
    /// This node runs the workers, so wake-ups stay here.
    has_workers: AtomicBool,
    /// Changes were dropped since the pages were told to look for themselves.
    is_behind: AtomicBool,
}

impl Live {
    /// The live side, and the changes that its web side has to render.
    #[must_use]
    pub fn new(bus: Bus) -> (Arc<Self>, mpsc::Receiver<Change>) {
        let (changes, receiver) = mpsc::channel(WAITING_CHANGES);
        let live = Self {
            hub: Hub::default(),
            wakes: Wakes::default(),
            people: People::default(),
            endings: Arc::default(),
            setups: SetupVersions::default(),
            sessions_in_doubt: Notify::new(),
            floors: FloorMarks::default(),
            habits: KnownHabits::default(),
            subscriptions: Subscriptions::default(),
            presence: PresenceMap::default(),
            bus,
            changes,
            has_workers: AtomicBool::new(false),
            is_behind: AtomicBool::new(false),
        };
        (Arc::new(live), receiver)
    }

    /// Says that this node runs the workers.
    pub fn set_has_workers(&self) {
        self.has_workers.store(true, Ordering::Relaxed);
    }

    /// Tells workers where to look: those of this node, or whoever hears it.
    pub fn wake(&self, wake: Wake) {
        if self.has_workers.load(Ordering::Relaxed) {
            self.wakes.wake(wake);
        } else {
            self.bus.send(Message::Wake(wake));
        }
    }

    /// Shows a change to this node's sockets and to the other nodes.
    pub fn publish(&self, change: Change) {
        self.take(&change);
        self.bus.send(Message::Change(change));
    }

    /// Takes in a change of this node or another one.
    fn take(&self, change: &Change) {
        match change {
            Change::Agent(here) => {
                let is_new = self.presence.note(here);
                if !is_new {
                    return;
                }
                if self.has_workers.load(Ordering::Relaxed) {
                    self.wakes.wake(Wake::Agent(here.workspace, here.user));
                }
            }
            Change::SetUp(SetUpChange { workspace, version }) => self.setups.note(*workspace, *version),
            Change::Conversation(_) | Change::Ticks(_) | Change::Team(_) => {}
        }
        self.show(change.clone());
    }

    /// The set-up of a workspace is at this version now, here and on every other node.
    pub fn set_up_changed(&self, workspace: WorkspaceId, version: i64) {
        self.publish(Change::SetUp(SetUpChange { workspace, version }));
    }

    /// Whether the bus hears and is heard.
    #[must_use]
    pub fn is_bus_up(&self) -> bool {
        self.bus.is_up()
    }

    /// Waits a moment until the other nodes were told everything; false when they may not have been.
    pub async fn has_told(&self) -> bool {
        self.bus.has_published(TELLING).await
    }

    /// Shows a change to this node's sockets.
    fn show(&self, change: Change) {
        // Also while nobody here looks: who is there is remembered beyond that, and shown to who looks next.
        if let Change::Conversation(change) = &change {
            let conversation = &change.conversation;
            self.people.moved(change.workspace, conversation.id, conversation.last_seq, Listing::of(conversation));
        }
        if !self.hub.has_workspace(change.workspace()) {
            return;
        }
        if change.concerns_floor() && self.hub.is_floor_watched(change.workspace()) {
            self.floors.mark(change.workspace());
        }
        if self.changes.try_send(change).is_err() {
            metrics::counter!("baton_changes_dropped_total").increment(1);
            self.is_behind.store(true, Ordering::Relaxed);
        }
    }

    /// Whether changes were dropped since this was last asked: all pages are to be told to look for themselves.
    #[must_use]
    pub fn was_behind(&self) -> bool {
        self.is_behind.swap(false, Ordering::Relaxed)
    }

    /// Whether a person has a live page, or had one a moment ago.
    #[must_use]
    pub fn is_connected(&self, workspace: WorkspaceId, user: UserId) -> bool {
        self.hub.has_user(workspace, user) || self.presence.is_connected(workspace, user)
    }

    /// Ends a session's tokens and pages, here and on every other node.
    pub fn close_session(&self, workspace: WorkspaceId, session: SessionId) {
        self.session_is_over(workspace, session);
        self.bus.send(Message::SignedOut { workspace, session });
    }

    /// Tells a person's pages, here and on every other node, what concerns nobody else.
    pub fn tell_pages(&self, workspace: WorkspaceId, user: UserId, frame: &ByteString) {
        deliver(&self.hub.pages_of(workspace, user), frame);
        self.bus.send(Message::Pages { workspace, user, frame: frame.to_string() });
    }

    /// Ends what a person has of tokens and pages, here and on every other node.
    pub fn person_changed(&self, workspace: WorkspaceId, user: UserId, change: PersonChange) {
        self.heard_of_person(workspace, user, change);
        self.bus.send(Message::Person { workspace, user, change });
    }

    /// A session was found to be over: its tokens and pages end here.
    pub fn session_is_over(&self, workspace: WorkspaceId, session: SessionId) {
        self.endings.end_session(session, Timestamp::now());
        self.hub.close_session(workspace, session);
    }

    fn heard_of_person(&self, workspace: WorkspaceId, user: UserId, change: PersonChange) {
        self.endings.end_person(workspace, user, Timestamp::now());
        match change {
            PersonChange::SignedOut => self.hub.close_person(workspace, user),
            PersonChange::Rights => self.hub.reconnect_person(workspace, user),
        }
    }

    /// Tells everybody who is viewing or typing where.
    pub fn tell_people(&self, sign: people::Sign) {
        self.people.note(&sign);
        self.bus.send(Message::People(sign));
    }
}
