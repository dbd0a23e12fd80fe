//! What administrators set up, kept for a few seconds so that a message costs no query for it.

use std::collections::HashMap;
use std::sync::Arc;

use super::kept::Kept;
use crate::domain::channel::{self, Channel, Rulebook, Rules};
use crate::domain::ids::{InboxId, WorkspaceId};
use crate::domain::workplace::Workplace;
use crate::live::trouble::Trouble;
use crate::store::inboxes::Connection;
use crate::store::workplace::SetUp;
use crate::store::{Result, Store};

/// Workspaces and addresses kept at most.
const WORKSPACES: usize = 2_000;
const ADDRESSES: usize = 20_000;

static MISREAD: Trouble = Trouble::new("hours or a flow could not be understood; baton doctor names them");

/// An inbox, as the bodies of its source name it: source, address.
type Address = (String, String);

/// Set-ups of workspaces, their inboxes, and what the channels of those allow.
pub struct Workplaces {
    store: Store,
    rulebook: Rulebook,
    workplaces: Kept<WorkspaceId, Arc<Workplace>>,
    connections: Kept<WorkspaceId, Arc<HashMap<InboxId, Connection>>>,
    addresses: Kept<Address, Option<Arc<Connection>>>,
}

impl Workplaces {
    #[must_use]
    pub fn new(store: Store, rulebook: Rulebook) -> Self {
        Self { store, rulebook, workplaces: Kept::new(WORKSPACES), connections: Kept::new(WORKSPACES), addresses: Kept::new(ADDRESSES) }
    }

    /// The set-up of a workspace, at most three seconds old.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn get(&self, workspace: WorkspaceId) -> Result<Arc<Workplace>> {
        match self.workplaces.get(&workspace) {
            Some(workplace) => Ok(workplace),
            None => self.refresh(workspace).await,
        }
    }

    /// The set-up as it stands now.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn refresh(&self, workspace: WorkspaceId) -> Result<Arc<Workplace>> {
        let SetUp { workplace, misread } = self.store.workplace(workspace).await?;
        misread.iter().for_each(|error| MISREAD.failed(error));
        let workplace = Arc::new(workplace);
        self.workplaces.keep(workspace, workplace.clone());
        Ok(workplace)
    }

    /// The inboxes of a workspace.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connections(&self, workspace: WorkspaceId) -> Result<Arc<HashMap<InboxId, Connection>>> {
        if let Some(connections) = self.connections.get(&workspace) {
            return Ok(connections);
        }
        let all = self.store.connections_of(workspace).await?;
        let connections: Arc<HashMap<_, _>> = Arc::new(all.into_iter().map(|connection| (connection.inbox.id, connection)).collect());
        self.connections.keep(workspace, connections.clone());
        Ok(connections)
    }

    /// One inbox.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connection(&self, workspace: WorkspaceId, inbox: InboxId) -> Result<Option<Connection>> {
        Ok(self.connections(workspace).await?.get(&inbox).cloned())
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
        let key = |address: &str| (source.to_owned(), address.to_owned());
        let mut known = HashMap::with_capacity(named.len());
        let mut unknown = Vec::new();
        for address in named {
            match self.addresses.get(&key(address)) {
                Some(kept) => known.extend(kept.map(|connection| ((*address).to_owned(), connection))),
                None => unknown.push(*address),
            }
        }
        if !unknown.is_empty() {
            let found = self.store.connections_of_addresses(source, &unknown).await?;
            known.extend(found.into_iter().map(|connection| (connection.address.clone(), Arc::new(connection))));
            for address in unknown {
                self.addresses.keep(key(address), known.get(address).cloned());
            }
        }
        Ok(known)
    }
}
