//! Who sees what: a conversation is read with the sight of it that somebody was found to have.

use super::{Result, Store};
use crate::domain::access::Visibility;
use crate::domain::ids::{ConversationId, UserId, WorkspaceId};

/// Whether the viewer sees the conversation `c`: the parameters are the workspace, the viewer and their visibility. The same as
/// `domain::access::Access::admits`.
macro_rules! admits {
    ($workspace:literal, $viewer:literal, $visibility:literal) => {
        concat!(
            "(",
            $visibility,
            " = 'all' OR (CASE WHEN c.state = 'resolved' THEN c.last_agent_id ELSE c.agent_id END) = ",
            $viewer,
            "
              OR ((",
            $visibility,
            " = 'own_teams' OR (",
            $visibility,
            " = 'mine_and_unassigned' AND c.controller = 'queue' AND c.state <> 'resolved'))
                  AND c.queue_id IN (
                      SELECT queue.id
                      FROM team_members AS member
                      JOIN queues AS queue ON queue.workspace_id = member.workspace_id AND queue.team_id = member.team_id
                      WHERE member.workspace_id = ",
            $workspace,
            " AND member.user_id = ",
            $viewer,
            ")))"
        )
    };
}
pub(super) use admits;

crate::statements! {
    SEES = concat!("SELECT 1 FROM conversations AS c WHERE c.workspace_id = $1 AND c.id = $2 AND ", admits!("$1", "$3", "$4"));
}

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub visibility: Visibility,
}

/// A conversation that somebody was found to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    workspace: WorkspaceId,
    conversation: ConversationId,
}

impl Sight {
    /// Of whoever has no eyes: the engine itself, and the fan-out, which shows a page to those only who were found to see it.
    #[must_use]
    pub fn unbounded(workspace: WorkspaceId, conversation: ConversationId) -> Self {
        Self { workspace, conversation }
    }

    #[must_use]
    pub fn workspace(self) -> WorkspaceId {
        self.workspace
    }

    #[must_use]
    pub fn conversation(self) -> ConversationId {
        self.conversation
    }
}

impl Store {
    /// The sight of a conversation, if this viewer sees it. It costs nothing where they see all; then it may still not exist.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn sight(&self, viewer: Viewer, conversation: ConversationId) -> Result<Option<Sight>> {
        let Viewer { workspace, user, visibility } = viewer;
        let is_seen = visibility == Visibility::All
            || self.query_opt(&SEES, &[&workspace.0, &conversation.0, &user.0, &visibility.as_str()]).await?.is_some();
        Ok(is_seen.then_some(Sight { workspace, conversation }))
    }
}
