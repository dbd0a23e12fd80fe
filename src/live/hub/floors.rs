//! The sockets of this node that watch a floor.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Hub, SocketId, Sockets};
use crate::domain::floor::Scope;
use crate::domain::ids::WorkspaceId;
use crate::live::delivery::Line;

/// What a page shows of a floor.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Watching {
    pub scope: Arc<Scope>,
    /// For a big screen.
    pub is_wall: bool,
}

/// A page that watches, since it said so last.
#[derive(Clone)]
pub struct Watcher {
    /// Another one each time it says so: by then it has nothing.
    pub serial: u64,
    pub line: Arc<Line>,
    pub watching: Watching,
}

/// Who watches, by workspace.
#[derive(Default)]
pub(super) struct Floors(HashMap<WorkspaceId, HashMap<SocketId, (u64, Watching)>>);

impl Floors {
    pub(super) fn leave(&mut self, workspace: WorkspaceId, id: SocketId) {
        if let Some(watchers) = self.0.get_mut(&workspace) {
            watchers.remove(&id);
            if watchers.is_empty() {
                self.0.remove(&workspace);
            }
        }
    }
}

impl Hub {
    /// The socket watches the floor of its workspace from now on, or does no longer; answers which one.
    pub fn watch_floor(&self, id: SocketId, watching: Option<Watching>) -> Option<WorkspaceId> {
        let serial = self.next.fetch_add(1, Ordering::Relaxed);
        let mut sockets = self.lock();
        let workspace = sockets.all.get(&id)?.owner.workspace;
        match watching {
            Some(watching) => _ = sockets.floors.0.entry(workspace).or_default().insert(id, (serial, watching)),
            None => sockets.floors.leave(workspace, id),
        }
        Some(workspace)
    }

    /// The workspaces whose floor somebody watches here.
    #[must_use]
    pub fn watched_floors(&self) -> Vec<WorkspaceId> {
        self.lock().floors.0.keys().copied().collect()
    }

    /// Whether anybody here watches the floor of a workspace.
    #[must_use]
    pub fn is_floor_watched(&self, workspace: WorkspaceId) -> bool {
        self.lock().floors.0.contains_key(&workspace)
    }

    /// Who watches the floor of a workspace here.
    #[must_use]
    pub fn floor_watchers(&self, workspace: WorkspaceId) -> Vec<Watcher> {
        let sockets = self.lock();
        let Sockets { floors, all, .. } = &*sockets;
        let watchers = floors.0.get(&workspace).into_iter().flatten();
        let watcher = |(id, (serial, watching)): (&SocketId, &(u64, Watching))| {
            Some(Watcher { serial: *serial, line: all.get(id)?.line.clone(), watching: watching.clone() })
        };
        watchers.filter_map(watcher).collect()
    }
}
