//! What administrators set up, kept for a few seconds so that a message costs no query for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::ids::{InboxId, WorkspaceId};
use crate::domain::snapshot::Workplace;
use crate::store::inboxes::Connection;
use crate::store::{Result, Store};

/// How old a kept set-up may be.
const FRESH: Duration = Duration::from_secs(3);

/// Workspaces kept at most; beyond it the whole cache is dropped.
const KEPT: usize = 2000;

/// Set-ups of workspaces and connections of numbers.
pub struct Workplaces {
    store: Store,
    workplaces: Mutex<HashMap<WorkspaceId, (Instant, Arc<Workplace>)>>,
    connections: Mutex<Option<(Instant, Arc<Vec<Connection>>)>>,
}

impl Workplaces {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, workplaces: Mutex::new(HashMap::new()), connections: Mutex::new(None) }
    }

    /// The set-up of a workspace, at most three seconds old.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn get(&self, workspace: WorkspaceId) -> Result<Arc<Workplace>> {
        let kept = self.workplaces.lock().unwrap_or_else(PoisonError::into_inner).get(&workspace).cloned();
        if let Some((_, workplace)) = kept.filter(|(since, _)| since.elapsed() < FRESH) {
            return Ok(workplace);
        }
        self.refresh(workspace).await
    }

    /// The set-up as it stands now.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn refresh(&self, workspace: WorkspaceId) -> Result<Arc<Workplace>> {
        let workplace = Arc::new(self.store.workplace(workspace).await?);
        let mut kept = self.workplaces.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(workspace, (Instant::now(), workplace.clone()));
        Ok(workplace)
    }

    /// Every connected number, at most three seconds old.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connections(&self) -> Result<Arc<Vec<Connection>>> {
        let kept = self.connections.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, connections)) = kept.filter(|(since, _)| since.elapsed() < FRESH) {
            return Ok(connections);
        }
        let connections = Arc::new(self.store.connections().await?);
        *self.connections.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), connections.clone()));
        Ok(connections)
    }

    /// The connection of one number.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connection(&self, workspace: WorkspaceId, inbox: InboxId) -> Result<Option<Connection>> {
        let connections = self.connections().await?;
        Ok(connections.iter().find(|connection| connection.workspace == workspace && connection.inbox.id == inbox).cloned())
    }
}
