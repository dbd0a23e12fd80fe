//! What administrators set up, kept until it changes so that a message costs no query for it. Nodes tell each other of every change;
//! what nobody heard is found by asking for the versions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::kept::Kept;
use crate::domain::brand::Brand;
use crate::domain::channel::{self, Channel, Rulebook, Rules};
use crate::domain::ids::{InboxId, WorkspaceId};
use crate::domain::setup::Setup;
use crate::domain::workplace::Workplace;
use crate::live::Live;
use crate::live::trouble::Trouble;
use crate::store::inboxes::Connection;
use crate::store::workplace::SetUp;
use crate::store::{Result, Store};

/// Workspaces and addresses kept at most.
const WORKSPACES: usize = 2_000;
const ADDRESSES: usize = 20_000;

/// Whole set-ups kept at most.
const SETUPS: usize = 200;

/// How often the versions of all that is kept are asked for: a node that told of a change may have had no Redis to tell it over.
const COMPARE: Duration = Duration::from_secs(2);

static MISREAD: Trouble = Trouble::new("hours, a flow or a rule could not be understood; baton doctor names them");
static UNCOMPARED: Trouble = Trouble::new("whether the set-up has changed cannot be asked");

/// An inbox, as the bodies of its source name it: source, address.
type Address = (String, String);

pub type Connections = HashMap<InboxId, Arc<Connection>>;

/// The set-up of a workspace as it was at one version, or later.
#[derive(Clone)]
struct Known {
    version: i64,
    workplace: Arc<Workplace>,
    connections: Arc<Connections>,
}

/// Set-ups of workspaces, their inboxes, and what the channels of those allow.
pub struct Workplaces {
    store: Store,
    live: Arc<Live>,
    rulebook: Rulebook,
    known: Mutex<HashMap<WorkspaceId, Known>>,
    /// Where an address was found last; the inbox says whether it still has it.
    places: Mutex<HashMap<Address, (WorkspaceId, InboxId)>>,
    /// Addresses that nobody had, and how many changes had been heard of then.
    nobodys: Kept<Address, u64>,
    /// The whole of it, where pages asked for it, with its version.
    setups: Kept<WorkspaceId, (i64, Arc<Setup>)>,
    /// Which workspace was the only one, and when that was asked.
    only: Mutex<Option<(Instant, Option<WorkspaceId>)>>,
}

impl Workplaces {
    #[must_use]
    pub fn new(store: Store, live: Arc<Live>, rulebook: Rulebook) -> Self {
        Self {
            store,
            live,
            rulebook,
            known: Mutex::default(),
            places: Mutex::default(),
            nobodys: Kept::new(ADDRESSES),
            setups: Kept::new(SETUPS),
            only: Mutex::default(),
        }
    }

