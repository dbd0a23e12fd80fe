//! What nodes tell each other over the bus.

use serde::{Deserialize, Serialize};

use super::PersonChange;
use super::change::Change;
use super::people::Sign;
use super::wakes::Wake;
use crate::domain::ids::{SessionId, UserId, WorkspaceId};

/// Something that one node tells the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Message {
    Change(Change),
    Wake(Wake),
    People(Sign),
    SignedOut {
        workspace: WorkspaceId,
        session: SessionId,
    },
    Person {
        workspace: WorkspaceId,
        user: UserId,
        change: PersonChange,
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
    /// The channel: what concerns only the pages of a workspace is heard by the nodes that have some.
    pub(super) fn channel(&self) -> String {
        match self {
            Message::Change(change @ (Change::Conversation(_) | Change::Ticks(_) | Change::Team(_))) => channel_of(change.workspace()),
            Message::People(sign) => channel_of(sign.workspace),
            Message::Pages { workspace, .. } => channel_of(*workspace),
            Message::Change(Change::Agent(_) | Change::SetUp(_))
            | Message::Wake(_)
            | Message::SignedOut { .. }
            | Message::Person { .. }
            | Message::Missed
            | Message::Pulse => INSTALLATION.to_owned(),
        }
    }
}

/// The channel that every node listens to.
pub(super) const INSTALLATION: &str = "{installation}:bus";

/// The channel of a workspace's pages.
pub(super) fn channel_of(workspace: WorkspaceId) -> String {
    format!("{{{workspace}}}:bus")
}
