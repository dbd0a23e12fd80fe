//! How far people have read.

use super::{Result, Store};
use crate::domain::ids::{ConversationId, UserId, WorkspaceId};

crate::statements! {
    /// Only ever forward.
    SAVE = "
        INSERT INTO reads (workspace_id, conversation_id, user_id, seq)
        SELECT $1, $2, $3, $4
        WHERE EXISTS (SELECT FROM conversations WHERE workspace_id = $1 AND id = $2)
        ON CONFLICT (workspace_id, conversation_id, user_id) DO UPDATE SET seq = greatest(reads.seq, excluded.seq)";
}

impl Store {
    /// Remembers that a person has seen a conversation up to `seq`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn save_read(&self, workspace: WorkspaceId, conversation: ConversationId, user: UserId, seq: i64) -> Result<()> {
        self.execute(&SAVE, &[&workspace.0, &conversation.0, &user.0, &seq]).await?;
        Ok(())
    }
}
