//! What nodes tell each other over the bus.

use serde::{Deserialize, Serialize};

use super::PersonChange;
use super::change::Change;
use super::people::Sign;
use super::presence::Here;
use super::wakes::Wake;
use crate::domain::ids::{SessionId, UserId, WorkspaceId};

/// Something that one node tells the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Message {
    Change(Change),
    Wake(Wake),
    People(Sign),
    Here(Here),
    SignedOut {
        workspace: WorkspaceId,
        session: SessionId,
    },
    Person {
        workspace: WorkspaceId,
        user: UserId,
        change: PersonChange,
    },
    /// What is set up has changed; whoever keeps an older version reads it again.
    SetUp {
        workspace: WorkspaceId,
        version: i64,
    },
    /// A frame for the pages of one person.
    Pages {
        workspace: WorkspaceId,
        user: UserId,
        frame: String,
    },
    /// Something that was to be said was lost: whoever depends on it is to look for themselves.
    Missed,
    /// Nothing; for the ears of who says it.
    Pulse,
}

impl Message {
    /// The channel. Every node listens to those of all workspaces.
    pub(super) fn channel(&self) -> String {
        let workspace = match self {
            Message::Change(change) => Some(change.workspace()),
            Message::People(sign) => Some(sign.workspace),
            Message::Here(here) => Some(here.workspace),
            Message::SignedOut { workspace, .. }
            | Message::Person { workspace, .. }
            | Message::SetUp { workspace, .. }
            | Message::Pages { workspace, .. } => Some(*workspace),
            Message::Wake(Wake::Outbox(workspace, _) | Wake::Queue(workspace, _) | Wake::Agent(workspace, _)) => Some(*workspace),
            Message::Wake(Wake::Payloads(_) | Wake::Timers | Wake::Media) | Message::Missed | Message::Pulse => None,
        };
        workspace.map_or_else(|| "{installation}:bus".to_owned(), |workspace| format!("{{{workspace}}}:bus"))
    }
}