    /// The set-up of a workspace, as of the newest version that this node heard of.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn get(&self, workspace: WorkspaceId) -> Result<Arc<Workplace>> {
        Ok(self.known(workspace).await?.workplace)
    }

    /// The set-up of a workspace and its inboxes, of one version.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub(super) async fn at_hand(&self, workspace: WorkspaceId) -> Result<(Arc<Workplace>, Arc<Connections>)> {
        let Known { workplace, connections, .. } = self.known(workspace).await?;
        Ok((workplace, connections))
    }

    /// The brand of a workspace, or, where none is named, of the only one there is.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn brand(&self, workspace: Option<WorkspaceId>) -> Result<Option<Arc<Brand>>> {
        let workspace = match workspace {
            Some(workspace) => Some(workspace),
            None => self.only().await?,
        };
        let Some(workspace) = workspace else { return Ok(None) };
        // Strangers name workspaces too: of one that is not there nothing is kept, or what is would make room for it.
        let is_kept = self.kept().contains_key(&workspace);
        if !is_kept && self.store.workspace(workspace).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(self.get(workspace).await?.brand.clone()))
    }

    /// The only workspace of the installation, if it is the only one.
    async fn only(&self) -> Result<Option<WorkspaceId>> {
        if let Some((at, only)) = *self.only.lock().unwrap_or_else(PoisonError::into_inner)
            && at.elapsed() < COMPARE
        {
            return Ok(only);
        }
        let only = self.store.only_workspace().await?;
        *self.only.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), only));
        Ok(only)
    }

    /// All that is set up, as of the newest version that this node heard of; what people chose for themselves may be older.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn setup(&self, workspace: WorkspaceId) -> Result<Arc<Setup>> {
        let newest = self.live.setups.newest(workspace);
        if let Some((_, setup)) = self.setups.get(&workspace).filter(|(version, _)| *version >= newest) {
            return Ok(setup);
        }
        // The version comes first, as in `load`.
        let version = self.store.setup_version(workspace).await?;
        let setup = Arc::new(self.store.setup(workspace).await?);
        self.setups.keep(workspace, (version, setup.clone()));
        Ok(setup)
    }

    /// The set-up as it stands now.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn refresh(&self, workspace: WorkspaceId) -> Result<Arc<Workplace>> {
        Ok(self.load(workspace).await?.workplace)
    }

    /// The inboxes of a workspace.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connections(&self, workspace: WorkspaceId) -> Result<Arc<Connections>> {
        Ok(self.known(workspace).await?.connections)
    }

    /// One inbox. One that is not known yet is looked for.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connection(&self, workspace: WorkspaceId, inbox: InboxId) -> Result<Option<Connection>> {
        let found = match self.known(workspace).await?.connections.get(&inbox) {
            Some(connection) => Some(connection.clone()),
            None => self.load(workspace).await?.connections.get(&inbox).cloned(),
        };
        Ok(found.map(|connection| Connection::clone(&connection)))
    }

    /// What the channel of an inbox allows; words alone when the inbox or its channel is not known here.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn rules(&self, workspace: WorkspaceId, inbox: InboxId) -> Result<&'static Rules> {
        let connections = self.connections(workspace).await?;
        Ok(connections.get(&inbox).map_or(&channel::WORDS_ALONE, |connection| self.rules_of(&connection.inbox.channel)))
    }

    /// What a channel allows.
    #[must_use]
    pub fn rules_of(&self, channel: &Channel) -> &'static Rules {
        self.rulebook.of(channel)
    }

    /// The inboxes behind addresses that a source's bodies name; one of another source is none of these.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub(super) async fn addresses(&self, source: &str, named: &[&str]) -> Result<HashMap<String, Arc<Connection>>> {
        let mut found = HashMap::with_capacity(named.len());
        let mut unknown = Vec::new();
        for address in named {
            let key = (source.to_owned(), (*address).to_owned());
            match self.placed(&key).await? {
                Some(connection) => _ = found.insert(key.1, connection),
                None if self.nobodys.get(&key) == Some(self.live.setups.heard()) => {}
                None => unknown.push(*address),
            }
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        let heard = self.live.setups.heard();
        for connection in self.store.connections_of_addresses(source, &unknown).await? {
            let address = connection.address.clone();
            self.remember((source.to_owned(), address.clone()), (connection.workspace, connection.inbox.id));
            found.insert(address, Arc::new(connection));
        }
        for address in unknown.into_iter().filter(|address| !found.contains_key(*address)) {
            self.nobodys.keep((source.to_owned(), address.to_owned()), heard);
        }
        Ok(found)
    }

    /// Asks which of the set-ups that are kept have changed.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn compare(&self) -> Result<()> {
        let kept: Vec<Uuid> = self.kept().keys().map(|workspace| workspace.0).collect();
        if kept.is_empty() {
            return Ok(());
        }
        for (workspace, version) in self.store.setup_versions(&kept).await? {
            self.live.setups.note(workspace, version);
        }
        Ok(())
    }

    async fn known(&self, workspace: WorkspaceId) -> Result<Known> {
        let newest = self.live.setups.newest(workspace);
        let known = self.kept().get(&workspace).filter(|known| known.version >= newest).cloned();
        match known {
            Some(known) => Ok(known),
            None => self.load(workspace).await,
        }
    }

    /// The version comes first: what is read after it is of that version or newer.
    async fn load(&self, workspace: WorkspaceId) -> Result<Known> {
        let version = self.store.setup_version(workspace).await?;
        let SetUp { workplace, misread } = self.store.workplace(workspace).await?;
        let workplace = Workplace { version, ..workplace };
        misread.iter().for_each(|error| MISREAD.failed(&format!("{}: {error}", workplace.brand.name)));
        let connections = self.store.connections_of(workspace).await?;
        let connections = connections.into_iter().map(|connection| (connection.inbox.id, Arc::new(connection))).collect();
        let loaded = Known { version, workplace: Arc::new(workplace), connections: Arc::new(connections) };
        let mut kept = self.kept();
        if kept.len() >= WORKSPACES && !kept.contains_key(&workspace) {
            kept.clear();
        }
        if kept.get(&workspace).is_none_or(|known| known.version <= version) {
            kept.insert(workspace, loaded.clone());
        }
        Ok(loaded)
    }

    /// The inbox of an address where it was last.
    async fn placed(&self, address: &Address) -> Result<Option<Arc<Connection>>> {
        let place = self.places().get(address).copied();
        let Some((workspace, inbox)) = place else { return Ok(None) };
        let connections = self.known(workspace).await?.connections;
        let (source, address) = address;
        Ok(connections.get(&inbox).filter(|connection| connection.source == *source && connection.address == *address).cloned())
    }

    fn remember(&self, address: Address, place: (WorkspaceId, InboxId)) {
        let mut places = self.places();
        if places.len() >= ADDRESSES {
            places.clear();
        }
        places.insert(address, place);
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Address, (WorkspaceId, InboxId)>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds what was not heard, until `stop`.
pub async fn catch_up(workplaces: Arc<Workplaces>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = workplaces.live.setups.doubted() => {}
            () = tokio::time::sleep(COMPARE) => {}
        }
        match workplaces.compare().await {
            Ok(()) => UNCOMPARED.is_over(),
            Err(error) => UNCOMPARED.failed(&error),
        }
    }
}
